//! What the engine adds to the time of three subtasks, held against a bare loop with the same timers and as many syncs.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use divisi_domain::model_step::Purpose;
use divisi_llm::outputs::{Decomposition, SubtaskDraft};
use divisi_providers::scripted::{Answer, Rule, Script};
use divisi_store_sqlite::{BareLog, BareStep};
use tokio::task::JoinSet;

use crate::error::BenchError;
use crate::figure::{Figure, Unit};
use crate::load::{Plant, Setup, Timer, one};
use crate::means::Means;
use crate::scale::Scale;
use crate::statistics::median;

/// Subtasks of the plan.
const SUBTASKS: usize = 3;
/// What the engine may add to the bare loop's own overhead, in milliseconds.
const ADDED_MILLIS_MAX: f64 = 0.5;

/// How the three follow one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Sequence,
    Parallel,
}

pub(super) async fn run(means: &Means, scale: Scale) -> Result<Vec<Figure>, BenchError> {
    let call = Duration::from_millis(if scale == Scale::Quick { 2 } else { 100 });
    let mut figures = Vec::new();
    for order in [Order::Sequence, Order::Parallel] {
        let (mut own, mut bare) = (Vec::new(), Vec::new());
        for _ in 0..scale.rounds() {
            bare.push(overhead(bare_round(means, order, call).await?, order, call));
            own.push(overhead(engine_round(means, order, call).await?, order, call));
        }
        let (own, bare) = (median(&own).unwrap_or_default(), median(&bare).unwrap_or_default());
        let how = if order == Order::Sequence { "in sequence" } else { "in parallel" };
        let label = format!("three subtasks of {} ms {how}, overhead", call.as_millis());
        figures.push(
            Figure::of(label, Unit::Millis, own).at_most(bare + ADDED_MILLIS_MAX).beside("the bare loop", bare).note(
                "from the first call's start to the last call's end, less the calls; each subtask in sequence has its \
                 review of no length between, since plans without reviews do not exist yet",
            ),
        );
    }
    Ok(figures)
}

/// The milliseconds beyond the calls themselves.
fn overhead(took: Duration, order: Order, call: Duration) -> f64 {
    let calls = if order == Order::Sequence { call * 3 } else { call };
    took.saturating_sub(calls).as_secs_f64() * 1e3
}

/// From the start of the first subtask to the end of the last, as the timers of the calls saw them.
async fn engine_round(means: &Means, order: Order, call: Duration) -> Result<Duration, BenchError> {
    let folder = tempfile::tempdir_in(&means.scratch).map_err(BenchError::system("making a folder"))?;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let setup = Setup {
        script: script(order, call),
        timer: Timer::Precise,
        seen: Some(Arc::clone(&seen)),
        ..Setup::default()
    };
    let plant = Plant::start(means, folder.path(), setup)?;
    one(&plant, 0).await?;
    plant.stop().await?;
    let seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    if seen.len() != SUBTASKS {
        return Err(BenchError::Invalid(format!("{} calls were timed instead of three", seen.len())));
    }
    let first = seen.iter().map(|(begun, _)| *begun).min().unwrap_or_default();
    let last = seen.iter().map(|(_, ended)| *ended).max().unwrap_or_default();
    Ok(last.saturating_sub(first))
}

fn script(order: Order, call: Duration) -> Script {
    let draft = |number: usize| SubtaskDraft {
        id: format!("s{number}"),
        title: format!("Part {number}"),
        description: format!("Part {number}"),
        assigned_specialist: "researcher".to_owned(),
        deliverable: "A statement".to_owned(),
        dependencies: (order == Order::Sequence && number > 1)
            .then(|| format!("s{}", number - 1))
            .into_iter()
            .collect(),
        ..SubtaskDraft::default()
    };
    let plan =
        Decomposition { subtasks: (1..=SUBTASKS).map(draft).collect(), dropped_specialists: Vec::new() };
    let analysis = serde_json::json!({
        "domain": "given", "keywords": [], "required_capabilities": ["document_search"], "complexity": "simple",
        "constraints": [], "success_criteria": [],
    });
    let select = serde_json::json!({"specialists": [
        {"type": "researcher", "rationale": "given", "priority": "high", "focus_areas": [], "relevance": 1.0},
    ]});
    let given =
        |purpose, answer| Rule { purpose: Some(purpose), answer: Answer::Json(answer), ..Rule::default() };
    let work = Rule {
        purpose: Some(Purpose::Work),
        latency_millis: u64::try_from(call.as_millis()).unwrap_or(u64::MAX),
        ..Rule::default()
    };
    let plan = serde_json::to_value(plan).unwrap_or_default();
    Script {
        rules: vec![
            given(Purpose::Analyse, analysis),
            given(Purpose::Select, select),
            given(Purpose::Decompose, plan),
            work,
        ],
        ..Script::default()
    }
}

/// The same with nothing but timers and a durable log: a step is committed before each call and after it.
async fn bare_round(means: &Means, order: Order, call: Duration) -> Result<Duration, BenchError> {
    let folder = tempfile::tempdir_in(&means.scratch).map_err(BenchError::system("making a folder"))?;
    let mut log = BareLog::create(&folder.path().join("bare.db"))?;
    let step = |seq| [BareStep { stream: 0, seq, body: vec![0x5a; 200] }];
    log.append(&step(0))?;
    let begun = (means.watch)();
    match order {
        Order::Sequence => {
            for seq in 1..=3 {
                Timer::Precise.wait(call).await;
                if seq < 3 {
                    log.append(&step(seq))?;
                }
            }
        }
        Order::Parallel => {
            let mut calls = JoinSet::new();
            for _ in 0..SUBTASKS {
                calls.spawn(Timer::Precise.wait(call));
            }
            let mut seq = 1;
            while calls.join_next().await.is_some() {
                if !calls.is_empty() {
                    log.append(&step(seq))?;
                }
                seq += 1;
            }
        }
    }
    Ok((means.watch)().saturating_sub(begun))
}
