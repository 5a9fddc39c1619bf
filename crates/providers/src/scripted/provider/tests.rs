use std::sync::Mutex;

use divisi_llm::FinishReason;
use divisi_llm::inputs::{
    AgentTypeBrief, AnalyseInput, CoordinateInput, DecomposeInput, FinalReviewInput, Inputs, ReviewInput,
    SelectInput, SubtaskBrief, SynthesiseInput, TaskBrief, WorkInput,
};
use divisi_llm::outputs::{
    Analysis, Coordination, Decomposition, FinalReview, Report, Review, Selection, Solution, Specialist,
};
use divisi_llm::purpose::Sampling;
use divisi_llm::{NoSink, Purpose};
use futures::executor::block_on;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::*;

fn request(purpose: Purpose, inputs: Inputs) -> Request {
    Request {
        purpose,
        model: Name::from_static("m-1"),
        system: "".into(),
        messages: Vec::new(),
        tools: Vec::new(),
        schema: serde_json::Value::Null.into(),
        sampling: Sampling { temperature_hundredths: 0, output_tokens_max: 1 },
        inputs: inputs.into(),
    }
}

fn analyse() -> Request {
    request(Purpose::Analyse, Inputs::Analyse(AnalyseInput::default()))
}

fn context(key: &str, attempt: u16) -> CallContext {
    CallContext { idempotency_key: key.to_owned(), attempt }
}

fn call(script: Script, request: &Request, context: &CallContext) -> Result<Response, ProviderError> {
    block_on(Scripted::new(script).call(request.clone(), context, &mut NoSink))
}

fn default_answer<T: DeserializeOwned>(purpose: Purpose, inputs: Inputs) -> T {
    let response = call(Script::default(), &request(purpose, inputs), &context("k", 1)).unwrap();
    serde_json::from_str(&response.text).unwrap()
}

fn review_input(previous: Option<Solution>) -> Inputs {
    Inputs::Review(Box::new(ReviewInput {
        task: TaskBrief::default(),
        analysis: Analysis::default(),
        subtask: SubtaskBrief::default(),
        solution: Solution::default(),
        citation_checks: Vec::new(),
        previous,
    }))
}

fn decompose_input(names: &[&'static str]) -> Inputs {
    let specialist = |name: &&'static str| Specialist {
        agent_type: (*name).to_owned(),
        rationale: String::new(),
        priority: divisi_llm::outputs::Priority::Medium,
        focus_areas: Vec::new(),
        relevance: 1.0,
    };
    Inputs::Decompose(DecomposeInput {
        task: TaskBrief::default(),
        analysis: Analysis::default(),
        selection: Selection { specialists: names.iter().map(specialist).collect() },
        agent_types: Vec::new(),
        subtasks_max: 50,
        depth_max: 10,
        previous: None,
        errors: Vec::new(),
        comment: None,
    })
}

#[test]
fn every_purpose_has_a_valid_answer_of_its_own() {
    let (task, analysis) = (TaskBrief::default(), Analysis::default());
    let _: Analysis = default_answer(Purpose::Analyse, Inputs::Analyse(AnalyseInput::default()));
    let agent = AgentTypeBrief {
        name: Name::from_static("reader"),
        description: String::new(),
        capabilities: Vec::new(),
        tools: Vec::new(),
    };
    let select = SelectInput {
        task: task.clone(),
        analysis: analysis.clone(),
        agent_types: vec![agent],
        specialists_max: 3,
    };
    let chosen: Selection = default_answer(Purpose::Select, Inputs::Select(select));
    assert_eq!(chosen.specialists.len(), 1);
    let plan: Decomposition = default_answer(Purpose::Decompose, decompose_input(&["a", "b", "c", "d"]));
    assert_eq!((plan.subtasks.len(), plan.dropped_specialists.len()), (3, 1));
    assert!(plan.subtasks.iter().all(|subtask| subtask.dependencies.is_empty()));
    let work = WorkInput {
        task: task.clone(),
        analysis: analysis.clone(),
        subtask: SubtaskBrief::default(),
        dependencies: Vec::new(),
        feedback: Vec::new(),
        turn: 1,
        turns_max: 12,
        lessons: Vec::new(),
    };
    let _: Solution = default_answer(Purpose::Work, Inputs::Work(Box::new(work)));
    let review: Review = default_answer(Purpose::Review, review_input(None));
    assert!(review.scores.accuracy >= 7.0);
    let coordinate = CoordinateInput {
        task: task.clone(),
        analysis: analysis.clone(),
        solutions: Vec::new(),
        gaps: Vec::new(),
    };
    let _: Coordination = default_answer(Purpose::Coordinate, Inputs::Coordinate(coordinate));
    let synthesise = SynthesiseInput {
        task: task.clone(),
        analysis: analysis.clone(),
        coordination: Coordination::default(),
        solutions: Vec::new(),
        gaps: Vec::new(),
        previous: None,
        requests: Vec::new(),
        lessons: Vec::new(),
    };
    let _: Report = default_answer(Purpose::Synthesise, Inputs::Synthesise(Box::new(synthesise)));
    let last = FinalReviewInput {
        task,
        analysis,
        coordination: Coordination::default(),
        report: Report::default(),
        citation_checks: Vec::new(),
        gaps: Vec::new(),
    };
    let last: FinalReview = default_answer(Purpose::FinalReview, Inputs::FinalReview(Box::new(last)));
    assert!(last.approved);
}

#[test]
fn the_first_rule_that_fits_decides() {
    let script = Script::from_json(
        &json!({"rules": [
            {"purpose": "review", "answer": {"text": "no"}},
            {"path_contains": "s2", "attempt": 1, "answer": {"fault": {"class": "overloaded", "retry_after_millis": 5}}},
            {"path_contains": "s2", "answer": {"json": {"x": 1}}, "usage": {"input_tokens": 7, "output_tokens": 2,
             "cached_tokens": 0, "reasoning_tokens": 0}},
            {"path_contains": "s3", "answer": {"tool_calls": [{"id": "a", "tool": "t", "arguments": {}}]}}
        ]})
        .to_string(),
    )
    .unwrap();
    let fault = call(script.clone(), &analyse(), &context("t/s2", 1)).unwrap_err();
    assert_eq!((fault.class, fault.retry_after), (FailureClass::Overloaded, Some(Millis(5))));
    let second = call(script.clone(), &analyse(), &context("t/s2", 2)).unwrap();
    assert_eq!((second.text.as_str(), second.usage.map(|usage| usage.input_tokens)), ("{\"x\":1}", Some(7)));
    let tools = call(script, &analyse(), &context("t/s3", 1)).unwrap();
    assert_eq!((tools.finish, tools.tool_calls.len()), (FinishReason::ToolCalls, 1));
    assert!(Script::from_json("{\"rulez\": []}").is_err());
}

#[test]
fn the_seed_decides_what_is_sent_back_and_only_once() {
    let script = Script { revise_percent: 30, seed: 7, ..Script::default() };
    let back = |previous: Option<Solution>| {
        let scored = |at: u32| {
            let request = request(Purpose::Review, review_input(previous.clone()));
            let response = call(script.clone(), &request, &context(&format!("task{at}/review"), 1)).unwrap();
            serde_json::from_str::<Review>(&response.text).unwrap().scores.accuracy
        };
        (0..200).filter(|at| scored(*at) < 7.0).count()
    };
    assert!((30..=90).contains(&back(None)), "{}", back(None));
    assert_eq!(back(Some(Solution::default())), 0);
}

#[derive(Default)]
struct Witness(Mutex<Vec<String>>);

impl EffectSink for Witness {
    fn attempt_started(&self, key: &str, attempt: u16) -> std::io::Result<()> {
        self.0.lock().unwrap().push(format!("{key}#{attempt}"));
        Ok(())
    }
}

impl Sleeper for Witness {
    fn sleep(&self, span: Millis) -> BoxFuture<'_, ()> {
        self.0.lock().unwrap().push(format!("slept {}", span.0));
        futures::future::ready(()).boxed()
    }
}

#[test]
fn the_witness_hears_first_and_latency_is_slept() {
    let witness = Arc::new(Witness::default());
    let scripted = Scripted::new(Script { latency_millis: 20, ..Script::default() })
        .with_sink(witness.clone())
        .with_sleeper(witness.clone());
    block_on(scripted.call(analyse(), &context("t/p1", 2), &mut NoSink)).unwrap();
    assert_eq!(*witness.0.lock().unwrap(), ["t/p1#2", "slept 20"]);
}
