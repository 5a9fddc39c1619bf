use super::*;

fn possible() -> Possible {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Possible {
        agent_types: names(&["reader", "writer"]),
        capabilities: names(&["reading"]),
        subtasks: vec![4, 5],
        sources: names(&["D1", "D2"]),
        specialists_max: 2,
        subtasks_max: 3,
        is_brief: false,
    }
}

fn faults(schema: &Value, answer: &Value) -> Vec<String> {
    let validator = jsonschema::validator_for(schema).unwrap();
    validator.iter_errors(answer).map(|error| error.instance_path().to_string()).collect()
}

fn citation(source: &str) -> Value {
    json!({"source": source, "file": "f", "start": 0, "end": 1, "quote": "q"})
}

#[test]
fn what_does_not_exist_cannot_be_named() {
    let specialist = |name: &str| json!({"type": name, "rationale": "r", "relevance": 0.5});
    let labelled = |id: &str, name: &str, on: &[&str]| {
        json!({"id": id, "title": "t", "description": "d", "assigned_specialist": name, "deliverable": "d",
            "dependencies": on})
    };
    let subtask = |name: &str| labelled("s1", name, &[]);
    let solution = |source: &str, number: u16, confidence: f64| {
        json!({"summary": "s", "confidence": confidence,
            "claims": [{"text": "t", "citations": [citation(source)], "subtasks": [number]}]})
    };
    let rows = [
        (Purpose::Select, json!({"specialists": [specialist("reader")]}), ""),
        (Purpose::Select, json!({"specialists": [specialist("lawyer")]}), "/specialists/0/type"),
        (
            Purpose::Select,
            json!({"specialists": [specialist("reader"), specialist("writer"), specialist("reader")]}),
            "/specialists",
        ),
        (Purpose::Decompose, json!({"subtasks": [subtask("writer")]}), ""),
        (Purpose::Decompose, json!({"subtasks": [subtask("lawyer")]}), "/subtasks/0/assigned_specialist"),
        (Purpose::Decompose, json!({"subtasks": vec![subtask("reader"); 4]}), "/subtasks"),
        (Purpose::Decompose, json!({"subtasks": []}), "/subtasks"),
        (Purpose::Decompose, json!({"subtasks": [labelled("s3", "reader", &["s1", "s2"])]}), ""),
        (Purpose::Decompose, json!({"subtasks": [labelled("", "reader", &[])]}), "/subtasks/0/id"),
        (Purpose::Decompose, json!({"subtasks": [labelled("s4", "reader", &[])]}), "/subtasks/0/id"),
        (
            Purpose::Decompose,
            json!({"subtasks": [labelled("s1", "reader", &["reading"])]}),
            "/subtasks/0/dependencies/0",
        ),
        (
            Purpose::Decompose,
            json!({"subtasks": [labelled("s1", "reader", &["s1", "s2", "s1"])]}),
            "/subtasks/0/dependencies",
        ),
        (Purpose::Work, solution("D2", 5, 1.0), ""),
        (Purpose::Work, solution("D3", 5, 1.0), "/claims/0/citations/0/source"),
        (Purpose::Work, solution("D1", 6, 1.0), "/claims/0/subtasks/0"),
        (Purpose::Work, solution("D1", 4, 1.5), "/confidence"),
        (
            Purpose::Review,
            json!({"scores": {"completeness": 10, "accuracy": 0, "relevance": 7.5, "quality": 8}}),
            "",
        ),
        (
            Purpose::Review,
            json!({"scores": {"completeness": 11, "accuracy": 0, "relevance": 7, "quality": 8}}),
            "/scores/completeness",
        ),
    ];
    for (purpose, answer, fault) in rows {
        let found = faults(&narrowed(purpose, &possible()), &answer);
        assert_eq!(found.first().map_or("", String::as_str), fault, "{purpose:?} {answer}: {found:?}");
    }
}

#[test]
fn a_plan_of_one_depends_on_nothing_and_a_long_one_has_labels_of_its_own() {
    let plan = |subtasks_max, id: &str, on: &[&str]| {
        let schema = narrowed(Purpose::Decompose, &Possible { subtasks_max, ..possible() });
        let subtask = json!({"id": id, "title": "t", "description": "d", "assigned_specialist": "reader",
            "deliverable": "d", "dependencies": on});
        faults(&schema, &json!({"subtasks": [subtask]}))
    };
    assert_eq!(plan(1, "s1", &[]), [""; 0]);
    assert_eq!(plan(1, "s1", &["s1"]), ["/subtasks/0/dependencies"]);
    assert_eq!(plan(50, "owners", &["dates"]), [""; 0]);
    assert_eq!(plan(50, "", &[]), ["/subtasks/0/id"]);
}

#[test]
fn without_documents_nothing_can_be_cited() {
    let schema = narrowed(Purpose::Work, &Possible { sources: Vec::new(), ..possible() });
    let answer =
        json!({"summary": "s", "confidence": 1, "claims": [{"text": "t", "citations": [citation("D1")]}]});
    assert_eq!(faults(&schema, &answer), ["/claims/0/citations"]);
}

#[test]
fn a_long_list_is_no_enumeration() {
    let sources = (1..=100).map(|number| format!("D{number}")).collect();
    let schema = narrowed(Purpose::Work, &Possible { sources, ..possible() });
    assert!(schema["$defs"]["Citation"]["properties"]["source"].get("enum").is_none());
}

#[test]
fn a_brief_schema_is_valid_short_and_asks_for_nothing_optional() {
    for purpose in Purpose::ALL {
        let full = narrowed(purpose, &possible());
        let brief = narrowed(purpose, &Possible { is_brief: true, ..possible() });
        assert!(jsonschema::validator_for(&brief).is_ok(), "{purpose:?}");
        let (full, brief) = (full.to_string(), brief.to_string());
        assert!(!brief.contains("description\":\""), "{brief}");
        assert!(brief.len() * 10 < full.len() * 7, "{purpose:?}: {} of {}", brief.len(), full.len());
        assert_eq!(brief, narrowed(purpose, &Possible { is_brief: true, ..possible() }).to_string());
    }
}

#[test]
fn brief_schemas_of_every_purpose() {
    let schemas: Vec<String> = Purpose::ALL
        .iter()
        .map(|purpose| {
            format!(
                "{}: {}",
                purpose.as_str(),
                narrowed(*purpose, &Possible { is_brief: true, ..possible() })
            )
        })
        .collect();
    insta::assert_snapshot!(schemas.join("\n\n"));
}
