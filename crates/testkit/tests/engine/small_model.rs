//! A model of the smallest kind, with little room and poor answers: the task ends, and says honestly how.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use divisi_domain::approval::Mode;
use divisi_domain::money::Price;
use divisi_domain::name::Name;
use divisi_domain::task::TaskState;
use divisi_engine::core::{CoreLimits, TaskKey, Terms, TermsTable};
use divisi_engine::crew::{Crew, RouteTarget};
use divisi_engine::driver::{Engine, Options, read_task};
use divisi_llm::{CallContext, Provider, ProviderError, Purpose, Request, Response, TokenSink};
use divisi_providers::Scripted;
use divisi_providers::scripted::Script;
use divisi_store::MemoryStore;
use divisi_testkit::app::{RunningClock, SeededChance, TestApp, WORKSPACE};
use divisi_tools::calls::ToolRegistry;
use futures::FutureExt;
use futures::future::BoxFuture;

use crate::LICENCE;

fn model() -> Name {
    Name::from_static("feeble")
}

/// A room in which nothing is narrowed.
const UNLIMITED: u32 = 20_000_000;

/// What it makes of a right answer, by the attempt.
type Spoils = fn(u16, String) -> String;

/// Says what a scripted provider says, spoilt.
struct Feeble {
    name: Name,
    inner: Scripted,
    spoils: Spoils,
    seen: Mutex<Vec<Request>>,
}

impl Provider for Feeble {
    fn name(&self) -> &Name {
        &self.name
    }

    fn call<'a>(
        &'a self,
        request: Request,
        context: &'a CallContext,
        sink: &'a mut dyn TokenSink,
    ) -> BoxFuture<'a, Result<Response, ProviderError>> {
        async move {
            self.seen.lock().unwrap().push(request.clone());
            let right = self.inner.call(request, context, sink).await?;
            let text = (self.spoils)(context.attempt, right.text);
            Ok(Response { text, tool_calls: Vec::new(), ..right })
        }
        .boxed()
    }
}

fn crew() -> Arc<Crew> {
    let mut crew = TestApp::crew("research").unwrap().as_ref().clone();
    let target = RouteTarget { provider: model(), model: model() };
    crew.routes.values_mut().for_each(|route| *route = vec![target.clone()]);
    Arc::new(crew)
}

struct Ended {
    state: TaskState,
    told: String,
    seen: Vec<Request>,
}

async fn run(tokens: u32, spoils: Spoils) -> Ended {
    let script = Script { provider: model().to_string(), plan_subtasks: 9, ..Script::default() };
    let feeble =
        Arc::new(Feeble { name: model(), inner: Scripted::new(script), spoils, seen: Mutex::default() });
    let mut terms = TermsTable::default();
    terms.set(model(), model(), Terms { measured: true, ..Terms::of(Price::default(), tokens) });
    let store = Arc::new(MemoryStore::new());
    let (handle, service) = Engine::start(Options {
        store: store.clone(),
        providers: BTreeMap::from([(model(), feeble.clone() as Arc<dyn Provider>)]),
        terms,
        tools: ToolRegistry::with_built_ins().unwrap(),
        limits: CoreLimits::default(),
        clock: Arc::new(RunningClock::default()),
        chance: Arc::new(SeededChance::new(1)),
    })
    .unwrap();
    let app = TestApp { handle };
    let mut running = tokio::task::JoinSet::new();
    running.spawn(service.run());
    let question = "What must someone do who conveys modified versions?";
    let task = app.task(question, &[("licence.txt", LICENCE)], crew(), Mode::FullAutonomous);
    let id = app.handle.submit(task).await.unwrap();
    app.handle.idle().await;
    let task = read_task(store.as_ref(), TaskKey::new(WORKSPACE, id)).unwrap().unwrap().task;
    app.handle.shutdown().await;
    running.join_next().await.unwrap().unwrap().unwrap();
    let seen = feeble.seen.lock().unwrap().clone();
    let told = format!("{task:?}");
    Ended { state: task.state(), told, seen }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn poor_answers_that_can_be_read_make_a_whole_task() {
    // Garbage first; told what was wrong, the right thing in poor form.
    let ended = run(2_048, |attempt, right| match attempt {
        1 => "Sure! I will {help} you with that".to_owned(),
        _ => {
            format!("<think>Hm, {{}}.</think>Here:\n```json\n{},\n}}\n```", right.strip_suffix('}').unwrap())
        }
    })
    .await;
    assert_eq!(ended.state, TaskState::Completed, "{}", ended.told);
    let plan = ended.seen.iter().find(|request| request.purpose == Purpose::Decompose).unwrap();
    assert_eq!(plan.schema["properties"]["subtasks"]["maxItems"], 3);
    for request in &ended.seen {
        assert!(request.sampling.output_tokens_max <= 512, "{:?}", request.purpose);
    }
    let work = ended.seen.iter().find(|request| request.purpose == Purpose::Work).unwrap();
    let passages = format!("{:?}", work.messages);
    assert!(
        passages.contains("Passages of the documents") && passages.contains("give the relevant date"),
        "{passages}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_and_half_answers_end_in_an_honest_failure() {
    let garbage: Spoils = |_, _| "the the the the".to_owned();
    let half: Spoils = |_, right| right.chars().take(right.chars().count() / 8).collect();
    for spoils in [garbage, half] {
        let ended = run(2_048, spoils).await;
        assert_eq!(ended.state, TaskState::Failed, "{}", ended.told);
        assert!(ended.told.contains("Unparsable"), "{}", ended.told);
        assert_eq!(ended.seen.len(), 2, "asked once more, and told why");
        assert!(format!("{:?}", ended.seen[1].messages).contains("Your last answer could not be used."));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_room_that_nothing_fits_is_told_and_nobody_is_asked() {
    let ended = run(600, |_, right| right).await;
    assert_eq!(ended.state, TaskState::Failed, "{}", ended.told);
    assert!(ended.told.contains("ContextTooLong"), "{}", ended.told);
    assert!(ended.seen.is_empty());
}

/// The label of a subtask is forgotten and its dependency names a capability: told so twice, it writes the same again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_whose_names_name_nothing_is_mended_in_the_last_round() {
    let ended = run(UNLIMITED, |_, right| {
        let Ok(mut answer) = serde_json::from_str::<serde_json::Value>(&right) else { return right };
        let Some(subtasks) = answer["subtasks"].as_array_mut() else { return right };
        for subtask in &mut *subtasks {
            subtask["id"] = "".into();
            subtask["dependencies"] = serde_json::json!(["document_search"]);
            subtask["required_dependencies"] = serde_json::json!([]);
        }
        answer.to_string()
    })
    .await;
    assert_eq!(ended.state, TaskState::Completed, "{}", ended.told);
    let plans = ended.seen.iter().filter(|request| request.purpose == Purpose::Decompose).count();
    assert_eq!(plans, 3, "it is told what is wrong first");
}

/// What only the manager can know is not mended.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_that_goes_in_a_ring_ends_the_task() {
    let ended = run(UNLIMITED, |_, right| {
        let Ok(mut answer) = serde_json::from_str::<serde_json::Value>(&right) else { return right };
        let Some(subtasks) = answer["subtasks"].as_array_mut() else { return right };
        let (first, second) = (subtasks[0]["id"].clone(), subtasks[1]["id"].clone());
        subtasks[0]["dependencies"] = serde_json::json!([second, "nothing"]);
        subtasks[1]["dependencies"] = serde_json::json!([first]);
        answer.to_string()
    })
    .await;
    assert_eq!(ended.state, TaskState::Failed, "{}", ended.told);
    assert!(ended.told.contains("PlanInvalid"), "{}", ended.told);
}
