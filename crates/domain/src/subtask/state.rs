use minicbor::{Decode, Encode};

use super::call::{CallPhase, CallRecord};
use crate::blob::BlobRef;
use crate::clock::Clock;
use crate::id::AgentId;
use crate::model_step::FailureClass;
use crate::plan::{PlanNode, Settled};
use crate::review::{Next, Scores, Verdict, after_review};
use crate::time::Timestamp;

/// One answer of the model in a run, with the tools it asked for.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Turn {
    /// The answer as it came.
    #[n(0)]
    pub content: BlobRef,
    /// The tools it asked for.
    #[n(1)]
    pub calls: Vec<CallRecord>,
}

/// Why a run ended without a solution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum CycleFailure {
    /// No target of the route gave a usable answer.
    #[n(0)]
    NoAnswer(#[n(0)] FailureClass),
    /// The last turn still asked for tools.
    #[n(1)]
    TurnLimit,
    /// The same tool call for the third time.
    #[n(2)]
    RepeatedCall,
    /// The run took longer than its active time.
    #[n(3)]
    DeadlineExceeded,
    /// An effect of the run is quarantined.
    #[n(4)]
    Quarantined,
    /// A person decided so when an outcome was unknown.
    #[n(5)]
    GivenUp,
    /// The review brought no usable answer.
    #[n(6)]
    NoReview(#[n(0)] FailureClass),
    /// No agent of the crew can do it.
    #[n(7)]
    NoCapableAgent,
}

impl CycleFailure {
    /// The code that users and tables see.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoAnswer(class) | Self::NoReview(class) => class.code(),
            Self::TurnLimit => "turn_limit",
            Self::RepeatedCall => "repeated_call",
            Self::DeadlineExceeded => "deadline_exceeded",
            Self::Quarantined => "quarantined",
            Self::GivenUp => "given_up",
            Self::NoCapableAgent => "no_capable_agent",
        }
    }

    /// Whether another run would meet the same end: then none is made.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Quarantined | Self::NoCapableAgent => true,
            Self::NoAnswer(_)
            | Self::TurnLimit
            | Self::RepeatedCall
            | Self::DeadlineExceeded
            | Self::GivenUp
            | Self::NoReview(_) => false,
        }
    }
}

/// The manager's review of a run.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Review {
    /// The review's text.
    #[n(0)]
    pub content: BlobRef,
    /// The four scores; the weighted score and the verdict follow from them.
    #[n(1)]
    pub scores: Scores,
}

/// One run of a subtask: a cycle.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Run {
    /// Pass of the task.
    #[n(0)]
    pub pass: u16,
    /// Cycle within the pass, from 0.
    #[n(1)]
    pub cycle: u8,
    /// Whether it must not go to an agent of an earlier run.
    #[n(2)]
    pub other_specialist: bool,
    /// Who works on it, once an agent was picked.
    #[n(3)]
    pub agent: Option<AgentId>,
    /// The turns so far.
    #[n(4)]
    pub turns: Vec<Turn>,
    /// What was handed in.
    #[n(5)]
    pub solution: Option<BlobRef>,
    /// What the manager said.
    #[n(6)]
    pub review: Option<Review>,
    /// Why it ended without an accepted solution, where it was not the review.
    #[n(7)]
    pub failure: Option<CycleFailure>,
    /// When it started.
    #[n(8)]
    pub started_at: Timestamp,
    /// When the solution was handed in.
    #[n(9)]
    pub solved_at: Option<Timestamp>,
}

impl Run {
    /// A run that has not done anything.
    pub fn new(pass: u16, cycle: u8, other_specialist: bool, started_at: Timestamp) -> Self {
        Self {
            pass,
            cycle,
            other_specialist,
            agent: None,
            turns: Vec::new(),
            solution: None,
            review: None,
            failure: None,
            started_at,
            solved_at: None,
        }
    }

    /// Whether every call of the last turn has a result, so that the next turn may begin.
    pub fn turn_complete(&self) -> bool {
        let open = |call: &CallRecord| matches!(call.phase, CallPhase::Open);
        self.turns.last().is_some_and(|turn| !turn.calls.iter().any(open))
    }

    /// What follows this run; `None` while it is not over. A run without a solution counts as rejected.
    pub fn consequence(&self, cycles_max: u8) -> Option<Next> {
        let verdict = match (self.failure, &self.review) {
            (Some(failure), _) if failure.is_final() => return Some(Next::FinallyFail),
            (Some(_), _) => Verdict::Rejected,
            (None, Some(review)) => review.scores.verdict(),
            (None, None) => return None,
        };
        match after_review(verdict, self.cycle, cycles_max) {
            // The cycle is a byte of the effect path: there is no number for another one.
            Next::Rerun(_) if self.cycle == u8::MAX => Some(Next::FinallyFail),
            next => Some(next),
        }
    }

    /// How often `digest` was asked for in this run.
    pub fn times_asked(&self, digest: crate::blob::Digest) -> usize {
        self.turns.iter().flat_map(|turn| &turn.calls).filter(|call| call.request.digest == digest).count()
    }
}

/// An accepted solution. Never run again, never lost.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Accepted {
    /// The solution.
    #[n(0)]
    pub content: BlobRef,
    /// Its weighted score in hundredths.
    #[n(1)]
    pub hundredths: u16,
    /// Pass and cycle of the run that brought it.
    #[n(2)]
    pub pass: u16,
    /// Cycle of the run that brought it.
    #[n(3)]
    pub cycle: u8,
}

/// Where a subtask stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum SubtaskPhase {
    /// A dependency has not settled, or the run before was not accepted and the next has not begun.
    #[n(0)]
    Waiting,
    /// The last run is in its agent loop.
    #[n(1)]
    Running,
    /// The last run's solution is with the manager.
    #[n(2)]
    Reviewing,
    /// Its solution is accepted.
    #[n(3)]
    Accepted,
    /// No run is left.
    #[n(4)]
    FinallyFailed,
    /// A required dependency brought nothing.
    #[n(5)]
    Skipped,
}

impl SubtaskPhase {
    /// The name in diagrams and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "Waiting",
            Self::Running => "Running",
            Self::Reviewing => "Reviewing",
            Self::Accepted => "Accepted",
            Self::FinallyFailed => "FinallyFailed",
            Self::Skipped => "Skipped",
        }
    }
}

/// Every transition of a subtask that may happen. A test fails when one is never exercised, and when another
/// happens.
pub const TRANSITIONS: &[(SubtaskPhase, SubtaskPhase)] = {
    use SubtaskPhase::{Accepted, FinallyFailed, Reviewing, Running, Skipped, Waiting};
    &[
        (Waiting, Running),
        (Running, Reviewing),
        // The run ended without a solution.
        (Running, Waiting),
        // The review is there, or will not come.
        (Reviewing, Waiting),
        (Waiting, Accepted),
        (Waiting, FinallyFailed),
        (Waiting, Skipped),
        // The next pass.
        (Accepted, Waiting),
        (FinallyFailed, Waiting),
        (Skipped, Waiting),
    ]
};

/// A subtask of the plan with all its runs.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Subtask {
    /// Its place in the plan.
    #[n(0)]
    pub node: PlanNode,
    /// Where it stands.
    #[n(1)]
    pub phase: SubtaskPhase,
    /// All runs, oldest first.
    #[n(2)]
    pub runs: Vec<Run>,
    /// The accepted solution; kept while a revision runs it again.
    #[n(3)]
    pub accepted: Option<Accepted>,
    /// Active time left for the run or review that is under way.
    #[n(4)]
    pub clock: Clock,
}

impl Subtask {
    /// A subtask that has not run.
    pub fn new(node: PlanNode) -> Self {
        Self { node, phase: SubtaskPhase::Waiting, runs: Vec::new(), accepted: None, clock: Clock::default() }
    }

    /// How it ended, if it did.
    pub fn settled(&self) -> Option<Settled> {
        match self.phase {
            SubtaskPhase::Accepted => Some(Settled::Accepted),
            SubtaskPhase::FinallyFailed => Some(Settled::Failed),
            SubtaskPhase::Skipped => Some(Settled::Skipped),
            SubtaskPhase::Waiting | SubtaskPhase::Running | SubtaskPhase::Reviewing => None,
        }
    }

    /// What follows the last run of pass `pass`, where it is over and its consequence is not drawn yet.
    pub fn after_run(&self, pass: u16, cycles_max: u8) -> Option<Next> {
        let over = self.run().filter(|run| run.pass == pass && self.phase == SubtaskPhase::Waiting)?;
        over.consequence(cycles_max)
    }

    /// The last run.
    pub fn run(&self) -> Option<&Run> {
        self.runs.last()
    }

    /// Runs of pass `pass`, oldest first.
    pub fn runs_of(&self, pass: u16) -> impl Iterator<Item = &Run> {
        self.runs.iter().filter(move |run| run.pass == pass)
    }
}
