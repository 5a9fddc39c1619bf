//! Keys that are only in the key store: tasks run on them, and nobody ever sees one.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use divisi_vendors::{Behaviour, Vendor};

use crate::common::seat::Seat;
use crate::common::{Home, QUESTION, Ran};
use crate::{Service, configured, home, json, run};

const CANARY: &str = "sk-canary-5be1d0c7a94f4263";
const NAME: &str = "ANTHROPIC_API_KEY";

fn set(home: &Home, name: &str, key: &str) -> Ran {
    let mut setting =
        configured(home, &["keys", "set", name]).stdin(std::process::Stdio::piped()).spawn().unwrap();
    setting.stdin.take().unwrap().write_all(format!("{key}\n").as_bytes()).unwrap();
    Ran::of(setting.wait_with_output().unwrap())
}

/// A home that knows where the service is and has its key in the store.
fn with_key(service: &Service) -> Home {
    let home = home(&provider(service));
    let said = set(&home, NAME, CANARY).exits(0);
    assert!(said.err.contains("is kept, sealed, in") && said.err.contains("master-keys"), "{said:?}");
    home
}

fn provider(service: &Service) -> String {
    format!(
        "[providers.anthropic]\nwire = \"messages\"\nbase_url = \"{}\"\nkey_env = \"{NAME}\"\nmodels = [\"claude-haiku-4-5\"]\n",
        service.url("")
    )
}

/// A service that takes no other key.
fn strict() -> Service {
    Service::start(Behaviour { keys: vec![CANARY.to_owned()], ..Behaviour::default() })
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn master(home: &Home) -> PathBuf {
    files(&home.path(".config/divisi/master-keys")).pop().unwrap()
}

#[test]
fn a_task_runs_on_a_key_that_is_only_in_the_store_and_nobody_sees_it() {
    let service = strict();
    let home = with_key(&service);
    let mut command = configured(&home, &QUESTION);
    let ran = Ran::of(command.args(["--record", "tape"]).env("DIVISI_LOG", "trace").output().unwrap());
    assert_eq!(ran.code, 0, "{:.2000}", ran.err);
    let book = service.server.ledger().book();
    assert!(book.entries.len() >= 12 && book.entries.iter().all(|entry| entry.status == Some(200)));
    assert!(book.entries.iter().all(|entry| entry.vendor == Vendor::Messages && entry.key.is_some()));
    let mut said = vec![("run".to_owned(), ran)];
    for arguments in [
        &["task", "events", "last", "--json"][..],
        &["task", "show", "last"],
        &["models"],
        &["models", "--json"],
        &["doctor"],
        &["config", "show"],
        &["keys", "list"],
        &["keys", "list", "--json"],
        &["task", "export-test", "last", "--output", "exported"],
    ] {
        said.push((arguments.join(" "), run(&home, arguments)));
    }
    for (command, ran) in &said {
        assert!(ran.code == 0 || command == "doctor" || command.contains("export"), "{command}: {ran:?}");
        assert!(!ran.out.contains("canary") && !ran.err.contains("canary"), "{command} shows the key");
    }
    let shown = |command: &str| &said.iter().find(|(known, _)| known == command).unwrap().1.out;
    assert!(shown("models").contains("key from ANTHROPIC_API_KEY in the key store"), "{}", shown("models"));
    assert!(
        shown("doctor").contains("1 key in ") && shown("doctor").contains("master-keys"),
        "{}",
        shown("doctor")
    );
    assert!(shown("keys list").contains("key store"), "{}", shown("keys list"));
    for file in files(home.folder.path()) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(9).any(|part| part == b"sk-canary"), "{} holds the key", file.display());
    }
    assert_eq!(home.path("data/keys.sealed").metadata().unwrap().permissions().mode() & 0o777, 0o600);
    drop(service.runtime);
}

#[test]
fn the_environment_wins_and_a_key_goes_as_it_came() {
    let service = strict();
    let home = with_key(&service);
    let listed = |set: &[(&str, &str)]| {
        let mut command = configured(&home, &["keys", "list", "--json"]);
        json(&Ran::of(command.envs(set.iter().copied()).output().unwrap()).exits(0))
    };
    assert_eq!(listed(&[])[0]["from"], "key store");
    assert_eq!(listed(&[(NAME, "sk-other")])[0]["from"], "environment");
    assert_eq!(listed(&[("OPENAI_API_KEY", "sk-other")])[1]["set_at"], serde_json::Value::Null);
    assert_eq!(listed(&[])[0]["used_by"][0], "anthropic");
    run(&home, &["keys", "rotate"]).exits(0);
    assert_eq!(run(&home, &QUESTION).code, 0, "after a rotation");
    run(&home, &["keys", "remove", NAME]).exits(0);
    run(&home, &["keys", "remove", NAME]).exits(10);
    let lacks = run(&home, &["models"]);
    assert!(lacks.out.contains("divisi keys set ANTHROPIC_API_KEY"), "{lacks:?}");
    drop(service.runtime);
}

#[test]
fn a_store_that_does_not_open_is_said_and_no_task_begins_without_it() {
    let service = strict();
    let of = |break_it: &dyn Fn(&Home)| {
        let home = with_key(&service);
        break_it(&home);
        home
    };
    let rows: [(&str, Home); 4] = [
        ("its master key is not there", of(&|home| std::fs::remove_file(master(home)).unwrap())),
        ("another master key", of(&|home| std::fs::write(master(home), "ab".repeat(32)).unwrap())),
        (
            "can be read by others (mode 0644)",
            of(&|home| std::fs::set_permissions(master(home), PermissionsExt::from_mode(0o644)).unwrap()),
        ),
        (
            "is damaged",
            of(&|home| {
                let mut bytes = std::fs::read(home.path("data/keys.sealed")).unwrap();
                bytes[60] ^= 1;
                std::fs::write(home.path("data/keys.sealed"), bytes).unwrap();
            }),
        ),
    ];
    for (told, home) in rows {
        let calls = service.server.ledger().book().entries.len();
        for arguments in
            [&QUESTION[..], &["doctor"], &["keys", "list"], &["keys", "rotate"], &["up", "--until-idle"]]
        {
            let ran = run(&home, arguments);
            assert!(
                ran.code != 0 && (ran.err.clone() + &ran.out).contains(told),
                "{told}: {arguments:?}: {ran:?}"
            );
        }
        assert!(run(&home, &["models"]).out.contains(told), "{told}");
        assert_eq!(service.server.ledger().book().entries.len(), calls, "{told}: nobody was called");
        // A variable takes its place, where it can be read at all what the store has; and it can be given up.
        let mut command = configured(&home, &QUESTION);
        let ran = Ran::of(command.env(NAME, CANARY).output().unwrap());
        assert_eq!(ran.code, i32::from(told == "is damaged"), "{told}: {ran:?}");
        run(&home, &["keys", "remove", "--all"]).exits(0);
        set(&home, NAME, CANARY).exits(0);
        assert_eq!(run(&home, &QUESTION).code, 0, "{told}: set anew");
    }
    drop(service.runtime);
}

#[test]
fn a_master_key_may_be_anywhere() {
    let service = strict();
    let home = home(&provider(&service));
    let file = home.path("mounted/master");
    let with = |arguments: &[&str], name: &str, value: &str| {
        let mut command = configured(&home, arguments);
        Ran::of(command.env(name, value).output().unwrap())
    };
    let mut setting = configured(&home, &["keys", "set", NAME]);
    setting.env("DIVISI_MASTER_KEY_FILE", &file).stdin(std::process::Stdio::piped());
    let mut setting = setting.spawn().unwrap();
    setting.stdin.take().unwrap().write_all(CANARY.as_bytes()).unwrap();
    Ran::of(setting.wait_with_output().unwrap()).exits(0);
    let path = file.display().to_string();
    with(&QUESTION, "DIVISI_MASTER_KEY_FILE", &path).exits(0);
    let itself = std::fs::read_to_string(&file).unwrap();
    with(&QUESTION, "DIVISI_MASTER_KEY", itself.trim()).exits(0);
    let shown = with(&["config", "show"], "DIVISI_MASTER_KEY", itself.trim()).exits(0);
    assert!(!shown.out.contains(itself.trim()), "{shown:?}");
    let wrong = with(&["keys", "list"], "DIVISI_MASTER_KEY", "changeme").exits(1);
    assert!(wrong.err.contains("openssl rand -hex 32") && !wrong.err.contains("changeme"), "{wrong:?}");
    let next = home.path("next").display().to_string();
    let rotated = with(&["keys", "rotate", "--to", &next], "DIVISI_MASTER_KEY_FILE", &path).exits(0);
    assert!(rotated.err.contains(&format!("DIVISI_MASTER_KEY_FILE={next}")), "{rotated:?}");
    with(&["keys", "list"], "DIVISI_MASTER_KEY_FILE", &path).exits(1);
    with(&["keys", "list"], "DIVISI_MASTER_KEY_FILE", &next).exits(0);
    drop(service.runtime);
}

#[test]
fn a_key_is_typed_unseen_and_never_an_argument() {
    let home = home("");
    let mut seat = Seat::take(configured(&home, &["keys", "set", "OPENAI_API_KEY"]));
    seat.sees("OPENAI_API_KEY: ");
    seat.types(CANARY);
    let screen = seat.sees_before("is kept");
    assert!(!screen.contains("canary"), "{screen}");
    assert_eq!(seat.leaves(), Some(0));
    let mut seat = Seat::take(configured(&home, &["keys", "set", "GEMINI_API_KEY"]));
    seat.sees("GEMINI_API_KEY: ");
    seat.types("\u{3}");
    assert_eq!(seat.leaves(), Some(130), "Ctrl-C");
    let listed = json(&run(&home, &["keys", "list", "--json"]).exits(0));
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "{listed}");
    for arguments in [&["keys", "set", "OPENAI_API_KEY", CANARY][..], &["keys", "set", CANARY]] {
        let ran = run(&home, arguments).exits(12);
        assert!(!ran.err.contains("canary") && ran.err.contains("seen"), "{ran:?}");
    }
    assert_eq!(set(&home, "OPENAI_API_KEY", "two words").exits(12).out, "");
    let unread = set(&home, "OFFICE_KEY", CANARY).exits(0);
    assert!(unread.err.contains("No model service reads OFFICE_KEY"), "{unread:?}");
}
