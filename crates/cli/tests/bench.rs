//! `divisi bench`: all measurements, each in a process of its own, at a scale whose figures mean nothing.

#![cfg(test)]

use std::process::{Command, Output};

use serde_json::Value;

fn bench(subject: &str, arguments: &[&str]) -> (Output, usize) {
    let data = tempfile::tempdir().unwrap();
    let mut divisi = Command::new(env!("CARGO_BIN_EXE_divisi"));
    let output =
        divisi.arg("--data-dir").arg(data.path()).args(["bench", subject, "--quick"]).args(arguments);
    let output = output.output().unwrap();
    (output, std::fs::read_dir(data.path()).unwrap().count())
}

#[test]
fn every_measurement_is_made_and_told_with_its_goal() {
    let (output, left) = bench("engine", &["--json"]);
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{complaint}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let measurements = report["measurements"].as_array().unwrap();
    assert_eq!(measurements.len(), 15);
    for measurement in measurements {
        assert_eq!(measurement["failed"], Value::Null, "{measurement}");
        assert!(!measurement["figures"].as_array().unwrap().is_empty(), "{measurement}");
    }
    let figures: Vec<&Value> =
        measurements.iter().flat_map(|measurement| measurement["figures"].as_array().unwrap()).collect();
    let with_goal = figures.iter().filter(|figure| !figure["goal"].is_null()).count();
    assert!(with_goal >= 25, "{with_goal} figures have a goal");
    assert_eq!(report["scale"], "quick");
    assert_eq!(left, 0, "nothing is left in the data folder");
}

#[test]
fn one_measurement_is_a_table_for_people() {
    let (output, _) = bench("engine", &["--only", "scheduler"]);
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    for part in ["figure", "goal", "1000 agents", "≤ 0.20 µs", "scale quick"] {
        assert!(table.contains(part), "{part} in\n{table}");
    }
    assert!(!table.contains("tasks, 64 at once"), "{table}");
    let (unknown, _) = bench("engine", &["--only", "nothing"]);
    assert_eq!(unknown.status.code(), Some(2));
}

/// What an interrupted measurement leaves lies in a folder that still may hold data.
#[test]
fn a_data_folder_that_a_measurement_makes_is_private() {
    use std::os::unix::fs::PermissionsExt;

    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("deep/data");
    let mut divisi = Command::new(env!("CARGO_BIN_EXE_divisi"));
    divisi.arg("--data-dir").arg(&data).args(["bench", "engine", "--quick", "--only", "scheduler"]);
    assert!(divisi.output().unwrap().status.success());
    assert_eq!(data.metadata().unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn the_gateway_is_measured_against_a_server_of_its_own() {
    let (output, left) = bench("gateway", &["--json"]);
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{complaint}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let measurements = report["measurements"].as_array().unwrap();
    assert_eq!(measurements.len(), 3);
    let figures: Vec<&Value> =
        measurements.iter().flat_map(|measurement| measurement["figures"].as_array().unwrap()).collect();
    assert!(figures.iter().all(|figure| figure["value"].is_number()), "{report:#}");
    let without_goal = figures.iter().filter(|figure| figure["goal"].is_null());
    let without_goal: Vec<&str> = without_goal.filter_map(|figure| figure["label"].as_str()).collect();
    assert_eq!((figures.len(), without_goal.len()), (8, 2), "{report:#}");
    assert!(without_goal[0].starts_with("processor time of a call"), "{without_goal:?}");
    assert!(without_goal[1].contains("25 ms a call"), "{without_goal:?}");
    assert_eq!(left, 0, "nothing is left in the data folder");
}
