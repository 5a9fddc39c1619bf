//! Resident memory of a whole engine.

use std::sync::Arc;

use crate::error::BenchError;
use crate::figure::{Figure, Unit};
use crate::load::{Plant, Setup, drive};
use crate::means::Means;
use crate::process::{resident_bytes, resident_bytes_max};
use crate::scale::Scale;
use crate::statistics::number;

const MEGABYTE: f64 = 1e6;
/// Why a figure is absent.
const UNTOLD: &str = "this system does not tell the memory of a process";

pub(super) async fn run(means: &Means, scale: Scale) -> Result<Vec<Figure>, BenchError> {
    let folder = tempfile::tempdir_in(&means.scratch).map_err(BenchError::system("making a folder"))?;
    let plant = Arc::new(Plant::start(means, folder.path(), Setup::default())?);
    let megabytes = |bytes: Option<u64>| bytes.map(|bytes| number(bytes) / MEGABYTE);
    let idle = megabytes(resident_bytes());
    let at_once = scale.pick(20, 1_000, 1_000);
    drive(means, &plant, at_once * 2, at_once).await?;
    let loaded = megabytes(resident_bytes_max());
    let mut figures = vec![
        Figure::maybe("memory, idle", Unit::Megabytes, idle, UNTOLD)
            .at_most(20.0)
            .note("store and engine, no task yet"),
        Figure::maybe(&format!("memory, {at_once} tasks at once"), Unit::Megabytes, loaded, UNTOLD)
            .at_most(80.0)
            .note(format!("the most while {} tasks ran, {at_once} at once", at_once * 2)),
    ];
    figures.extend(growth(means, scale, &plant).await?);
    Plant::whole(plant)?.stop().await?;
    Ok(figures)
}

/// What stays of very many tasks, 64 at once, beyond what stays of a tenth of them.
async fn growth(means: &Means, scale: Scale, plant: &Arc<Plant>) -> Result<Vec<Figure>, BenchError> {
    let label = "memory, growth after 100,000 tasks";
    let tasks = scale.pick(100, 10_000, 100_000);
    drive(means, plant, tasks / 10, 64.min(tasks)).await?;
    let before = resident_bytes();
    drive(means, plant, tasks, 64.min(tasks)).await?;
    let grown = resident_bytes().zip(before).map(|(now, before)| (number(now) - number(before)) / MEGABYTE);
    Ok(if scale == Scale::Full {
        vec![Figure::maybe(label, Unit::Megabytes, grown, UNTOLD).at_most(10.0)]
    } else {
        let short = format!("memory, growth after {tasks} tasks");
        vec![
            Figure::maybe(&short, Unit::Megabytes, grown, UNTOLD),
            Figure::absent(label, Unit::Megabytes, "only with --full").at_most(10.0),
        ]
    })
}
