//! Where in a task an effect stands. The path is stable over crashes, so it names the effect for ever;
//! with the task id it is the effect's idempotency key.

use std::fmt;

use minicbor::{Decode, Encode};

/// `p2/execute/s3/cycle1/turn2/model`: pass, then the place within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode)]
#[cbor(array)]
pub struct EffectPath {
    /// The pass of the task, from 1.
    #[n(0)]
    pub pass: u16,
    /// The place within the pass.
    #[n(1)]
    pub node: Node,
}

/// The places at which a task does work outside of the pure core. Subtask numbers are never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode)]
#[cbor(array)]
pub enum Node {
    /// The manager analyses the task.
    #[n(0)]
    Analyse,
    /// The manager selects specialists.
    #[n(1)]
    Select,
    /// The manager writes the plan; a new round for each repair and each rejection by a person.
    #[n(2)]
    Decompose {
        /// From 0.
        #[n(0)]
        round: u8,
    },
    /// One turn of a specialist's loop with the model.
    #[n(3)]
    Model {
        /// Number of the subtask.
        #[n(0)]
        subtask: u16,
        /// 0 is the first run, then one for each rerun.
        #[n(1)]
        cycle: u8,
        /// From 1.
        #[n(2)]
        turn: u8,
    },
    /// A tool call that a turn asked for.
    #[n(4)]
    Tool {
        /// Number of the subtask.
        #[n(0)]
        subtask: u16,
        /// Cycle of the subtask.
        #[n(1)]
        cycle: u8,
        /// The turn whose answer asked for the call.
        #[n(2)]
        turn: u8,
        /// Position of the call in that answer, from 0.
        #[n(3)]
        call: u8,
    },
    /// The manager reviews the solution of a cycle.
    #[n(5)]
    Review {
        /// Number of the subtask.
        #[n(0)]
        subtask: u16,
        /// Cycle of the subtask.
        #[n(1)]
        cycle: u8,
    },
    /// The coordinator collects the accepted solutions.
    #[n(6)]
    Coordinate,
    /// The analyst writes the report; a new round for each final review that asks for one.
    #[n(7)]
    Synthesise {
        /// From 0.
        #[n(0)]
        round: u8,
    },
    /// The manager reviews the report.
    #[n(8)]
    FinalReview {
        /// The round of the report.
        #[n(0)]
        round: u8,
    },
}

impl Node {
    /// The subtask that the work is for; `None` for the manager's, coordinator's and analyst's own.
    pub const fn subtask(self) -> Option<u16> {
        match self {
            Self::Model { subtask, .. } | Self::Tool { subtask, .. } | Self::Review { subtask, .. } => {
                Some(subtask)
            }
            Self::Analyse
            | Self::Select
            | Self::Decompose { .. }
            | Self::Coordinate
            | Self::Synthesise { .. }
            | Self::FinalReview { .. } => None,
        }
    }
}

impl fmt::Display for EffectPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{}/", self.pass)?;
        match self.node {
            Node::Analyse => f.write_str("analyse"),
            Node::Select => f.write_str("select"),
            Node::Decompose { round } => write!(f, "decompose/round{round}"),
            Node::Model { subtask, cycle, turn } => {
                write!(f, "execute/s{subtask}/cycle{cycle}/turn{turn}/model")
            }
            Node::Tool { subtask, cycle, turn, call } => {
                write!(f, "execute/s{subtask}/cycle{cycle}/turn{turn}/tool{call}")
            }
            Node::Review { subtask, cycle } => write!(f, "review/s{subtask}/cycle{cycle}"),
            Node::Coordinate => f.write_str("coordinate"),
            Node::Synthesise { round } => write!(f, "synthesise/round{round}"),
            Node::FinalReview { round } => write!(f, "final_review/round{round}"),
        }
    }
}
