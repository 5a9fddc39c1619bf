//! A step that brings down every process that performs it.

use crate::common::{Home, QUESTION, Ran};

/// More starts than any count of interruptions needs.
const STARTS_MAX: u32 = 20;
/// Five deaths alone bring it into quarantine; up to three before that it may share with others.
const DEATHS: std::ops::RangeInclusive<u32> = 5..=8;

#[test]
fn a_stack_overflow_takes_its_own_subtask_only() {
    let home = Home::new();
    let script = home.path("script.json");
    let rule = r#"{ "purpose": "work", "path_contains": "/s2/", "answer": "stack_overflow" }"#;
    std::fs::write(&script, format!(r#"{{ "model": "scripted", "rules": [{rule}] }}"#)).unwrap();
    let crew = home.scripted_crew();
    let start =
        |arguments: &[&str]| Ran::of(home.command(arguments).env("DIVISI_SCRIPT", &script).output().unwrap());
    let mut ran = start(&[&QUESTION[..], &["--crew", &crew]].concat());
    let mut deaths = 0;
    while ran.code == -1 {
        assert!(ran.err.contains("overflowed its stack"), "{}", ran.err);
        deaths += 1;
        assert!(deaths < STARTS_MAX, "it is tried for ever");
        ran = start(&["up", "--until-idle"]);
    }
    ran.exits(0);
    assert!(DEATHS.contains(&deaths), "{deaths} deaths");
    let task = home.run(&["task", "show", "last", "--json"]).exits(0).json();
    assert_eq!(task["completion"], "partial", "{task:#}");
    let plan = home.run(&["task", "plan", "last", "--json"]).exits(0).json();
    let subtasks = plan["subtasks"].as_array().unwrap();
    let ended: Vec<&str> = subtasks.iter().filter_map(|subtask| subtask["status"].as_str()).collect();
    assert_eq!(ended, ["accepted", "failed", "accepted"], "{plan:#}");
    let result = home.run(&["task", "result", "last"]).exits(3);
    assert!(result.out.contains("subtask 2") || result.out.contains("Subtask 2"), "{}", result.out);
}
