//! Tasks that go on without a terminal.

use std::io::BufReader;

use crate::common::{Home, signal, wait_for};

const QUESTION: [&str; 4] = ["run", "May I sell copies of the program?", "--file", "licence.txt"];

#[test]
fn a_task_that_was_detached_into_a_foreground_owner_outlives_it() {
    let home = Home::new();
    let (mut owner, _said) = home.start_stuck();
    let [crew, script] = home.stuck();
    let mut detach = home.command(&[&QUESTION[..], &["--crew", &crew, "--detach"]].concat());
    let ran = crate::common::Ran::of(detach.env("DIVISI_SCRIPT", &script).output().unwrap()).exits(0);
    let id = ran.out.trim();
    let mut watch = home.command(&["task", "watch", id, "--json"]).spawn().unwrap();
    let mut events = BufReader::new(watch.stdout.take().unwrap());
    wait_for(&mut events, "run_started");
    signal(&owner, "-INT");
    assert_eq!(owner.wait().unwrap().code(), Some(6), "its own task is parked");
    // Only an owner that goes on with it writes this.
    wait_for(&mut events, "\"attempt\":2");
    home.run(&["task", "cancel", id]).exits(0);
    assert_eq!(watch.wait().unwrap().code(), Some(5));
    let parked = home.run(&["task", "list", "--json"]).exits(0).json();
    assert_eq!(parked["tasks"][1]["waiting_for"], "parked", "{parked}");
}

#[test]
fn the_background_has_the_settings_of_whoever_started_it() {
    let home = Home::new();
    std::fs::create_dir(home.path("mine")).unwrap();
    let shipped = "../../crews/research.toml";
    let source = std::fs::read_to_string(shipped).unwrap();
    let renamed = source.replacen("name = \"research\"", "name = \"mine\"", 1);
    assert_ne!(source, renamed);
    std::fs::write(home.path("mine/mine.toml"), renamed).unwrap();
    std::fs::write(home.path("settings.toml"), "crews_dir = \"mine\"\n").unwrap();
    let arguments = [&QUESTION[..], &["--crew", "mine", "--config", "settings.toml", "--detach"]].concat();
    let id = home.run(&arguments).exits(0).out.trim().to_owned();
    home.run(&["task", "watch", &id]).exits(0);
    assert_eq!(home.run(&["task", "show", &id, "--json"]).exits(0).json()["crew"], "mine");
}

#[test]
fn a_background_that_cannot_start_says_why() {
    let home = Home::new();
    std::fs::write(home.path("settings.toml"), "script = \"nowhere.json\"\n").unwrap();
    let ran = home.run(&[&QUESTION[..], &["--config", "settings.toml", "--detach"]].concat()).exits(1);
    assert!(
        ran.err.contains("in the background could not start") && ran.err.contains("nowhere.json"),
        "{}",
        ran.err
    );
}
