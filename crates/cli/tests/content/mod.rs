//! What tasks say: finding it, rating it, editing a plan, and erasing it for good.

use std::io::BufReader;
use std::path::Path;

use serde_json::Value;

use crate::common::{Home, QUESTION, SCRIPT, signal, wait_for};

/// Ids of the tasks that a search prints.
fn found(home: &Home, words: &str, more: &[&str]) -> Vec<String> {
    let list = home.run(&[&["task", "list", "--json", "--search", words][..], more].concat()).exits(0).json();
    let ids = list["tasks"].as_array().unwrap().iter();
    ids.map(|task| task["task_id"].as_str().unwrap().to_owned()).collect()
}

/// Runs a task on a document with this text; its id.
fn ask(home: &Home, question: &str, text: &str) -> String {
    std::fs::write(home.path("other.txt"), text).unwrap();
    let ran = home.run(&["run", question, "--file", "other.txt", "--quiet"]);
    assert!([0, 3].contains(&ran.code), "{ran:?}");
    home.run(&["task", "list", "--json", "--limit", "1"]).json()["tasks"][0]["task_id"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn tasks_are_found_by_title_result_and_document() {
    let home = Home::new();
    home.run(&QUESTION).exits(0);
    let first =
        home.run(&["task", "list", "--json"]).json()["tasks"][0]["task_id"].as_str().unwrap().to_owned();
    let second =
        ask(&home, "Where does the heron nest?", "The heron nests in reeds.\n\nA kingfisher sells copies.\n");
    let rows: [(&str, &[&str], &[&String]); 9] = [
        ("sell copies of the program", &[], &[&first]),
        ("warranty", &[], &[&first]),
        ("kingfisher", &[], &[&second]),
        ("heron", &["--status", "completed"], &[&second]),
        ("heron", &["--status", "failed"], &[]),
        ("copies", &[], &[&first, &second]),
        ("copies", &["--sort", "created-at", "--order", "asc"], &[&first, &second]),
        ("copies", &["--limit", "1", "--page", "2"], &[&second]),
        ("\"unbalanced ( OR", &[], &[]),
    ];
    for (words, more, expected) in rows {
        assert_eq!(found(&home, words, more).iter().collect::<Vec<_>>(), expected, "{words} {more:?}");
    }
    let after = found(&home, "copies", &["--cursor", &first]);
    assert_eq!(after, [second]);
    let none = home.run(&["task", "list", "--search", "zeppelin"]).exits(0);
    assert!(none.err.contains("No task matches"), "{}", none.err);
    let beyond = home.run(&["task", "list", "--page", "99"]).exits(0);
    assert!(beyond.out.is_empty() && beyond.err.contains("There is no page 99"), "{beyond:?}");
    home.run(&["task", "list", "--search", " "]).exits(12);
}

#[test]
fn what_a_crash_kept_from_the_index_is_in_it_after_the_next_start() {
    let home = Home::new();
    let (mut running, _lines) = home.start_stuck();
    signal(&running, "-KILL");
    running.wait().unwrap();
    for file in ["index.db", "index.db-wal", "index.db-shm"] {
        let _ = std::fs::remove_file(home.path("data").join(file));
    }
    let refused = home.run(&["task", "list", "--search", "copies"]).exits(1);
    assert!(refused.err.contains("no search index"), "{}", refused.err);
    std::fs::write(home.path("script.json"), SCRIPT).unwrap();
    let mut resume = home.command(&["task", "resume", "last"]);
    assert!(resume.env("DIVISI_SCRIPT", home.path("script.json")).output().unwrap().status.code().is_some());
    assert_eq!(found(&home, "warranty", &[]).len(), 1);
    std::fs::write(home.path("data/index.db"), b"not a database at all, and longer than its header is")
        .unwrap();
    let doctor = home.run(&["doctor", "--rebuild"]).exits(0);
    assert!(doctor.out.contains("the index of 1 task is made anew"), "{}", doctor.out);
    assert_eq!(found(&home, "warranty", &[]).len(), 1);
}

#[test]
fn a_finished_task_is_rated_and_the_last_rating_counts() {
    let home = Home::new();
    home.run(&QUESTION).exits(0);
    let rows: [(&[&str], i32, &str); 4] = [
        (&["task", "rate", "last", "2", "--comment", "Too short."], 0, "rated 2 of 5"),
        (&["task", "rate", "last", "5", "--changed", "Nothing."], 0, "rated 5 of 5"),
        (&["task", "rate", "last", "6"], 2, "6 is not in 1..=5"),
        (&["task", "rate", "last", "4", "--comment", " "], 12, "comments"),
    ];
    for (arguments, code, sentence) in rows {
        let ran = home.run(arguments).exits(code);
        assert!(ran.err.contains(sentence), "{arguments:?}: {}", ran.err);
    }
    assert_eq!(home.run(&["task", "show", "last", "--json"]).json()["rating"], 5);
    assert!(home.run(&["task", "show", "last"]).out.contains("5 of 5"));
    home.run(&["doctor", "--rebuild"]).exits(0);
}

/// Whether the bytes stand in any file below a folder, in any case.
fn holds(folder: &Path, word: &str) -> Option<String> {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            if let Some(found) = holds(&entry.path(), word) {
                return Some(found);
            }
        } else if entry.file_type().unwrap().is_file() {
            let bytes = std::fs::read(entry.path()).unwrap().to_ascii_lowercase();
            if bytes.windows(word.len()).any(|window| window == word.as_bytes()) {
                return Some(entry.path().display().to_string());
            }
        }
    }
    None
}

#[test]
fn what_is_erased_is_in_no_answer_and_in_no_file_any_more() {
    let home = Home::new();
    home.run(&QUESTION).exits(0);
    let long = "The ornithopter flies at dawn.\n\n".repeat(4_000);
    let id = ask(&home, "When does the ornithopter fly?", &long);
    home.run(&["task", "rate", &id, "4", "--comment", "An ornithopter indeed."]).exits(0);
    assert!(holds(&home.path("data"), "ornithopter").is_some());
    let unasked = home.run(&["task", "delete", &id, "--erase"]).exits(11);
    assert!(unasked.err.contains("--yes"), "{}", unasked.err);
    let erased = home.run(&["task", "delete", &id, "--erase", "--yes"]).exits(0);
    assert!(erased.err.contains("is erased"), "{}", erased.err);
    assert_eq!(holds(&home.path("data"), "ornithopter"), None);
    let channels: [&[&str]; 8] = [
        &["task", "list"],
        &["task", "list", "--json"],
        &["task", "show", &id],
        &["task", "show", &id, "--json"],
        &["task", "plan", &id, "--json"],
        &["task", "events", &id, "--json"],
        &["approvals", "list", "--json"],
        &["doctor", "--rebuild"],
    ];
    for channel in channels {
        let ran = home.run(channel).exits(0);
        assert!(!(ran.out + &ran.err).to_lowercase().contains("ornithopter"), "{channel:?}");
    }
    assert_eq!(found(&home, "ornithopter", &[]), [] as [String; 0]);
    let result = home.run(&["task", "result", &id]);
    assert!(result.err.contains("was erased") && result.out.is_empty(), "{result:?}");
    let shown = home.run(&["task", "show", &id, "--json"]).json();
    assert_eq!(
        (shown["erased"].as_bool(), shown["rating"].as_u64()),
        (Some(true), Some(4)),
        "the skeleton stays"
    );
    home.run(&["task", "delete", &id, "--erase", "--yes"]).exits(0);
    home.run(&["task", "revise", &id, "More."]).exits(11);
    assert_eq!(found(&home, "warranty", &[]).len(), 1, "others are not touched");
}

#[test]
fn an_erasure_that_was_cut_off_is_completed_at_the_next_start() {
    let home = Home::new();
    let id = ask(&home, "When does the ornithopter fly?", "The ornithopter flies at dawn.\n");
    let before = home.path("before");
    copy(&home.path("data"), &before);
    home.run(&["task", "delete", &id, "--erase", "--yes"]).exits(0);
    // The index as it was before: as if the process had died between the log and the index.
    for file in ["index.db", "index.db-wal", "index.db-shm"] {
        let _ = std::fs::copy(before.join(file), home.path("data").join(file));
    }
    std::fs::remove_dir_all(before).unwrap();
    home.run(&QUESTION).exits(0);
    assert_eq!(holds(&home.path("data"), "ornithopter"), None);
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

#[test]
fn deleted_tasks_are_not_found_any_more() {
    let home = Home::new();
    home.run(&QUESTION).exits(0);
    assert_eq!(found(&home, "warranty", &[]).len(), 1);
    home.run(&["task", "delete", "last", "--yes"]).exits(0);
    assert_eq!(found(&home, "warranty", &[]), [] as [String; 0]);
    assert_eq!(holds(&home.path("data"), "warranty"), None);
}

/// A task whose plan waits, and that plan as JSON.
fn planned(home: &Home) -> (String, Value) {
    home.run(&[&QUESTION[..], &["--plan-only"]].concat()).exits(0);
    let plan = home.run(&["task", "plan", "last", "--json"]).exits(0).json();
    (plan["task_id"].as_str().unwrap().to_owned(), plan)
}

#[test]
fn a_plan_that_waits_is_edited_and_runs_as_edited() {
    let home = Home::new();
    let (id, mut plan) = planned(&home);
    let digest = plan["digest"].clone();
    plan["draft"]["subtasks"][0]["title"] = "What the heron may sell".into();
    std::fs::write(home.path("plan.json"), plan.to_string()).unwrap();
    let edited = home.run(&["task", "plan", &id, "--edit", "plan.json", "--json"]).exits(0).json();
    assert_ne!(edited["digest"], digest, "another plan is asked about anew");
    home.run(&["approvals", "approve", &id]).exits(0);
    home.run(&["task", "resume", &id]).exits(0);
    assert!(home.run(&["task", "plan", &id]).exits(0).out.contains("What the heron may sell"));
    home.run(&["doctor", "--rebuild"]).exits(0);
    let late = home.run(&["task", "plan", &id, "--edit", "plan.json"]).exits(11);
    assert!(late.err.contains("edited only then") || late.err.contains("nothing of it runs"), "{}", late.err);
}

#[test]
fn an_edited_plan_is_refused_with_every_error_and_the_old_one_still_waits() {
    let home = Home::new();
    let (id, plan) = planned(&home);
    let mut wrong = plan["draft"].clone();
    wrong["subtasks"][0]["dependencies"] = serde_json::json!(["nowhere"]);
    wrong["subtasks"][0]["assigned_specialist"] = "magician".into();
    let rows: [(String, &[&str]); 4] = [
        (wrong.to_string(), &["'nowhere'", "'magician'"]),
        ("{\"subtasks\": []}".to_owned(), &["subtasks"]),
        ("[1]".to_owned(), &["object"]),
        ("no json".to_owned(), &["cannot be read"]),
    ];
    for (text, sentences) in rows {
        std::fs::write(home.path("plan.json"), &text).unwrap();
        let ran = home.run(&["task", "plan", &id, "--edit", "plan.json"]).exits(12);
        for sentence in sentences {
            assert!(ran.err.contains(sentence), "{text}: {}", ran.err);
        }
    }
    let now = home.run(&["task", "plan", &id, "--json"]).exits(0).json();
    assert_eq!(now["digest"], plan["digest"]);
}

#[test]
fn a_task_that_failed_shows_its_draft_as_one() {
    let home = Home::new();
    home.run(&[&QUESTION[..], &["--mode", "manual"]].concat()).exits(7);
    let id = home.run(&["task", "list", "--json"]).json()["tasks"][0]["task_id"].as_str().unwrap().to_owned();
    while home.run(&["task", "show", &id, "--json"]).exits(0).json()["status"] != "failed" {
        let open = home.run(&["approvals", "list", "--json"]).exits(0).json();
        let asked = open[0]["approval_id"].as_str().unwrap().to_owned();
        let answer = if open[0]["kind"] == "publication" { "reject" } else { "approve" };
        home.run(&["approvals", answer, &asked, "-m", "So be it."]).exits(0);
        if home.run(&["task", "show", &id, "--json"]).exits(0).json()["status"] != "failed" {
            home.run(&["task", "resume", &id]).exits(7);
        }
    }
    let draft = home.run(&["task", "result", &id]).exits(4);
    assert!(
        draft.out.contains("**This is a draft: the task has not completed.** The result was rejected"),
        "{draft:?}"
    );
    assert!(draft.out.contains("licence.txt:3") && draft.err.contains("This is a draft"), "{draft:?}");
    let json = home.run(&["task", "result", &id, "--json"]).exits(4).json();
    assert_eq!(
        (json["draft"].as_bool(), json["reason"].as_str()),
        (Some(true), Some("publication_rejected"))
    );
    assert_eq!(json["result"]["approved"], false);
}

#[test]
fn a_time_that_is_over_before_the_work_begins_is_refused() {
    let home = Home::new();
    let failed = home.run(&[&QUESTION[..], &["--timeout", "1ms"]].concat()).exits(9);
    assert!(failed.err.contains("deadline"), "{}", failed.err);
    let list = home.run(&["task", "list"]);
    assert!(!list.out.contains("task_"), "nothing was started: {list:?}");
}

#[test]
fn a_data_folder_that_goes_away_stops_its_owner_with_a_sentence() {
    let home = Home::new();
    let (mut running, mut lines) = home.start_stuck();
    std::fs::rename(home.path("data"), home.path("elsewhere")).unwrap();
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut lines, &mut rest).unwrap();
    assert_eq!(running.wait().unwrap().code(), Some(13), "{rest}");
    assert!(rest.contains("is gone: it was deleted, moved or replaced"), "{rest}");
    assert!(!home.path("data").exists(), "nothing is made in its place");
    std::fs::rename(home.path("elsewhere"), home.path("data")).unwrap();
    assert_eq!(home.run(&["task", "list", "--json"]).exits(0).json()["pagination"]["total"], 1);
}

#[test]
fn the_doctor_names_what_is_damaged_and_the_fix() {
    let home = Home::new();
    home.run(&QUESTION).exits(0);
    let whole = home.run(&["doctor", "--rebuild"]).exits(0);
    assert!(whole.out.contains("are whole") && whole.out.contains("search"), "{}", whole.out);
    let path = home.path("data/divisi.db");
    let mut bytes = std::fs::read(&path).unwrap();
    let page = 4_096;
    for at in (2..bytes.len() / page).map(|number| number * page) {
        bytes[at..at + 64].fill(0x5a);
    }
    std::fs::write(&path, bytes).unwrap();
    for (arguments, found) in [(&["doctor"][..], "WRONG  data"), (&["doctor", "--rebuild"], "WRONG")] {
        let ran = home.run(arguments).exits(14);
        assert!(ran.out.contains(found) && ran.out.contains("Restore the folder"), "{ran:?}");
    }
    std::fs::write(&path, "junk").unwrap();
    let ran = home.run(&["doctor"]).exits(14);
    assert!(ran.out.contains("it is not a database"), "{}", ran.out);
}

#[test]
fn what_was_is_told_before_what_is_waited_for() {
    let home = Home::new();
    home.run(&[&QUESTION[..], &["--mode", "assisted"]].concat()).exits(7);
    let watched = home.run(&["task", "watch", "last"]).exits(7);
    let told = |text: &str| watched.err.find(text).unwrap_or_else(|| panic!("{text}: {}", watched.err));
    assert!(told("task analysis") < told("task decomposition"), "{}", watched.err);
    assert!(told("task decomposition") < told("waiting: A person is asked"), "{}", watched.err);
}

#[test]
fn watching_hears_from_the_owner_and_ends_with_the_task() {
    let home = Home::new();
    let (mut running, _lines) = home.start_stuck();
    let mut watching = home.command(&["task", "watch", "last"]).spawn().unwrap();
    let mut lines = BufReader::new(watching.stderr.take().unwrap());
    wait_for(&mut lines, "begins");
    home.run(&["task", "cancel", "last"]).exits(0);
    assert_eq!(watching.wait().unwrap().code(), Some(5));
    assert_eq!(running.wait().unwrap().code(), Some(5));
}

#[test]
fn the_sections_of_a_document_are_listed() {
    let home = Home::new();
    let law =
        "# Law of the park\n\n## Dogs\n\nDogs stay on the lead.\n\n## Hours\n\nThe park closes at nine.\n";
    std::fs::write(home.path("law.md"), law).unwrap();
    for question in ["List the sections of this document.", "What are the headings of law.md?"] {
        let report = home.run(&["run", question, "--file", "law.md"]).exits(0).out;
        assert!(report.contains("Dogs") && report.contains("Hours"), "{question}: {report}");
    }
}
