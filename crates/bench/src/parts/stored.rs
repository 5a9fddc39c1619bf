//! A folder with very many finished tasks: nothing may take longer because of them.

use std::path::Path;
use std::sync::Arc;

use divisi_store::search::{Ranking, search_tasks};
use divisi_store::{DocumentIndex, IndexEntry, IndexKey, IndexKind, Order, Reads, Sort, TaskQuery};
use divisi_store_sqlite::{DataFolder, SqliteIndex};

use crate::error::BenchError;
use crate::figure::{Figure, Unit};
use crate::load::{Copies, Plant, Setup, WORKSPACE, copied_at, copy_id, drive, one, reader, store, title};
use crate::means::Means;
use crate::scale::Scale;
use crate::statistics::{median, number, percentile};

/// Entries given to the index at once.
const ENTRIES: u64 = 1_000;
/// Tasks of the speed test at each number stored, and how many at once.
const TASKS_AT_EACH: usize = 1_000;
const AT_ONCE: usize = 64;

pub(super) async fn run(means: &Means, scale: Scale) -> Result<Vec<Figure>, BenchError> {
    let folder = tempfile::tempdir_in(&means.scratch).map_err(BenchError::system("making a folder"))?;
    let copies = original(means, folder.path()).await?;
    let mut figures = Vec::new();
    let mut stored = 0;
    for wanted in steps(scale) {
        copies.write(store(folder.path())?.as_ref(), stored..wanted)?;
        stored = wanted;
        figures.push(speed(means, scale, folder.path(), stored).await?);
    }
    figures.push(start(means, folder.path(), stored)?);
    figures.extend(lists(means, scale, folder.path(), stored)?);
    figures.push(search(means, scale, folder.path(), stored)?);
    if scale != Scale::Full {
        figures.push(Figure::absent(
            "all of these with 1,000,000 finished tasks",
            Unit::Count,
            "only with --full",
        ));
    }
    Ok(figures)
}

fn steps(scale: Scale) -> Vec<u64> {
    match scale {
        Scale::Quick => vec![100, 200],
        Scale::Usual => vec![1_000, 10_000, 30_000],
        Scale::Full => vec![1_000, 10_000, 100_000, 300_000, 1_000_000],
    }
}

async fn original(means: &Means, root: &Path) -> Result<Copies, BenchError> {
    let plant = Plant::start(means, root, Setup::default())?;
    let task = one(&plant, 0).await?;
    plant.stop().await?;
    Copies::of(store(root)?.as_ref(), task)
}

async fn speed(means: &Means, scale: Scale, root: &Path, stored: u64) -> Result<Figure, BenchError> {
    let tasks = scale.pick(64, TASKS_AT_EACH, TASKS_AT_EACH);
    let plant = Arc::new(Plant::start(means, root, Setup::default())?);
    drive(means, &plant, AT_ONCE, AT_ONCE).await?;
    let driven = drive(means, &plant, tasks, AT_ONCE).await?;
    Plant::whole(plant)?.stop().await?;
    let rate = number(tasks) / driven.took.as_secs_f64();
    let label = format!("tasks, 64 at once, over {stored} finished");
    Ok(Figure::of(label, Unit::PerSecond, rate))
}

fn start(means: &Means, root: &Path, stored: u64) -> Result<Figure, BenchError> {
    let (plant, took) = means.timed(|| Plant::start(means, root, Setup::default()));
    drop(plant?);
    let label = format!("start over {stored} finished tasks");
    Ok(Figure::of(label, Unit::Seconds, took.as_secs_f64()).at_most(0.2))
}

/// The 99th of a hundred in milliseconds, each asked for anew.
fn tail<T>(
    means: &Means,
    times: usize,
    ask: impl FnMut(usize) -> divisi_store::Result<T>,
    valid: impl Fn(&T) -> bool,
) -> Result<f64, BenchError> {
    Ok(percentile(&times_of(means, times, ask, valid)?, 99).unwrap_or_default())
}

/// Milliseconds of each of so many answers.
fn times_of<T>(
    means: &Means,
    times: usize,
    mut ask: impl FnMut(usize) -> divisi_store::Result<T>,
    valid: impl Fn(&T) -> bool,
) -> Result<Vec<f64>, BenchError> {
    let mut taken = Vec::with_capacity(times);
    for turn in 0..times {
        let (answer, took) = means.timed(|| ask(turn));
        if !valid(&answer?) {
            return Err(BenchError::Invalid("an answer is not what was stored".to_owned()));
        }
        taken.push(took.as_secs_f64() * 1e3);
    }
    Ok(taken)
}

fn lists(means: &Means, scale: Scale, root: &Path, stored: u64) -> Result<Vec<Figure>, BenchError> {
    let reads = reader(root)?;
    let times = scale.pick(20, 500, 500);
    let page = |sort, order, states: &[u8]| TaskQuery {
        sort,
        order,
        states: states.to_vec(),
        limit: 20,
        ..TaskQuery::default()
    };
    let completed = reads.tasks(WORKSPACE, &page(Sort::Created, Order::Descending, &[]))?;
    let state = completed.rows.first().map_or(0, |row| row.state);
    let rows = [
        ("newest first", page(Sort::Created, Order::Descending, &[])),
        ("of one state", page(Sort::Created, Order::Descending, &[state])),
        ("last changed first", page(Sort::Updated, Order::Descending, &[])),
        ("most urgent first", page(Sort::Priority, Order::Descending, &[])),
    ];
    let figure = |(what, query): (&str, TaskQuery)| {
        let full = |page: &divisi_store::TaskPage| page.rows.len() == 20;
        let took = tail(means, times, |_| reads.tasks(WORKSPACE, &query), full)?;
        let label = format!("list of 20 among {stored} tasks, {what}, p99");
        Ok(Figure::of(label, Unit::Millis, took).at_most(5.0))
    };
    rows.into_iter().map(figure).collect()
}

fn search(means: &Means, scale: Scale, root: &Path, stored: u64) -> Result<Figure, BenchError> {
    let (index, _) = SqliteIndex::open(&DataFolder::open(root)?)?;
    let entry = |number: u64| IndexEntry {
        key: IndexKey { workspace: WORKSPACE, kind: IndexKind::Task, id: *copy_id(number).as_bytes() },
        title: title(number),
        text: "What follows from what is known about it?".to_owned(),
        at: copied_at(number),
    };
    for first in (0..stored).step_by(usize::try_from(ENTRIES).unwrap_or(1)) {
        index.put((first..stored.min(first + ENTRIES)).map(entry).collect())?;
    }
    index.flush()?;
    let reads = reader(root)?;
    let page = TaskQuery { limit: 20, ..TaskQuery::default() };
    // Words of titles, alone and together, then of all texts and no title, and beginnings.
    let queries = [
        "harbour",
        "district 7",
        "harbour n42",
        "question about",
        "vineyard district 12",
        "n99",
        "known",
        "vine",
        "quest",
        "question about n4",
    ];
    let times = scale.pick(2, 50, 50);
    let mut taken = Vec::with_capacity(queries.len());
    for words in queries {
        let ask = |_| search_tasks(&reads, &index, WORKSPACE, words, &page, Ranking::Words, None);
        taken.push(times_of(means, times, ask, |page| page.rows.len() <= 20 && page.total > 0)?);
    }
    let medians = queries.iter().zip(&taken).filter_map(|(words, taken)| Some((median(taken)?, *words)));
    let (slowest, words) = medians.max_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or_default();
    let took = percentile(&taken.concat(), 99).unwrap_or_default();
    let label = format!("search among {stored} tasks, p99");
    let note = format!(
        "pages of 20 for {} queries, of rare and of common words and beginnings; the slowest, '{words}', takes {slowest:.1} ms in the middle",
        queries.len()
    );
    Ok(Figure::of(label, Unit::Millis, took).at_most(5.0).note(note))
}
