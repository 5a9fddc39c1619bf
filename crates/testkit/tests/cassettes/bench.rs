//! A task run to its end, by any providers.

use std::collections::BTreeMap;
use std::sync::Arc;

use divisi_domain::approval::Mode;
use divisi_domain::money::{Price, Usage};
use divisi_domain::name::Name;
use divisi_domain::task::TaskState;
use divisi_engine::content::Contents;
use divisi_engine::core::{CoreLimits, TaskKey, Terms, TermsTable};
use divisi_engine::crew::{Crew, RouteTarget};
use divisi_engine::driver::{Engine, Options, read_task};
use divisi_engine::report::render_markdown;
use divisi_engine::view::outcome;
use divisi_llm::Provider;
use divisi_store::{MemoryStore, Reads};
use divisi_testkit::app::scripted::{Answer, Rule, Script, Scripted};
use divisi_testkit::app::{Purpose, RunningClock, SeededChance, TestApp, ToolCall, WORKSPACE};
use divisi_tools::calls::ToolRegistry;
use serde_json::json;

pub(crate) const QUESTION: &str = "What must someone do who conveys modified versions?";
pub(crate) const LICENCE: &str = "PREAMBLE\n\nThis licence protects the freedom to share software.\n\n\
1. Source code.\n\nYou may convey verbatim copies of the source code.\n\n2. Modified versions.\n\nYou may convey a work \
based on the program, provided that you state that you changed it and give the relevant date.\n";

pub(crate) type Providers = BTreeMap<Name, Arc<dyn Provider>>;

/// What a task came to.
pub(crate) struct Ran {
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) key: TaskKey,
    pub(crate) state: TaskState,
    pub(crate) report: Option<String>,
    pub(crate) events: u64,
    /// Sentences of failures.
    pub(crate) spent_micro_usd: u64,
}

/// The research crew, all on the scripted provider.
pub(crate) fn crew() -> Arc<Crew> {
    let mut crew = (*TestApp::crew("research").unwrap()).clone();
    for purpose in Purpose::ALL {
        let target = RouteTarget { provider: name("scripted"), model: name("script-1") };
        crew.routes.insert(purpose, vec![target]);
    }
    crew.agents.iter_mut().for_each(|agent| agent.route.clear());
    Arc::new(crew)
}

pub(crate) fn name(text: &'static str) -> Name {
    Name::from_static(text)
}

/// A script in which things happen: tools are called, an answer is no JSON, one is empty, calls fail, solutions go back.
pub(crate) fn script() -> Script {
    let of = |purpose, attempt, answer| Rule {
        purpose: Some(purpose),
        attempt: Some(attempt),
        answer,
        usage: Some(Usage { input_tokens: 1_000, output_tokens: 100, ..Usage::default() }),
        ..Rule::default()
    };
    let call =
        |id: &str, tool: &str, arguments| ToolCall { id: id.to_owned(), tool: tool.to_owned(), arguments };
    let calls = vec![
        call("c1", "search_documents", json!({"query": "modified versions", "limit": 3})),
        call("c2", "list_documents", json!({})),
        call("c3", "no_such_tool", json!({"x": 0.1})),
    ];
    let fault = |class| Answer::Fault { class, retry_after_millis: Some(1), after_text: "half".to_owned() };
    let rules = vec![
        of(Purpose::Analyse, 1, Answer::Text("I think not.".to_owned())),
        of(Purpose::Select, 1, Answer::Text(" ".to_owned())),
        of(Purpose::Coordinate, 1, fault(divisi_domain::model_step::FailureClass::Overloaded)),
        Rule { turn: Some(1), answer: Answer::ToolCalls(calls), ..Rule::default() },
    ];
    Script {
        model: "script-1".to_owned(),
        price: Price { input_per_million: 1_000_000, output_per_million: 2_000_000, ..Price::default() },
        revise_percent: 50,
        seed: 7,
        rules,
        ..Script::default()
    }
}

pub(crate) fn scripted() -> Arc<dyn Provider> {
    Arc::new(Scripted::new(script()))
}

pub(crate) fn only(provider: Arc<dyn Provider>) -> Providers {
    [(provider.name().clone(), provider)].into()
}

/// Runs a task over the licence to its end. Ids and jitter are of `seed`.
pub(crate) async fn run(providers: Providers, question: &str, seed: u64) -> Ran {
    let store = Arc::new(MemoryStore::new());
    let terms = terms();
    let (handle, service) = Engine::start(Options {
        store: Arc::clone(&store) as Arc<dyn divisi_store::Store>,
        providers,
        terms,
        tools: tools(),
        limits: CoreLimits::default(),
        clock: Arc::new(RunningClock::default()),
        chance: Arc::new(SeededChance::new(seed)),
    })
    .unwrap();
    let mut running = tokio::task::JoinSet::new();
    running.spawn(service.run());
    let app = TestApp { handle };
    let task = app.task(question, &[("licence.txt", LICENCE)], crew(), Mode::FullAutonomous);
    let key = TaskKey::new(WORKSPACE, task.id);
    let mut heard = app.handle.changes();
    app.handle.submit(task).await.unwrap();
    loop {
        let ended = app.state(key.task).is_some_and(|task| task.is_terminal() || parked(&task));
        if ended {
            break;
        }
        // Back-offs are waited for; the end of a task is told.
        let _ = tokio::time::timeout(std::time::Duration::from_millis(50), heard.recv()).await;
    }
    app.handle.shutdown().await;
    running.join_next().await.unwrap().unwrap().unwrap();
    came_to(store, key)
}

fn parked(task: &divisi_domain::task::Task) -> bool {
    task.wait.is_some()
}

fn came_to(store: Arc<MemoryStore>, key: TaskKey) -> Ran {
    let loaded = read_task(store.as_ref(), key).unwrap().unwrap();
    let contents = Contents::of(store.as_ref(), key.stream());
    let brought = outcome(&contents, &loaded.task, &loaded.title).unwrap();
    let report = brought.map(|brought| render_markdown(&brought.report, &brought.presentation));
    let events = store.last_seq(&key.stream()).unwrap().unwrap();
    let state = loaded.task.state();
    let spent_micro_usd = loaded.task.ledger.spent().0;
    Ran { store, key, state, report, events, spent_micro_usd }
}

pub(crate) fn tools() -> ToolRegistry {
    ToolRegistry::with_built_ins().unwrap()
}

/// What the scripted model costs and takes.
pub(crate) fn terms() -> TermsTable {
    let mut terms = TermsTable::default();
    terms.set(name("scripted"), name("script-1"), Terms::of(script().price, 100_000));
    terms
}
