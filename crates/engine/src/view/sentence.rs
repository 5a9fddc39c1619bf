//! Codes as sentences: what happened, why, and what to do.

use divisi_domain::task::{FailureReason, WaitKind};

/// A failure for people.
pub const fn failure_sentence(reason: FailureReason) -> &'static str {
    match reason {
        FailureReason::PlanInvalid => {
            "No plan passed its checks, not even after repairs. Put the question more simply, or try another crew."
        }
        FailureReason::PlanRejected => {
            "The plan was rejected too often. Submit the task anew with what was missing."
        }
        FailureReason::NoCapableAgent => {
            "No agent of the crew can do what the plan needs. Choose another crew, or add an agent type."
        }
        FailureReason::NoAcceptedSolution => {
            "No subtask brought a solution that passed its review. Attach documents that speak of the question, or resume to try again."
        }
        FailureReason::BudgetExhausted => {
            "The spending cap allows no further call and nothing was accepted before. Raise it: `divisi task resume --budget`."
        }
        FailureReason::DeadlineExceeded => {
            "The time was over before anything was accepted. `divisi task resume` goes on without a limit of time."
        }
        FailureReason::NoAnswer(_) => {
            "No model gave a usable answer. Look at the events for the last errors, then resume."
        }
        FailureReason::Quarantined => {
            "A step that the task needs brought the process down several times and is not tried again by itself. Resume to try it once more."
        }
        FailureReason::PublicationRejected => {
            "The result was rejected too often. Its draft is still readable."
        }
        FailureReason::Stuck => {
            "Nothing could run and nothing was waited for: a defect of Divisi. Please report it."
        }
    }
}

/// Why a task ended that has brought something all the same.
pub const fn partial_sentence(reason: FailureReason) -> &'static str {
    match reason {
        FailureReason::BudgetExhausted => {
            "The spending cap allowed no further call. `divisi task revise` asks for what is missing; where it then waits, `divisi task resume --budget` raises the cap."
        }
        FailureReason::DeadlineExceeded => {
            "The time was over before all was done. `divisi task revise` asks for what is missing."
        }
        other => failure_sentence(other),
    }
}

/// A wait for people.
pub const fn wait_sentence(kind: WaitKind) -> &'static str {
    match kind {
        WaitKind::Queued => "It waits for a free place among the running tasks, or for a free agent.",
        WaitKind::Parked => "It was parked. `divisi task resume` goes on.",
        WaitKind::Approval => "A person is asked. `divisi approvals list` shows what.",
        WaitKind::Budget => {
            "The spending cap allows no further call. `divisi task resume --budget` raises it and goes on."
        }
        WaitKind::Quota => {
            "A limit of the provider or the workspace allows no call yet. It goes on by itself."
        }
        WaitKind::Provider => {
            "A call rests before it is made again: its provider is busy, fails, does not answer, or is not set up here \
             (`divisi models` tells). It goes on by itself."
        }
        WaitKind::Store => {
            "The data folder takes nothing at the moment, most likely since the disk is full. It goes on by itself."
        }
        WaitKind::OutcomeUnknown => {
            "A tool call was interrupted and may or may not have happened. `divisi task resolve` says which."
        }
    }
}
