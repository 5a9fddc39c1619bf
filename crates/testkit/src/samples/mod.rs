//! One event of every shape that a task's stream may hold. Golden files keep their bytes for ever: change
//! no sample, add new ones at the end of its kind.

mod attempts;
mod journal;
mod submitted;

use divisi_domain::approval::{ApprovalState, ApprovalSubject};
use divisi_domain::blob::{BlobRef, Digest};
use divisi_domain::model_step::FailureClass;
use divisi_domain::money::MicroUsd;
use divisi_domain::name::Name;
use divisi_domain::path::{EffectPath, Node};
use divisi_domain::plan::{Complexity, Dependency, Estimate, Plan, PlanNode, Priority, Settled};
use divisi_domain::subtask::{CallPhase, CycleFailure};
use divisi_domain::task::{Event, FailureReason, RULES, RevisionScope, Stage, WaitKind};
use divisi_domain::time::Timestamp;

pub use journal::{agent_events, workspace_events};

/// The samples of every kind, by kind.
pub fn events() -> Vec<Event> {
    let mut events = submitted::events();
    events.extend(passes());
    events.extend(stages());
    events.extend(attempts::events());
    events.extend(runs());
    events.extend(approvals());
    events.extend(calls());
    events.extend(waits());
    events.extend(endings());
    events.sort_by_key(Event::kind);
    events
}

const TEXT: BlobRef = BlobRef([0xab; 32]);
const DIGEST: Digest = Digest([0xcd; 32]);
const AT: Timestamp = Timestamp::from_millis(1_700_000_000_123);
const CALL: EffectPath =
    EffectPath { pass: 2, node: Node::Tool { subtask: 300, cycle: 3, turn: 12, call: 1 } };

fn plan() -> Plan {
    let node = |number, dependencies| PlanNode {
        number,
        agent_type: Name::from_static("researcher"),
        capability: (number == 2).then(|| Name::from_static("law:licences")),
        priority: Priority::High,
        complexity: Complexity::Complex,
        dependencies,
        estimate: Estimate { tokens: 4_000, seconds: 60, cost: MicroUsd(12_345) },
    };
    let edges = vec![Dependency { on: 1, required: true }, Dependency { on: 2, required: false }];
    Plan { nodes: vec![node(1, vec![]), node(2, vec![]), node(300, edges)] }
}

fn passes() -> Vec<Event> {
    let revision = |scope| Event::RevisionRequested { rules: RULES, scope, request: TEXT };
    vec![
        Event::Resumed { rules: RULES },
        revision(RevisionScope::FullTask),
        revision(RevisionScope::SpecificSubtasks(vec![1, 300])),
        revision(RevisionScope::FinalAnswer),
    ]
}

fn stages() -> Vec<Event> {
    let stages = [
        Stage::Pending,
        Stage::Analysis,
        Stage::Selection,
        Stage::Decomposition { round: 2 },
        Stage::PlanApproval,
        Stage::Execution,
        Stage::Coordination,
        Stage::Synthesis { round: 0 },
        Stage::FinalReview { round: 1 },
        Stage::ResultApproval { round: 255 },
        Stage::Completed,
        Stage::Failed,
        Stage::Cancelled,
    ];
    stages.into_iter().map(Event::Entered).collect()
}

fn runs() -> Vec<Event> {
    let failures = [
        CycleFailure::NoAnswer(FailureClass::Refused),
        CycleFailure::TurnLimit,
        CycleFailure::RepeatedCall,
        CycleFailure::DeadlineExceeded,
        CycleFailure::Quarantined,
        CycleFailure::GivenUp,
        CycleFailure::NoReview(FailureClass::TimedOut),
        CycleFailure::NoCapableAgent,
    ];
    let failed = failures.map(|failure| Event::RunFailed { subtask: 300, failure });
    let settled = [Settled::Accepted, Settled::Failed, Settled::Skipped];
    let settled = settled.map(|settled| Event::SubtaskSettled { subtask: 1, settled });
    let started = [
        Event::RunStarted { subtask: 1, cycle: 0, other_specialist: false },
        Event::RunStarted { subtask: 300, cycle: 3, other_specialist: true },
    ];
    started.into_iter().chain(failed).chain(settled).collect()
}

fn approvals() -> Vec<Event> {
    let subjects = [ApprovalSubject::Plan, ApprovalSubject::Tool(CALL), ApprovalSubject::Publication];
    let asked = (1..).zip(subjects);
    let asked = asked.map(|(number, subject)| Event::ApprovalRequested { number, subject, digest: DIGEST });
    let states = [
        ApprovalState::Pending,
        ApprovalState::Approved,
        ApprovalState::Rejected,
        ApprovalState::Edited { digest: DIGEST, content: TEXT },
        ApprovalState::Void,
    ];
    let decided = states.map(|state| Event::ApprovalDecided { number: 70_000, state, comment: None });
    let commented = Event::ApprovalDecided { number: 1, state: ApprovalState::Rejected, comment: Some(TEXT) };
    let edited = Event::PlanEdited { content: TEXT, plan: plan() };
    asked.chain(decided).chain([commented, edited]).collect()
}

fn calls() -> Vec<Event> {
    let phases = [
        CallPhase::Open,
        CallPhase::Answered { content: TEXT, ok: false },
        CallPhase::Refused,
        CallPhase::Declined,
        CallPhase::Skipped,
        CallPhase::Failed,
    ];
    phases.into_iter().map(|phase| Event::CallSettled { path: CALL, phase }).collect()
}

fn waits() -> Vec<Event> {
    let kinds = [
        WaitKind::Queued,
        WaitKind::Parked,
        WaitKind::Approval,
        WaitKind::Budget,
        WaitKind::Quota,
        WaitKind::Provider,
        WaitKind::Store,
        WaitKind::OutcomeUnknown,
    ];
    let waits = kinds.into_iter().flat_map(|kind| [Event::WaitStarted(kind), Event::WaitEnded(kind)]);
    let others = [
        Event::Recovered { last_seen: AT },
        Event::CapChanged { cap: Some(MicroUsd(5_000_000)) },
        Event::CapChanged { cap: None },
    ];
    waits.chain(others).collect()
}

fn endings() -> Vec<Event> {
    let reasons = [
        FailureReason::PlanInvalid,
        FailureReason::PlanRejected,
        FailureReason::NoCapableAgent,
        FailureReason::NoAcceptedSolution,
        FailureReason::BudgetExhausted,
        FailureReason::DeadlineExceeded,
        FailureReason::NoAnswer(FailureClass::Unparsable),
        FailureReason::Quarantined,
        FailureReason::PublicationRejected,
        FailureReason::Stuck,
    ];
    let full = Event::Completed { content: Some(TEXT), approved: true, missing: vec![], reason: None };
    let reason = Some(FailureReason::BudgetExhausted);
    let partial = Event::Completed { content: None, approved: false, missing: vec![2, 300], reason };
    let failed = reasons.into_iter().map(|reason| Event::Failed { reason });
    let last = [
        Event::Cancelled,
        Event::Rated { stars: 4, useful: true, comment: Some(TEXT) },
        Event::Rated { stars: 1, useful: false, comment: None },
        Event::ContentErased,
    ];
    [full, partial].into_iter().chain(failed).chain(last).collect()
}
