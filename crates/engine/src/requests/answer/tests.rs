use divisi_domain::model_step::Purpose;
use divisi_llm::outputs::{Analysis, Complexity, FinalReview, Review, Selection, Solution};
use divisi_tools::corpus::{Attachment, Corpus};
use divisi_tools::documents::{Kind, Parsed};
use proptest::prelude::*;
use serde::Serialize;
use serde_json::json;

use super::*;
use crate::requests::{narrow, schema};

fn read_as<T: DeserializeOwned>(purpose: Purpose, text: &str, is_whole: bool) -> Result<T, Vec<String>> {
    read_answer(Expected { schema: schema::of(purpose), quotes: None, is_whole }, text)
}

fn final_review(text: &str) -> Result<FinalReview, Vec<String>> {
    read_as(Purpose::FinalReview, text, true)
}

#[test]
fn answers_are_read_as_models_write_them() {
    let good = r#"{"approved": true, "requests": ["a", "b"]}"#;
    let rows = [
        good.to_owned(),
        format!("Here it is:\n```json\n{good}\n```\nIs there {{anything}} else?"),
        format!("<think>Perhaps {{\"approved\": false}}? No.</think>\n{good}"),
        format!("The set {{x}} is fine [1]. {good}"),
        r#"{"approved": true, "requests": ["a", "b",],}"#.to_owned(),
        r"{'approved': True, 'requests': ['a', 'b'], 'feedback': None}".to_owned(),
        "{approved: true, // yes\n requests: [\"a\", /* and */ \"b\"] # done\n}".to_owned(),
        r#"{"approved": "True", "requests": ["a", "b"]}"#.to_owned(),
        r#"{"answer": {"approved": true, "requests": ["a", "b"]}}"#.to_owned(),
        r#"{"type": "object", "properties": {"approved": true, "requests": ["a", "b"]}}"#.to_owned(),
        r#"[{"approved": true, "requests": ["a", "b"]}]"#.to_owned(),
        r#"{"Approved": true, "REQUESTS": ["a", "b"]}"#.to_owned(),
        r#"{"approved": true, "feedback": "", "requests": ["a", "b"]"#.to_owned(),
        r#"{"approved": true, "requests": ["a", "b", null]}"#.to_owned(),
        r#"{“approved”: true, “requests”: ["a", "b"]}"#.to_owned(),
    ];
    for text in rows {
        let read = final_review(&text).unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
        assert!(read.approved, "{text}");
        assert_eq!(read.requests, ["a", "b"], "{text}");
    }
}

#[test]
fn what_is_missing_or_wrong_is_told_and_never_made_up() {
    let rows = [
        (String::new(), "an object is expected"),
        ("I approve.".to_owned(), "it is not JSON"),
        (r#"{"requests": []}"#.to_owned(), "the field \"approved\" is missing"),
        (
            r#"{"approved": "yes"}"#.to_owned(),
            "At '/approved': \"yes\" stands where true or false is expected.",
        ),
        (r#"{"approved": null}"#.to_owned(), "true or false is expected"),
        (r#"{"approved": true "requests": []}"#.to_owned(), "it is not JSON"),
        (r#"{"approved": }"#.to_owned(), "it is not JSON"),
        ("{".repeat(100_000), "it is not JSON"),
        (format!("{{\"approved\":{}", "[".repeat(100_000)), "it is not JSON"),
        (r#"{"approved": {"requests": [], "value": true}}"#.to_owned(), "approved"),
    ];
    for (text, expected) in rows {
        let errors = final_review(&text).unwrap_err().join("\n");
        assert!(errors.contains(expected), "{expected} in {errors}");
        assert!(errors.chars().count() < 3_000, "{errors}");
    }
}

#[test]
fn a_tail_is_closed_only_where_the_model_ended_by_itself() {
    let open = r#"{"specialists": [{"type": "reader", "rationale": "r", "relevance": 0.5}, {"type": "wri"#;
    for is_whole in [false, true] {
        let cut = read_as::<Selection>(Purpose::Select, open, is_whole);
        assert_eq!(cut.unwrap_err(), ["At the top: an object is expected, and it ends in the middle."]);
    }
    for (text, reads) in [
        (r#"{"approved": true, "requests": [], "feedback": "f""#, true),
        (r#"{"approved": true, "requests": [], "feedback": "f","#, false),
        (r#"{"approved": true, "requests": [], "feedback": "f"#, false),
        (r#"{"approved": true, "requests": []"#, false),
        (r#"{"requests": [], "feedback": "f", "approved": true"#, false),
        (r#"Perhaps {"approved": false}. No: {"approved": tr"#, false),
        (r#"{"approved": false} is it {my answer"#, true),
    ] {
        assert!(read_as::<FinalReview>(Purpose::FinalReview, text, false).is_err() || !text.ends_with('"'));
        assert_eq!(read_as::<FinalReview>(Purpose::FinalReview, text, true).is_ok(), reads, "{text}");
    }
}

/// One answer of each form, with optional fields at the end, lists of several and numbers of several digits.
fn golden() -> [(Purpose, Value); 6] {
    let scores = json!({"completeness": 8.25, "accuracy": 10, "relevance": 10, "quality": 7.5});
    let specialist =
        |kind: &str| json!({"type": kind, "rationale": "it's, so: \"needed\"", "relevance": 0.95});
    [
        (
            Purpose::FinalReview,
            json!({"approved": true, "requests": ["a", "b, c"], "feedback": "It is ‘fine’."}),
        ),
        (
            Purpose::Review,
            json!({"scores": scores, "strengths": ["s", "t"], "weaknesses": [], "feedback": "f",
                   "revision_requests": ["r\\u0041"], "overall_score": 8.5}),
        ),
        (
            Purpose::Work,
            json!({"claims": [{"text": "one", "citations": []}, {"text": "two", "citations": []}], "confidence": 0.91,
                   "gaps": ["g"], "summary": "The fee is 40 € 🎼."}),
        ),
        (Purpose::Select, json!({"specialists": [specialist("reader"), specialist("writer")]})),
        (
            Purpose::Analyse,
            json!({"domain": "law", "keywords": ["k", "l"], "required_capabilities": [], "complexity": "simple",
                   "success_criteria": ["c", "d"], "question_form": "how_to"}),
        ),
        (
            Purpose::Coordinate,
            json!({"structured_findings": [{"topic": "t", "key_points": ["p", "q"], "confidence": 0.75}]}),
        ),
    ]
}

/// Servers and proxies call answers complete that were cut anywhere.
#[test]
fn no_beginning_of_an_answer_is_taken_for_another_answer() {
    let mut closed = 0;
    for (purpose, value) in golden() {
        let texts = MANGLINGS.iter().map(|mangling| written(&value, *mangling));
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        for text in texts.chain([pretty]) {
            let whole = read_as::<Value>(purpose, &text, true);
            for (end, _) in text.char_indices() {
                let Ok(read) = read_as::<Value>(purpose, &text[..end], true) else { continue };
                assert_eq!(Ok(&read), whole.as_ref(), "{purpose:?}: {}", &text[..end]);
                closed += 1;
            }
        }
    }
    assert!(closed > 0, "a brace may be missing");
}

#[test]
fn a_part_of_a_broken_answer_is_not_taken_for_the_whole() {
    let broken = r#"{"specialists": [{"type": "a", "rationale": "r", "relevance": 1} oops {"type": "b", "rationale": "r", "relevance": 1}]}"#;
    assert!(read_as::<Selection>(Purpose::Select, broken, true).is_err());
    let bare = r#"[{"type": "a", "rationale": "r", "relevance": 1}, {"type": "b", "rationale": "r", "relevance": 1}]"#;
    assert_eq!(read_as::<Selection>(Purpose::Select, bare, true).unwrap().specialists.len(), 2);
}

#[test]
fn scores_constants_and_lists_are_read_in_other_notations() {
    let possible = narrow::Possible::default();
    let review = schema::within(Purpose::Review, possible.clone());
    let text = r#"{"scores": {"completeness": "8", "accuracy": "7.5/10", "relevance": "9 out of 10", "quality": 8},
        "strengths": "short", "weaknesses": null, "overall_score": null}"#;
    let expected = Expected { schema: &review, quotes: None, is_whole: true };
    let read: Review = read_answer(expected, text).unwrap();
    let scores = read.scores;
    assert_eq!(
        json!(scores),
        json!({"completeness": 8.0, "accuracy": 7.5, "relevance": 9.0, "quality": 8.0})
    );
    assert_eq!(read.strengths, ["short"]);
    for (score, told) in [("\"4/5\"", "a number is expected"), ("11", "11 is more than 10, the most")] {
        let errors = read_answer::<Review>(expected, &text.replace("\"8\"", score)).unwrap_err();
        assert!(errors[0].starts_with("At '/scores/completeness'") && errors[0].contains(told), "{errors:?}");
    }
    let solution = schema::within(Purpose::Work, possible);
    let expected = Expected { schema: &solution, quotes: None, is_whole: true };
    let read: Solution =
        read_answer(expected, r#"{"summary": 1791, "claims": ["It was printed."], "confidence": "80%"}"#)
            .unwrap();
    assert_eq!((read.summary.as_str(), read.claims[0].text.as_str()), ("1791", "It was printed."));
    assert!((read.confidence - 0.8).abs() < 1e-9);
    let analysis = r#"{"domain": "d", "keywords": "k", "required_capabilities": [], "complexity": " Simple ",
        "success_criteria": [], "question_form": "How-To"}"#;
    let read: Analysis = read_as(Purpose::Analyse, analysis, true).unwrap();
    assert_eq!((read.complexity, read.keywords.len()), (Complexity::Simple, 1));
    let wrong = read_as::<Analysis>(Purpose::Analyse, &analysis.replace("Simple", "easy"), true).unwrap_err();
    assert_eq!(wrong, ["At '/complexity': \" easy \" is none of \"simple\", \"moderate\", \"complex\"."]);
}

#[test]
fn a_citation_may_leave_its_quotation_to_the_documents() {
    let parsed = std::sync::Arc::new(Parsed::plain(Kind::Txt, "One.\nPrinted in 1791.".to_owned()));
    let corpus = Corpus::build(vec![Attachment { name: "a.txt".to_owned(), parsed: Ok(parsed) }]);
    let possible = narrow::Possible { sources: vec!["D1".to_owned()], is_brief: true, ..Default::default() };
    let schema = schema::within(Purpose::Work, possible);
    let text = r#"{"summary": "s", "claims": [{"text": "t", "citations": [
        {"source": "d1", "start": 5, "end": 21}, {"source": "D1", "start": 5, "end": 999, "quote": ""},
        {"source": "D1", "start": 0, "end": 4, "quote": "Two."}]}], "confidence": 1}"#;
    let read = |quotes, text: &str| {
        read_answer::<Solution>(Expected { schema: &schema, quotes, is_whole: true }, text)
    };
    let cited = read(Some(&corpus), &text.replace("\"D1\", \"start\": 0", "\"D1\",\"start\": 0")).unwrap();
    let citations = &cited.claims[0].citations;
    assert_eq!(citations.len(), 2, "no more than are asked for");
    let first = &citations[0];
    assert_eq!((first.quote.as_str(), first.file.as_str(), first.line), ("Printed in 1791.", "a.txt", 2));
    assert_eq!(citations[1].quote, "", "there is no such place");
    let endless = r#"{"summary": "s", "claims": [{"text": "t", "citations": [
        {"source": "D1", "start": 2, "end": 0}, {"source": "D1", "start": 12, "end": 12}]}], "confidence": 1}"#;
    let claims = read(Some(&corpus), endless).unwrap().claims;
    let quotes: Vec<_> = claims[0].citations.iter().map(|it| (it.quote.as_str(), it.start, it.end)).collect();
    assert_eq!(quotes, [("One.", 0, 4), ("Printed in 1791.", 5, 21)], "the sentence at its beginning");
    let own = r#"{"summary": "s", "claims": [{"text": "t", "citations": [{"source": "D1", "start": 0, "end": 4, "quote": "Two."}]}], "confidence": 1}"#;
    assert_eq!(
        read(Some(&corpus), own).unwrap().claims[0].citations[0].quote,
        "Two.",
        "an own quotation stays"
    );
    assert!(read(None, text).is_err(), "nobody can fill it in");
}

#[derive(Debug, Clone, Copy)]
enum Mangling {
    Fenced,
    Prose,
    Thoughts,
    TrailingCommas,
    SingleQuotes,
    BareKeys,
    Python,
    Comments,
    LineEnds,
    Open,
}

const MANGLINGS: [Mangling; 10] = [
    Mangling::Fenced,
    Mangling::Prose,
    Mangling::Thoughts,
    Mangling::TrailingCommas,
    Mangling::SingleQuotes,
    Mangling::BareKeys,
    Mangling::Python,
    Mangling::Comments,
    Mangling::LineEnds,
    Mangling::Open,
];

/// Writes a value as a model might.
fn written(value: &Value, mangling: Mangling) -> String {
    let text = inner(value, mangling);
    match mangling {
        Mangling::Fenced => format!("```json\n{text}\n```"),
        Mangling::Prose => format!("Sure! The answer is:\n{text}\nI hope that helps."),
        Mangling::Thoughts => format!("<think>\nIs {{}} or {{\"a\": 1}} right?\n</think>\n{text}"),
        Mangling::Open => text[..text.len() - 1].to_owned(),
        _ => text,
    }
}

fn inner(value: &Value, mangling: Mangling) -> String {
    match value {
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| {
                let key = match mangling {
                    Mangling::BareKeys => name.clone(),
                    _ => quoted(name, mangling),
                };
                format!("{key}: {}", inner(value, mangling))
            };
            format!("{{{}}}", joined(&fields.iter().map(field).collect::<Vec<_>>(), mangling))
        }
        Value::Array(items) => {
            format!(
                "[{}]",
                joined(&items.iter().map(|item| inner(item, mangling)).collect::<Vec<_>>(), mangling)
            )
        }
        Value::String(text) => quoted(text, mangling),
        Value::Null if matches!(mangling, Mangling::Python) => "None".to_owned(),
        Value::Bool(truth) if matches!(mangling, Mangling::Python) => {
            (if *truth { "True" } else { "False" }).to_owned()
        }
        other => other.to_string(),
    }
}

fn joined(parts: &[String], mangling: Mangling) -> String {
    match mangling {
        Mangling::TrailingCommas if !parts.is_empty() => parts.join(",") + ",\n",
        Mangling::Comments => parts.join(", // so it is\n /* and: */ "),
        _ => parts.join(", "),
    }
}

fn quoted(text: &str, mangling: Mangling) -> String {
    let json = serde_json::to_string(text).unwrap();
    match mangling {
        Mangling::SingleQuotes | Mangling::Python => {
            let body = json[1..json.len() - 1].replace("\\\"", "\"").replace('\'', "\\'");
            format!("'{body}'")
        }
        Mangling::LineEnds => {
            // Behind an escaped backslash stands a letter, not the end of a line.
            let parts = json.split("\\\\").map(|part| part.replace("\\n", "\n").replace("\\t", "\t"));
            parts.collect::<Vec<_>>().join("\\\\")
        }
        _ => json,
    }
}

fn values() -> impl Strategy<Value = Value> {
    let text = "[a-zA-Z0-9 äß東🙂'\"\n\t{}\\[\\],:/#\\\\]{0,24}";
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e6..1e6_f64).prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    let nested = scalar.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("[a-z_]{1,8}", inner, 0..5).prop_map(|fields| json!(fields)),
        ]
    });
    prop::collection::btree_map("[a-z_]{1,8}", nested, 1..5).prop_map(|fields| json!(fields))
}

proptest! {
    #[test]
    fn json_is_never_changed(value in values(), is_whole in any::<bool>(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&value).unwrap() } else { value.to_string() };
        let found = find::candidates(&text, is_whole);
        prop_assert_eq!(found.len(), 1);
        prop_assert!(found[0].repairs.is_empty());
        prop_assert_eq!(&found[0].value, &serde_json::from_str::<Value>(&text).unwrap());
    }

    #[test]
    fn mangled_json_is_read_as_what_it_was(value in values(), which in 0..MANGLINGS.len()) {
        // Behind a number it may go on.
        let value = json!({"first": value, "last": [1]});
        let text = written(&value, MANGLINGS[which]);
        let found = find::candidates(&text, true);
        let read: Vec<&Value> = found.iter().map(|candidate| &candidate.value).collect();
        prop_assert_eq!(read, [&value], "{}", text);
    }

    #[test]
    fn no_text_is_too_strange(text in ".{0,200}", is_whole in any::<bool>()) {
        for candidate in find::candidates(&text, is_whole) {
            let _ = coerce::coerce(candidate.value, schema::of(Purpose::Work), true, &mut Repairs::default());
        }
    }

    #[test]
    fn what_fits_is_not_coerced(domain in "[a-z ]{0,9}", keywords in prop::collection::vec("[a-z]{0,5}", 0..5)) {
        let analysis = Analysis { domain, keywords, ..Analysis::default() };
        prop_assert!(is_kept(Purpose::Analyse, &analysis));
    }
}

fn is_kept<T: Serialize>(purpose: Purpose, output: &T) -> bool {
    let value = serde_json::to_value(output).unwrap();
    let mut repairs = Repairs::default();
    coerce::coerce(value.clone(), schema::of(purpose), true, &mut repairs) == value && repairs.is_empty()
}
