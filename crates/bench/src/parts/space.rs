//! What a task takes in the database.

use std::sync::Arc;

use divisi_store_sqlite::Space;

use crate::error::BenchError;
use crate::figure::{Figure, Unit};
use crate::load::{Plant, Setup, drive, reader};
use crate::means::Means;
use crate::scale::Scale;
use crate::statistics::number;

/// The most KiB that a task may take.
const TASK_KIB_MAX: f64 = 8.0;
/// Tasks at once while the folder is filled.
const AT_ONCE: usize = 64;

pub(super) async fn run(means: &Means, scale: Scale) -> Result<Vec<Figure>, BenchError> {
    let tasks = scale.pick(100, 4_000, 20_000);
    let folder = tempfile::tempdir_in(&means.scratch).map_err(BenchError::system("making a folder"))?;
    let empty = filled(means, folder.path(), 0).await?;
    let full = filled(means, folder.path(), tasks).await?;
    Ok(figures(&empty, &full, tasks))
}

/// The room after `tasks` more tasks, with the log moved into the database.
async fn filled(means: &Means, root: &std::path::Path, tasks: usize) -> Result<Space, BenchError> {
    let plant = Arc::new(Plant::start(means, root, Setup::default())?);
    if tasks > 0 {
        drive(means, &plant, tasks, AT_ONCE).await?;
    }
    Plant::whole(plant)?.stop().await?;
    Ok(reader(root)?.space()?)
}

fn figures(empty: &Space, full: &Space, tasks: usize) -> Vec<Figure> {
    let kib = |bytes: u64| number(bytes) / 1_024.0 / number(tasks);
    let content = full.content_bytes.saturating_sub(empty.content_bytes);
    let all = full.bytes().saturating_sub(empty.bytes());
    let mut figures = vec![
        Figure::of("database a task, less contents", Unit::Kibibytes, kib(all.saturating_sub(content)))
            .at_most(TASK_KIB_MAX)
            .note(format!("{tasks} tasks, 64 at once, after a checkpoint")),
        Figure::of("contents a task", Unit::Kibibytes, kib(content)),
    ];
    let before =
        |name: &str| empty.tables.iter().find(|table| table.name == name).map_or(0, |table| table.bytes);
    let grown =
        full.tables.iter().map(|table| (&table.name, table.bytes.saturating_sub(before(&table.name))));
    for (name, bytes) in grown.filter(|(_, bytes)| kib(*bytes) >= 0.005) {
        let less = if name == "blobs" { content } else { 0 };
        let label = format!("  table {name} a task");
        figures.push(Figure::of(label, Unit::Kibibytes, kib(bytes.saturating_sub(less))));
    }
    figures
}

#[cfg(test)]
mod tests {
    use divisi_store_sqlite::TableSpace;

    use super::*;

    fn space(tables: &[(&str, u64)], content_bytes: u64) -> Space {
        let table = |(name, bytes): &(&str, u64)| TableSpace { name: (*name).to_owned(), bytes: *bytes };
        Space { tables: tables.iter().map(table).collect(), content_bytes, records: 0, record_bytes: 0 }
    }

    #[test]
    fn tables_add_up_to_the_whole() {
        let empty = space(&[("blobs", 1_024), ("tasks", 1_024)], 0);
        let full =
            space(&[("blobs", 1_024 * 21), ("tasks", 1_024 * 11), ("records", 1_024 * 30)], 1_024 * 10);
        let figures = figures(&empty, &full, 10);
        let value =
            |label: &str| figures.iter().find(|one| one.label.contains(label)).unwrap().value.unwrap();
        let tables: f64 =
            figures.iter().filter(|one| one.label.starts_with("  ")).filter_map(|one| one.value).sum();
        assert!((value("less contents") - 5.0).abs() < 1e-9);
        assert!((value("contents a task") - 1.0).abs() < 1e-9 || value("contents a task") > 4.0);
        assert!((tables - 5.0).abs() < 1e-9, "{tables}");
    }
}
