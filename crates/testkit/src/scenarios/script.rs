//! What a scenario's effects bring, by effect path and attempt, so that no order of delivery changes it.

use std::collections::BTreeMap;

use divisi_domain::blob::{BlobRef, Digest};
use divisi_domain::model_step::{FailureClass, Purpose, Target};
use divisi_domain::money::{MicroUsd, Usage};
use divisi_domain::name::Name;
use divisi_domain::path::{EffectPath, Node};
use divisi_domain::plan::{Complexity, DraftDependency, DraftSubtask, PlanDraft, PlanRules, Priority};
use divisi_domain::review::{Scores, Tenths};
use divisi_domain::subtask::{CallRequest, EffectClass};
use divisi_domain::task::{Answer, Input, Report, WaitKind, Wanted, Work};
use divisi_domain::time::Millis;

use crate::chance::bytes_of;

/// A subtask of a plan: its label, and the labels it depends on; `!` after one means required.
pub type Row = (&'static str, &'static [&'static str]);

/// A tool call of a turn.
#[derive(Debug, Clone, Copy)]
pub struct Call {
    /// Equal names are equal calls.
    pub name: &'static str,
    /// What may be said when it is interrupted.
    pub class: EffectClass,
    /// Whether it changes anything outside.
    pub side_effects: bool,
    /// Whether policy refuses it.
    pub refused: bool,
}

/// A call of a read-only tool.
pub const fn reads(name: &'static str) -> Call {
    Call { name, class: EffectClass::AtLeastOnce, side_effects: false, refused: false }
}

/// A call that changes something outside and must not be made twice.
pub const fn sends(name: &'static str) -> Call {
    Call { name, class: EffectClass::AtMostOnce, side_effects: true, refused: false }
}

/// A call that changes something outside, with an idempotency key.
pub const fn puts(name: &'static str) -> Call {
    Call { name, class: EffectClass::Idempotent, side_effects: true, refused: false }
}

/// A call that policy refuses.
pub const fn refused(name: &'static str) -> Call {
    Call { refused: true, ..reads(name) }
}

/// What an attempt brings.
#[derive(Debug, Clone)]
pub enum Reply {
    /// The usual good answer of its place.
    Good,
    /// The usual good answer, without usage.
    Unmetered,
    /// The usual good answer, dearer than what was reserved.
    Dear,
    /// A review with these four scores in tenths.
    Score(u8),
    /// A final review that asks for another round.
    NotApproved,
    /// A plan of these subtasks.
    Plan(&'static [Row]),
    /// A turn that asks for tools.
    Calls(Vec<Call>),
    /// A failure.
    Fails(FailureClass),
    /// A failure with the wait that the provider asks for.
    FailsFor(FailureClass, Millis),
    /// A failure without usage: whoever was called answered, or may have.
    Rejects(FailureClass),
    /// A connection that could not be made.
    Unsent,
    /// Nothing, until a deadline, a person or the end of the process ends it.
    Hangs,
}

/// What shared state says before an attempt, once.
#[derive(Debug, Clone, Copy)]
pub enum Held {
    /// Wait.
    For(WaitKind, Option<Millis>),
    /// No agent of the crew can do it.
    NoAgent,
}

/// Replies by path; what is not scripted is good.
#[derive(Debug, Clone, Default)]
pub struct Script {
    replies: BTreeMap<&'static str, Vec<Reply>>,
    held: BTreeMap<&'static str, Held>,
    plan: &'static [Row],
    reserve: u64,
}

impl Script {
    /// Everything good, with this plan; each model call reserves `reserve` micro-USD.
    pub fn new(plan: &'static [Row], reserve: u64) -> Self {
        Self { plan, reserve, ..Self::default() }
    }

    /// The attempts at `path` bring these replies, in order.
    pub fn on(&mut self, path: &'static str, replies: Vec<Reply>) {
        self.replies.insert(path, replies);
    }

    /// Shared state holds the first attempt at `path`.
    pub fn hold(&mut self, path: &'static str, held: Held) {
        self.held.insert(path, held);
    }

    /// The plan that the manager writes where nothing else is scripted.
    pub fn set_plan(&mut self, plan: &'static [Row]) {
        self.plan = plan;
    }

    /// Whether shared state holds anything.
    pub fn holds_any(&self) -> bool {
        !self.held.is_empty()
    }

    /// What each model call reserves, in micro-USD.
    pub fn set_reserve(&mut self, reserve: u64) {
        self.reserve = reserve;
    }

    /// What an attempt brings.
    pub fn reply(&self, path: EffectPath, attempt: u16) -> Reply {
        let replies = self.replies.get(path.to_string().as_str());
        let place = usize::from(attempt).saturating_sub(1);
        replies.and_then(|replies| replies.get(place)).cloned().unwrap_or(Reply::Good)
    }

    /// What shared state says to an attempt that may be made, where it does not admit it.
    pub fn holds(&self, wanted: &Wanted, now: divisi_domain::time::Timestamp) -> Option<Input> {
        let path = wanted.path;
        Some(match self.held.get(path.to_string().as_str())? {
            Held::For(waits, until) => {
                Input::Defer { path, waits: *waits, until: until.map(|span| now + span) }
            }
            Held::NoAgent => Input::NoCapableAgent { path },
        })
    }

    /// The start of an attempt: any agent that is not to be avoided, the preferred target.
    pub fn start(&self, wanted: &Wanted) -> Input {
        let (target, reserved) = match &wanted.work {
            Work::Model { target, .. } => (Some(target_of(*target)), MicroUsd(self.reserve)),
            Work::Tool { .. } => (None, MicroUsd::ZERO),
        };
        let works = matches!(wanted.path.node, Node::Model { .. });
        let free = || (1..=9).map(agent).find(|agent| !wanted.avoid.contains(agent));
        let agent = if works { wanted.agent.or_else(free) } else { None };
        Input::Start { path: wanted.path, attempt: wanted.attempt, target, reserved, agent }
    }

    /// The end of an attempt; `None` where it hangs.
    pub fn end(&self, path: EffectPath, attempt: u16) -> Option<Input> {
        self.end_with(&self.reply(path, attempt), path, attempt)
    }

    /// The end of an attempt with this reply; `None` where it hangs.
    pub fn end_with(&self, reply: &Reply, path: EffectPath, attempt: u16) -> Option<Input> {
        let tool = Purpose::of(path.node).is_none();
        let spent = Usage { input_tokens: 100, output_tokens: 50, ..Usage::default() };
        let (usage, cost) = match reply {
            Reply::Unmetered | Reply::Rejects(_) | Reply::Unsent => (None, None),
            _ if tool => (None, Some(MicroUsd::ZERO)),
            Reply::Dear => (Some(spent), Some(MicroUsd(self.reserve.saturating_mul(2)))),
            _ => (Some(spent), Some(MicroUsd(self.reserve.saturating_mul(6) / 10))),
        };
        let report = self.report(reply, path, attempt)?;
        let sent = !matches!(reply, Reply::Unsent);
        let generated = matches!(report, Report::Answered(_));
        Some(Input::Ended { path, attempt, report, usage, cost, sent, generated })
    }

    fn report(&self, reply: &Reply, path: EffectPath, attempt: u16) -> Option<Report> {
        let content = content(path, attempt);
        let answer = match reply {
            Reply::Hangs => return None,
            Reply::Fails(class) | Reply::Rejects(class) => return Some(failed(*class, content, None)),
            Reply::Unsent => return Some(failed(FailureClass::Connection, content, None)),
            Reply::FailsFor(class, wait) => return Some(failed(*class, content, Some(*wait))),
            Reply::Score(tenths) => Answer::Review { content, scores: scores(*tenths) },
            Reply::NotApproved => Answer::FinalReview { content, approved: false },
            Reply::Plan(rows) => plan(content, rows),
            Reply::Calls(calls) => Answer::Calls { content, calls: calls.iter().map(request).collect() },
            Reply::Good | Reply::Unmetered | Reply::Dear => self.good(path.node, content),
        };
        Some(Report::Answered(answer))
    }

    fn good(&self, node: Node, content: BlobRef) -> Answer {
        match node {
            Node::Analyse => Answer::Analysis { content, complexity: Complexity::Moderate },
            Node::Select => Answer::Selection { content, specialists: vec![Name::from_static("researcher")] },
            Node::Decompose { .. } => plan(content, self.plan),
            Node::Model { .. } => Answer::Solution { content },
            Node::Tool { .. } => Answer::ToolResult { content, ok: true },
            Node::Review { .. } => Answer::Review { content, scores: scores(80) },
            Node::Coordinate => Answer::Coordination { content },
            Node::Synthesise { .. } => Answer::Report { content },
            Node::FinalReview { .. } => Answer::FinalReview { content, approved: true },
        }
    }
}

/// The agent with this number.
pub const fn agent(number: u8) -> divisi_domain::id::AgentId {
    let mut bytes = [0; 16];
    bytes[15] = number;
    divisi_domain::id::AgentId::from_bytes(bytes)
}

/// The target at this position of every route.
pub fn target_of(index: u8) -> Target {
    let names = [("one", "small"), ("two", "large"), ("three", "huge")];
    let (provider, model) = names.get(usize::from(index)).copied().unwrap_or(("none", "none"));
    Target { index, provider: Name::from_static(provider), model: Name::from_static(model) }
}

/// A stand-in for what an attempt wrote.
pub fn content(path: EffectPath, attempt: u16) -> BlobRef {
    BlobRef(bytes_of(&format!("{path}#{attempt}")))
}

fn failed(class: FailureClass, content: BlobRef, retry_after: Option<Millis>) -> Report {
    Report::Failed { class, content: Some(content), retry_after }
}

/// Four equal scores; above ten is ten.
pub fn scores(tenths: u8) -> Scores {
    let score = Tenths::new(tenths).unwrap_or(Tenths::MAX);
    Scores { completeness: score, accuracy: score, relevance: score, quality: score }
}

fn request(call: &Call) -> CallRequest {
    CallRequest {
        tool: Name::from_static(call.name),
        digest: Digest(bytes_of(call.name)),
        class: call.class,
        side_effects: call.side_effects,
        refused: call.refused.then(|| Name::from_static("not_allowed")),
    }
}

fn plan(content: BlobRef, rows: &[Row]) -> Answer {
    let (draft, rules) = draft(rows);
    Answer::Plan { content, draft, rules, errors: BlobRef(bytes_of(&format!("errors of {content}"))) }
}

/// A plan of rows as it would be written, and the rules that hold for it.
pub fn draft(rows: &[Row]) -> (PlanDraft, PlanRules) {
    let subtask = |(place, (id, needs)): (usize, &Row)| DraftSubtask {
        id: (*id).to_owned(),
        assigned_specialist: "researcher".to_owned(),
        dependencies: needs.iter().map(|need| dependency(need)).collect(),
        priority: if place == 0 { Priority::High } else { Priority::Medium },
        ..DraftSubtask::default()
    };
    let subtasks = rows.iter().enumerate().map(subtask).collect();
    let types = BTreeMap::from([(Name::from_static("researcher"), std::collections::BTreeSet::new())]);
    let rules = PlanRules { agent_types: types, ..PlanRules::default() };
    (PlanDraft { subtasks, dropped: Vec::new() }, rules)
}

fn dependency(need: &str) -> DraftDependency {
    match need.strip_suffix('!') {
        Some(id) => DraftDependency::Edge { id: id.to_owned(), required: true },
        None => DraftDependency::Label(need.to_owned()),
    }
}
