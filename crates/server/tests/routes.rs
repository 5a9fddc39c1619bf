//! The contract's manners, over an empty workspace that nobody runs.

#![cfg(test)]

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use divisi_domain::id::WorkspaceId;
use divisi_domain::time::Timestamp;
use divisi_engine::core::TermsTable;
use divisi_engine::crew::{Crew, shipped};
use divisi_engine::driver::{Chance, Clock};
use divisi_server::{Api, CrewShelf, Doing, Offers, Parts, router};
use divisi_store::{BlobKey, MemoryStore, Store};
use divisi_tools::documents::child::{ParserPool, ProcessLimits};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

struct Shelf;

impl CrewShelf for Shelf {
    fn crew(&self, name: &str) -> Result<Arc<Crew>, String> {
        let found = shipped().iter().find(|crew| crew.name == name).ok_or("no such crew")?;
        found.parse().map(Arc::new).map_err(|faults| faults.to_string())
    }
}

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(43_200_000)
    }
}

struct Seven;

impl Chance for Seven {
    fn bytes(&self) -> [u8; 32] {
        [7; 32]
    }
}

fn nobody_runs() -> Router {
    let store = MemoryStore::default();
    let workspace = WorkspaceId::generate(Timestamp::from_millis(1), [1; 10]);
    store.open_workspace(workspace, BlobKey([7; 32])).unwrap();
    router(Api::new(Parts {
        reads: Arc::new(store),
        search: None,
        handle: None,
        archive: None,
        workspace,
        parser: Arc::new(ParserPool::new("/nowhere".into(), Vec::new(), ProcessLimits::default())),
        offers: Offers { terms: TermsTable::default(), routing: divisi_engine::crew::Routing::default() }
            .fixed(),
        crews: Arc::new(Shelf),
        clock: Arc::new(Noon),
        chance: Arc::new(Seven),
        doing: Doing::default(),
    }))
}

async fn ask(method: &str, path: &str, body: &str) -> (u16, String, Value) {
    let request =
        Request::builder().method(method).uri(format!("/api/v1{path}")).body(Body::from(body.to_owned()));
    let response: Response<Body> = nobody_runs().oneshot(request.unwrap()).await.unwrap();
    let status = response.status().as_u16();
    let kind = response
        .headers()
        .get("content-type")
        .map(|kind| kind.to_str().unwrap().to_owned())
        .unwrap_or_default();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, kind, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

const NO_TASK: &str = "/tasks/task_00000000000000000000000000";

#[tokio::test]
async fn problems_are_documents_with_their_code() {
    let task = |suffix: &str| format!("{NO_TASK}{suffix}");
    let long = "a".repeat(10_001);
    let too_long = json!({ "description": long }).to_string();
    let twice = json!({ "description": "", "title": "", "budget": { "max_usd": 0 } }).to_string();
    let rows = [
        ("GET", "/nothing".to_owned(), "", 404, "not_found"),
        ("PATCH", "/tasks".to_owned(), "", 405, "method_not_allowed"),
        ("GET", task(""), "", 404, "not_found"),
        ("GET", task("/plan"), "", 404, "not_found"),
        ("GET", task("/result"), "", 404, "not_found"),
        ("GET", task("/usage"), "", 404, "not_found"),
        ("GET", task("/agents"), "", 404, "not_found"),
        ("GET", task("/events"), "", 404, "not_found"),
        ("GET", "/tasks/other_1".to_owned(), "", 404, "not_found"),
        ("GET", "/tasks?colour=red".to_owned(), "", 400, "invalid_request"),
        ("GET", "/tasks?from=soon".to_owned(), "", 400, "invalid_request"),
        ("POST", "/tasks".to_owned(), "not json", 400, "invalid_request"),
        ("POST", "/tasks".to_owned(), "{\"colour\": 1}", 400, "invalid_request"),
        ("POST", "/tasks".to_owned(), too_long.as_str(), 400, "validation_failed"),
        ("POST", "/tasks".to_owned(), twice.as_str(), 400, "validation_failed"),
        ("POST", "/tasks".to_owned(), "{\"description\": \"Why?\"}", 503, "no_owner"),
        ("DELETE", task(""), "", 503, "no_owner"),
        ("POST", task("/resume"), "", 503, "no_owner"),
        ("POST", task("/park"), "", 503, "no_owner"),
        ("DELETE", task("?erase=true"), "", 503, "no_owner"),
        ("DELETE", task("?erase=maybe"), "", 400, "invalid_request"),
        ("PUT", task("/plan"), "{}", 503, "no_owner"),
        ("POST", task("/rating"), "{\"rating\": 4}", 503, "no_owner"),
        ("POST", task("/rating"), "{\"rating\": 6}", 400, "validation_failed"),
        ("POST", task("/rating"), "{\"rating\": 4, \"comments\": \" \"}", 400, "validation_failed"),
        ("POST", task("/rating"), "{}", 400, "invalid_request"),
        ("GET", "/tasks?q=".to_owned(), "", 400, "validation_failed"),
        ("GET", "/tasks?q=word".to_owned(), "", 503, "no_owner"),
        ("GET", "/tasks?sort=size".to_owned(), "", 400, "invalid_request"),
        ("POST", task("/revise"), "{\"revision_request\": \" \"}", 400, "validation_failed"),
        ("POST", task("/budget"), "{\"max_usd\": -1}", 400, "validation_failed"),
        (
            "POST",
            "/approvals/nothing".to_owned(),
            "{\"decision\": \"approve\", \"digest\": \"\"}",
            404,
            "not_found",
        ),
    ];
    for (method, path, body, status, code) in rows {
        let (found, kind, problem) = ask(method, &path, body).await;
        assert_eq!((found, problem["code"].as_str()), (status, Some(code)), "{method} {path}: {problem}");
        assert_eq!(kind, "application/problem+json", "{method} {path}");
        assert_eq!(problem["status"], status, "{method} {path}");
        assert_eq!(problem["type"], format!("docs/errors/{code}.md"));
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{method} {path}");
    }
}

#[tokio::test]
async fn every_field_that_is_wrong_is_named_at_once() {
    let body = json!({ "description": "", "title": "", "budget": { "max_usd": 0 } }).to_string();
    let (_, _, problem) = ask("POST", "/tasks", &body).await;
    let fields: Vec<&String> = problem["details"].as_object().unwrap().keys().collect();
    assert_eq!(fields, ["budget.max_usd", "description", "title"]);
}

#[tokio::test]
async fn an_empty_workspace_can_be_read() {
    let rows = [
        (
            "/tasks",
            json!({ "tasks": [], "pagination": { "page": 1, "limit": 20, "total": 0, "pages": 0, "total_exact": true }, "cursor": null }),
        ),
        ("/approvals", json!([])),
        ("/agents/status", json!([])),
    ];
    for (path, expected) in rows {
        assert_eq!(ask("GET", path, "").await, (200, "application/json".to_owned(), expected), "{path}");
    }
    let (status, _, health) = ask("GET", "/health", "").await;
    assert_eq!((status, health["status"].as_str()), (200, Some("ok")));
}

#[tokio::test]
async fn a_body_beyond_its_limit_is_refused_by_name() {
    let body = format!("{{\"revision_request\": \"{}\"}}", "a".repeat(2 * 1024 * 1024));
    let (status, _, problem) = ask("POST", &format!("{NO_TASK}/revise"), &body).await;
    assert_eq!((status, problem["code"].as_str()), (413, Some("body_too_large")));
}
