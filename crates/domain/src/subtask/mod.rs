//! A subtask: its runs (cycles), the agent loop within a run, and its review. It is part of the task's
//! stream, so a crash resumes inside the loop: every turn and tool call is an event.

mod call;
mod state;

pub use call::{CallPhase, CallRecord, CallRequest, EffectClass, ToolPhase, ToolStep};
pub use state::{Accepted, CycleFailure, Review, Run, Subtask, SubtaskPhase, TRANSITIONS, Turn};

#[cfg(test)]
mod tests;
