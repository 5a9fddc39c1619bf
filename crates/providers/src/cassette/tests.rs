//! What a provider said is said again without it; what is kept is kept safely; what cannot be read is named.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use divisi_domain::model_step::FailureClass;
use divisi_domain::name::Name;
use divisi_domain::time::Millis;
use divisi_llm::cassette::Redaction;
use divisi_llm::inputs::{AnalyseInput, Inputs};
use divisi_llm::{
    CallContext, Message, Provider, ProviderError, Purpose, Request, Response, Sampling, TokenSink,
};
use futures::executor::block_on;
use secrecy::SecretString;
use serde_json::json;

use super::{HEADER_FILE, Recording, Replay, Tape};
use crate::scripted::{Answer, Rule, Script, Scripted};

const KEY: &str = "sk-proj-Abc123Abc123Abc123";
const TASK: &str = "task_01jd0000000000000000000000";

#[derive(Default)]
struct Pieces(Vec<String>);

impl TokenSink for Pieces {
    fn push(&mut self, text: &str) {
        self.0.push(text.to_owned());
    }
}

/// Names and texts.
type Files = &'static [(&'static str, &'static str)];
type Said = (Result<Response, ProviderError>, Vec<String>);

fn request(question: &str) -> Request {
    Request {
        purpose: Purpose::Analyse,
        model: Name::from_static("m"),
        system: "Analyse.".into(),
        messages: vec![Message::User { text: question.to_owned() }],
        tools: Vec::new(),
        schema: json!({"type": "object"}).into(),
        sampling: Sampling { temperature_hundredths: 20, output_tokens_max: 100 },
        inputs: Inputs::Analyse(AnalyseInput::default()).into(),
    }
}

fn ask(provider: &dyn Provider, task: &str, path: &str, attempt: u16, question: &str) -> Said {
    let mut pieces = Pieces::default();
    let context = CallContext { idempotency_key: format!("{task}/{path}"), attempt };
    let outcome = block_on(provider.call(request(question), &context, &mut pieces));
    (outcome, pieces.0)
}

fn text(answer: &str) -> Rule {
    Rule { answer: Answer::Text(answer.to_owned()), piece_chars: Some(3), ..Rule::default() }
}

fn scripted(rules: Vec<Rule>) -> Arc<dyn Provider> {
    Arc::new(Scripted::new(Script { rules, ..Script::default() }))
}

fn recording(folder: &Path, rules: Vec<Rule>) -> (Recording, Arc<Tape>) {
    let tape = Arc::new(Tape::open(folder, Redaction::default()).unwrap());
    (Recording::new(scripted(rules), Arc::clone(&tape)), tape)
}

fn replaying(folder: &Path) -> Arc<dyn Provider> {
    let replay = Replay::open(folder, Redaction::default()).unwrap();
    Arc::clone(&replay.providers([])[&Name::from_static("scripted")])
}

/// Names of the files, but the header.
fn files(folder: &Path) -> Vec<String> {
    let names = folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    names.retain(|name| name != HEADER_FILE);
    names.sort();
    names
}

#[test]
fn what_was_recorded_is_said_again_piece_by_piece() {
    let fault = Answer::Fault {
        class: FailureClass::RateLimited,
        retry_after_millis: Some(60_000),
        after_text: "half an answer".to_owned(),
    };
    let call =
        divisi_llm::ToolCall { id: "c".to_owned(), tool: "t".to_owned(), arguments: json!({"a": 0.1}) };
    let rules = vec![
        Rule { attempt: Some(1), answer: fault, piece_chars: Some(5), ..Rule::default() },
        Rule {
            path_contains: Some("select".to_owned()),
            answer: Answer::ToolCalls(vec![call]),
            ..Rule::default()
        },
        text("{\"å\": \"🦀🦀🦀\"}"),
    ];
    let folder = tempfile::tempdir().unwrap();
    let (recording, tape) = recording(folder.path(), rules);
    let calls = [("p1/analyse", 1), ("p1/analyse", 2), ("p1/select", 2)];
    let said = calls.map(|(path, attempt)| ask(&recording, TASK, path, attempt, "Which tax?"));
    assert_eq!(tape.incomplete(), None);
    let replaying = replaying(folder.path());
    assert!(!replaying.computes());
    for ((path, attempt), (outcome, pieces)) in calls.into_iter().zip(said) {
        let again = ask(replaying.as_ref(), "task_other", path, attempt, "Which tax?");
        // Nobody is there who wants to be left alone.
        let at_once = |error: ProviderError| ProviderError {
            retry_after: error.retry_after.map(|_| Millis(0)),
            ..error
        };
        assert_eq!(again, (outcome.map_err(at_once), pieces), "{path}");
    }
    let (missed, pieces) = ask(replaying.as_ref(), TASK, "p1/analyse", 1, "Which levy?");
    let missed = missed.unwrap_err();
    assert!(missed.message.contains("message 1 of 1 differs in line 1"), "{missed}");
    assert_eq!((missed.class, missed.sent, pieces), (FailureClass::BadRequest, false, Vec::new()));
}

#[test]
fn a_provider_that_was_not_recorded_misses() {
    let folder = tempfile::tempdir().unwrap();
    let (recording, _) = recording(folder.path(), vec![text("{}")]);
    ask(&recording, TASK, "p1/analyse", 1, "Which tax?").0.unwrap();
    let replay = Replay::open(folder.path(), Redaction::default()).unwrap();
    let providers = replay.providers([Name::from_static("openai")]);
    let names: Vec<&str> = providers.keys().map(Name::as_str).collect();
    assert_eq!(names, ["openai", "scripted"]);
    let other = &providers[&Name::from_static("openai")];
    let missed = ask(other.as_ref(), TASK, "p1/analyse", 1, "Which tax?").0.unwrap_err();
    assert!(missed.message.contains("the provider was 'scripted' and is 'openai' now"), "{missed}");
}

#[test]
fn only_the_owner_reads_what_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("a/b");
    let (recording, _) = recording(&deep, vec![text("{}")]);
    ask(&recording, TASK, "p1/analyse", 1, "Which tax?").0.unwrap();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&deep), 0o700);
    for name in [HEADER_FILE, "p1.analyse.attempt1.json"] {
        assert_eq!(mode(&deep.join(name)), 0o600, "{name}");
    }
}

#[test]
fn a_key_reaches_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let known = "correct-horse-battery";
    let redaction = || Redaction::new(vec![SecretString::from(known)], Vec::new());
    let tape = Arc::new(Tape::open(folder.path(), redaction()).unwrap());
    let fault = |class| Answer::Fault { class, retry_after_millis: None, after_text: KEY.to_owned() };
    let rules = vec![
        Rule {
            attempt: Some(1),
            answer: fault(FailureClass::Overloaded),
            piece_chars: Some(4),
            ..Rule::default()
        },
        text(&format!("{{\"key\": \"{KEY} {known}\"}}")),
    ];
    let recording = Recording::new(scripted(rules), Arc::clone(&tape));
    let question = format!("Is {KEY} safe in /home/ann/keys, or {known}?");
    for attempt in [1, 2] {
        let (outcome, pieces) = ask(&recording, TASK, "p1/analyse", attempt, &question);
        // Who asked gets all of it.
        assert!(pieces.concat().contains(KEY), "{outcome:?}");
    }
    for name in files(folder.path()) {
        let kept = std::fs::read_to_string(folder.path().join(&name)).unwrap();
        let secret = [KEY, known, "Abc123", "/home/ann"].into_iter().find(|secret| kept.contains(secret));
        assert_eq!(secret, None, "{name}: {kept}");
    }
    // The same question fits, and the answer comes without what was taken out.
    let replay = Replay::open(folder.path(), redaction()).unwrap();
    let again = &replay.providers([])[&Name::from_static("scripted")];
    let (outcome, pieces) = ask(again.as_ref(), TASK, "p1/analyse", 2, &question);
    assert_eq!(outcome.unwrap().text, "{\"key\": \"[key] [key]\"}");
    assert_eq!(pieces, ["{\"key\": \"[key] [key]\"}"]);
}

/// A process that was killed and comes back.
#[test]
fn what_was_kept_stays_and_the_same_place_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let (first, _) = recording(folder.path(), vec![text("first")]);
    ask(&first, TASK, "p1/analyse", 1, "Which tax?").0.unwrap();
    ask(&first, TASK, "p1/select", 1, "Which tax?").0.unwrap();
    // It died while it wrote.
    std::fs::write(folder.path().join("p1.select.attempt1.json.part"), "{").unwrap();
    std::fs::write(folder.path().join("p1.coordinate.attempt1.json.part"), "{").unwrap();
    let (second, tape) = recording(folder.path(), vec![text("second")]);
    ask(&second, TASK, "p1/select", 1, "Which tax?").0.unwrap();
    assert_eq!(tape.incomplete(), None);
    let replaying = replaying(folder.path());
    let text = |path| ask(replaying.as_ref(), TASK, path, 1, "Which tax?").0.unwrap().text;
    assert_eq!((text("p1/analyse"), text("p1/select")), ("first".to_owned(), "second".to_owned()));
    let whole = ["p1.analyse.attempt1.json", "p1.coordinate.attempt1.json.part", "p1.select.attempt1.json"];
    assert_eq!(files(folder.path()), whole);
}

#[test]
fn other_tasks_and_calls_that_nobody_waits_for_leave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let task: divisi_domain::id::TaskId = divisi_domain::id::TaskId::from_bytes([7; 16]);
    let tape = Tape::open(folder.path(), Redaction::default()).unwrap().of_task(task);
    let never = Rule { attempt: Some(9), answer: Answer::Never, ..Rule::default() };
    let recording = Recording::new(scripted(vec![never, text("{}")]), Arc::new(tape));
    ask(&recording, "task_other", "p1/analyse", 1, "Which tax?").0.unwrap();
    let context = CallContext { idempotency_key: format!("{task}/p1/select"), attempt: 9 };
    let (request, mut pieces) = (request("Which tax?"), Pieces::default());
    let mut call = recording.call(request, &context, &mut pieces);
    assert!(futures::FutureExt::now_or_never(&mut call).is_none());
    drop(call);
    assert_eq!(files(folder.path()), Vec::<String>::new());
    ask(&recording, &task.to_string(), "p1/analyse", 1, "Which tax?").0.unwrap();
    assert_eq!(files(folder.path()), ["p1.analyse.attempt1.json"]);
}

#[test]
fn an_answer_that_cannot_be_kept_is_not_lost_to_the_task() {
    let folder = tempfile::tempdir().unwrap();
    let (recording, tape) = recording(folder.path(), vec![text("{}")]);
    std::fs::create_dir(folder.path().join("p1.analyse.attempt1.json")).unwrap();
    for _ in 0..2 {
        ask(&recording, TASK, "p1/analyse", 1, "Which tax?").0.unwrap();
    }
    let missing = tape.incomplete().unwrap();
    assert!(missing.contains("2 of the exchanges") && missing.contains("p1.analyse"), "{missing}");
}

#[test]
fn a_folder_that_cannot_be_played_says_why() {
    let rows: [(&str, Files, &str); 7] = [
        ("nothing", &[], "There is no cassette in"),
        ("newer", &[(HEADER_FILE, r#"{"format": 7}"#)], "its format is 7, and this version"),
        ("no header", &[("p1.analyse.attempt1.json", "{}")], "There is no cassette in"),
        ("broken header", &[(HEADER_FILE, "{")], "its cassette.json cannot be read"),
        (
            "broken exchange",
            &[(HEADER_FILE, r#"{"format": 1}"#), ("p1.analyse.attempt1.json", "{\"place\": ")],
            "p1.analyse.attempt1.json' of the cassette cannot be read: it is no exchange (EOF",
        ),
        (
            "other JSON",
            &[(HEADER_FILE, r#"{"format": 1}"#), ("a.json", "[]")],
            "a.json' of the cassette cannot be read: it is no exchange",
        ),
        ("no text", &[(HEADER_FILE, r#"{"format": 1}"#), ("a.json", "\u{0}")], "it is no exchange"),
    ];
    for (name, content, says) in rows {
        let folder = tempfile::tempdir().unwrap();
        for (file, text) in content {
            std::fs::write(folder.path().join(file), text).unwrap();
        }
        let error = Replay::open(folder.path(), Redaction::default()).unwrap_err().to_string();
        assert!(error.contains(says) && error.ends_with('.'), "{name}: {error}");
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(HEADER_FILE), r#"{"format": 1}"#).unwrap();
    std::fs::write(folder.path().join("a.json"), [0xff, 0xfe]).unwrap();
    let error = Replay::open(folder.path(), Redaction::default()).unwrap_err().to_string();
    assert!(error.contains("not UTF-8"), "{error}");
}

#[test]
fn nothing_is_recorded_into_a_folder_of_other_things() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("tax.pdf"), "%PDF").unwrap();
    let error = Tape::open(folder.path(), Redaction::default()).unwrap_err().to_string();
    assert!(error.contains("holds other things"), "{error}");
    std::fs::write(folder.path().join(HEADER_FILE), r#"{"format": 2}"#).unwrap();
    let error = Tape::open(folder.path(), Redaction::default()).unwrap_err().to_string();
    assert!(error.contains("its format is 2"), "{error}");
    let file = folder.path().join("tax.pdf");
    assert!(Tape::open(&file, Redaction::default()).is_err());
}
