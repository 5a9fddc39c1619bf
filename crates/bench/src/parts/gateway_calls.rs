//! What the gateway adds to a call: 1,000 of them a second, beside the same calls of a bare client.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use divisi_domain::money::{MicroUsd, Price};
use divisi_domain::name::Name;
use divisi_domain::plan::Priority;
use divisi_domain::time::Timestamp;
use divisi_llm::TokenSink;
use divisi_llm::policy::{Admission, Ask, CallOutcome, Gateway, PriceTable, RouteTarget, StepKey, Ticket};
use tokio::task::JoinSet;

use crate::error::BenchError;
use crate::figure::{Figure, Unit};
use crate::load::Timer;
use crate::means::Means;
use crate::scale::Scale;
use crate::statistics::{median, number, percentile};
use crate::wire::{BODY, PROVIDER, Wire, request};

/// How long the server thinks.
const LATENCY: Duration = Duration::from_millis(20);
/// Calls begin this far apart: 1,000 a second.
const APART: Duration = Duration::from_millis(1);
/// Calls of either kind, in turn, so that both meet the same machine.
const BLOCK: usize = 500;

/// When a call was over, and when its first text was there, from its beginning; in microseconds.
type Times = (f64, f64);

pub(super) async fn run(means: &Means, scale: Scale) -> Result<Vec<Figure>, BenchError> {
    let blocks = scale.pick(1, 8, 20);
    let size = scale.pick(20, BLOCK, BLOCK);
    let wire = Arc::new(Wire::start(means, LATENCY).await?);
    let gateway = Arc::new(Mutex::new(Gateway::new(PriceTable::default(), BTreeMap::new())));
    // Connections stand before anything is measured.
    bare(means, &wire, size).await?;
    gated(means, &wire, &gateway, size).await?;
    let (mut beside, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..blocks {
        beside.extend(bare(means, &wire, size).await?);
        ours.extend(gated(means, &wire, &gateway, size).await?);
    }
    let whole = |times: &[Times]| times.iter().map(|(whole, _)| *whole).collect::<Vec<_>>();
    let first = |times: &[Times]| times.iter().map(|(_, first)| *first).collect::<Vec<_>>();
    let at = |values: &[f64], percent| percentile(values, percent).unwrap_or_default();
    let figure = |label: &str, ours: f64, bare: f64, most: f64| {
        Figure::of(label.to_owned(), Unit::Micros, ours - bare).at_most(most).beside("bare client", bare)
    };
    let (ours_whole, bare_whole) = (whole(&ours), whole(&beside));
    let (ours_first, bare_first) = (first(&ours), first(&beside));
    Ok(vec![
        figure(
            "a call over a bare client's, 1,000 a second, p50",
            at(&ours_whole, 50),
            at(&bare_whole, 50),
            150.0,
        ),
        figure(
            "a call over a bare client's, 1,000 a second, p99",
            at(&ours_whole, 99),
            at(&bare_whole, 99),
            1_000.0,
        ),
        figure(
            "the first text over a bare client's first byte",
            median(&ours_first).unwrap_or_default(),
            median(&bare_first).unwrap_or_default(),
            1_000.0,
        )
        .note(format!("the server answers after {} ms, in a process of its own", LATENCY.as_millis())),
    ])
}

async fn bare(means: &Means, wire: &Arc<Wire>, calls: usize) -> Result<Vec<Times>, BenchError> {
    let mut running = JoinSet::new();
    for _ in 0..calls {
        let (wire, watch) = (Arc::clone(wire), means.watch);
        running.spawn(async move {
            let begun = watch();
            let mut first = Duration::ZERO;
            wire.bare(Bytes::from_static(BODY.as_bytes()), || first = watch()).await?;
            Ok::<_, BenchError>(times(begun, first, watch()))
        });
        Timer::Runtime.wait(APART).await;
    }
    all(running).await
}

async fn gated(
    means: &Means,
    wire: &Arc<Wire>,
    gateway: &Arc<Mutex<Gateway>>,
    calls: usize,
) -> Result<Vec<Times>, BenchError> {
    let mut running = JoinSet::new();
    for number in 0..calls {
        let (wire, gateway, watch) = (Arc::clone(wire), Arc::clone(gateway), means.watch);
        running.spawn(async move {
            let begun = watch();
            let request = request("m");
            let now = Timestamp::from_millis(i64::try_from(begun.as_millis()).unwrap_or(i64::MAX));
            let admitted = {
                let mut gateway = gateway.lock().unwrap_or_else(PoisonError::into_inner);
                match gateway.admit(now, &ask(number as u64, &request), &[target()]) {
                    Admission::Admit(admitted) => admitted,
                    other => {
                        return Err(BenchError::Invalid(format!("a call was not let through: {other:?}")));
                    }
                }
            };
            let mut heard = Heard { watch, first: None };
            wire.call(request, &mut heard).await?;
            let outcome = CallOutcome::Answered { tokens: Some(108) };
            gateway.lock().unwrap_or_else(PoisonError::into_inner).settle(now, &admitted, outcome);
            Ok(times(begun, heard.first.unwrap_or_default(), watch()))
        });
        Timer::Runtime.wait(APART).await;
    }
    all(running).await
}

async fn all(mut running: JoinSet<Result<Times, BenchError>>) -> Result<Vec<Times>, BenchError> {
    let mut times = Vec::new();
    while let Some(ended) = running.join_next().await {
        times.push(ended??);
    }
    Ok(times)
}

fn times(begun: Duration, first: Duration, over: Duration) -> Times {
    let micros = |span: Duration| number(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)) / 1e3;
    (micros(over.saturating_sub(begun)), micros(first.saturating_sub(begun)))
}

/// Notes when the first text comes.
struct Heard {
    watch: fn() -> Duration,
    first: Option<Duration>,
}

impl TokenSink for Heard {
    fn push(&mut self, _: &str) {
        self.first.get_or_insert_with(self.watch);
    }
}

fn ask(number: u64, request: &divisi_llm::Request) -> Ask {
    Ask {
        ticket: Ticket(number),
        step: StepKey(number),
        priority: Priority::Medium,
        input: request.size(),
        output_tokens_max: request.sampling.output_tokens_max,
        left: Some(MicroUsd(1_000_000_000)),
        first_target: 0,
        yields: 0,
        workspace: divisi_domain::id::WorkspaceId::from_bytes([1; 16]),
        given_up: 0,
        retry: false,
    }
}

fn target() -> RouteTarget {
    RouteTarget {
        provider: Name::from_static(PROVIDER),
        model: Name::from_static("m"),
        key: Name::from_static("default"),
        price: Some(Price {
            input_per_million: 1_000_000,
            output_per_million: 4_000_000,
            ..Price::default()
        }),
        input_tokens_max: 100_000,
        output_tokens_max: 8_000,
        thought_tokens: 0,
    }
}
