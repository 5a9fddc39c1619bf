use super::*;
use divisi_domain::name::Name;
use divisi_llm::Message;

fn queries(calls: &[Call]) -> Vec<String> {
    calls.iter().map(|call| call.arguments["query"].as_str().unwrap().to_owned()).collect()
}

fn hit(source: &str, start: u64, text: &str) -> Value {
    json!({
        "source": source, "file": format!("{source}.txt"), "start": start, "end": start + text.len() as u64,
        "line": 1, "text": text
    })
}

/// The exchanges after these calls got these answers; `None` is a failed call.
fn answered(calls: &[Call], answers: &[Option<Value>]) -> Exchanges {
    let tool_calls: Vec<_> =
        calls.iter().cloned().enumerate().map(|(at, call)| call.numbered(1, at)).collect();
    let result = |(call, answer): (&divisi_llm::ToolCall, &Option<Value>)| Message::Tool {
        call_id: call.id.clone(),
        tool: Name::from_static("search_documents"),
        content: answer.as_ref().map_or("failed".to_owned(), Value::to_string),
        ok: answer.is_some(),
    };
    let results: Vec<Message> = tool_calls.iter().zip(answers).map(result).collect();
    let asked = Message::Assistant { text: String::new(), tool_calls };
    Exchanges::of(&std::iter::once(asked).chain(results).collect::<Vec<_>>())
}

#[test]
fn a_question_is_searched_as_it_stands_and_with_words_that_mean_nearly_the_same() {
    let found = queries(&searches("May I distribute the zebra?", &[], false));
    assert_eq!(found[0], "distribute zebra");
    assert!(
        found[1].starts_with("distribute ") && found[1].contains("convey") && found[1].contains("zebra"),
        "{found:?}"
    );
    assert_eq!(queries(&searches("zebra stripes", &[], false)), ["zebra stripes"]);
    let nouns = queries(&searches("modified zebra", &[], false));
    assert!(nouns[1].contains("modification"), "{nouns:?}");
}

#[test]
fn a_search_is_confined_to_the_documents_that_are_meant() {
    let sources = ["D1".to_owned(), "D2".to_owned()];
    let arguments =
        |sources: &[String], per_source| searches("zebra", sources, per_source)[0].arguments.clone();
    assert_eq!(arguments(&[], false), json!({"query": "zebra", "limit": HITS_MAX}));
    assert_eq!(arguments(&sources, false)["sources"], json!(["D1", "D2"]));
    let each = arguments(&sources, true);
    assert_eq!((&each["limit"], &each["per_source"]), (&json!(40), &json!(HITS_PER_SOURCE_MAX)));
    let many: Vec<String> = (0..40).map(|at| format!("D{at}")).collect();
    let each = arguments(&many, true);
    assert_eq!((&each["limit"], &each["per_source"]), (&json!(TOOL_HITS_MAX), &json!(HITS_PER_SOURCE_MIN)));
}

#[test]
fn what_searches_bring_is_one_list_in_the_order_of_the_documents() {
    let calls = searches("May I distribute it?", &[], false);
    let first = json!({
        "hits": [hit("D2", 5, "b"), hit("D1", 9, "c")], "searched": {"chunks": 7},
        "terms": [{"as": "distribute", "chunks": 2}]
    });
    let second = json!({
        "hits": [hit("D1", 9, "c"), hit("D1", 2, "a")], "searched": {"chunks": 7},
        "terms": [{"as": "distribute", "chunks": 3}, {"as": "convey", "chunks": 1}]
    });
    let found = findings(&calls, &answered(&calls, &[Some(first), Some(second)]));
    let places: Vec<(&str, u64)> = found.hits.iter().map(|hit| (hit.source.as_str(), hit.start)).collect();
    assert_eq!(places, [("D1", 2), ("D1", 9), ("D2", 5)]);
    assert_eq!(found.chunks, 7);
    assert_eq!((found.frequency["distribut"], found.frequency["convey"]), (3, 1));
}

#[test]
fn a_failed_or_foreign_answer_brings_nothing() {
    let calls = searches("May I distribute it?", &[], false);
    for answers in
        [vec![None, None], vec![Some(json!({"hits": "none"})), Some(json!([1]))], vec![Some(json!({})), None]]
    {
        let found = findings(&calls, &answered(&calls, &answers));
        assert!(found.hits.is_empty() && found.frequency.is_empty(), "{answers:?}");
    }
}

#[test]
fn a_line_is_that_of_the_file_also_where_markup_stands_between() {
    let mut hit = Hit::deserialize(&hit("D1", 0, "one\ntwo\nthree")).unwrap();
    hit.line = 10;
    assert_eq!([0, 3, 4, 8, 99].map(|at| hit.line_at(at)), [10, 10, 11, 12, 12]);
    hit.lines = Some(vec![10, 15, 16]);
    assert_eq!([0, 3, 4, 8, 99].map(|at| hit.line_at(at)), [10, 10, 15, 16, 16]);
}
