//! Admission: routes, prices, breakers, limiters and retry budgets put together. One call at a time is
//! asked for; the answer is admit (with a target, an upper bound of the cost and what must be handed
//! back), wait (until when and for what) or refuse (why).

mod ask;
mod gateway;
mod outcome;
#[cfg(test)]
mod tests;

pub use ask::{Admission, Admitted, Ask, InputSize, RefuseReason, WaitReason, input_tokens_bound};
pub use gateway::{Account, Gateway};
pub use outcome::CallOutcome;
