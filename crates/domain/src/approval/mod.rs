//! Approvals: durable questions to a person, each bound to the digest of exactly what is approved; and
//! the four modes that say which questions are asked (spec/workflow.md, Modes).

mod mode;
mod question;
#[cfg(test)]
mod tests;

pub use mode::{Asked, Mode, asks};
pub use question::{
    Approval, ApprovalState, ApprovalSubject, Decision, DecisionRefused, TRANSITIONS, Verdict,
};
