//! Every route over a running engine: what it answers, to whom, and what repeating it does.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use axum::body::{Body, Bytes};
use axum::http::{Request, Response};
use divisi_domain::approval::Mode;
use divisi_domain::id::TaskId;
use divisi_domain::money::{Price, Usage};
use divisi_domain::task::{Event, Stage};
use divisi_domain::time::Millis;
use divisi_engine::driver::Clock as _;
use divisi_store::{MemoryStore, Store as _};
use divisi_testkit::app::scripted::{Answer, Rule};
use divisi_testkit::app::{Purpose, RunningClock};
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::world::{World, ask, noting_crew};

/// A request that is under way.
type Asked = BoxFuture<'static, Result<Response<Body>, Infallible>>;

const CREATE: &str = "What may be copied?";

fn create() -> Value {
    json!({ "description": CREATE, "mode": "assisted" })
}

/// Every route of a task or an approval, with a body that it takes.
fn routes(task: TaskId) -> Vec<(&'static str, String, Value)> {
    let of = |suffix: &str| format!("/tasks/{task}{suffix}");
    let digest = "0".repeat(64);
    let effect = "p1/execute/s1/cycle0/turn1/tool0";
    vec![
        ("GET", of(""), Value::Null),
        ("GET", of("/result"), Value::Null),
        ("GET", of("/result?pass=1"), Value::Null),
        ("GET", of("/plan"), Value::Null),
        ("PUT", of("/plan"), json!({ "subtasks": [] })),
        ("GET", of("/events"), Value::Null),
        ("GET", of("/usage"), Value::Null),
        ("GET", of("/agents"), Value::Null),
        ("GET", of("/approvals"), Value::Null),
        ("POST", of("/revise"), json!({ "revision_request": "Say more." })),
        ("POST", of("/resume"), Value::Null),
        ("POST", of("/park"), Value::Null),
        ("POST", of("/budget"), json!({ "max_usd": 5.0 })),
        ("POST", of("/rating"), json!({ "rating": 4 })),
        ("POST", of("/resolve"), json!({ "effect_id": effect, "resolution": "skip" })),
        ("DELETE", of(""), Value::Null),
        ("GET", format!("/approvals/{task}.1"), Value::Null),
        ("POST", format!("/approvals/{task}.1"), json!({ "decision": "approve", "digest": digest })),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_belongs_to_another_workspace_is_not_there() {
    let world = World::start();
    let foreign = world.foreign();
    let waiting = world.documented(Mode::Assisted).await;
    let finished = world.documented(Mode::FullAutonomous).await;
    for task in [waiting, finished] {
        let before = world.last_seq(task);
        for (method, path, body) in routes(task) {
            let answered = ask(&foreign, method, &path, &body, &[]).await;
            let code = answered.json["code"].as_str();
            assert_eq!(
                (answered.status, code),
                (404, Some("not_found")),
                "{method} {path}: {}",
                answered.text
            );
        }
        let live = [("accept", "text/event-stream")];
        let path = format!("/tasks/{task}/events");
        assert_eq!(ask(&foreign, "GET", &path, &Value::Null, &live).await.status, 404);
        assert_eq!(world.last_seq(task), before, "nothing was recorded");
    }
    for (path, list) in [("/tasks", "/tasks"), ("/approvals", ""), ("/agents/status", "")] {
        let seen = ask(&foreign, "GET", path, &Value::Null, &[]).await.json;
        assert_eq!(seen.pointer(list), Some(&json!([])), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_answers() {
    let world = World::start();
    let created = world.ask("POST", "/tasks", &create()).await;
    assert_eq!((created.status, &created.json["status"]), (201, &json!("pending")), "{}", created.text);
    let task = world.documented(Mode::FullAutonomous).await;
    let rows = [
        ("/tasks".to_owned(), "/tasks/0/task_id"),
        (format!("/tasks/{task}"), "/title"),
        (format!("/tasks/{task}/result"), "/result/final_answer"),
        (format!("/tasks/{task}/plan"), "/subtasks/0/title"),
        (format!("/tasks/{task}/events"), "/events/0/kind"),
        (format!("/tasks/{task}/usage"), "/total/calls"),
        (format!("/tasks/{task}/agents"), "/agents/0/type"),
        (format!("/tasks/{task}/approvals"), ""),
        ("/approvals".to_owned(), "/0/asked/is"),
        ("/agents/status".to_owned(), "/0/type"),
        ("/health".to_owned(), "/status"),
    ];
    for (path, field) in rows {
        let answered = world.get(&path).await;
        let found = answered.json.pointer(field);
        assert!(
            answered.status == 200 && found.is_some_and(|value| !value.is_null()),
            "{path}: {}",
            answered.text
        );
    }
    let (path, markdown) = (format!("/tasks/{task}/result"), [("accept", "text/markdown")]);
    let markdown = ask(&world.router, "GET", &path, &Value::Null, &markdown).await;
    assert!(markdown.status == 200 && markdown.text.starts_with("# "), "{}", markdown.text);
    let rows = [
        ("POST", "/rating", json!({ "rating": 4 }), 200),
        ("POST", "/revise", json!({ "revision_request": "Say more.", "scope": "final_answer" }), 200),
        ("POST", "/budget", json!({ "max_usd": 5.0 }), 409),
    ];
    for (method, suffix, body, status) in rows {
        let answered = world.ask(method, &format!("/tasks/{task}{suffix}"), &body).await;
        assert_eq!(answered.status, status, "{suffix}: {}", answered.text);
        world.app.handle.idle().await;
    }
    let waiting = world.documented(Mode::Assisted).await;
    let rows = [
        ("POST", "/budget", json!({ "max_usd": 5.0 })),
        ("POST", "/park", Value::Null),
        ("POST", "/resume", Value::Null),
        ("DELETE", "", Value::Null),
    ];
    for (method, suffix, body) in rows {
        let answered = world.ask(method, &format!("/tasks/{waiting}{suffix}"), &body).await;
        assert_eq!(answered.status, 200, "{method} {suffix}: {}", answered.text);
        world.app.handle.idle().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_submission_gets_its_first_answer_and_another_one_is_refused() {
    let world = World::start();
    let key = [("idempotency-key", "k-1")];
    let first = ask(&world.router, "POST", "/tasks", &create(), &key).await;
    let again = ask(&world.router, "POST", "/tasks", &create(), &key).await;
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.json, again.json);
    let changes: [(&str, Value); 7] = [
        ("description", json!("What may be sold?")),
        ("title", json!("A title")),
        ("mode", json!("manual")),
        ("priority", json!("high")),
        ("budget", json!({ "max_usd": 1.0 })),
        ("context", json!({ "constraints": ["Be brief."] })),
        ("plan_only", json!(true)),
    ];
    for (field, value) in changes {
        let mut other = json!({ "description": "What may be copied? Say why.", "mode": "assisted" });
        let mut base = other.clone();
        let key = [("idempotency-key", field)];
        assert_eq!(ask(&world.router, "POST", "/tasks", &base, &key).await.status, 201);
        other[field] = value;
        let refused = ask(&world.router, "POST", "/tasks", &other, &key).await;
        let code = refused.json["code"].as_str();
        assert_eq!((refused.status, code), (422, Some("idempotency_mismatch")), "{field}");
        base["attachments"] = json!([{ "name": "a.txt", "content": "YQ==" }]);
        assert_eq!(
            ask(&world.router, "POST", "/tasks", &base, &key).await.status,
            422,
            "{field}: a file more"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_command_changes_nothing_more() {
    let world = World::start();
    let finished = world.documented(Mode::FullAutonomous).await;
    let waiting = world.documented(Mode::Assisted).await;
    let open = world.open(waiting).await;
    let approve = json!({ "decision": "approve", "digest": open["digest"] });
    let approval = format!("/approvals/{}", open["approval_id"].as_str().unwrap());
    let of = |task: TaskId, suffix: &str| format!("/tasks/{task}{suffix}");
    let revise = json!({ "revision_request": "Say more.", "scope": "final_answer" });
    let rows = [
        (finished, "POST", of(finished, "/rating"), json!({ "rating": 4, "comments": "Good." })),
        (finished, "POST", of(finished, "/revise"), revise),
        (waiting, "POST", of(waiting, "/budget"), json!({ "max_usd": 5.0 })),
        (waiting, "POST", of(waiting, "/park"), Value::Null),
        (waiting, "POST", of(waiting, "/resume"), Value::Null),
        (waiting, "POST", approval, approve),
    ];
    for (place, (task, method, path, body)) in rows.into_iter().enumerate() {
        let name = format!("command-{place}");
        let key = [("idempotency-key", name.as_str())];
        let first = ask(&world.router, method, &path, &body, &key).await;
        assert_eq!(first.status, 200, "{path}: {}", first.text);
        world.app.handle.idle().await;
        let seq = world.last_seq(task);
        let again = ask(&world.router, method, &path, &body, &key).await;
        world.app.handle.idle().await;
        assert_eq!((again.status, world.last_seq(task)), (200, seq), "{path}: {}", again.text);
        let other = json!({ "rating": 1 });
        let refused = ask(&world.router, "POST", &of(task, "/rating"), &other, &key).await;
        assert_eq!((refused.status, world.last_seq(task)), (422, seq), "{path}: {}", refused.text);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_request_has_a_name() {
    let world = World::start();
    let mut names = std::collections::BTreeSet::new();
    for path in ["/tasks", "/nothing", "/tasks/task_00000000000000000000000000", "/health"] {
        let answered = world.get(path).await;
        let name = answered.headers["x-request-id"].to_str().unwrap().to_owned();
        assert!(answered.headers["traceparent"].to_str().unwrap().contains(&name), "{path}");
        if answered.status >= 400 {
            assert_eq!(answered.json["trace_id"], name, "{path}: {}", answered.text);
            assert_eq!(answered.headers["content-type"], "application/problem+json");
        }
        assert!(name.len() == 32 && names.insert(name), "{path}: a fresh name each time");
    }
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let parent = format!("00-{trace}-00f067aa0ba902b7-01");
    let answered = ask(&world.router, "GET", "/nothing", &Value::Null, &[("traceparent", &parent)]).await;
    assert_eq!((answered.status, &answered.json["trace_id"]), (404, &json!(trace)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_status_lists_exactly_what_is_shown_with_it() {
    let world = World::start();
    let plan = world.documented(Mode::Assisted).await;
    let call = world.noting(Mode::Manual).await;
    world.approve(call).await;
    let result = world.documented(Mode::Manual).await;
    world.approve(result).await;
    let finished = world.documented(Mode::FullAutonomous).await;
    let rows: [(&str, &[TaskId]); 6] = [
        ("awaiting_approval", &[result, plan]),
        ("in_progress", &[call]),
        ("manager_review", &[]),
        ("completed", &[finished]),
        ("pending", &[]),
        ("revision_in_progress", &[]),
    ];
    for (status, expected) in rows {
        let list = world.get(&format!("/tasks?status={status}")).await.json;
        let expected: Vec<Value> = expected.iter().map(|task| json!(task)).collect();
        let found: Vec<Value> =
            list["tasks"].as_array().unwrap().iter().map(|row| row["task_id"].clone()).collect();
        assert_eq!(found, expected, "{status}");
        assert_eq!(list["pagination"]["total"], expected.len(), "{status}");
        assert!(list["tasks"].as_array().unwrap().iter().all(|row| row["status"] == status), "{list}");
    }
    let first = world.get("/tasks?status=awaiting_approval&limit=1").await.json;
    assert_eq!((&first["tasks"][0]["task_id"], &first["pagination"]["total"]), (&json!(result), &json!(2)));
    let cursor = first["cursor"].as_str().unwrap();
    for next in [format!("cursor={cursor}"), "page=2".to_owned()] {
        let second = world.get(&format!("/tasks?status=awaiting_approval&limit=1&{next}")).await.json;
        assert_eq!(
            (&second["tasks"][0]["task_id"], &second["pagination"]["total"]),
            (&json!(plan), &json!(2))
        );
    }
}

/// A provider that does not keep within the limits it was sent: the excess is booked, and shown wherever costs are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_call_cost_beyond_its_reservation_is_shown() {
    let usage = Usage { output_tokens: 5_000_000, ..Usage::default() };
    let rule = Rule { purpose: Some(Purpose::Analyse), usage: Some(usage), ..Rule::default() };
    let world = World::scripted(vec![rule], Price { output_per_million: 1_000_000, ..Price::default() });
    let task = world.noting(Mode::FullAutonomous).await;
    let shown = world.get(&format!("/tasks/{task}")).await.json;
    let excess = shown["excess_micro_usd"].as_u64().unwrap();
    assert!(excess > 0 && shown["spent_micro_usd"].as_u64() > Some(excess), "{shown}");
    let usage = world.get(&format!("/tasks/{task}/usage")).await.json;
    assert_eq!(usage["excess_micro_usd"], excess);
    let events = world.get(&format!("/tasks/{task}/events")).await.json;
    let told = events["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|event| event["data"]["excess_micro_usd"].as_u64());
    assert_eq!(told.sum::<u64>(), excess);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn agents_are_shown_as_recorded() {
    let never = Rule { purpose: Some(Purpose::Work), answer: Answer::Never, ..Rule::default() };
    let world = World::scripted(vec![never], Price::default());
    let new = world.app.task("Post the note that was agreed.", &[], noting_crew(), Mode::FullAutonomous);
    let task = world.app.handle.submit(new).await.unwrap();
    let works =
        |event: &Event| matches!(event, Event::EffectStarted { path, .. } if path.node.subtask().is_some());
    world.until(task, works).await;
    let load = async || {
        let agents = world.get("/agents/status").await.json;
        let fact = |agent: &Value| (agent["status"].clone(), agent["current_tasks"].clone());
        agents.as_array().unwrap().iter().map(fact).collect::<Vec<_>>()
    };
    let (busy, idle) = ((json!("busy"), json!(1)), (json!("idle"), json!(0)));
    assert_eq!(load().await.iter().filter(|fact| **fact == busy).count(), 1, "one agent works");
    let worked = world.get(&format!("/tasks/{task}/agents")).await.json;
    let known = world.get("/agents/status").await.json;
    let runner =
        known.as_array().unwrap().iter().find(|one| one["agent_id"] == worked["agents"][0]["agent_id"]);
    assert_eq!(
        worked["agents"][0]["type"],
        runner.unwrap()["type"],
        "the type of who works, not of the plan"
    );
    assert_eq!(world.ask("DELETE", &format!("/tasks/{task}"), &Value::Null).await.status, 200);
    world.app.handle.idle().await;
    assert!(load().await.iter().all(|fact| *fact == idle), "slots are free again: {:?}", load().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn agents_of_a_running_task_are_shown_before_they_have_done_anything() {
    let never = Rule { purpose: Some(Purpose::Analyse), answer: Answer::Never, ..Rule::default() };
    let world = World::scripted(vec![never], Price::default());
    let new = world.app.task("Post the note that was agreed.", &[], noting_crew(), Mode::FullAutonomous);
    let task = world.app.handle.submit(new).await.unwrap();
    world.until(task, |event| matches!(event, Event::EffectStarted { .. })).await;
    let fact = |agents: &Value, wanted: &str| {
        let found = agents.as_array().unwrap().iter().find(|one| one["type"] == wanted).cloned();
        found.map(|one| (one["status"].clone(), one["current_tasks"].clone(), one["success_milli"].clone()))
    };
    let agents = world.get("/agents/status").await.json;
    assert_eq!(fact(&agents, "manager"), Some((json!("busy"), json!(1), Value::Null)), "{agents}");
    assert_eq!(fact(&agents, "researcher"), Some((json!("idle"), json!(0), Value::Null)), "{agents}");
    assert_eq!(world.ask("DELETE", &format!("/tasks/{task}"), &Value::Null).await.status, 200);
    let agents = world.get("/agents/status").await.json;
    assert_eq!(fact(&agents, "manager"), Some((json!("idle"), json!(0), Value::Null)), "{agents}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_submits_has_the_time_he_gives_though_the_log_is_ahead_of_all_clocks() {
    const YEAR: Millis = Millis::from_mins(365 * 24 * 60);
    let store: Arc<MemoryStore> = Arc::default();
    let wall = RunningClock::default().now();
    store.heartbeat(wall + YEAR).unwrap();
    let world = World::over(store, false);
    let given =
        |context: Value| json!({ "description": CREATE, "mode": "full_autonomous", "context": context });
    let until = |at| json!({ "deadline": divisi_api::time::format(at) });
    for context in [until(wall + Millis::from_mins(10)), json!({ "timeout_ms": 600_000 })] {
        let created = world.ask("POST", "/tasks", &given(context)).await;
        assert_eq!(created.status, 201, "{}", created.text);
        let task: TaskId = created.json["task_id"].as_str().unwrap().parse().unwrap();
        world.app.handle.idle().await;
        assert_eq!(world.app.state(task).unwrap().stage, Stage::Completed);
    }
    let late = world.ask("POST", "/tasks", &given(until(wall - Millis(1)))).await;
    assert_eq!(
        (late.status, late.json["details"]["context.deadline"].is_string()),
        (400, true),
        "{}",
        late.text
    );
}

#[tokio::test]
async fn few_large_submissions_are_read_at_once() {
    let world = World::start();
    let begun = Arc::new(AtomicUsize::new(0));
    let mut asked: Vec<Asked> = (0..6)
        .map(|_| {
            let (begun, mut first) = (Arc::clone(&begun), true);
            let never_ends = futures::stream::poll_fn(move |_| {
                begun.fetch_add(usize::from(std::mem::take(&mut first)), Ordering::Relaxed);
                Poll::<Option<Result<Bytes, Infallible>>>::Pending
            });
            let request = Request::post("/api/v1/tasks").body(Body::from_stream(never_ends)).unwrap();
            world.router.clone().oneshot(request).boxed()
        })
        .collect();
    let reading = |asked: &mut Vec<Asked>| {
        assert!(asked.iter_mut().all(|one| one.now_or_never().is_none()));
        begun.load(Ordering::Relaxed)
    };
    assert_eq!(reading(&mut asked), 4);
    drop(asked.remove(0));
    assert_eq!(reading(&mut asked), 5, "who gives up makes room for the next");
    let small = world.ask("POST", "/tasks", &create()).await;
    assert_eq!(small.status, 201, "small ones need no room: {}", small.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_erased_where_the_index_cannot_be_opened_and_that_is_said() {
    let world = World::start();
    let task = world.documented(Mode::FullAutonomous).await;
    let before = world.last_seq(task);
    for how in ["erase", "remove"] {
        let refused = world.ask("DELETE", &format!("/tasks/{task}?{how}=true"), &Value::Null).await;
        assert!(refused.status == 500 && refused.text.contains("index.db"), "{how}: {}", refused.text);
    }
    assert_eq!(world.last_seq(task), before);
}
