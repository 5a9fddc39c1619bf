use serde_json::json;

use super::*;

type Seen<'a> = Vec<(&'a str, &'a str, &'a str)>;

fn check(rows: Vec<(&str, Seen<'_>, Value)>) {
    for (what, expected, deltas) in rows {
        let deltas: Vec<CallDelta> = serde_json::from_value(deltas).expect("deltas");
        let mut calls = OpenCalls::default();
        let taken: usize = deltas.into_iter().map(|delta| calls.take(delta)).sum();
        let seen: Seen<'_> = calls
            .0
            .iter()
            .map(|call| (call.id.as_str(), call.name.as_str(), call.arguments.as_str()))
            .collect();
        assert_eq!(seen, expected, "{what}");
        assert_eq!(taken, expected.iter().map(|(_, _, arguments)| arguments.len()).sum::<usize>(), "{what}");
    }
}

fn f(name: &str, arguments: &str) -> Value {
    json!({"name": name, "arguments": arguments})
}

const A: (&str, &str, &str) = ("1", "look", "{\"a\":1}");
const B: (&str, &str, &str) = ("2", "read", "{\"b\":2}");

#[test]
fn calls_in_parts() {
    let by_number = json!([
        {"index": 0, "id": "1", "type": "function", "function": f("look", "")},
        {"index": 0, "function": {"arguments": "{\"a\""}},
        {"index": 1, "id": "2", "function": f("read", "")},
        {"index": 0, "function": {"arguments": ":1}"}},
        {"index": 1, "function": {"arguments": "{\"b\":2}"}},
    ]);
    let repeated = json!([
        {"index": 0, "id": "1", "function": f("look", "{\"a\"")},
        {"index": 0, "id": "1", "function": f("look", ":1")},
        {"index": 0, "id": "1", "function": f("look", "}")},
        {"index": 0, "id": "1", "function": f("look", "")},
    ]);
    let repeated_without_ids = json!([
        {"index": 0, "function": f("look", "{\"a\"")},
        {"index": 0, "function": f("look", ":1}")},
        {"index": 0, "function": f("look", "")},
    ]);
    let unnumbered = json!([
        {"id": "1", "function": f("look", "{\"a\"")},
        {"function": {"arguments": ":1}"}},
        {"id": "2", "function": f("read", "{\"b\":2}")},
    ]);
    let name_in_parts = json!([
        {"index": 0, "id": "1", "function": {"name": "lo"}},
        {"index": 0, "function": {"name": "ok"}},
        {"index": 0, "function": {"arguments": "{\"a\":1}"}},
    ]);
    check(vec![
        ("by number", vec![A, B], by_number),
        ("id and name in every part", vec![A], repeated),
        ("the name in every part, without ids", vec![("", A.1, A.2)], repeated_without_ids),
        ("without numbers", vec![A, B], unnumbered),
        ("a name in parts", vec![A], name_in_parts),
    ]);
}

#[test]
fn calls_brought_whole() {
    let under_one_number = json!([
        {"index": 0, "id": "1", "function": f("look", "{\"a\":1}")},
        {"index": 0, "id": "2", "function": f("read", "{\"b\":2}")},
    ]);
    let under_one_number_without_ids = json!([
        {"index": 0, "function": f("look", "{\"a\":1}")},
        {"index": 0, "function": f("read", "{\"b\":2}")},
    ]);
    let with_nothing = json!([
        {"function": f("look", "{\"a\":1}")},
        {"function": f("look", "{\"a\":2}")},
    ]);
    let same_id = json!([
        {"index": 0, "id": "1", "function": f("look", "{\"a\":1}")},
        {"index": 1, "id": "1", "function": f("look", "{}")},
    ]);
    let object = json!([{"index": 0, "id": "1", "function": {"name": "look", "arguments": {"a": 1}}}]);
    let nulls = json!([
        {"index": null, "id": "1", "function": {"name": "look", "arguments": null}},
        {"index": null, "id": null, "function": null},
    ]);
    check(vec![
        ("all under one number", vec![A, B], under_one_number),
        ("without ids", vec![("", A.1, A.2), ("", B.1, B.2)], under_one_number_without_ids),
        ("the same tool twice", vec![("", A.1, A.2), ("", A.1, "{\"a\":2}")], with_nothing),
        ("the same id twice", vec![A, ("1", "look", "{}")], same_id),
        ("arguments as an object", vec![A], object),
        ("nulls", vec![("1", "look", "")], nulls),
    ]);
}
