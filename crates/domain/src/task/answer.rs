use minicbor::{Decode, Encode};

use crate::blob::BlobRef;
use crate::name::Name;
use crate::plan::{Complexity, Plan};
use crate::review::Scores;
use crate::subtask::CallRequest;

/// What a usable answer says, as far as the machine reads it. All text is in `content`.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Recorded {
    /// The analysis of the task.
    #[n(0)]
    Analysis {
        /// The analysis.
        #[n(0)]
        content: BlobRef,
        /// How hard the task is.
        #[n(1)]
        complexity: Complexity,
    },
    /// The chosen specialists.
    #[n(1)]
    Selection {
        /// The selection with its reasons.
        #[n(0)]
        content: BlobRef,
        /// Agent types, a generalist that fills gaps included.
        #[n(1)]
        specialists: Vec<Name>,
    },
    /// A plan that passed its checks.
    #[n(2)]
    Plan {
        /// The plan with its texts.
        #[n(0)]
        content: BlobRef,
        /// The graph.
        #[n(1)]
        plan: Plan,
    },
    /// A plan that did not.
    #[n(3)]
    InvalidPlan {
        /// The plan as written.
        #[n(0)]
        content: BlobRef,
        /// All errors, as sentences for the next round.
        #[n(1)]
        errors: BlobRef,
    },
    /// A turn that asks for tools.
    #[n(4)]
    Calls {
        /// The turn as it came.
        #[n(0)]
        content: BlobRef,
        /// The calls.
        #[n(1)]
        calls: Vec<CallRequest>,
    },
    /// A turn that hands in a solution.
    #[n(5)]
    Solution {
        /// The solution.
        #[n(0)]
        content: BlobRef,
    },
    /// The result of a tool call.
    #[n(6)]
    ToolResult {
        /// What the tool returned, or the sentence of its failure.
        #[n(0)]
        content: BlobRef,
        /// Whether it succeeded.
        #[n(1)]
        ok: bool,
    },
    /// Scores on a solution.
    #[n(7)]
    Review {
        /// The review's text.
        #[n(0)]
        content: BlobRef,
        /// The four scores.
        #[n(1)]
        scores: Scores,
    },
    /// What the coordinator collected.
    #[n(8)]
    Coordination {
        /// The findings.
        #[n(0)]
        content: BlobRef,
    },
    /// A draft of the report.
    #[n(9)]
    Report {
        /// The draft.
        #[n(0)]
        content: BlobRef,
    },
    /// The verdict on a draft.
    #[n(10)]
    FinalReview {
        /// The review's text.
        #[n(0)]
        content: BlobRef,
        /// Whether it may be published.
        #[n(1)]
        approved: bool,
    },
}
