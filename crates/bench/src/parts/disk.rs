//! The disk's own rate of syncs.

use crate::error::BenchError;
use crate::figure::{Figure, Unit};
use crate::means::Means;
use crate::scale::Scale;
use crate::yardstick::sync_time;

pub(super) fn run(means: &Means, scale: Scale) -> Result<Vec<Figure>, BenchError> {
    let sync = sync_time(means, scale.pick(20, 1_000, 1_000))?.as_secs_f64();
    let rate = Figure::of("syncs of 4 KiB one after the other", Unit::PerSecond, 1.0 / sync);
    Ok(vec![rate.note("write, then fdatasync; the median of all")])
}
