//! The ledger of a task: every call's upper bound is reserved before the call and settled after it, so
//! that what was spent and what is under way never exceed the cap. It fails closed.

mod ledger;
#[cfg(test)]
mod tests;

pub use ledger::{AttemptKey, Booked, CapRefused, Ledger, ReserveRefused, Settlement};
