//! Memory that an open stream takes.

use std::sync::Arc;
use std::time::Duration;

use divisi_llm::TokenSink;
use tokio::sync::mpsc::{Sender, channel};
use tokio::task::JoinSet;

use crate::error::BenchError;
use crate::figure::{Figure, Unit};
use crate::means::Means;
use crate::process::resident_bytes;
use crate::scale::Scale;
use crate::statistics::number;
use crate::wire::{Wire, endless};

pub(super) async fn run(means: &Means, scale: Scale) -> Result<Vec<Figure>, BenchError> {
    let streams = scale.pick(10, 500, 1_000);
    let wire = Arc::new(Wire::start(means, Duration::ZERO).await?);
    let (begun, mut begins) = channel(streams);
    let mut open = JoinSet::new();
    // What the first one sets up is no stream's.
    hold(&wire, &begun, &mut open);
    heard(&mut begins, 1).await?;
    let before = resident_bytes();
    for _ in 0..streams {
        hold(&wire, &begun, &mut open);
    }
    heard(&mut begins, streams).await?;
    let grown = resident_bytes().zip(before).map(|(after, before)| number(after.saturating_sub(before)));
    let each = grown.map(|grown| grown / number(streams) / 1_024.0);
    open.shutdown().await;
    let label = format!("memory of an open stream, {streams} at once");
    let figure =
        Figure::maybe(&label, Unit::Kibibytes, each, "the system does not tell this process's memory");
    Ok(vec![figure.at_most(64.0)])
}

/// Opens a stream and keeps it.
fn hold(wire: &Arc<Wire>, begun: &Sender<()>, open: &mut JoinSet<Result<(), BenchError>>) {
    let (wire, begun) = (Arc::clone(wire), begun.clone());
    open.spawn(async move { wire.call(endless(), &mut Begins(Some(begun))).await });
}

async fn heard(begins: &mut tokio::sync::mpsc::Receiver<()>, streams: usize) -> Result<(), BenchError> {
    for _ in 0..streams {
        let ended = || BenchError::Invalid("a stream ended before it began".to_owned());
        let patience = tokio::time::timeout(PATIENCE, begins.recv()).await;
        patience.map_err(|_| BenchError::Invalid("a stream did not begin".to_owned()))?.ok_or_else(ended)?;
    }
    Ok(())
}

/// More than any stream takes to begin.
const PATIENCE: Duration = Duration::from_mins(1);

/// Tells of the first text.
struct Begins(Option<Sender<()>>);

impl TokenSink for Begins {
    fn push(&mut self, _: &str) {
        if let Some(begun) = self.0.take() {
            // There is room for each.
            let _ = begun.try_send(());
        }
    }
}
