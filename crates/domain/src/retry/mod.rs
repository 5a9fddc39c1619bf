//! When a call is tried again (spec/workflow.md, Retries): full jitter under doubling ceilings, the
//! provider's own wait before that, within a deadline and a retry budget.

mod backoff;
mod budget;
#[cfg(test)]
mod tests;

pub use backoff::{Backoff, RetryAdvice};
pub use budget::{BudgetSpent, RetryBudget};
