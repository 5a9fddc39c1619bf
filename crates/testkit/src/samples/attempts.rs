use divisi_domain::budget::Booked;
use divisi_domain::id::AgentId;
use divisi_domain::model_step::{Cause, FailureClass, Target};
use divisi_domain::money::{MicroUsd, Usage};
use divisi_domain::name::Name;
use divisi_domain::path::{EffectPath, Node};
use divisi_domain::plan::Complexity;
use divisi_domain::review::{Scores, Tenths};
use divisi_domain::subtask::{CallRequest, EffectClass};
use divisi_domain::task::{Event, Outcome, Recorded, WaitKind};

use super::{AT, CALL, DIGEST, TEXT, plan};

const NODES: [Node; 9] = [
    Node::Analyse,
    Node::Select,
    Node::Decompose { round: 1 },
    Node::Model { subtask: 300, cycle: 3, turn: 12 },
    CALL.node,
    Node::Review { subtask: 2, cycle: 1 },
    Node::Coordinate,
    Node::Synthesise { round: 0 },
    Node::FinalReview { round: 2 },
];

pub(super) fn events() -> Vec<Event> {
    let mut events: Vec<Event> = NODES.into_iter().map(started).collect();
    let answers = answers().into_iter().map(|answer| ended(Outcome::Answered(answer)));
    events.extend(answers);
    events.extend(others().into_iter().map(ended));
    events.extend(scheduled());
    events
}

fn started(node: Node) -> Event {
    let tool = node == CALL.node;
    let target =
        Target { index: 1, provider: Name::from_static("openai"), model: Name::from_static("gpt-5") };
    Event::EffectStarted {
        path: EffectPath { pass: 2, node },
        attempt: 9,
        target: (!tool).then_some(target),
        cause: Cause::Failover,
        reserved: if tool { MicroUsd::ZERO } else { MicroUsd(70_000) },
        agent: (!tool).then(|| AgentId::from_bytes([3; 16])),
    }
}

fn ended(outcome: Outcome) -> Event {
    let answered = matches!(outcome, Outcome::Answered(_));
    let usage = Usage {
        input_tokens: 1_000,
        output_tokens: 200,
        cached_tokens: 30,
        reasoning_tokens: 4,
        cache_write_tokens: 0,
    };
    Event::EffectEnded {
        path: CALL,
        attempt: 300,
        outcome,
        usage: answered.then_some(usage),
        booked: Booked { charged: MicroUsd(80_000), estimated: !answered, excess: MicroUsd(10_000) },
        from_cache: false,
    }
}

fn answers() -> Vec<Recorded> {
    let tenths = |value| Tenths::new(value).unwrap_or(Tenths::MAX);
    let scores =
        Scores { completeness: tenths(71), accuracy: tenths(0), relevance: tenths(100), quality: tenths(55) };
    vec![
        Recorded::Analysis { content: TEXT, complexity: Complexity::Simple },
        Recorded::Selection { content: TEXT, specialists: vec![Name::from_static("researcher")] },
        Recorded::Plan { content: TEXT, plan: plan() },
        Recorded::InvalidPlan { content: TEXT, errors: TEXT },
        Recorded::Calls { content: TEXT, calls: calls() },
        Recorded::Solution { content: TEXT },
        Recorded::ToolResult { content: TEXT, ok: true },
        Recorded::Review { content: TEXT, scores },
        Recorded::Coordination { content: TEXT },
        Recorded::Report { content: TEXT },
        Recorded::FinalReview { content: TEXT, approved: false },
    ]
}

fn calls() -> Vec<CallRequest> {
    let classes = [
        EffectClass::ExactlyOnce,
        EffectClass::Idempotent,
        EffectClass::AtLeastOnce,
        EffectClass::AtMostOnce,
    ];
    let call = |class| CallRequest {
        tool: Name::from_static("search_documents"),
        digest: DIGEST,
        class,
        side_effects: class == EffectClass::AtMostOnce,
        refused: (class == EffectClass::ExactlyOnce).then(|| Name::from_static("not_allowed")),
    };
    classes.map(call).into()
}

fn others() -> Vec<Outcome> {
    let classes = [
        FailureClass::RateLimited,
        FailureClass::Overloaded,
        FailureClass::Connection,
        FailureClass::TimedOut,
        FailureClass::Truncated,
        FailureClass::Unparsable,
        FailureClass::ContextTooLong,
        FailureClass::Refused,
        FailureClass::BadRequest,
        FailureClass::Unauthorized,
        FailureClass::UnknownModel,
        FailureClass::QuotaSpent,
        FailureClass::Panicked,
        FailureClass::ToolFailed,
    ];
    let failed = classes.map(|class| Outcome::Failed { class, content: Some(TEXT) });
    let last = [
        Outcome::Failed { class: FailureClass::Connection, content: None },
        Outcome::Interrupted { alone: true },
        Outcome::Interrupted { alone: false },
        Outcome::Cancelled,
    ];
    failed.into_iter().chain(last).collect()
}

fn scheduled() -> Vec<Event> {
    let causes =
        [Cause::First, Cause::Retry, Cause::Failover, Cause::Reask, Cause::Interrupted, Cause::NewSeries];
    let event = |cause| Event::AttemptScheduled {
        path: EffectPath { pass: 1, node: Node::Coordinate },
        cause,
        target: 2,
        not_before: (cause == Cause::Retry).then_some(AT),
        waits: (cause == Cause::NewSeries).then_some(WaitKind::Provider),
    };
    causes.map(event).into()
}
