//! The measurements, each in a process of its own: what one leaves in memory or in caches is no other's.

mod build;
mod cold;
mod disk;
mod documents;
mod events;
mod gateway_calls;
mod gateway_streams;
mod gateway_tasks;
mod memory;
mod recovery;
mod scheduler;
mod space;
mod stored;
mod subtasks;
mod throughput;
mod wide;

use serde::{Deserialize, Serialize};

use crate::error::BenchError;
use crate::figure::Figure;
use crate::means::Means;
use crate::scale::Scale;

macro_rules! parts {
    ($($(#[doc = $doc:literal])+ $part:ident = $name:literal;)+) => {
        /// One measurement: a few lines of the table.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Part {
            $($(#[doc = $doc])+ $part,)+
        }

        impl Part {
            /// All, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$part,)+];

            /// As `--only` has it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$part => $name,)+ }
            }

            /// What it measures, as a sentence.
            pub const fn purpose(self) -> &'static str {
                match self { $(Self::$part => concat!($($doc),+).trim_ascii(),)+ }
            }
        }
    };
}

parts! {
    /// Syncs of the disk, one after the other.
    Disk = "disk";
    /// Tasks one after the other, each waited for.
    TasksAt1 = "tasks-1";
    /// 64 tasks at once.
    TasksAt64 = "tasks-64";
    /// 1,000 tasks at once.
    TasksAt1000 = "tasks-1000";
    /// Three subtasks of 100 ms, in sequence and in parallel.
    Subtasks = "subtasks";
    /// 1,000 tasks at once whose calls take 100 ms.
    Wide = "wide";
    /// Room in the database, table by table.
    Space = "space";
    /// Events: bytes and processor time of each kind.
    Events = "events";
    /// Memory: idle, under load, and after many tasks.
    Memory = "memory";
    /// A start over unfinished tasks.
    Recovery = "recovery";
    /// Start, lists, search and speed over very many finished tasks.
    Stored = "stored";
    /// The command line: first event, and a whole job on real documents.
    Cold = "cold";
    /// Documents, from their bytes to an index.
    Documents = "documents";
    /// The choice of an agent among many.
    Scheduler = "scheduler";
    /// The binary, and what building it takes.
    Build = "build";
    /// What the gateway adds to a call, beside a bare client.
    GatewayCalls = "gateway-calls";
    /// Memory of an open stream.
    GatewayStreams = "gateway-streams";
    /// 1,000 tasks at once over a real socket.
    GatewayTasks = "gateway-tasks";
}

impl Part {
    /// Of the gateway; the others are of the engine.
    pub const GATEWAY: [Self; 3] = [Self::GatewayCalls, Self::GatewayStreams, Self::GatewayTasks];

    /// Measures it in this process.
    pub async fn run(self, means: &Means, scale: Scale) -> Result<Vec<Figure>, BenchError> {
        match self {
            Self::Disk => disk::run(means, scale),
            Self::TasksAt1 => throughput::run(means, scale, &throughput::ONE).await,
            Self::TasksAt64 => throughput::run(means, scale, &throughput::SIXTY_FOUR).await,
            Self::TasksAt1000 => throughput::run(means, scale, &throughput::THOUSAND).await,
            Self::Subtasks => subtasks::run(means, scale).await,
            Self::Wide => wide::run(means, scale).await,
            Self::Space => space::run(means, scale).await,
            Self::Events => events::run(means, scale).await,
            Self::Memory => memory::run(means, scale).await,
            Self::Recovery => recovery::run(means, scale).await,
            Self::Stored => stored::run(means, scale).await,
            Self::Cold => cold::run(means, scale).await,
            Self::Documents => documents::run(means, scale),
            Self::Scheduler => scheduler::run(means, scale),
            Self::Build => build::run(means, scale).await,
            Self::GatewayCalls => gateway_calls::run(means, scale).await,
            Self::GatewayStreams => gateway_streams::run(means, scale).await,
            Self::GatewayTasks => gateway_tasks::run(means, scale).await,
        }
    }
}

impl std::str::FromStr for Part {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = || Self::ALL.iter().map(|part| part.as_str()).collect::<Vec<_>>().join(", ");
        let found = Self::ALL.iter().copied().find(|part| part.as_str() == text);
        found.ok_or_else(|| format!("there is no measurement '{text}'; there are: {}", known()))
    }
}
