//! What people, time and the operating system do to a task, and when.

use divisi_domain::approval::{ApprovalSubject, Decision, Verdict};
use divisi_domain::blob::{BlobRef, Digest};
use divisi_domain::money::MicroUsd;
use divisi_domain::path::EffectPath;
use divisi_domain::task::{Input, RULES, Refusal, Resolution, RevisionScope, Task, TaskState, WaitKind};
use divisi_domain::time::Millis;

use super::script::{Row, draft};
use crate::chance::bytes_of;

/// When an act happens: at the first moment at which nothing can move and this holds.
#[derive(Debug, Clone, Copy)]
pub enum When {
    /// At once.
    Now,
    /// The task waits for this.
    Waits(WaitKind),
    /// The task is in this state.
    In(TaskState),
    /// An attempt at this path is in flight.
    InFlight(&'static str),
}

/// What happens.
#[derive(Debug, Clone)]
pub enum Deed {
    /// The runner has a slot.
    Admit,
    /// A person approves what is asked.
    Approve,
    /// A person rejects or declines what is asked.
    Reject,
    /// A person approves something else than what is asked.
    ApproveAnother,
    /// A person writes the result himself.
    EditResult,
    /// A person edits the plan.
    EditPlan(&'static [Row]),
    /// A person cancels.
    Cancel,
    /// A person stops the task for now.
    Park,
    /// A person lets it go on.
    Resume,
    /// A person wants it changed.
    Revise(RevisionScope),
    /// A person changes the cap, in micro-USD.
    Cap(Option<u64>),
    /// A person says what happened to the effect at this path.
    Resolve(&'static str, Resolution),
    /// A person rates the result.
    Rate(u8),
    /// A person erases the content.
    Erase,
    /// The process dies and comes back after this time; it was last seen at its death.
    Crash(Millis),
}

/// An act of a scenario.
#[derive(Debug, Clone)]
pub struct Act {
    /// When.
    pub when: When,
    /// What.
    pub deed: Deed,
    /// Whether the machine must refuse it.
    pub refused: Option<fn(&Refusal) -> bool>,
}

impl When {
    /// Whether it holds for `task`.
    pub fn holds(&self, task: &Task, now: divisi_domain::time::Timestamp) -> bool {
        match self {
            Self::Now => true,
            Self::Waits(kind) => task.waiting_for(now).is_some_and(|wait| wait.kind == *kind),
            Self::In(state) => task.state() == *state,
            Self::InFlight(path) => path_of(task, path)
                .and_then(|path| task.step(path))
                .is_some_and(divisi_domain::task::Step::in_flight),
        }
    }
}

/// The open effect with this path.
pub fn path_of(task: &Task, text: &str) -> Option<EffectPath> {
    task.steps.keys().map(|node| task.path(*node)).find(|path| path.to_string() == text)
}

impl Deed {
    /// The input that tells the machine; `None` for what is more than one input, or impossible now.
    pub fn input(&self, task: &Task) -> Option<Input> {
        Some(match self {
            Self::Admit => Input::Admit,
            Self::Approve => answer(task, |_, _| Verdict::Approve)?,
            Self::Reject => answer(task, |_, _| Verdict::Reject)?,
            Self::ApproveAnother => another(task)?,
            Self::EditResult => answer(task, |number, _| {
                let content = BlobRef(bytes_of(&format!("edit {number}")));
                Verdict::Edit { digest: Digest(content.0), content }
            })?,
            Self::EditPlan(rows) => {
                let (draft, rules) = draft(rows);
                Input::EditPlan { content: text(&format!("plan {}", task.approvals.len())), draft, rules }
            }
            Self::Cancel => Input::Cancel,
            Self::Park => Input::Park,
            Self::Resume => Input::Resume { rules: RULES },
            Self::Revise(scope) => Input::Revise {
                rules: RULES,
                scope: scope.clone(),
                request: text(&format!("request {}", task.pass)),
            },
            Self::Cap(cap) => Input::ChangeCap { cap: cap.map(MicroUsd) },
            Self::Resolve(path, resolution) => {
                Input::Resolve { path: path_of(task, path)?, resolution: resolution.clone() }
            }
            Self::Rate(stars) => Input::Rate { stars: *stars, useful: true, comment: None },
            Self::Erase => Input::Erase,
            Self::Crash(_) => return None,
        })
    }
}

fn text(words: &str) -> BlobRef {
    BlobRef(bytes_of(words))
}

/// The answer to the first question that is open, in an order that does not depend on when it was asked.
fn answer(task: &Task, verdict: impl Fn(u32, ApprovalSubject) -> Verdict) -> Option<Input> {
    let open = task.approvals.iter().filter(|approval| approval.pending());
    let asked = open.min_by_key(|approval| approval.subject)?;
    let verdict = verdict(asked.number, asked.subject);
    let comment = Some(text(&format!("comment on {}", asked.digest)));
    Some(Input::Decide {
        number: asked.number,
        decision: Decision { digest: asked.digest, verdict, comment },
    })
}

fn another(task: &Task) -> Option<Input> {
    let Input::Decide { number, decision } = answer(task, |_, _| Verdict::Approve)? else { return None };
    Some(Input::Decide { number, decision: Decision { digest: Digest([0; 32]), ..decision } })
}
