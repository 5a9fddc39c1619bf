//! What chaos tells.

use divisi_domain::model_step::FailureClass;
use divisi_domain::path::{EffectPath, Node};
use divisi_domain::task::{Input, Resolution, RevisionScope, WaitKind};
use divisi_domain::time::{Millis, Timestamp};

use crate::chance::Chance;
use crate::scenarios::{Call, Deed, Reply, Row, Script, puts, reads, refused, sends};

const PLANS: &[&[Row]] = &[
    &[("a", &[])],
    &[("a", &[]), ("b", &[])],
    &[("a", &[]), ("b", &["a"]), ("c", &["a!"])],
    &[("a", &[]), ("b", &["a!"]), ("c", &["b!"]), ("d", &["a"])],
    &[("a", &[]), ("b", &[]), ("c", &["a", "b"]), ("d", &["c!"]), ("e", &["a!"])],
    // With errors.
    &[],
    &[("a", &["b"]), ("b", &["a"])],
    &[("a", &["nobody"])],
];

const CLASSES: &[FailureClass] = &[
    FailureClass::RateLimited,
    FailureClass::Overloaded,
    FailureClass::Connection,
    FailureClass::TimedOut,
    FailureClass::Truncated,
    FailureClass::Unparsable,
    FailureClass::ContextTooLong,
    FailureClass::Refused,
    FailureClass::BadRequest,
    FailureClass::QuotaSpent,
    FailureClass::Panicked,
    FailureClass::ToolFailed,
];

const WAITS: &[WaitKind] = &[WaitKind::Queued, WaitKind::Quota, WaitKind::Provider, WaitKind::Store];

const CALLS: &[Call] = &[reads("search"), reads("read"), sends("mail"), puts("file"), refused("delete")];

/// A plan that validates.
pub(super) fn any_plan(chance: &mut Chance) -> &'static [Row] {
    PLANS.get(chance.below(5)).copied().unwrap_or_default()
}

/// A reply that fits its place, or sometimes does not.
pub(super) fn any_reply(chance: &mut Chance, node: Node) -> Reply {
    let class = || FailureClass::Overloaded;
    match chance.below(10) {
        0 | 1 => Reply::Fails(chance.pick(CLASSES).copied().unwrap_or_else(class)),
        2 if chance.happens(30) => {
            Reply::FailsFor(FailureClass::RateLimited, Millis(chance.next() % 100_000))
        }
        3 if chance.happens(20) => Reply::Unmetered,
        3 if chance.happens(20) => Reply::Dear,
        // Foreign to most places: it must be refused there.
        4 if chance.happens(20) => Reply::Score(80),
        5..10 => special(chance, node),
        _ => Reply::Good,
    }
}

fn special(chance: &mut Chance, node: Node) -> Reply {
    match node {
        Node::Review { .. } => Reply::Score(u8::try_from(chance.below(101)).unwrap_or(0)),
        Node::FinalReview { .. } if chance.happens(50) => Reply::NotApproved,
        Node::Decompose { .. } => Reply::Plan(chance.pick(PLANS).copied().unwrap_or_default()),
        Node::Model { .. } if chance.happens(60) => {
            let count = chance.below(4);
            Reply::Calls((0..count).filter_map(|_| chance.pick(CALLS).copied()).collect())
        }
        _ => Reply::Good,
    }
}

pub(super) fn deferral(chance: &mut Chance, path: EffectPath, now: Timestamp) -> Input {
    let waits = chance.pick(WAITS).copied().unwrap_or(WaitKind::Quota);
    let until = chance.happens(60).then(|| now + Millis(chance.next() % 1_000_000));
    Input::Defer { path, waits, until }
}

/// Something about an effect that may never have been.
pub(super) fn foreign(chance: &mut Chance, script: &Script, now: Timestamp) -> Input {
    let path = any_path(chance);
    let attempt = u16::try_from(chance.below(4)).unwrap_or(0);
    match chance.below(7) {
        0 => Input::Interrupted { path, attempt, alone: chance.happens(50) },
        1 => Input::NoCapableAgent { path },
        2 => deferral(chance, path, now),
        3 => Input::Resolve { path, resolution: any_resolution(chance) },
        4 => Input::Recovered { last_seen: now },
        _ => {
            let reply = any_reply(chance, path.node);
            script.end_with(&reply, path, attempt).unwrap_or(Input::TimerDue)
        }
    }
}

fn any_path(chance: &mut Chance) -> EffectPath {
    let mut small = |bound: usize| u8::try_from(chance.below(bound)).unwrap_or(0);
    let (subtask, cycle, turn, round) = (u16::from(small(7)), small(3), small(4), small(3));
    let nodes = [
        Node::Analyse,
        Node::Select,
        Node::Decompose { round },
        Node::Model { subtask, cycle, turn },
        Node::Tool { subtask, cycle, turn, call: small(3) },
        Node::Review { subtask, cycle },
        Node::Coordinate,
        Node::Synthesise { round },
        Node::FinalReview { round },
    ];
    let pass = u16::from(small(4));
    EffectPath { pass, node: chance.pick(&nodes).copied().unwrap_or(Node::Analyse) }
}

fn any_resolution(chance: &mut Chance) -> Resolution {
    let all = [Resolution::Retry, Resolution::Skip, Resolution::Fail];
    chance.pick(&all).cloned().unwrap_or(Resolution::Skip)
}

/// What a person might do, whether it is their turn or not. Cancelling and erasing end too much to be usual.
pub(super) fn any_deed(chance: &mut Chance, ended: bool) -> Deed {
    let some = |chance: &mut Chance| u16::try_from(1 + chance.below(6)).unwrap_or(1);
    match chance.below(16) {
        0..4 => Deed::Approve,
        4 => Deed::Reject,
        5 => Deed::ApproveAnother,
        6 | 15 => Deed::EditResult,
        7 => Deed::EditPlan(chance.pick(PLANS).copied().unwrap_or_default()),
        8 => Deed::Park,
        10 => Deed::Revise(RevisionScope::SpecificSubtasks(vec![some(chance)])),
        11 if chance.happens(50) => Deed::Revise(RevisionScope::FullTask),
        11 => Deed::Revise(RevisionScope::FinalAnswer),
        12 if chance.happens(15) => Deed::Cap(chance.happens(70).then(|| chance.next() % 8_000)),
        13 if ended && chance.happens(5) => Deed::Erase,
        13 if chance.happens(15) => Deed::Cancel,
        14 => Deed::Rate(u8::try_from(chance.below(7)).unwrap_or(0)),
        _ => Deed::Resume,
    }
}
