//! States, stages and statuses of a task, and which transitions between them are declared.

use minicbor::{Decode, Encode};

use crate::model_step::FailureClass;

/// Where the workflow of a pass is, as recorded. [`TaskState`] is the finer public view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode)]
pub enum Stage {
    /// Submitted; waits for a running slot.
    #[n(0)]
    Pending,
    /// The manager analyses.
    #[n(1)]
    Analysis,
    /// The manager selects specialists.
    #[n(2)]
    Selection,
    /// The manager writes the plan.
    #[n(3)]
    Decomposition {
        /// From 0; counts repairs and rejections of this pass.
        #[n(0)]
        round: u8,
    },
    /// A person looks at the plan.
    #[n(4)]
    PlanApproval,
    /// Specialists work and the manager reviews.
    #[n(5)]
    Execution,
    /// The coordinator collects.
    #[n(6)]
    Coordination,
    /// The analyst writes.
    #[n(7)]
    Synthesis {
        /// From 0.
        #[n(0)]
        round: u8,
    },
    /// The manager reviews the report.
    #[n(8)]
    FinalReview {
        /// The round of the draft.
        #[n(0)]
        round: u8,
    },
    /// A person looks at the result before it is published.
    #[n(9)]
    ResultApproval {
        /// The round of the draft.
        #[n(0)]
        round: u8,
    },
    /// Ended with a result.
    #[n(10)]
    Completed,
    /// Ended without one.
    #[n(11)]
    Failed,
    /// Ended by a person.
    #[n(12)]
    Cancelled,
}

/// The thirteen states of spec/workflow.md. 5–7 are a summary of what kind of work is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TaskState {
    /// Not begun.
    Pending,
    /// The manager analyses.
    TaskAnalysis,
    /// The manager selects specialists.
    SpecialistSelection,
    /// The manager writes the plan, or a person looks at it.
    TaskDecomposition,
    /// A subtask's first run of this pass is unfinished.
    SpecialistExecution,
    /// Only reviews are left.
    ManagerReview,
    /// A rerun is pending or running.
    RevisionRequired,
    /// The coordinator collects.
    Coordination,
    /// The analyst writes.
    Synthesis,
    /// The manager reviews the report, or a person looks at it.
    ManagerFinalReview,
    /// Ended with a result.
    Completed,
    /// Ended without one.
    Failed,
    /// Ended by a person.
    Cancelled,
}

impl TaskState {
    /// All states in the order of the workflow.
    pub const ALL: [Self; 13] = [
        Self::Pending,
        Self::TaskAnalysis,
        Self::SpecialistSelection,
        Self::TaskDecomposition,
        Self::SpecialistExecution,
        Self::ManagerReview,
        Self::RevisionRequired,
        Self::Coordination,
        Self::Synthesis,
        Self::ManagerFinalReview,
        Self::Completed,
        Self::Failed,
        Self::Cancelled,
    ];

    /// The number of the state in spec/workflow.md, 1–13; also its code in tables.
    pub const fn code(self) -> u8 {
        match self {
            Self::Pending => 1,
            Self::TaskAnalysis => 2,
            Self::SpecialistSelection => 3,
            Self::TaskDecomposition => 4,
            Self::SpecialistExecution => 5,
            Self::ManagerReview => 6,
            Self::RevisionRequired => 7,
            Self::Coordination => 8,
            Self::Synthesis => 9,
            Self::ManagerFinalReview => 10,
            Self::Completed => 11,
            Self::Failed => 12,
            Self::Cancelled => 13,
        }
    }

    /// The state with this code.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// The name as in spec/workflow.md.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::TaskAnalysis => "TaskAnalysis",
            Self::SpecialistSelection => "SpecialistSelection",
            Self::TaskDecomposition => "TaskDecomposition",
            Self::SpecialistExecution => "SpecialistExecution",
            Self::ManagerReview => "ManagerReview",
            Self::RevisionRequired => "RevisionRequired",
            Self::Coordination => "Coordination",
            Self::Synthesis => "Synthesis",
            Self::ManagerFinalReview => "ManagerFinalReview",
            Self::Completed => "Completed",
            Self::Failed => "Failed",
            Self::Cancelled => "Cancelled",
        }
    }

    /// Whether a pass has ended.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

/// Every transition that may happen. A test fails when one is never exercised, and when another happens.
pub const TRANSITIONS: &[(TaskState, TaskState)] = {
    use TaskState::{
        Cancelled, Completed, Coordination, Failed, ManagerFinalReview, ManagerReview, Pending,
        RevisionRequired, SpecialistExecution, SpecialistSelection, Synthesis, TaskAnalysis,
        TaskDecomposition,
    };
    &[
        (Pending, TaskAnalysis),
        (TaskAnalysis, SpecialistSelection),
        (SpecialistSelection, TaskDecomposition),
        (TaskDecomposition, SpecialistExecution),
        (SpecialistExecution, ManagerReview),
        (SpecialistExecution, RevisionRequired),
        (SpecialistExecution, Coordination),
        (ManagerReview, RevisionRequired),
        (ManagerReview, Coordination),
        (RevisionRequired, ManagerReview),
        (RevisionRequired, Coordination),
        (Coordination, Synthesis),
        (Synthesis, ManagerFinalReview),
        (ManagerFinalReview, Synthesis),
        (ManagerFinalReview, Completed),
        // A cap that ends a pass in which something was accepted completes it partially.
        (SpecialistExecution, Completed),
        (ManagerReview, Completed),
        (RevisionRequired, Completed),
        (Coordination, Completed),
        (Synthesis, Completed),
        // The next pass.
        (Completed, TaskAnalysis),
        (Completed, SpecialistExecution),
        // A report is asked for that a cut-short pass had nothing collected for.
        (Completed, Coordination),
        (Completed, Synthesis),
        (Failed, TaskAnalysis),
        (Failed, SpecialistSelection),
        (Failed, TaskDecomposition),
        (Failed, SpecialistExecution),
        (Failed, Coordination),
        (Failed, Synthesis),
        (Failed, ManagerFinalReview),
        // A typed reason.
        (Pending, Failed),
        (TaskAnalysis, Failed),
        (SpecialistSelection, Failed),
        (TaskDecomposition, Failed),
        (SpecialistExecution, Failed),
        (ManagerReview, Failed),
        (RevisionRequired, Failed),
        (Coordination, Failed),
        (Synthesis, Failed),
        (ManagerFinalReview, Failed),
        // A person.
        (Pending, Cancelled),
        (TaskAnalysis, Cancelled),
        (SpecialistSelection, Cancelled),
        (TaskDecomposition, Cancelled),
        (SpecialistExecution, Cancelled),
        (ManagerReview, Cancelled),
        (RevisionRequired, Cancelled),
        (Coordination, Cancelled),
        (Synthesis, Cancelled),
        (ManagerFinalReview, Cancelled),
    ]
};

/// Why a pass ended without what it was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
pub enum FailureReason {
    /// No round of the plan passed its checks.
    #[n(0)]
    PlanInvalid,
    /// A person rejected the plan too often.
    #[n(1)]
    PlanRejected,
    /// No agent of the crew has what the plan needs.
    #[n(2)]
    NoCapableAgent,
    /// Every subtask finally failed or was skipped.
    #[n(3)]
    NoAcceptedSolution,
    /// The cap does not allow another call.
    #[n(4)]
    BudgetExhausted,
    /// A stage's active time, or the user's wall time, is over.
    #[n(5)]
    DeadlineExceeded,
    /// No target gave a usable answer.
    #[n(6)]
    NoAnswer(#[n(0)] FailureClass),
    /// An effect that the task cannot do without is quarantined.
    #[n(7)]
    Quarantined,
    /// A person rejected the publication too often; the draft is readable.
    #[n(8)]
    PublicationRejected,
    /// Nothing can run and nothing waits: a bug of ours.
    #[n(9)]
    Stuck,
}

impl FailureReason {
    /// The code that users and tables see.
    pub const fn code(self) -> &'static str {
        match self {
            Self::PlanInvalid => "plan_invalid",
            Self::PlanRejected => "plan_rejected",
            Self::NoCapableAgent => "no_capable_agent",
            Self::NoAcceptedSolution => "no_accepted_solution",
            Self::BudgetExhausted => "budget_exhausted",
            Self::DeadlineExceeded => "deadline_exceeded",
            Self::NoAnswer(class) => class.code(),
            Self::Quarantined => "quarantined",
            Self::PublicationRejected => "publication_rejected",
            Self::Stuck => "stuck",
        }
    }
}
