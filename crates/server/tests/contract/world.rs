//! The contract over a whole engine in this process.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, Response};
use divisi_domain::approval::Mode;
use divisi_domain::id::{TaskId, WorkspaceId};
use divisi_domain::money::Price;
use divisi_domain::name::Name;
use divisi_domain::task::Event;
use divisi_engine::core::{TaskKey, Terms, TermsTable};
use divisi_engine::crew::{Crew, RouteTarget, shipped};
use divisi_engine::driver::{LiveMessage, NewTask};
use divisi_server::{Api, CrewShelf, Doing, Offers, Parts, router};
use divisi_store::{MemoryStore, Reads, Store};
use divisi_testkit::app::scripted::{self, Answer, Rule, Script, Scripted};
use divisi_testkit::app::{Purpose, RunningClock, SeededChance, Setup, TestApp, ToolCall, WORKSPACE};
use divisi_tools::calls::{EffectClass, Tool, ToolContext, ToolError, ToolOutput, ToolRegistry, ToolSpec};
use divisi_tools::documents::child::{ParserPool, ProcessLimits};
use futures::FutureExt;
use futures::future::BoxFuture;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tower::ServiceExt;

/// The workspace that owns nothing of what tests make.
pub(crate) const OTHER: WorkspaceId = WorkspaceId::from_bytes([9; 16]);
pub(crate) const POST_NOTE: &str = "post_note";
/// What the report of the task with a document is about.
pub(crate) const DOCUMENT: &str =
    "1. Copies\n\nYou may make three copies of the program, provided that each copy carries the notice.\n";

/// Engines started so far.
static PROCESSES: AtomicU64 = AtomicU64::new(1);

pub(crate) struct Shelf;

impl CrewShelf for Shelf {
    fn crew(&self, name: &str) -> Result<Arc<Crew>, String> {
        let found = shipped().iter().find(|crew| crew.name == name).ok_or("no such crew")?;
        found.parse().map(Arc::new).map_err(|faults| faults.to_string())
    }
}

/// A tool with side effects. Where it hangs, every call is in flight for ever.
struct PostNote {
    spec: ToolSpec,
    hangs: bool,
}

impl Tool for PostNote {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn call<'a>(&'a self, _: &'a ToolContext, _: &'a Value) -> BoxFuture<'a, Result<ToolOutput, ToolError>> {
        if self.hangs {
            return futures::future::pending().boxed();
        }
        futures::future::ready(Ok(ToolOutput { text: "posted".to_owned(), truncated: false })).boxed()
    }
}

fn tools(hangs: bool) -> ToolRegistry {
    let mut tools = ToolRegistry::with_built_ins().unwrap();
    let spec = ToolSpec {
        name: Name::from_static(POST_NOTE),
        description: "Posts a note where others see it.".to_owned(),
        schema: json!({"type": "object", "properties": {"note": {"type": "integer"}}, "required": ["note"]})
            .into(),
        class: EffectClass::AtMostOnce,
        side_effects: true,
    };
    tools.register(Arc::new(PostNote { spec, hangs })).unwrap();
    tools
}

/// One subtask, whose first turn posts a note.
fn script() -> Script {
    let call = ToolCall { id: "c1".to_owned(), tool: POST_NOTE.to_owned(), arguments: json!({ "note": 7 }) };
    let rule = Rule {
        purpose: Some(Purpose::Work),
        turn: Some(1),
        answer: Answer::ToolCalls(vec![call]),
        ..Rule::default()
    };
    Script { plan_subtasks: 1, model: "one".to_owned(), rules: vec![rule], ..Script::default() }
}

/// The research crew on the scripted model, with the tool that has side effects.
pub(crate) fn noting_crew() -> Arc<Crew> {
    let mut crew = (*TestApp::crew("research").unwrap()).clone();
    let target =
        RouteTarget { provider: Name::from_static(scripted::PROVIDER), model: Name::from_static("one") };
    for purpose in Purpose::ALL {
        crew.routes.insert(purpose, vec![target.clone()]);
    }
    for agent in &mut crew.agents {
        agent.route.clear();
        agent.tools.push(Name::from_static(POST_NOTE));
    }
    Arc::new(crew)
}

/// An engine with the contract in front of it.
pub(crate) struct World {
    pub(crate) app: TestApp,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) router: Router,
    running: JoinSet<()>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) json: Value,
}

impl World {
    pub(crate) fn start() -> Self {
        Self::over(Arc::new(MemoryStore::new()), false)
    }

    /// Over a store that may have been used before.
    pub(crate) fn over(store: Arc<MemoryStore>, tool_hangs: bool) -> Self {
        Self::with(store, tool_hangs, script())
    }

    /// With a model that answers by a script of the test's own.
    pub(crate) fn scripted(rules: Vec<Rule>, price: Price) -> Self {
        Self::with(Arc::default(), false, Script { rules, price, ..script() })
    }

    fn with(store: Arc<MemoryStore>, tool_hangs: bool, script: Script) -> Self {
        let scripted = Some(Scripted::new(script));
        // Another process draws other ids.
        let seed = PROCESSES.fetch_add(1, Ordering::Relaxed);
        let setup = Setup { scripted, tools: Some(tools(tool_hangs)), seed, ..Setup::default() };
        let (app, service) = TestApp::start(Arc::clone(&store) as Arc<dyn Store>, setup).unwrap();
        let mut running = JoinSet::new();
        running.spawn(async move { service.run().await.unwrap() });
        let router = router(api(&app, &store, WORKSPACE));
        Self { app, store, router, running }
    }

    /// The same engine, as somebody of another workspace sees it.
    pub(crate) fn foreign(&self) -> Router {
        router(api(&self.app, &self.store, OTHER))
    }

    /// The process dies: nothing in flight is told.
    pub(crate) async fn die(mut self) -> Arc<MemoryStore> {
        self.running.shutdown().await;
        self.store
    }

    pub(crate) async fn ask(&self, method: &str, path: &str, body: &Value) -> Answered {
        ask(&self.router, method, path, body, &[]).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answered {
        self.ask("GET", path, &Value::Null).await
    }

    /// Submits a task over the document with the offline provider, until nothing more can happen.
    pub(crate) async fn documented(&self, mode: Mode) -> TaskId {
        let crew = TestApp::crew("research").unwrap();
        self.submit(self.app.task("How many copies may I make?", &[("copies.txt", DOCUMENT)], crew, mode))
            .await
    }

    /// Submits a task whose only subtask posts a note, until nothing more can happen.
    pub(crate) async fn noting(&self, mode: Mode) -> TaskId {
        self.submit(self.app.task("Post the note that was agreed.", &[], noting_crew(), mode)).await
    }

    pub(crate) async fn submit(&self, task: NewTask) -> TaskId {
        let id = self.app.handle.submit(task).await.unwrap();
        self.app.handle.idle().await;
        id
    }

    /// What the task asks now.
    pub(crate) async fn open(&self, task: TaskId) -> Value {
        let asked = self.get(&format!("/tasks/{task}/approvals")).await.json;
        let open = asked.as_array().unwrap().iter().find(|one| one["state"] == "open").cloned();
        open.unwrap_or_else(|| panic!("nothing is asked: {asked}"))
    }

    /// Answers what the task asks now, and lets it go on.
    pub(crate) async fn decide(&self, task: TaskId, mut decide: Value) -> Answered {
        let open = self.open(task).await;
        decide["digest"] = open["digest"].clone();
        let path = format!("/approvals/{}", open["approval_id"].as_str().unwrap());
        let answered = self.ask("POST", &path, &decide).await;
        self.app.handle.idle().await;
        answered
    }

    pub(crate) async fn approve(&self, task: TaskId) {
        let answered = self.decide(task, json!({ "decision": "approve" })).await;
        assert_eq!(answered.status, 200, "{}", answered.text);
    }

    /// Waits until an event of the task is one of these.
    pub(crate) async fn until(&self, task: TaskId, wanted: impl Fn(&Event) -> bool) {
        let mut listening = self.app.handle.subscribe(TaskKey::new(WORKSPACE, task), 0);
        while let Some(message) = listening.next().await.unwrap() {
            if let LiveMessage::Event { event, .. } = message
                && wanted(&event)
            {
                return;
            }
        }
        panic!("the engine stopped");
    }

    pub(crate) fn last_seq(&self, task: TaskId) -> u64 {
        self.app.state(task).unwrap().seq
    }
}

/// Of the models that the engine of these tests has.
fn terms() -> TermsTable {
    let mut terms = TermsTable::default();
    let models = [("extractive", "extractive-1"), (scripted::PROVIDER, "one")];
    for (provider, model) in models {
        terms.set(Name::from_static(provider), Name::from_static(model), Terms::of(Price::default(), 8_000));
    }
    terms
}

fn api(app: &TestApp, store: &Arc<MemoryStore>, workspace: WorkspaceId) -> Api {
    Api::new(Parts {
        reads: Arc::clone(store) as Arc<dyn Reads>,
        search: None,
        handle: Some(app.handle.clone()),
        archive: None,
        workspace,
        parser: Arc::new(ParserPool::new("/nowhere".into(), Vec::new(), ProcessLimits::default())),
        offers: Offers { terms: terms(), routing: divisi_engine::crew::Routing::default() }.fixed(),
        crews: Arc::new(Shelf),
        clock: Arc::new(RunningClock::default()),
        chance: Arc::new(SeededChance::new(5)),
        doing: Doing::default(),
    })
}

fn request(method: &str, path: &str, body: &Value, headers: &[(&str, &str)]) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(format!("/api/v1{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
    request.body(body).unwrap()
}

pub(crate) async fn send(
    router: &Router,
    method: &str,
    path: &str,
    body: &Value,
    headers: &[(&str, &str)],
) -> Response<Body> {
    router.clone().oneshot(request(method, path, body, headers)).await.unwrap()
}

pub(crate) async fn ask(
    router: &Router,
    method: &str,
    path: &str,
    body: &Value,
    headers: &[(&str, &str)],
) -> Answered {
    let response = send(router, method, path, body, headers).await;
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let json = serde_json::from_str(&text).unwrap_or(Value::Null);
    Answered { status: parts.status.as_u16(), headers: parts.headers, text, json }
}
