use serde_json::Value as Json;

use super::*;
use crate::limits::AUTOMATION_RULES_MAX;
use crate::name::Name;

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn value(json: &Json) -> Value {
    match json {
        Json::String(text) => Value::Text(name(text)),
        number => Value::Number(number.to_string().parse().unwrap()),
    }
}

fn rule(label: &str, field: &str, operator: Operator, value: &Json, then: Action, priority: i32) -> Rule {
    let when = Condition { field: name(field), operator, value: self::value(value) };
    Rule { name: name(label), when, then, priority, active: true }
}

fn kinds() -> FieldKinds {
    let numbers = ["sentiment", "performance"].map(|field| (name(field), FieldKind::Number));
    numbers.into_iter().chain([(name("time"), FieldKind::Text)]).collect()
}

fn from_vector(at: usize, row: &Json) -> Rule {
    let operator: Operator = serde_json::from_value(row["when"]["op"].clone()).unwrap();
    let then: Action = serde_json::from_value(row["then"].clone()).unwrap();
    let priority = i32::try_from(row["priority"].as_i64().unwrap()).unwrap();
    let field = row["when"]["field"].as_str().unwrap();
    rule(&format!("rule{at}"), field, operator, &row["when"]["value"], then, priority)
}

#[test]
fn vectors() {
    let vectors: Json = serde_json::from_str(include_str!("../../tests/vectors.json")).unwrap();
    let vector = &vectors["automation_rules"];
    let rules = vector["rules"].as_array().unwrap().iter().enumerate();
    let rules = Rules::save(rules.map(|(at, row)| from_vector(at, row)).collect(), &kinds()).unwrap();
    let cases = vector["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 5);
    for case in cases {
        let facts: Facts =
            case[0].as_object().unwrap().iter().map(|(field, found)| (name(field), value(found))).collect();
        assert_eq!(rules.decide(&facts).action.as_str(), case[1].as_str().unwrap(), "{case}");
    }
    let bytes = minicbor::to_vec(&rules).unwrap();
    assert_eq!(minicbor::decode::<Rules>(&bytes).unwrap(), rules);
}

#[test]
fn decimals_are_exact() {
    let rows = [
        ("0", 0),
        ("-0", 0),
        ("0.3", 300_000),
        ("0.30", 300_000),
        ("1.0000000", 1_000_000),
        ("-2.5", -2_500_000),
        ("0.000001", 1),
        ("9223372036854", 9_223_372_036_854_000_000),
    ];
    for (text, micros) in rows {
        let found = text.parse::<Decimal>().unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(found.micros(), micros, "{text}");
        assert_eq!(found.to_string().parse(), Ok(found), "{text}");
    }
    for text in
        ["", "-", ".", "1.", ".1", "1e3", "0.0000001", "9223372036855", "NaN", "+1", "1,5", "--1", "1.-5"]
    {
        assert!(text.parse::<Decimal>().is_err(), "{text}");
    }
    assert_eq!(Decimal::from(7), Decimal::from_micros(7_000_000));
    for (micros, text) in [(-1, "-0.000001"), (0, "0"), (10, "0.00001"), (-2_500_000, "-2.5")] {
        assert_eq!(Decimal::from_micros(micros).to_string(), text);
    }
}

#[test]
fn rules_that_could_never_match_are_refused_all_at_once() {
    let rules = vec![
        rule("a", "weather", Operator::Equals, &"wet".into(), Action::AutoPublish, 1),
        rule("b", "time", Operator::LessThan, &"peak".into(), Action::AutoPublish, 1),
        rule("c", "time", Operator::Equals, &Json::from(1), Action::AutoPublish, 1),
        rule("d", "sentiment", Operator::GreaterThan, &"high".into(), Action::AutoPublish, 1),
        rule("d", "sentiment", Operator::GreaterThan, &Json::from(1), Action::AutoPublish, 1),
    ];
    let errors = Rules::save(rules, &kinds()).unwrap_err();
    let parts = [
        "performance, sentiment, time",
        "only the same or not",
        "with '1', which is a number: it could never match. Use a text",
        "with 'high', which is a text: it could never match. Use a number",
        "two rules 'd'",
    ];
    assert_eq!(errors.len(), parts.len(), "{errors:?}");
    for (error, part) in errors.iter().zip(parts) {
        assert!(error.to_string().contains(part), "{error}");
    }
    let many =
        |at: usize| rule(&format!("r{at}"), "time", Operator::Equals, &"x".into(), Action::AutoPublish, 0);
    let most: Vec<Rule> = (0..AUTOMATION_RULES_MAX).map(many).collect();
    assert_eq!(Rules::save(most.clone(), &kinds()).unwrap().as_slice(), most);
    let errors = Rules::save((0..=AUTOMATION_RULES_MAX).map(many).collect(), &kinds()).unwrap_err();
    assert!(matches!(errors[..], [RuleError::TooMany { .. }]));
}

#[test]
fn no_operator_includes_its_boundary() {
    let rows = [
        (Operator::LessThan, "less_than", [true, false, false]),
        (Operator::GreaterThan, "greater_than", [false, false, true]),
        (Operator::Equals, "equals", [false, true, false]),
        (Operator::NotEquals, "not_equals", [true, false, true]),
    ];
    for (operator, name, expected) in rows {
        let when = Condition { field: self::name("sentiment"), operator, value: value(&Json::from(7)) };
        let found = [6, 7, 8].map(|found| when.holds(&value(&Json::from(found))));
        assert_eq!(found, expected, "{name}");
        assert_eq!((operator.as_str(), serde_json::to_value(operator).unwrap()), (name, Json::from(name)));
    }
}

#[test]
fn asking_wins_a_tie() {
    let mut rules = vec![
        rule("go", "sentiment", Operator::GreaterThan, &Json::from(0), Action::AutoPublish, 5),
        rule("ask", "time", Operator::NotEquals, &"peak".into(), Action::RequireApproval, 5),
        rule("off", "sentiment", Operator::GreaterThan, &Json::from(0), Action::RequireApproval, 9),
    ];
    rules[2].active = false;
    let rules = Rules::save(rules, &kinds()).unwrap();
    let facts = |time: &str| {
        Facts::from([(name("sentiment"), value(&Json::from(1))), (name("time"), Value::Text(name(time)))])
    };
    let decided = |action, rule| Decided { action, rule: Some(name(rule)) };
    assert_eq!(rules.decide(&facts("night")), decided(Action::RequireApproval, "ask"));
    assert_eq!(rules.decide(&facts("peak")), decided(Action::AutoPublish, "go"));
    assert_eq!(rules.decide(&Facts::new()), Decided { action: Action::RequireApproval, rule: None });
}

#[test]
fn a_fact_of_another_kind_matches_nothing() {
    let rules = vec![rule("a", "sentiment", Operator::NotEquals, &Json::from(1), Action::AutoPublish, 1)];
    let rules = Rules::save(rules, &kinds()).unwrap();
    let facts = Facts::from([(name("sentiment"), Value::Text(name("good")))]);
    assert_eq!(rules.decide(&facts).rule, None);
}

#[test]
fn the_standard_fields_have_their_kinds() {
    let kinds = FieldKinds::standard();
    assert_eq!(kinds.get(&name("subject")), Some(FieldKind::Text));
    assert_eq!(kinds.get(&name("cost_usd")), Some(FieldKind::Number));
    assert_eq!((kinds.names().count(), kinds.get(&name("mood"))), (4, None));
}
