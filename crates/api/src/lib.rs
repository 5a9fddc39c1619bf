//! Wire types of the HTTP contract: what goes in, what comes out, and problems.
//!
//! Nothing here knows a server or a client, decides anything or reads a clock: these are shapes with their limits.

pub mod agent;
pub mod approval;
pub mod attachment;
pub mod event;
pub mod health;
pub mod limits;
pub mod plan;
pub mod problem;
pub mod result;
pub mod task;
pub mod time;
pub mod usage;

pub use agent::{Activity, AgentView, TaskAgent, TaskAgents};
pub use approval::{
    ApprovalKind, ApprovalStatus, ApprovalView, Asked, AskedCall, Decide, Decided, DecisionWord,
    ResolutionWord, Resolve, UnknownCallView,
};
pub use attachment::Attachment;
pub use event::{EventPage, EventView, Live};
pub use health::Health;
pub use plan::{PlanEdit, PlanView, SubtaskStatus, SubtaskView};
pub use problem::{Code, FieldErrors, Problem};
pub use result::{ClaimView, EvidenceView, ResultView, SectionView, SourceView, TableView, TaskResult};
pub use task::{
    AttachmentView, Budget, Cancelled, Completion, Context, CreateTask, Created, Erased, Mode, Page,
    Priority, Rate, Rated, Removed, Resumed, Revise, Revised, Route, Scope, TaskList, TaskStatus,
    TaskSummary, TaskView, WaitKind, Waiting,
};
pub use usage::{UsageLine, UsageView};

/// The prefix of every path.
pub const BASE: &str = "/api/v1";
