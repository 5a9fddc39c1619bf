//! The real binary, as people and scripts use it.

#![cfg(test)]

mod common;
mod content;
mod exported;
mod lifetime;
mod readme;

use std::io::Read;
use std::path::Path;

use common::{Home, LICENCE, QUESTION, Ran, SCRIPT, signal, wait_for};
use serde_json::Value;

#[test]
fn a_question_gets_a_cited_report_on_standard_output_and_all_else_on_standard_error() {
    let home = Home::new();
    let ran = home.run(&QUESTION).exits(0);
    assert!(ran.out.starts_with("# May I sell copies of the program?\n"), "{}", ran.out);
    assert!(ran.out.contains("## Sources") && ran.out.contains("licence.txt:3"), "{}", ran.out);
    assert!(!ran.out.contains('\u{1b}'), "a pipe gets no escapes");
    assert!(ran.err.contains("Done in") && ran.err.contains("divisi task show task_"), "{}", ran.err);
}

#[test]
fn a_finished_task_can_be_looked_at_in_every_way() {
    let home = Home::new();
    home.run(&QUESTION).exits(0);
    let list = home.run(&["task", "list", "--json"]).exits(0).json();
    let id = list["tasks"][0]["task_id"].as_str().unwrap().to_owned();
    assert_eq!(list["tasks"][0]["status"], "completed");
    let rows: [(&[&str], &str); 9] = [
        (&["task", "list"], &id),
        (&["task", "show", &id], "completed (Completed)"),
        (&["task", "show", "last"], "licence.txt"),
        (&["task", "plan", "last"], "accepted"),
        (&["task", "events", "last"], "submitted"),
        (&["task", "result", "last"], "## Sources"),
        (&["agents"], "researcher"),
        (&["crews", "list"], "comparison"),
        (&["crews", "show", "research"], "fact_extraction"),
    ];
    for (arguments, expected) in rows {
        let ran = home.run(arguments).exits(0);
        assert!(ran.out.contains(expected), "{arguments:?}: {}", ran.out);
    }
    let result = home.run(&["task", "result", "last", "--json"]).exits(0).json();
    assert_eq!(result["completion"], "full");
    let quote = result["result"]["sources"][0]["quote"].as_str().unwrap();
    let (start, end) = (
        result["result"]["sources"][0]["start"].as_u64().unwrap(),
        result["result"]["sources"][0]["end"].as_u64().unwrap(),
    );
    let span = |at: u64| usize::try_from(at).unwrap();
    assert_eq!(&LICENCE[span(start)..span(end)], quote, "a citation is byte-equal to its span");
    let events = home.run(&["task", "events", "last", "--json"]).exits(0);
    let kinds: Vec<Value> = events.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let numbers: Vec<u64> = kinds.iter().map(|event: &Value| event["seq"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>(), "no gap in the log");
    assert_eq!(kinds.last().unwrap()["kind"], "completed");
}

#[test]
fn what_a_finished_task_forbids_is_refused_with_its_code() {
    let home = Home::new();
    home.run(&QUESTION).exits(0);
    let rows: [(&[&str], i32, &str); 4] = [
        (&["task", "cancel", "last"], 11, "nothing of it runs any more"),
        (&["task", "show", "task_00000000000000000000000000"], 10, "There is no task"),
        (&["approvals", "approve", "last"], 10, "waits for a decision"),
        (&["task", "show", "nonsense"], 2, "is no task id"),
    ];
    for (arguments, code, sentence) in rows {
        let ran = home.run(arguments).exits(code);
        assert!(ran.err.contains(sentence), "{arguments:?}: {}", ran.err);
        assert_eq!(ran.out, "", "{arguments:?}");
    }
}

#[test]
fn resuming_what_has_completed_prints_its_report() {
    let home = Home::new();
    let first = home.run(&QUESTION).exits(0);
    let ran = home.run(&["task", "resume", "last"]).exits(0);
    assert_eq!(ran.out, first.out);
    assert!(
        ran.err.contains("nothing to resume") && ran.err.contains("divisi task revise task_"),
        "{}",
        ran.err
    );
}

#[test]
fn a_higher_cap_goes_on_where_the_cap_ended_it() {
    for on_budget in ["wait", "finish"] {
        let home = Home::new();
        let script = home.path("script.json");
        let priced = r#"{ "model": "scripted", "price": { "input_per_million": 1000000, "output_per_million": 1000000, "cached_per_million": 0 } }"#;
        std::fs::write(&script, priced).unwrap();
        let crew = home.scripted_crew();
        let text = std::fs::read_to_string(&crew).unwrap();
        std::fs::write(&crew, format!("{text}\n[policy]\non_budget = \"{on_budget}\"\n")).unwrap();
        let run = |arguments: &[&str]| {
            Ran::of(home.command(arguments).env("DIVISI_SCRIPT", &script).output().unwrap())
        };
        let asked = [&QUESTION[..], &["--crew", &crew, "--budget", "0.005"]].concat();
        run(&asked).exits(8);
        let ran = run(&["task", "resume", "last", "--budget", "500"]);
        assert!([0, 3].contains(&ran.code), "{on_budget}: {ran:?}");
        assert!(ran.out.starts_with("# "), "{on_budget}: {ran:?}");
    }
}

#[test]
fn a_crew_whose_model_nobody_has_is_refused_before_anything_waits() {
    let home = Home::new();
    let crew = home.path("odd.toml");
    let source = std::fs::read_to_string("../../crews/research.toml");
    let source = source.unwrap();
    std::fs::write(&crew, format!("{source}\n[routes]\ndefault = [\"openai/gpt-4o\"]\n")).unwrap();
    let keyless = home.run(&[&QUESTION[..], &["--crew", "odd.toml"]].concat()).exits(12);
    assert!(keyless.err.contains("There is no key for 'openai'. Set OPENAI_API_KEY"), "{}", keyless.err);
    for (target, ok) in
        [("nobody/gpt-4o", false), ("extractive/typo", false), ("extractive/extractive-1", true)]
    {
        std::fs::write(&crew, format!("{source}\n[routes]\ndefault = [\"{target}\"]\n")).unwrap();
        let asked = [&QUESTION[..], &["--crew", "odd.toml"]].concat();
        let ran = home.run(&asked).exits(if ok { 0 } else { 12 });
        assert_eq!(ran.err.contains(&format!("'{target}', which is not configured")), !ok, "{}", ran.err);
        let check = home.run(&["crews", "check", "odd.toml"]).exits(0);
        assert_eq!(check.err.contains("no task runs with it here"), !ok, "{}", check.err);
        std::fs::create_dir_all(home.path("crews")).unwrap();
        std::fs::copy(&crew, home.path("crews/odd.toml")).unwrap();
        let mut doctor = home.command(&["doctor"]);
        let doctor = Ran::of(doctor.env("DIVISI_CREWS_DIR", home.path("crews")).output().unwrap());
        doctor.exits(if ok { 0 } else { 14 });
    }
}

#[test]
fn a_revision_opens_the_next_pass() {
    let home = Home::new();
    home.run(&QUESTION).exits(0);
    let ran = home.run(&["task", "revise", "last", "Say what must stay in every copy."]);
    assert!([0, 3].contains(&ran.code), "{ran:?}");
    let task = home.run(&["task", "show", "last", "--json"]).exits(0).json();
    assert_eq!((task["pass"].as_u64(), task["status"].as_str()), (Some(2), Some("completed")));
}

#[test]
fn output_goes_where_it_is_asked_to_go() {
    let home = Home::new();
    let ran = home.run(&[&QUESTION[..], &["--output", "report.md", "--quiet"]].concat()).exits(0);
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", ""));
    assert!(std::fs::read_to_string(home.path("report.md")).unwrap().contains("## Sources"));
    let ran = home.run(&[&QUESTION[..], &["--json=events"]].concat()).exits(0);
    let kinds: Vec<String> = ran
        .out
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["kind"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(kinds.first().map(String::as_str), Some("submitted"));
    assert_eq!(kinds.last().map(String::as_str), Some("completed"));
    let ran = home.run(&[&QUESTION[..], &["--json"]].concat()).exits(0);
    assert_eq!(ran.json()["status"], "completed");
}

#[test]
fn bad_input_gets_a_sentence_and_starts_nothing() {
    let home = Home::new();
    std::fs::write(home.path("empty.txt"), "").unwrap();
    std::fs::write(home.path("broken.toml"), "name = 3").unwrap();
    let long = "a".repeat(10_001);
    let rows: [(&[&str], i32, &str); 12] = [
        (&["run", ""], 12, "is empty"),
        (&["run", "Why?", "--output", "no/such/folder/report.md"], 12, "could not be written"),
        (&["run", &long], 12, "10000"),
        (&["run", "Why?", "--file", "nowhere.txt"], 12, "no file or folder 'nowhere.txt'"),
        (&["run", "Why?", "--file", "*.xyz"], 12, "No file matches"),
        (&["run", "Why?", "--file", "empty.txt"], 12, "empty.txt"),
        (&["run", "Why?", "--crew", "magic"], 12, "no crew 'magic'"),
        (&["run", "Why?", "--crew", "./broken.toml"], 12, "line 1"),
        (&["run", "Why?", "--budget", "-1"], 2, "more than 0"),
        (&["run", "Why?", "--budget", "0"], 2, "more than 0"),
        (&["run", "Why?", "--budget", "abc"], 2, "a number of US dollars"),
        (&["run", "Why?", "--timeout", "soon"], 2, "is no time"),
    ];
    for (arguments, code, sentence) in rows {
        let ran = home.run(arguments).exits(code);
        assert!(ran.err.contains(sentence), "{arguments:?}: {}", ran.err);
        assert_eq!(ran.out, "", "{arguments:?}");
    }
    let list = home.run(&["task", "list"]);
    assert!(!list.out.contains("task_"), "{list:?}");
}

#[test]
fn one_unreadable_file_stops_nobody_and_is_named() {
    let home = Home::new();
    std::fs::write(home.path("scan.pdf"), b"%PDF-1.7 broken").unwrap();
    let ran = home.run(&[&QUESTION[..], &["--file", "scan.pdf"]].concat());
    assert!([0, 3].contains(&ran.code), "{ran:?}");
    let task = home.run(&["task", "show", "last"]).exits(0);
    assert!(task.out.contains("scan.pdf: not read."), "{}", task.out);
}

#[test]
fn what_is_left_out_is_named_in_the_report_and_by_the_task() {
    let home = Home::new();
    let big = std::fs::File::create(home.path("big.txt")).unwrap();
    big.set_len(21 * 1024 * 1024).unwrap();
    let asked = [
        "run",
        "What grows on the moon?",
        "--file",
        "licence.txt",
        "--file",
        "big.txt",
        "--file",
        "/dev/null",
        "-q",
    ];
    let ran = home.run(&asked).exits(0);
    assert!(ran.out.contains("big.txt was not read: It has 21 MiB") && ran.err.is_empty(), "{ran:?}");
    let task = home.run(&["task", "show", "last", "--json"]).exits(0).json();
    let unreadable = |name: &str| {
        let files = task["attachments"].as_array().unwrap();
        files.iter().any(|one| one["file"] == name && one["unreadable"].is_string())
    };
    assert!(unreadable("big.txt") && unreadable("/dev/null"), "{task}");
    let missing = home.run(&["run", "Why?", "--file", "licence.txt", "--file", "nope.txt"]).exits(12);
    assert!(missing.err.contains("Nothing was submitted"), "{}", missing.err);
}

#[test]
fn ctrl_c_while_a_task_is_submitted_has_one_outcome() {
    let home = Home::new();
    std::fs::create_dir(home.path("many")).unwrap();
    for number in 0..30 {
        std::fs::write(home.path("many").join(format!("{number}.txt")), LICENCE.repeat(500)).unwrap();
    }
    let mut running = home.command(&["run", "May I sell copies?", "--file", "many"]).spawn().unwrap();
    let mut said = std::io::BufReader::new(running.stderr.take().unwrap());
    wait_for(&mut said, "Reading 30 documents");
    signal(&running, "-INT");
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    let code = running.wait().unwrap().code();
    let status = || {
        let tasks = home.run(&["task", "list", "--json", "--order", "asc"]).exits(0).json();
        tasks["tasks"][0]["waiting_for"].as_str().map(str::to_owned)
    };
    if code == Some(6) {
        assert!(rest.contains("Parked. `divisi task resume task_"), "{rest}");
        assert_eq!(status().as_deref(), Some("parked"));
        home.run(&QUESTION).exits(0);
        assert_eq!(status().as_deref(), Some("parked"), "nothing of it runs later by itself");
    } else {
        assert_eq!(code, Some(130), "{rest}");
        assert!(rest.contains("Stopped before the task was submitted"), "{rest}");
        assert!(!home.run(&["task", "list"]).out.contains("task_"));
    }
}

#[test]
fn a_plan_can_be_looked_at_and_approved_before_anything_runs() {
    let home = Home::new();
    let ran = home.run(&[&QUESTION[..], &["--plan-only"]].concat()).exits(0);
    assert!(
        ran.out.contains("costs at most $0.00") && ran.out.contains("divisi approvals approve"),
        "{}",
        ran.out
    );
    let open = home.run(&["approvals", "list", "--json"]).exits(0).json();
    assert_eq!(open[0]["kind"], "plan");
    let id = open[0]["task_id"].as_str().unwrap().to_owned();
    assert!(ran.err.contains(&format!("`divisi task cancel {id}` drops it")), "{}", ran.err);
    let other = home.run(&QUESTION).exits(0);
    assert!(!other.err.contains("Going on with"), "nothing of it goes on: {}", other.err);
    let ran = home.run(&["approvals", "approve", &id]).exits(0);
    assert!(ran.err.contains("approved"), "{}", ran.err);
    let ran = home.run(&["task", "resume", &id]).exits(0);
    assert!(ran.out.contains("## Sources"), "{}", ran.out);
}

#[test]
fn an_assisted_task_waits_where_nobody_can_be_asked() {
    let home = Home::new();
    let ran = home.run(&[&QUESTION[..], &["--mode", "assisted"]].concat()).exits(7);
    assert!(ran.err.contains("A person is asked"), "{}", ran.err);
    let id =
        home.run(&["approvals", "list", "--json"]).exits(0).json()[0]["task_id"].as_str().unwrap().to_owned();
    home.run(&["approvals", "reject", &id, "-m", "Look at the warranty."]).exits(0);
    home.run(&["task", "resume", &id]).exits(7);
    home.run(&["task", "cancel", &id]).exits(0);
    let shown = home.run(&["task", "show", &id, "--json"]).exits(0).json();
    assert_eq!(shown["status"], "cancelled");
}

#[test]
fn ctrl_c_parks_a_task_and_resume_goes_on() {
    let home = Home::new();
    let (mut running, mut lines) = home.start_stuck();
    signal(&running, "-INT");
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    assert_eq!(running.wait().unwrap().code(), Some(6), "{rest}");
    assert!(rest.contains("divisi task resume"), "{rest}");
    let task = home.run(&["task", "show", "last", "--json"]).exits(0).json();
    assert_eq!(task["waiting_for"]["kind"], "parked");
    std::fs::write(home.path("script.json"), SCRIPT).unwrap();
    let ran = Ran::of(
        home.command(&["task", "resume", "last"])
            .env("DIVISI_SCRIPT", home.path("script.json"))
            .output()
            .unwrap(),
    );
    assert!([0, 3].contains(&ran.code), "{ran:?}");
}

#[test]
fn a_killed_task_goes_on_with_what_was_recorded() {
    let home = Home::new();
    let (mut running, _lines) = home.start_stuck();
    signal(&running, "-KILL");
    running.wait().unwrap();
    let before = home.run(&["task", "events", "last", "--json"]).exits(0).out;
    std::fs::write(home.path("script.json"), SCRIPT).unwrap();
    let ran = Ran::of(
        home.command(&["task", "resume", "last"])
            .env("DIVISI_SCRIPT", home.path("script.json"))
            .output()
            .unwrap(),
    );
    assert!([0, 3].contains(&ran.code), "{ran:?}");
    let after = home.run(&["task", "events", "last", "--json"]).exits(0).out;
    assert!(after.starts_with(&before), "the log only grows");
    let analysed =
        after.lines().filter(|line| line.contains("\"effect_started\"") && line.contains("p1/analyse"));
    assert_eq!(analysed.count(), 1, "a recorded step is not made again");
    home.run(&["doctor", "--rebuild"]).exits(0);
}

#[test]
fn a_second_terminal_reaches_the_owner() {
    let home = Home::new();
    let (mut running, _lines) = home.start_stuck();
    let list = home.run(&["task", "list", "--json"]).exits(0).json();
    let id = list["tasks"][0]["task_id"].as_str().unwrap().to_owned();
    let task = home.run(&["task", "show", &id, "--json"]).exits(0).json();
    assert!(["in_progress", "manager_review"].contains(&task["status"].as_str().unwrap()), "{task}");
    let other = home.run(&QUESTION).exits(0);
    assert!(other.out.contains("## Sources"), "two terminals work side by side");
    assert!(home.run(&["doctor"]).exits(0).out.contains(&format!("process {} runs it", running.id())));
    home.run(&["task", "delete", &id, "--yes"]).exits(11);
    home.run(&["task", "cancel", &id]).exits(0);
    assert_eq!(running.wait().unwrap().code(), Some(5), "the first terminal sees the end");
}

#[test]
fn a_client_takes_over_from_an_owner_that_died() {
    let home = Home::new();
    let (mut owner, _owners_lines) = home.start_stuck();
    let (mut client, mut lines) = home.start_stuck();
    signal(&owner, "-KILL");
    owner.wait().unwrap();
    wait_for(&mut lines, "going on with it here");
    wait_for(&mut lines, "interruption");
    let open = home.run(&["task", "list", "--json"]).exits(0).json();
    assert_eq!(open["pagination"]["total"], 2);
    signal(&client, "-INT");
    assert_eq!(client.wait().unwrap().code(), Some(6));
}

#[test]
fn a_terminated_owner_leaves_its_tasks_runnable() {
    let home = Home::new();
    let (mut running, mut lines) = home.start_stuck();
    signal(&running, "-TERM");
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    assert_eq!(running.wait().unwrap().code(), Some(130), "{rest}");
    let task = home.run(&["task", "show", "last", "--json"]).exits(0).json();
    assert!(task["waiting_for"].is_null() && task["completed_at"].is_null(), "{task}");
}

#[test]
fn a_detached_task_ends_by_itself() {
    let home = Home::new();
    let ran = home.run(&[&QUESTION[..], &["--detach"]].concat()).exits(0);
    let id = ran.out.trim().to_owned();
    assert!(id.starts_with("task_"), "{ran:?}");
    home.run(&["task", "watch", &id]).exits(0);
    assert!(home.run(&["task", "result", &id]).exits(0).out.contains("## Sources"));
}

#[test]
fn finished_tasks_are_deleted_when_asked() {
    let home = Home::new();
    home.run(&QUESTION).exits(0);
    let ran = home.run(&["task", "delete", "last"]).exits(11);
    assert!(ran.err.contains("--yes"), "{}", ran.err);
    home.run(&["task", "delete", "last", "--yes"]).exits(0);
    home.run(&["task", "show", "last"]).exits(10);
    home.run(&QUESTION).exits(0);
    home.run(&["task", "prune", "--older-than", "1d", "--yes"]).exits(0);
    home.run(&["task", "show", "last"]).exits(0);
}

#[test]
fn crews_and_settings_are_checked() {
    let home = Home::new();
    let shipped = std::fs::canonicalize("../../crews/comparison.toml").unwrap();
    home.run(&["crews", "check", shipped.to_str().unwrap()]).exits(0);
    std::fs::write(home.path("mine.toml"), "name = \"x\"\nversion = \"1\"\ncolour = 1\n").unwrap();
    let ran = home.run(&["crews", "check", "mine.toml"]).exits(14);
    assert!(ran.err.contains("line 3"), "{}", ran.err);
    assert!(home.run(&["config"]).exits(0).out.contains("crew = \"research\""));
    let ran = Ran::of(home.command(&["config"]).env("DIVISI_COLOUR", "1").output().unwrap()).exits(2);
    assert!(ran.err.contains("colour"), "{}", ran.err);
}

#[test]
fn an_empty_home_says_how_to_begin() {
    let home = Home::new();
    let rows: [(&[&str], i32); 4] = [
        (&["task", "list"], 0),
        (&["approvals", "list"], 0),
        (&["doctor"], 0),
        (&["task", "show", "last"], 10),
    ];
    for (arguments, code) in rows {
        let ran = home.run(arguments).exits(code);
        assert!(!(ran.out.clone() + &ran.err).is_empty(), "{arguments:?}");
    }
    assert!(!home.path("data").exists(), "looking makes nothing");
}

#[test]
fn the_data_folder_is_for_its_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    home.run(&QUESTION).exits(0);
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&home.path("data")), 0o700);
    assert!(!home.path("data/socket").exists(), "the socket goes with its owner");
}
