use super::*;
use crate::automation::{Action, Condition, Facts, FieldKinds, Operator, Rule, Rules, Value};
use crate::blob::{BlobRef, Digest};
use crate::name::Name;
use crate::path::{EffectPath, Node};
use crate::time::Timestamp;

const SEEN: Digest = Digest([1; 32]);
const OTHER: Digest = Digest([2; 32]);
const TEXT: BlobRef = BlobRef([3; 32]);

fn question() -> Approval {
    let path = EffectPath { pass: 1, node: Node::Tool { subtask: 1, cycle: 0, turn: 1, call: 0 } };
    Approval::ask(4, ApprovalSubject::Tool(path), SEEN, Timestamp::from_millis(10))
}

fn decision(digest: Digest, verdict: Verdict) -> Decision {
    Decision { digest, verdict, comment: None }
}

#[test]
fn a_decision_leads_to_its_state() {
    let edited = ApprovalState::Edited { digest: OTHER, content: TEXT };
    let rows = [
        (Verdict::Approve, ApprovalState::Approved, "approved"),
        (Verdict::Reject, ApprovalState::Rejected, "rejected"),
        (Verdict::Edit { digest: OTHER, content: TEXT }, edited, "edited"),
        (Verdict::Edit { digest: SEEN, content: TEXT }, ApprovalState::Approved, "approved"),
    ];
    for (verdict, state, name) in rows {
        let mut question = question();
        assert_eq!(question.decide(&decision(SEEN, verdict)), Ok(state));
        question.settle(state, Timestamp::from_millis(20), Some(TEXT));
        assert_eq!(question.state.as_str(), name);
        assert_eq!(question.settled_at, Some(Timestamp::from_millis(20)));
        let bytes = minicbor::to_vec(&question).unwrap();
        assert_eq!(minicbor::decode::<Approval>(&bytes).unwrap(), question);
    }
}

#[test]
fn a_decision_on_something_else_is_refused() {
    for verdict in [Verdict::Approve, Verdict::Reject] {
        let refused = question().decide(&decision(OTHER, verdict)).unwrap_err();
        assert_eq!(refused, DecisionRefused::OtherDigest { number: 4, asked: SEEN, given: OTHER });
    }
}

#[test]
fn the_first_end_stands() {
    let ends = [ApprovalState::Approved, ApprovalState::Rejected, ApprovalState::Void];
    for end in ends {
        let mut question = question();
        question.settle(ApprovalState::Pending, Timestamp::from_millis(1), None);
        assert!(question.pending());
        question.settle(end, Timestamp::from_millis(2), None);
        let before = question.clone();
        let refused = question.decide(&decision(SEEN, Verdict::Approve)).unwrap_err();
        assert_eq!(refused, DecisionRefused::Settled { number: 4, state: end.as_str() });
        question.settle(ApprovalState::Approved, Timestamp::from_millis(3), Some(TEXT));
        assert_eq!(question, before);
    }
}

#[test]
fn each_mode_asks_what_it_says() {
    let subjects = [
        Asked::Plan,
        Asked::Tool { side_effects: true },
        Asked::Tool { side_effects: false },
        Asked::Publication,
    ];
    let rows = [
        (Mode::FullAutonomous, [false, false, false, false]),
        (Mode::Assisted, [true, false, false, false]),
        (Mode::Manual, [true, true, false, true]),
        (Mode::Hybrid, [false, true, false, true]),
    ];
    let plans_go = Rule {
        name: Name::from_static("plans_go"),
        when: Condition {
            field: Name::from_static("subject"),
            operator: Operator::Equals,
            value: Value::Text(Name::from_static("plan")),
        },
        then: Action::AutoPublish,
        priority: 1,
        active: true,
    };
    let rules = Rules::save(vec![plans_go], &FieldKinds::standard()).unwrap();
    assert_eq!(rows.map(|(mode, _)| mode), Mode::ALL);
    assert_eq!(Mode::ALL.map(Mode::as_str), ["full_autonomous", "assisted", "manual", "hybrid"]);
    for (mode, expected) in rows {
        let found = subjects.map(|asked| asks(mode, asked, &rules, &Facts::new()));
        assert_eq!(found, expected, "{}", mode.as_str());
    }
    let none = Rules::default();
    assert!(asks(Mode::Hybrid, Asked::Plan, &none, &Facts::new()), "no rule, so a person is asked");
}
