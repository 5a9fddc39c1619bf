//! Plans: repair rounds, approval, rejection, edits.

use divisi_domain::approval::Mode;
use divisi_domain::automation::{Action, Condition, Decimal, FieldKinds, Operator, Rule, Rules, Value};
use divisi_domain::name::Name;
use divisi_domain::task::{Refusal, TaskState, WaitKind};

use super::{CHAIN, ONE, TWO};
use crate::scenarios::{Deed, Reply, Row, Scenario, When, sends};

const RING: &[Row] = &[("a", &["b"]), ("b", &["a"])];
const APPROVAL: When = When::Waits(WaitKind::Approval);

pub(super) fn rows() -> Vec<Scenario> {
    let mut rows = repairs();
    rows.extend(approvals());
    rows.extend(edits());
    rows.extend(hybrid());
    rows
}

fn repairs() -> Vec<Scenario> {
    vec![
        Scenario::new("a plan with errors is repaired", ONE)
            .on("p1/decompose/round0", vec![Reply::Plan(RING)])
            .on("p1/decompose/round1", vec![Reply::Plan(&[])])
            .shows(&["enter decomposition 1", "enter decomposition 2", "enter execution"]),
        Scenario::new("two repair rounds, then plan_invalid", ONE)
            .on("p1/decompose/round0", vec![Reply::Plan(RING)])
            .on("p1/decompose/round1", vec![Reply::Plan(RING)])
            .on("p1/decompose/round2", vec![Reply::Plan(RING)])
            .never(&["enter decomposition 3", "enter execution"])
            .ends("failed plan_invalid"),
        Scenario::new("plan_invalid, resumed: the rounds begin anew", ONE)
            .on("p1/decompose/round0", vec![Reply::Plan(RING)])
            .on("p1/decompose/round1", vec![Reply::Plan(RING)])
            .on("p1/decompose/round2", vec![Reply::Plan(RING)])
            .on("p2/decompose/round0", vec![Reply::Plan(RING)])
            .then(When::In(TaskState::Failed), Deed::Resume)
            .shows(&["failed plan_invalid", "resumed", "enter decomposition 0", "enter decomposition 1"])
            .shows(&["enter execution"])
            .never(&["start p2/analyse", "start p2/select"]),
    ]
}

fn approvals() -> Vec<Scenario> {
    let assisted = |name| Scenario::new(name, ONE).mode(Mode::Assisted);
    vec![
        assisted("assisted asks for the plan")
            .then(APPROVAL, Deed::Approve)
            .waits(&[WaitKind::Approval])
            .shows(&["enter plan approval", "ask 1 plan", "approval 1 approved", "enter execution"])
            .never(&["ask 2"]),
        assisted("an answer about another plan does not count")
            .refuses(APPROVAL, Deed::ApproveAnother, |why| matches!(why, Refusal::Decision(_)))
            .then(APPROVAL, Deed::Approve)
            .shows(&["approval 1 approved"]),
        assisted("a rejected plan is written anew with the comment, and asked about anew")
            .then(APPROVAL, Deed::Reject)
            .then(APPROVAL, Deed::Approve)
            .shows(&["approval 1 rejected", "enter decomposition 1", "ask 2 plan", "approval 2 approved"])
            .shows(&["run s2 cycle0"])
            .never(&["run s1"]),
        assisted("rejected too often")
            .then(APPROVAL, Deed::Reject)
            .then(APPROVAL, Deed::Reject)
            .then(APPROVAL, Deed::Reject)
            .shows(&["enter decomposition 1", "enter decomposition 2", "approval 3 rejected"])
            .never(&["enter execution"])
            .ends("failed plan_rejected"),
        assisted("plan_rejected, resumed: another plan is written and asked about")
            .then(APPROVAL, Deed::Reject)
            .then(APPROVAL, Deed::Reject)
            .then(APPROVAL, Deed::Reject)
            .then(When::In(TaskState::Failed), Deed::Resume)
            .then(APPROVAL, Deed::Approve)
            .shows(&["failed plan_rejected", "resumed", "enter decomposition 0", "ask 4 plan"])
            .shows(&["approval 4 approved", "enter execution"]),
        assisted("a repair after a rejection has its own two rounds")
            .on("p1/decompose/round0", vec![Reply::Plan(RING)])
            .on("p1/decompose/round1", vec![Reply::Plan(RING)])
            .on("p1/decompose/round3", vec![Reply::Plan(RING)])
            .on("p1/decompose/round4", vec![Reply::Plan(RING)])
            .then(APPROVAL, Deed::Reject)
            .then(APPROVAL, Deed::Approve)
            .shows(&["ask 1 plan", "enter decomposition 5", "ask 2 plan"]),
        Scenario::new("plan only: asked for in every mode", ONE)
            .with(|submission| submission.plan_only = true)
            .then(APPROVAL, Deed::Approve)
            .shows(&["ask 1 plan", "approval 1 approved", "enter execution"]),
        Scenario::new("hybrid without rules asks", ONE)
            .mode(Mode::Hybrid)
            .then(APPROVAL, Deed::Approve)
            .then(APPROVAL, Deed::Approve)
            .shows(&["ask 1 plan", "ask 2 publication"]),
    ]
}

fn edits() -> Vec<Scenario> {
    let assisted = |name| Scenario::new(name, TWO).mode(Mode::Assisted);
    vec![
        assisted("an edited plan has new numbers and is asked about by its own digest")
            .then(APPROVAL, Deed::EditPlan(CHAIN))
            .then(APPROVAL, Deed::Approve)
            .shows(&["ask 1 plan", "plan edited s3 s4", "ask 2 plan", "approval 2 approved", "run s3 cycle0"])
            .never(&["run s1", "run s2", "approval 1"]),
        assisted("an edit with errors changes nothing")
            .refuses(
                APPROVAL,
                Deed::EditPlan(RING),
                |why| matches!(why, Refusal::PlanInvalid { errors } if !errors.is_empty()),
            )
            .then(APPROVAL, Deed::Approve)
            .shows(&["approval 1 approved", "run s1 cycle0"]),
        Scenario::new("a plan is edited only while it waits for approval", ONE)
            .on("p1/coordinate", vec![Reply::Hangs])
            .refuses(When::InFlight("p1/coordinate"), Deed::EditPlan(CHAIN), |why| {
                *why == Refusal::NoPlanWaits
            })
            .then(When::InFlight("p1/coordinate"), Deed::Cancel)
            .ends("cancelled"),
    ]
}

/// A rule: this field, compared so with this value, means that. Later rules have a higher priority.
type RuleRow = (&'static str, Operator, Value, Action);

fn rules(rows: &[RuleRow]) -> Rules {
    let names = ["first", "second", "third"].map(Name::from_static);
    let rule = |((row, name), priority): ((&RuleRow, Name), i32)| Rule {
        name,
        when: Condition { field: Name::from_static(row.0), operator: row.1, value: row.2.clone() },
        then: row.3,
        priority,
        active: true,
    };
    let rules = rows.iter().zip(names).zip(0..).map(rule).collect();
    Rules::save(rules, &FieldKinds::standard()).unwrap_or_default()
}

fn subject(subject: &'static str, action: Action) -> RuleRow {
    ("subject", Operator::Equals, Value::Text(Name::from_static(subject)), action)
}

fn hybrid() -> Vec<Scenario> {
    let hybrid = |name, rows: &[RuleRow]| {
        Scenario::new(name, ONE).mode(Mode::Hybrid).with(|submission| submission.policy.rules = rules(rows))
    };
    let dearer = |micros| {
        let limit = Value::Number(Decimal::from_micros(micros));
        ("cost_usd", Operator::GreaterThan, limit, Action::RequireApproval)
    };
    let all = ["plan", "tool", "publication"].map(|about| subject(about, Action::AutoPublish));
    let calls = || vec![Reply::Calls(vec![sends("mail")])];
    vec![
        hybrid("hybrid: what the rules let through is not asked", &all)
            .on("p1/execute/s1/cycle0/turn1/model", calls())
            .never(&["ask"]),
        hybrid("hybrid: what no rule speaks of is asked", &[all[0].clone(), all[2].clone()])
            .on("p1/execute/s1/cycle0/turn1/model", calls())
            .then(APPROVAL, Deed::Approve)
            .shows(&["enter execution", "ask 1 tool", "approval 1 approved", "enter final review 0"])
            .never(&["ask 2"]),
        // The plan is there after three calls, 180 micro-USD; the report after seven or more.
        hybrid("hybrid: a dear task is asked about", &[all[0].clone(), all[2].clone(), dearer(200)])
            .then(APPROVAL, Deed::Approve)
            .shows(&["enter execution", "ask 1 publication"])
            .never(&["ask 2"]),
    ]
}
