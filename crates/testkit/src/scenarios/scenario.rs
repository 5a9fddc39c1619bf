use divisi_domain::approval::Mode;
use divisi_domain::blob::{BlobRef, Digest};
use divisi_domain::id::{TaskId, WorkspaceId};
use divisi_domain::limits::Limits;
use divisi_domain::money::MicroUsd;
use divisi_domain::name::Name;
use divisi_domain::task::{OnBudget, Policy, Refusal, Submission, TaskPriority, WaitKind};
use divisi_domain::time::{Millis, Timestamp};

use super::act::{Act, Deed, When};
use super::script::{Held, Reply, Row, Script};
use crate::chance::bytes_of;

/// The workspace of all scenarios.
pub const WORKSPACE: WorkspaceId = WorkspaceId::from_bytes([7; 16]);
/// The task of all scenarios.
pub const TASK: TaskId = TaskId::from_bytes([9; 16]);
/// When every scenario begins.
pub const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);
/// What a model call reserves where nothing else is said.
const RESERVE: u64 = 100;

/// A row of the table: what is submitted, what its effects bring, who does what, and what must come of it.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// What it shows, in a sentence.
    pub name: &'static str,
    /// What is submitted.
    pub submission: Submission,
    /// What effects bring.
    pub script: Script,
    /// What people and time do, in order.
    pub acts: Vec<Act>,
    /// Whether a slot is there at once.
    pub admitted: bool,
    /// Lines that happen in this order, others between them.
    pub lines: Vec<&'static str>,
    /// No line may begin so.
    pub never: Vec<&'static str>,
    /// Waits that are seen in this order.
    pub waits: Vec<WaitKind>,
    /// The last line but rating and erasure.
    pub ends: &'static str,
    /// The order in which results arrive decides: only a host that keeps it gives the same log.
    pub ordered: bool,
}

/// What every scenario submits: one task of a crew, fully autonomous, without cap and deadline.
pub fn submission() -> Submission {
    let limits = Limits::default();
    Submission {
        workspace: WORKSPACE,
        spec: BlobRef(bytes_of("spec")),
        crew: Name::from_static("research"),
        crew_content: BlobRef(bytes_of("crew")),
        crew_digest: Digest(bytes_of("crew")),
        mode: Mode::FullAutonomous,
        priority: TaskPriority::Medium,
        cap: None,
        deadline: None,
        policy: Policy { limits, route_targets: vec![2; 8], ..Policy::default() },
        plan_only: false,
    }
}

impl Scenario {
    /// A scenario with a plan, in which everything is good.
    pub fn new(name: &'static str, plan: &'static [Row]) -> Self {
        Self {
            name,
            submission: submission(),
            script: Script::new(plan, RESERVE),
            acts: Vec::new(),
            admitted: true,
            lines: Vec::new(),
            never: Vec::new(),
            waits: Vec::new(),
            ends: "completed full approved report",
            ordered: false,
        }
    }

    /// With this mode.
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> Self {
        self.submission.mode = mode;
        self
    }

    /// With a change of what is submitted.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Submission)) -> Self {
        change(&mut self.submission);
        self
    }

    /// With a cap in micro-USD, and what happens at it.
    #[must_use]
    pub fn cap(self, cap: u64, on_budget: OnBudget) -> Self {
        self.with(|submission| {
            submission.cap = Some(MicroUsd(cap));
            submission.policy.on_budget = on_budget;
        })
    }

    /// With the user's own deadline, this long after the beginning.
    #[must_use]
    pub fn deadline(self, after: Millis) -> Self {
        self.with(|submission| submission.deadline = Some(START + after))
    }

    /// The attempts at `path` bring these replies.
    #[must_use]
    pub fn on(mut self, path: &'static str, replies: Vec<Reply>) -> Self {
        self.script.on(path, replies);
        self
    }

    /// Shared state holds the first attempt at `path`.
    #[must_use]
    pub fn hold(mut self, path: &'static str, held: Held) -> Self {
        self.script.hold(path, held);
        self
    }

    /// No slot is free at first.
    #[must_use]
    pub fn queued(mut self) -> Self {
        self.admitted = false;
        self
    }

    /// Results must arrive in the order of their starts.
    #[must_use]
    pub fn ordered(mut self) -> Self {
        self.ordered = true;
        self
    }

    /// Somebody does something.
    #[must_use]
    pub fn then(mut self, when: When, deed: Deed) -> Self {
        self.acts.push(Act { when, deed, refused: None });
        self
    }

    /// These acts instead of those so far.
    #[must_use]
    pub fn with_acts(mut self, acts: &[(When, Deed)]) -> Self {
        let act = |(when, deed): &(When, Deed)| Act { when: *when, deed: deed.clone(), refused: None };
        self.acts = acts.iter().map(act).collect();
        self
    }

    /// Somebody tries something that the machine refuses.
    #[must_use]
    pub fn refuses(mut self, when: When, deed: Deed, why: fn(&Refusal) -> bool) -> Self {
        self.acts.push(Act { when, deed, refused: Some(why) });
        self
    }

    /// These lines happen, in this order.
    #[must_use]
    pub fn shows(mut self, lines: &[&'static str]) -> Self {
        self.lines.extend(lines);
        self
    }

    /// No line begins so.
    #[must_use]
    pub fn never(mut self, lines: &[&'static str]) -> Self {
        self.never.extend(lines);
        self
    }

    /// These waits are seen, in this order.
    #[must_use]
    pub fn waits(mut self, kinds: &[WaitKind]) -> Self {
        self.waits.extend(kinds);
        self
    }

    /// It ends so.
    #[must_use]
    pub fn ends(mut self, line: &'static str) -> Self {
        self.ends = line;
        self
    }
}
