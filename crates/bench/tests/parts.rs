//! Each measurement at a tiny scale: that its figures are about what they say, never how large they are.

#![cfg(test)]

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use divisi_bench::{Figure, Means, Part, Scale};
use divisi_testkit::app::{RunningClock, SeededChance};

#[expect(clippy::disallowed_methods, reason = "a test of measurements needs a watch")]
fn watch() -> Duration {
    static BEGUN: OnceLock<Instant> = OnceLock::new();
    BEGUN.get_or_init(Instant::now).elapsed()
}

/// The figures of a measurement, and the folder's contents afterwards.
async fn measured(part: Part) -> (Vec<Figure>, usize) {
    let scratch = tempfile::tempdir().unwrap();
    let means = Means {
        watch,
        clock: Arc::new(RunningClock::default()),
        chance: Arc::new(SeededChance::new(7)),
        program: std::env::current_exe().unwrap(),
        scratch: scratch.path().to_owned(),
    };
    let figures = part.run(&means, Scale::Quick).await.unwrap();
    (figures, std::fs::read_dir(scratch.path()).unwrap().count())
}

fn value(figures: &[Figure], label: &str) -> f64 {
    let figure = figures.iter().find(|figure| figure.label.contains(label));
    figure.unwrap_or_else(|| panic!("{label} in {figures:?}")).value.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_measurement_of_this_process_gives_lines_and_leaves_nothing() {
    let rows = [
        (Part::Disk, &["syncs of 4 KiB"][..]),
        (Part::TasksAt1, &["tasks, 1 at once", "a lone task, p50"]),
        (Part::TasksAt64, &["tasks, 64 at once", "share of the bare loop"]),
        (Part::TasksAt1000, &["tasks, 1000 at once"]),
        (Part::Subtasks, &["in sequence", "in parallel"]),
        (Part::Wide, &["÷ their critical path"]),
        (Part::Events, &["events, read, written and applied", "effect"]),
        (Part::Recovery, &["start over 50 unfinished tasks"]),
        (Part::Stored, &["over 200 finished", "newest first", "most urgent first", "search among 200"]),
        (Part::Scheduler, &["10 agents", "1000 agents", "100000 agents"]),
        (Part::Build, &["binary"]),
    ];
    for (part, labels) in rows {
        let (figures, left) = measured(part).await;
        for label in labels {
            assert!(value(&figures, label) >= 0.0, "{label}");
        }
        for figure in &figures {
            let ratio = figure.beside.as_ref().map(|beside| beside.ratio * beside.value);
            assert!(ratio.is_none_or(|own| (own - figure.value.unwrap()).abs() < 1e-6 * own.abs().max(1.0)));
            assert!(figure.value.is_some() || !figure.note.is_empty(), "{figure:?} does not say why");
        }
        assert_eq!(left, 0, "{} leaves nothing on the disk", part.as_str());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_add_up_to_the_database() {
    let (figures, _) = measured(Part::Space).await;
    let tables: f64 = figures
        .iter()
        .filter(|figure| figure.label.starts_with("  "))
        .filter_map(|figure| figure.value)
        .sum();
    let whole = value(&figures, "database a task");
    assert!(whole > 0.0 && (tables - whole).abs() < 0.2, "{tables} of {whole}");
    assert!(value(&figures, "contents a task") > 0.0);
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_under_load_is_not_below_memory_at_rest() {
    let (figures, _) = measured(Part::Memory).await;
    assert!(value(&figures, "tasks at once") >= value(&figures, "idle"));
    let later = figures.iter().find(|figure| figure.label.contains("100,000")).unwrap();
    assert_eq!(later.value, None);
}

#[test]
fn names_are_read_back() {
    for part in Part::ALL {
        assert_eq!(part.as_str().parse(), Ok(*part));
        assert!(part.purpose().ends_with('.'), "{}", part.purpose());
    }
    assert!("nothing".parse::<Part>().unwrap_err().contains("tasks-64"));
    assert!("large".parse::<Scale>().unwrap_err().contains("quick"));
}
