//! The mode `hybrid`: what automation rules are told of a task, and when.

use divisi_domain::approval::Mode;
use divisi_domain::automation::{Action, Condition, FieldKinds, Operator, Rule, Rules, Value};
use divisi_domain::model_step::FailureClass;
use divisi_domain::name::Name;
use divisi_domain::task::{Submission, TaskState};
use divisi_domain::time::Millis;
use divisi_testkit::scenarios::{Reply, Row, puts};

use crate::driver::Driver;

const TWO: &[Row] = &[("a", &[]), ("b", &[])];
const CALL: &str = "p1/execute/s1/cycle0/turn1/tool0";

/// Nobody is asked while `field` is so; a rule without a match asks.
fn hybrid(field: &'static str, operator: Operator, number: &str) -> impl FnOnce(&mut Submission) {
    let value = Value::Number(number.parse().unwrap());
    let rule = |name, when, priority| Rule {
        name: Name::from_static(name),
        when,
        then: Action::AutoPublish,
        priority,
        active: true,
    };
    let when = Condition { field: Name::from_static(field), operator, value };
    let subject = |text| Condition {
        field: Name::from_static("subject"),
        operator: Operator::Equals,
        value: Value::Text(Name::from_static(text)),
    };
    let rules = vec![rule("plans_go", subject("plan"), 2), rule("as_it_is", when, 1)];
    let rules = Rules::save(rules, &FieldKinds::standard()).unwrap();
    move |submission| {
        submission.mode = Mode::Hybrid;
        submission.policy.rules = rules;
    }
}

/// A task whose subtasks are accepted with 8.00 and 7.50, up to where its result would be published.
fn reviewed(change: impl FnOnce(&mut Submission)) -> Driver {
    let mut driver = Driver::executing(TWO, change);
    for (subtask, score) in [(1, 80), (2, 75)] {
        driver.make(&format!("p1/execute/s{subtask}/cycle0/turn1/model"), &Reply::Good);
        driver.make(&format!("p1/review/s{subtask}/cycle0"), &Reply::Score(score));
    }
    for path in ["p1/coordinate", "p1/synthesise/round0", "p1/final_review/round0"] {
        driver.make(path, &Reply::Good);
    }
    driver
}

/// Ten model calls cost 60 micro-USD each.
#[test]
fn rules_are_told_the_lowest_score_the_cost_and_the_subtasks() {
    let rows = [
        ("lowest_score", Operator::GreaterThan, "7.49", true),
        ("lowest_score", Operator::GreaterThan, "7.5", false),
        ("lowest_score", Operator::LessThan, "7.51", true),
        ("cost_usd", Operator::Equals, "0.0006", true),
        ("cost_usd", Operator::LessThan, "0.0006", false),
        ("subtasks", Operator::Equals, "2", true),
        ("subtasks", Operator::NotEquals, "2", false),
    ];
    for (field, operator, number, published) in rows {
        let driver = reviewed(hybrid(field, operator, number));
        let completed = driver.task().state() == TaskState::Completed;
        assert_eq!(completed, published, "{field} {} {number}", operator.as_str());
    }
}

#[test]
fn a_call_that_may_be_made_is_not_asked_about_again_when_it_is_repeated() {
    let mut driver = Driver::executing(TWO, hybrid("cost_usd", Operator::LessThan, "0.00025"));
    driver.make("p1/execute/s1/cycle0/turn1/model", &Reply::Calls(vec![puts("page")]));
    driver.make(CALL, &Reply::FailsFor(FailureClass::Overloaded, Millis(1)));
    driver.make("p1/execute/s2/cycle0/turn1/model", &Reply::Good);
    driver.later(Millis(60_000));
    assert_eq!(driver.wanted(CALL).attempt, 2);
    driver.make(CALL, &Reply::Good);
    driver.make("p1/execute/s1/cycle0/turn2/model", &Reply::Calls(vec![puts("title")]));
    assert!(driver.startable().iter().all(|path| !path.contains("tool")), "by now it costs too much");
    assert_eq!(driver.task().approvals.len(), 1);
}
