//! Exit codes: one for each way in which a command can end.

use std::process::ExitCode;

use divisi_api::{Code, Completion, TaskStatus, TaskView, WaitKind};

macro_rules! exits {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal;)+) => {
        /// How a command ended.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Exit {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Exit {
            /// All, by code.
            #[cfg(test)]
            pub(crate) const ALL: &'static [(Self, u8, &'static str)] = &[
                $((Self::$name, $code, concat!($($doc),+)),)+
            ];

            /// The number that the shell sees.
            pub(crate) const fn code(self) -> u8 {
                match self { $(Self::$name => $code,)+ }
            }
        }
    };
}

exits! {
    /// Done; a task completed with everything that was planned.
    Done = 0;
    /// Something went wrong that is none of the below; the sentence on standard error says what.
    Error = 1;
    /// The command line is not right.
    Usage = 2;
    /// The task completed, but its result is partial: it names what is missing, also where the cap or the time ended it.
    Partial = 3;
    /// The task failed for another reason than those below: no plan, no capable agent, no accepted solution, no answer.
    Failed = 4;
    /// The task was cancelled.
    Cancelled = 5;
    /// The task was parked with Ctrl-C; `divisi task resume` goes on.
    Parked = 6;
    /// The task waits for a decision: `divisi approvals`.
    WaitsForApproval = 7;
    /// The spending cap ended the task before anything was accepted, or it waits for a higher cap.
    Budget = 8;
    /// The time was over before anything was accepted.
    Deadline = 9;
    /// There is no such task, approval or crew.
    NotFound = 10;
    /// The state of the task does not allow it.
    Conflict = 11;
    /// The input was refused: a file, a crew, a field outside its limits.
    InvalidInput = 12;
    /// The data folder cannot be used: owned by another process that does not answer, damaged, of a newer version, or its disk is full.
    DataFolder = 13;
    /// A check found something: `doctor`, `crews check`.
    Findings = 14;
    /// Interrupted by a second Ctrl-C or by a signal; what was recorded is kept and goes on by itself later.
    Interrupted = 130;
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// How a command about this task ended, by where the task stands.
pub(crate) fn of_task(task: &TaskView) -> Exit {
    match (task.status, task.completion, task.reason.as_deref()) {
        (TaskStatus::Completed, Some(Completion::Partial), _) => Exit::Partial,
        (TaskStatus::Completed, _, _) => Exit::Done,
        (TaskStatus::Failed, _, Some("budget_exhausted")) => Exit::Budget,
        (TaskStatus::Failed, _, Some("deadline_exceeded")) => Exit::Deadline,
        (TaskStatus::Failed, _, _) => Exit::Failed,
        (TaskStatus::Cancelled, _, _) => Exit::Cancelled,
        _ => of_wait(task.waiting_for.as_ref().map(|wait| wait.kind)),
    }
}

const fn of_wait(wait: Option<WaitKind>) -> Exit {
    match wait {
        Some(WaitKind::Approval | WaitKind::OutcomeUnknown) => Exit::WaitsForApproval,
        Some(WaitKind::Parked) => Exit::Parked,
        Some(WaitKind::Budget) => Exit::Budget,
        Some(WaitKind::Queued | WaitKind::Quota | WaitKind::Provider | WaitKind::Store) | None => Exit::Done,
    }
}

/// How a command that met this problem ended.
pub(crate) const fn of_problem(code: Code) -> Exit {
    match code {
        Code::NotFound => Exit::NotFound,
        Code::TaskEnded
        | Code::TaskNotFinished
        | Code::NoResult
        | Code::NothingToResume
        | Code::ApprovalStale
        | Code::Conflict
        | Code::IdempotencyMismatch => Exit::Conflict,
        Code::InvalidRequest
        | Code::ValidationFailed
        | Code::AttachmentRefused
        | Code::CrewInvalid
        | Code::PlanInvalid
        | Code::BodyTooLarge => Exit::InvalidInput,
        Code::StorageFull => Exit::DataFolder,
        Code::MethodNotAllowed | Code::Internal | Code::NoOwner | Code::Unavailable => Exit::Error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> String {
        let head = "# Exit codes\n\nGenerated from the code; a test keeps it so. Every command of `divisi` ends with one of these.\n\n| code | meaning |\n|---|---|\n";
        let rows = Exit::ALL.iter().map(|(_, code, doc)| format!("| {code} | {} |\n", doc.trim()));
        std::iter::once(head.to_owned()).chain(rows).collect()
    }

    #[test]
    fn the_reference_is_that_of_the_code() {
        let path = "../../docs/reference/exit-codes.md";
        crate::drift::check(path, &page());
    }

    #[test]
    fn codes_are_unique_and_ascending() {
        let codes: Vec<u8> = Exit::ALL
            .iter()
            .map(|(exit, code, _)| {
                assert_eq!(exit.code(), *code);
                *code
            })
            .collect();
        assert!(codes.windows(2).all(|pair| pair[0] < pair[1]), "{codes:?}");
    }

    #[test]
    fn every_problem_has_an_exit_that_is_no_success() {
        for code in Code::ALL {
            assert_ne!(of_problem(*code), Exit::Done, "{code}");
        }
    }
}
