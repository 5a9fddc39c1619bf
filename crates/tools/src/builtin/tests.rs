//! The built-in tools through the registry, as the engine calls them.

use std::sync::Arc;

use divisi_domain::id::{TaskId, WorkspaceId};
use divisi_domain::name::Name;
use divisi_domain::time::Timestamp;
use futures::executor::block_on;
use serde_json::{Value, json};

use crate::calls::{EffectClass, ToolContext, ToolError, ToolPolicy, ToolRegistry};
use crate::corpus::{Attachment, Corpus};
use crate::documents::{ParseLimits, parse};

const LICENCE: &str = "The Licence\n===========\n\n1. Conveying Copies.\n\nYou may convey verbatim copies of the source\ncode as you receive it.\n\n2. Termination.\n\nYou may not propagate a covered work. Termination follows: grüße.\n";
const RELEASES: &str = "version,codename,created,users\n1.1,Buzz,1996-06-17,10\n2.0,Hamm,1998-07-24,9.5\n2.1,Slink,1999-03-09,n/a\n12,Bookworm,2023-06-10,\n";

fn attachment(name: &str, content: &[u8]) -> Attachment {
    let parsed = parse(content, name, &ParseLimits::default()).map(Arc::new);
    Attachment { name: name.to_owned(), parsed }
}

fn files() -> Vec<Attachment> {
    vec![
        attachment("releases.csv", RELEASES.as_bytes()),
        attachment("LICENCE", LICENCE.as_bytes()),
        attachment(
            "codes.json",
            b"{\"codes\":[{\"code\":\"DE\",\"name\":\"Germany\"},{\"code\":\"FR\",\"name\":\"France\"}]}",
        ),
        attachment("broken.json", b"{"),
    ]
}

fn context(files: Vec<Attachment>) -> ToolContext {
    let at = Timestamp::from_millis(1);
    ToolContext {
        workspace: WorkspaceId::generate(at, [1; 10]),
        task: TaskId::generate(at, [2; 10]),
        idempotency_key: "task/p1/execute/s1/cycle0/turn1/tool0".to_owned(),
        documents: Arc::new(Corpus::build(files)),
        deadline_ms: 1_000,
    }
}

fn all_tools() -> ToolPolicy {
    let names = ["list_documents", "search_documents", "read_span", "query_table"];
    ToolPolicy::new(Name::from_static("researcher"), names.map(Name::from_static))
}

fn call(context: &ToolContext, tool: &str, arguments: Value) -> Result<Value, ToolError> {
    let registry = ToolRegistry::with_built_ins().unwrap();
    let admitted = registry.admit(&all_tools(), tool, arguments)?;
    let output = block_on(admitted.perform(context))?;
    Ok(serde_json::from_str(&output.text).unwrap())
}

#[test]
fn list_documents_has_its_shape() {
    let listed = call(&context(files()), "list_documents", json!({})).unwrap();
    let licence = json!({
        "source": "D1", "file": "LICENCE", "kind": "txt", "bytes": LICENCE.len(), "lines": 11, "pages": null,
        "headings": [
            { "level": 1, "text": "The Licence", "start": 0, "line": 1 },
            { "level": 2, "text": "1. Conveying Copies.", "start": 25, "line": 4 },
            { "level": 2, "text": "2. Termination.", "start": 117, "line": 9 },
        ],
    });
    assert_eq!(listed["documents"][0], licence);
    assert_eq!(listed["documents"][1]["columns"], json!(["code", "name"]));
    assert_eq!(listed["documents"][2]["columns"], json!(["version", "codename", "created", "users"]));
    assert_eq!(listed["documents"][2]["rows"], 4);
    assert_eq!(listed["unreadable"][0]["file"], "broken.json");
    assert!(listed["unreadable"][0]["problem"].as_str().unwrap().contains("line 1"));
}

#[test]
fn search_documents_has_its_shape() {
    let found =
        call(&context(files()), "search_documents", json!({ "query": "May I convey copies of xyzzy?" }))
            .unwrap();
    let hit = &found["hits"][0];
    let text = "You may convey verbatim copies of the source\ncode as you receive it.";
    assert_eq!(hit["text"], text);
    assert_eq!((&hit["source"], &hit["file"]), (&json!("D1"), &json!("LICENCE")));
    let start = LICENCE.find(text).unwrap();
    assert_eq!((&hit["start"], &hit["end"]), (&json!(start), &json!(start + text.len())));
    assert_eq!((&hit["line"], &hit["line_end"], &hit["page"]), (&json!(6), &json!(7), &Value::Null));
    assert_eq!(hit["heading"], "The Licence › 1. Conveying Copies.");
    assert!(hit["score_milli"].as_u64().unwrap() > 0);
    assert_eq!(found["searched"]["documents"], 3);
    let terms = [
        json!({ "term": "may", "as": "May", "documents": 1, "chunks": 2 }),
        json!({ "term": "convey", "as": "convey", "documents": 1, "chunks": 2 }),
        json!({ "term": "copi", "as": "copies", "documents": 1, "chunks": 2 }),
        json!({ "term": "xyzzi", "as": "xyzzy", "documents": 0, "chunks": 0 }),
    ];
    assert_eq!(found["terms"], json!(terms));
}

#[test]
fn a_search_can_be_narrowed() {
    let context = context(files());
    let rows = [
        (json!({ "query": "Germany version licence", "sources": ["D2"] }), vec!["D2"]),
        (json!({ "query": "you may", "limit": 1 }), vec!["D1"]),
        (json!({ "query": "you may Germany Hamm", "per_source": 1 }), vec!["D1", "D2", "D3"]),
        (json!({ "query": "nothingatall" }), vec![]),
    ];
    for (arguments, sources) in rows {
        let found = call(&context, "search_documents", arguments.clone()).unwrap();
        let mut hits: Vec<&str> =
            found["hits"].as_array().unwrap().iter().map(|hit| hit["source"].as_str().unwrap()).collect();
        hits.sort_unstable();
        assert_eq!(hits, sources, "{arguments}");
    }
}

#[test]
fn read_span_widens_to_lines_and_refuses_what_is_no_place() {
    let context = context(files());
    let start = LICENCE.find("verbatim").unwrap();
    let span = |extra: Value| {
        let mut arguments = json!({ "source": "D1", "start": start, "end": start + 8 });
        arguments.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        call(&context, "read_span", arguments)
    };
    let exact = span(json!({})).unwrap();
    assert_eq!((&exact["text"], &exact["line"]), (&json!("verbatim"), &json!(6)));
    let wide = span(json!({ "before_lines": 2, "after_lines": 1 })).unwrap();
    assert_eq!(
        wide["text"],
        "1. Conveying Copies.\n\nYou may convey verbatim copies of the source\ncode as you receive it."
    );
    assert_eq!((&wide["line"], &wide["line_end"]), (&json!(4), &json!(7)));
    assert_eq!(wide["heading"], "The Licence › 1. Conveying Copies.");
    let all = span(json!({ "before_lines": 500, "after_lines": 500 })).unwrap();
    assert_eq!(all["text"], LICENCE.trim_end());
    let umlaut = LICENCE.find('ü').unwrap();
    for (start, end) in [(5, 4), (0, 9_999), (umlaut + 1, umlaut + 2)] {
        let refused =
            call(&context, "read_span", json!({ "source": "D1", "start": start, "end": end })).unwrap_err();
        assert!(matches!(refused, ToolError::Refused { .. }), "{refused}");
    }
}

#[test]
fn read_span_is_capped() {
    let context = context(vec![attachment("long.txt", "ü ".repeat(20_000).as_bytes())]);
    let read = call(&context, "read_span", json!({ "source": "D1", "start": 0, "end": 60_000 })).unwrap();
    assert_eq!(read["truncated"], true);
    let text = read["text"].as_str().unwrap();
    assert!(text.len() <= super::SPAN_BYTES_MAX);
    assert_eq!(read["end"], text.len());
}

#[test]
fn query_table_has_its_shape() {
    let arguments = json!({
        "source": "D3", "select": ["codename", "version"],
        "where": [{ "column": "version", "op": "ge", "value": 2 }],
        "order_by": { "column": "version", "descending": true }, "limit": 2,
        "aggregate": [{ "fn": "count" }, { "fn": "sum", "column": "users" }, { "fn": "max", "column": "created" }],
    });
    let answer = call(&context(files()), "query_table", arguments).unwrap();
    let start = RELEASES.find("12,").unwrap();
    let second = RELEASES.find("2.1,").unwrap();
    let expected = json!({
        "columns": ["codename", "version"],
        "rows": [
            { "cells": ["Bookworm", "12"], "start": start, "end": RELEASES.len() - 1, "line": 5 },
            { "cells": ["Slink", "2.1"], "start": second, "end": start - 1, "line": 4 },
        ],
        "matched": 3,
        "aggregates": [
            { "fn": "count", "column": null, "value": "3" },
            { "fn": "sum", "column": "users", "value": "9.5", "not_numbers": 1 },
            { "fn": "max", "column": "created", "value": "2023-06-10" },
        ],
    });
    assert_eq!(answer, expected);
}

#[test]
fn query_table_groups_and_reads_json() {
    let csv = "team,points\nred,1\nblue,2\nred,3.5\n";
    let context = context(vec![attachment("t.csv", csv.as_bytes()), files().remove(2)]);
    let grouped = json!({ "source": "D2", "group_by": "Team", "limit": 0, "aggregate": [{ "fn": "avg", "column": "points" }] });
    let answer = call(&context, "query_table", grouped).unwrap();
    let value = |value: &str| json!([{ "fn": "avg", "column": "points", "value": value }]);
    let groups = json!([
        { "key": "blue", "count": 1, "aggregates": value("2") },
        { "key": "red", "count": 2, "aggregates": value("2.25") },
    ]);
    assert_eq!((&answer["groups"], &answer["rows"]), (&groups, &json!([])));
    let filtered =
        json!({ "source": "D1", "where": [{ "column": "name", "op": "contains", "value": "fran" }] });
    let answer = call(&context, "query_table", filtered).unwrap();
    assert_eq!(answer["rows"][0]["cells"], json!(["FR", "France"]));
}

#[test]
fn what_is_wrong_is_told_to_the_model_and_never_performed() {
    let context = context(files());
    let rows = [
        ("delete_documents", json!({}), "unknown_tool"),
        ("search_documents", json!({}), "invalid_arguments"),
        ("search_documents", json!({ "query": "x", "limit": 51 }), "invalid_arguments"),
        ("search_documents", json!({ "query": "x", "shell": "rm" }), "invalid_arguments"),
        ("search_documents", json!("x"), "invalid_arguments"),
        ("search_documents", json!({ "query": "x", "sources": ["D9"] }), "refused"),
        ("read_span", json!({ "source": "D1", "start": -1, "end": 2 }), "invalid_arguments"),
        ("query_table", json!({ "source": "D1" }), "refused"),
        ("query_table", json!({ "source": "D3", "select": ["nope"] }), "refused"),
        ("query_table", json!({ "source": "D3", "aggregate": [{ "fn": "sum" }] }), "refused"),
        (
            "query_table",
            json!({ "source": "D3", "where": [{ "column": "version", "op": "like" }] }),
            "invalid_arguments",
        ),
    ];
    for (tool, arguments, code) in rows {
        let error = call(&context, tool, arguments.clone()).unwrap_err();
        assert_eq!(error.code(), code, "{tool} {arguments}: {error}");
        assert!(error.for_model()["error"]["message"].as_str().unwrap().len() > 10);
    }
}

#[test]
fn a_tool_outside_of_the_policy_is_refused_whatever_its_arguments() {
    let registry = ToolRegistry::with_built_ins().unwrap();
    let policy = ToolPolicy::new(Name::from_static("writer"), [Name::from_static("read_span")]);
    let refused = registry.admit(&policy, "search_documents", json!({})).unwrap_err();
    let known = vec!["read_span".to_owned()];
    let name = Name::from_static("search_documents");
    assert_eq!(refused, ToolError::NotAllowed { name, agent_type: Name::from_static("writer"), known });
    let specs: Vec<&str> = registry.specs_for(&policy).map(|spec| spec.name.as_str()).collect();
    assert_eq!(specs, ["read_span"]);
    let spec = registry.spec(&Name::from_static("read_span")).unwrap();
    assert_eq!((spec.class, spec.side_effects), (EffectClass::AtLeastOnce, false));
}

#[test]
fn the_order_of_the_files_changes_nothing() {
    let mut reversed = files();
    reversed.reverse();
    let (one, other) = (context(files()), context(reversed));
    for arguments in [json!({ "query": "convey Germany Hamm 2023" }), json!({ "query": "you may" })] {
        let answers =
            [&one, &other].map(|context| call(context, "search_documents", arguments.clone()).unwrap());
        assert_eq!(answers[0], answers[1]);
    }
    assert_eq!(call(&one, "list_documents", json!({})), call(&other, "list_documents", json!({})));
}
