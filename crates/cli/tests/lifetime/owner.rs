//! The process that owns a data folder.

use std::io::{BufReader, Read};
use std::os::unix::fs::PermissionsExt;

use divisi_store_sqlite::damage_tasks;

use crate::common::{Home, Ran, SCRIPT, signal, wait_for};

const QUESTION: [&str; 4] = ["run", "May I sell copies of the program?", "--file", "licence.txt"];

#[test]
fn ctrl_c_is_heard_while_calls_of_other_tasks_end() {
    let home = Home::new();
    // Whoever is deaf ends by itself, and not as told.
    let (mut owner, mut said) = home.start_stuck_with(&[("DIVISI_DRAIN_SECONDS_MAX", "30")]);
    let owned = home.run(&["task", "list", "--json"]).exits(0).json()["tasks"][0]["task_id"].to_string();
    let (mut client, mut lines) = home.start_stuck();
    home.run(&["task", "cancel", owned.trim_matches('"')]).exits(0);
    wait_for(&mut said, "Calls in flight end first");
    signal(&owner, "-INT");
    assert_eq!(owner.wait().unwrap().code(), Some(130));
    wait_for(&mut lines, "going on with it here");
    wait_for(&mut lines, "interruption");
    signal(&client, "-INT");
    assert_eq!(client.wait().unwrap().code(), Some(6));
}

#[test]
fn a_submission_while_the_owner_leaves_waits_for_the_next() {
    let home = Home::new();
    let (mut owner, mut said) = home.start_stuck_with(&[("DIVISI_DRAIN_SECONDS_MAX", "3")]);
    signal(&owner, "-TERM");
    wait_for(&mut said, "Calls in flight end first");
    std::fs::write(home.path("script.json"), SCRIPT).unwrap();
    let mut command = home.command(&QUESTION);
    let ran = Ran::of(command.env("DIVISI_SCRIPT", home.path("script.json")).output().unwrap()).exits(0);
    assert!(ran.out.contains("## Sources"), "{}", ran.out);
    assert_eq!(owner.wait().unwrap().code(), Some(130));
}

#[test]
fn an_owner_that_does_not_answer_is_named_and_read_beside() {
    let home = Home::new();
    let (mut owner, mut said) = home.start_stuck();
    signal(&owner, "-STOP");
    let rows: [(&[&str], i32); 4] = [
        (&["task", "list"], 0),
        (&["task", "show", "last"], 0),
        (&["task", "cancel", "last"], 13),
        (&QUESTION, 13),
    ];
    let run =
        |arguments| Ran::of(home.command(arguments).env("DIVISI_ANSWER_SECONDS_MAX", "1").output().unwrap());
    for (arguments, code) in rows {
        let ran = run(arguments).exits(code);
        assert_eq!(code == 13, ran.err.contains("does not answer"), "{arguments:?}: {}", ran.err);
    }
    signal(&owner, "-CONT");
    signal(&owner, "-INT");
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    assert_eq!(owner.wait().unwrap().code(), Some(6), "{rest}");
}

#[test]
fn an_owner_that_waits_for_idleness_names_what_it_cannot_read_and_ends() {
    let home = Home::new();
    let (mut owner, _said) = home.start_stuck();
    signal(&owner, "-KILL");
    owner.wait().unwrap();
    let id = home.run(&["task", "list", "--json"]).exits(0).json()["tasks"][0]["task_id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(damage_tasks(&home.path("data/divisi.db")).unwrap() > 0);
    let ran = home.run(&["up", "--until-idle"]).exits(13);
    assert!(ran.err.contains(&format!("{id} cannot be read")), "{}", ran.err);
}

#[test]
fn a_damaged_task_keeps_no_other_from_anything_and_can_be_deleted() {
    let home = Home::new();
    let plan = |question: &str| {
        home.run(&["run", question, "--file", "licence.txt", "--mode", "assisted", "--quiet"]).exits(7)
    };
    plan("May I sell copies?");
    let damaged =
        home.run(&["approvals", "list", "--json"]).json()[0]["task_id"].as_str().unwrap().to_owned();
    assert!(damage_tasks(&home.path("data/divisi.db")).unwrap() > 0);
    plan("Must the notice stay?");
    let open = home.run(&["approvals", "list", "--json"]).exits(0).json();
    assert_eq!(open.as_array().unwrap().len(), 2);
    let other = open[1]["approval_id"].as_str().unwrap();
    home.run(&["approvals", "show", other]).exits(0);
    home.run(&["approvals", "approve", other]).exits(0);
    let rebuilt = home.run(&["doctor", "--rebuild"]).exits(14);
    assert!(
        rebuilt.out.contains("1 of 2 tasks cannot be read") && rebuilt.out.contains(&damaged),
        "{rebuilt:?}"
    );
    let sound = other.split('.').next().unwrap();
    let ran = home.run(&["task", "delete", sound, "--yes"]).exits(11);
    assert!(ran.err.contains("has not ended"), "{}", ran.err);
    home.run(&["task", "delete", &damaged]).exits(11);
    home.run(&["task", "delete", &damaged, "--yes"]).exits(0);
    home.run(&["doctor", "--rebuild"]).exits(0);
    home.run(&["task", "resume", sound]).exits(0);
    assert_eq!(home.run(&["task", "list", "--json"]).json()["pagination"]["total"], 1);
}

#[test]
fn a_data_folder_that_was_there_before_is_made_private() {
    let home = Home::new();
    let data = home.path("data");
    std::fs::create_dir(&data).unwrap();
    let mode = || data.metadata().unwrap().permissions().mode() & 0o777;
    std::fs::set_permissions(&data, PermissionsExt::from_mode(0o755)).unwrap();
    home.run(&QUESTION).exits(0);
    assert_eq!(mode(), 0o700);
    std::fs::set_permissions(&data, PermissionsExt::from_mode(0o755)).unwrap();
    home.run(&QUESTION).exits(0);
    assert_eq!(mode(), 0o700);
    let shared = home.path("shared");
    std::fs::create_dir(&shared).unwrap();
    std::fs::set_permissions(&shared, PermissionsExt::from_mode(0o755)).unwrap();
    std::fs::write(shared.join("notes.txt"), "Mine.").unwrap();
    let ran = home.run(&[&QUESTION[..], &["--data-dir", "shared"]].concat()).exits(13);
    assert!(ran.err.contains("other users can open it"), "{}", ran.err);
}

#[test]
fn a_data_folder_that_cannot_be_looked_into_is_no_empty_one() {
    let home = Home::new();
    let rows: [&[&str]; 4] =
        [&["task", "list"], &["task", "show", "last"], &["approvals", "list"], &["agents"]];
    for arguments in rows {
        let ran = home.run(&[arguments, &["--data-dir", "licence.txt"]].concat()).exits(13);
        assert!(ran.err.contains("it is not a folder"), "{arguments:?}: {}", ran.err);
        home.run(&[arguments, &["--data-dir", "nowhere"]].concat());
    }
    home.run(&["task", "list", "--data-dir", "nowhere"]).exits(0);
}

#[test]
fn who_watches_a_task_that_nobody_runs_is_told_so() {
    let home = Home::new();
    let (mut owner, _said) = home.start_stuck();
    signal(&owner, "-KILL");
    owner.wait().unwrap();
    let mut watching = home.command(&["task", "watch", "last"]).spawn().unwrap();
    let mut said = BufReader::new(watching.stderr.take().unwrap());
    wait_for(&mut said, "Nobody runs this data folder now: `divisi task resume task_");
    signal(&watching, "-INT");
    assert_eq!(watching.wait().unwrap().code(), Some(130));
}

#[test]
fn a_finished_task_is_deleted_beside_the_process_that_runs_others() {
    let home = Home::new();
    home.run(&QUESTION).exits(0);
    let done =
        home.run(&["task", "list", "--json"]).json()["tasks"][0]["task_id"].as_str().unwrap().to_owned();
    let (mut owner, _said) = home.start_stuck();
    let runs = home.run(&["task", "delete", "last", "--yes"]).exits(11);
    assert!(runs.err.contains("has not ended"), "{}", runs.err);
    home.run(&["task", "delete", &done, "--yes"]).exits(0);
    home.run(&["task", "show", &done]).exits(10);
    home.run(&["task", "delete", &done, "--yes"]).exits(10);
    let left = home.run(&["task", "list", "--json"]).exits(0).json()["tasks"].as_array().unwrap().len();
    assert_eq!(left, 1, "the other goes on");
    signal(&owner, "-INT");
    assert_eq!(owner.wait().unwrap().code(), Some(6));
    home.run(&["doctor"]).exits(0);
}

#[test]
fn the_last_task_to_resume_is_one_that_stands_still() {
    let home = Home::new();
    let (mut parked, _said) = home.start_stuck();
    signal(&parked, "-INT");
    assert_eq!(parked.wait().unwrap().code(), Some(6));
    let id = home.run(&["task", "list", "--json"]).json()["tasks"][0]["task_id"].as_str().unwrap().to_owned();
    // Newer, and nothing to resume: one that waits for a person, one that has completed.
    home.run(&[&QUESTION[..], &["--plan-only"]].concat()).exits(0);
    home.run(&QUESTION).exits(0);
    std::fs::write(home.path("script.json"), SCRIPT).unwrap();
    let mut resume = home.command(&["task", "resume", "last"]);
    Ran::of(resume.env("DIVISI_SCRIPT", home.path("script.json")).output().unwrap()).exits(0);
    let status = home.run(&["task", "show", &id, "--json"]).json()["status"].clone();
    assert_eq!(status, "completed");
    let report = home.run(&["task", "resume", "last"]).exits(0);
    assert!(report.err.contains("nothing to resume"), "else the newest: {}", report.err);
}
