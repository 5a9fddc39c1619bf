//! Whole tasks on model services over real sockets: every wire, what fails under way, a cap, kill and resume.

#![cfg(test)]

#[expect(dead_code, reason = "other test binaries use the rest of it")]
mod common;
mod kept;

use std::io::BufReader;
use std::path::Path;
use std::process::Command;

use divisi_vendors::{Behaviour, Ending, Fault, FaultRule, Refusal, Server, Vendor, fingerprint};
use serde_json::Value;

use common::{Home, QUESTION, Ran, signal, wait_for};

/// A server, and the runtime that it lives on.
struct Service {
    server: Server,
    runtime: tokio::runtime::Runtime,
}

impl Service {
    fn start(behaviour: Behaviour) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let server = runtime.block_on(Server::start(behaviour)).unwrap();
        Self { server, runtime }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server.url())
    }

    /// Two services of different wires, the first before the second; both cost something.
    fn settings(&self) -> String {
        let provider = |name: &str, wire: &str, path: &str, model: &str| {
            format!(
                "[providers.{name}]\nwire = \"{wire}\"\nbase_url = \"{}\"\nmodels = [\"{model}\"]\nfree = false\n\
                 [[prices]]\nprovider = \"{name}\"\ninput_per_million = 400000\noutput_per_million = 1600000\ncached_per_million = 100000\n",
                self.url(path)
            )
        };
        let first = provider("first", "chat", "/v1", "gpt-4.1-mini");
        let second = provider("second", "messages", "", "claude-haiku-4-5");
        format!("{first}{second}[[routes]]\nmodels = [\"first/gpt-4.1-mini\", \"second/claude-haiku-4-5\"]\n")
    }
}

fn home(settings: &str) -> Home {
    let home = Home::new();
    std::fs::write(home.path("divisi.toml"), format!("detect_local_servers = false\n{settings}")).unwrap();
    home
}

fn configured(home: &Home, arguments: &[&str]) -> Command {
    let mut command = home.command(arguments);
    command.env("DIVISI_CONFIG", home.path("divisi.toml"));
    command
}

fn run(home: &Home, arguments: &[&str]) -> Ran {
    Ran::of(configured(home, arguments).output().unwrap())
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

/// What the task says that it used: input and output tokens.
fn used(home: &Home) -> (u64, u64) {
    let events = run(home, &["task", "events", "last", "--json"]).out;
    let events: Vec<Value> = events.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let sum = |field: &str| events.iter().filter_map(|event| event["data"]["usage"][field].as_u64()).sum();
    (sum("input_tokens"), sum("output_tokens"))
}

#[test]
fn a_whole_task_on_every_wire() {
    let service = Service::start(Behaviour::default());
    let rows = [
        ("openai", "OPENAI_API_KEY", "OPENAI_BASE_URL", "/v1", "openai/local-model"),
        ("anthropic", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "", "claude-sonnet-5-5"),
        ("gemini", "GOOGLE_API_KEY", "GEMINI_BASE_URL", "", "gemini-3.8-flash"),
    ];
    for (provider, key, base_url, path, model) in rows {
        service.server.ledger().clear();
        let home = home("");
        let mut command = configured(&home, &QUESTION);
        command.args(["--model", model]).env(key, "secret-key-1").env(base_url, service.url(path));
        let ran = Ran::of(command.output().unwrap());
        assert_eq!(ran.code, 0, "{provider}: {ran:?}");
        assert!(ran.out.contains("licence.txt:"), "{provider}: cited: {ran:?}");
        let book = service.server.ledger().book();
        assert!(
            book.entries.len() >= 12 && book.entries.iter().all(|entry| entry.status == Some(200)),
            "{provider}"
        );
        assert!(book.entries.iter().all(|entry| entry.streamed && entry.key.is_some()), "{provider}");
        let asked = |body: &Value| {
            body.to_string().contains("list_documents") || body.to_string().contains("search_documents")
        };
        assert!(book.entries.iter().any(|entry| asked(&entry.body)), "{provider}: tools were offered");
        assert!(!is_written(&home.path("data"), "secret-key-1"), "{provider}: the key is kept");
    }
    drop(service.runtime);
}

/// Whether a file of the folder holds the text, or of a folder in it.
fn is_written(folder: &Path, text: &str) -> bool {
    std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path()).any(|path| {
        if path.is_dir() {
            return is_written(&path, text);
        }
        // A socket is nothing that could be read.
        path.is_file() && std::fs::read(path).unwrap().windows(text.len()).any(|part| part == text.as_bytes())
    })
}

#[test]
fn headers_of_ones_own_go_with_each_call_and_what_is_secret_in_them_is_written_nowhere() {
    let service = Service::start(Behaviour::default());
    let settings = format!(
        "[providers.proxied]\nwire = \"chat\"\nbase_url = \"{}\"\nmodels = [\"gpt-4.1-mini\"]\nfree = true\n\
         headers = {{ x-team = \"blue\" }}\nheaders_env = {{ x-proxy-key = \"PROXY_KEY\" }}\n",
        service.url("/v1")
    );
    let home = home(&settings);
    let mut command = configured(&home, &[&QUESTION[..], &["--record", "tape"]].concat());
    let ran = Ran::of(command.env("PROXY_KEY", "Bearer secret-key-2").output().unwrap());
    assert_eq!(ran.code, 0, "{ran:?}");
    let book = service.server.ledger().book();
    assert!(book.entries.len() >= 12, "{}", book.entries.len());
    for entry in &book.entries {
        assert_eq!(entry.headers.get("x-team"), Some(&fingerprint("blue")));
        assert_eq!(entry.headers.get("x-proxy-key"), Some(&fingerprint("Bearer secret-key-2")));
    }
    for folder in ["data", "tape"] {
        assert!(!is_written(&home.path(folder), "secret-key-2"), "{folder} holds what is secret of a header");
    }
    assert!(!ran.err.contains("secret-key-2") && !ran.out.contains("secret-key-2"), "{ran:?}");

    let without = run(&home, &[&QUESTION[..], &["--model", "proxied/gpt-4.1-mini"]].concat());
    assert_eq!(
        service.server.ledger().book().entries.len(),
        book.entries.len(),
        "nobody was called without it"
    );
    assert!(without.code != 0 && without.err.contains("PROXY_KEY"), "{without:?}");
    drop(service.runtime);
}

#[test]
fn what_fails_at_the_first_model_is_done_by_the_next() {
    let service = Service::start(Behaviour::default());
    let faults = [
        Fault::Refuse { with: Refusal::Unauthorized },
        Fault::Refuse { with: Refusal::QuotaSpent },
        Fault::Refuse { with: Refusal::UnknownModel },
        Fault::Refuse { with: Refusal::ContextTooLong },
        Fault::Cut { at_byte: 700, how: divisi_vendors::Ending::Reset },
        Fault::StreamError,
        Fault::NoFinish,
        Fault::MalformedChunk,
        Fault::EmptyAnswer,
        Fault::WrongContentType,
        // Called complete by the server: no beginning of an answer is taken for one.
        Fault::HalfText,
    ];
    for fault in faults {
        let rule = FaultRule { vendor: Some(Vendor::Chat), ..FaultRule::always(fault.clone()) };
        service.server.behave(Behaviour { faults: vec![rule], ..Behaviour::default() });
        service.server.ledger().clear();
        let home = home(&service.settings());
        let ran = run(&home, &QUESTION);
        assert_eq!(ran.code, 0, "{fault:?}: {ran:?}");
        let book = service.server.ledger().book();
        let by = |vendor| book.entries.iter().filter(|entry| entry.vendor == vendor).count();
        assert!(by(Vendor::Chat) > 0 && by(Vendor::Messages) >= 12, "{fault:?}");
    }
    drop(service.runtime);
}

#[test]
fn what_is_used_is_what_the_services_charge_and_never_more_than_the_cap() {
    let service = Service::start(Behaviour::default());
    let home = home(&service.settings());
    assert_eq!(run(&home, &[&QUESTION[..], &["--budget", "5"]].concat()).code, 0);
    let charged = service.server.ledger().book().charged();
    assert_eq!(used(&home), (charged.input, charged.output));
    for (budget, cap) in [("0.0005", 500), ("0.004", 4_000), ("0.01", 10_000), ("0.013", 13_000)] {
        service.server.ledger().clear();
        let ran = run(&home, &[&QUESTION[..], &["--budget", budget]].concat());
        let charged = service.server.ledger().book().charged();
        let spent = (charged.input * 400_000 + charged.output * 1_600_000).div_ceil(1_000_000);
        assert!(spent <= cap, "{budget}: {spent} micro-USD of {cap}: {ran:?}");
        // What was accepted before the cap was reached, if anything, is a partial result: subtasks race for it.
        assert!([3, 8].contains(&ran.code), "{budget}: {ran:?}");
    }
    drop(service.runtime);
}

#[test]
fn what_is_written_to_the_services_cache_is_reserved_and_paid_for() {
    let service = Service::start(Behaviour::default());
    let written = "prompt_cache = true\n[[prices]]\ncache_write_per_million = 2000000\n";
    let settings =
        service.settings().replace("\"first/gpt-4.1-mini\", ", "").replace("[[prices]]\n", written);
    let home = home(&settings);
    let cost = |usage: &divisi_vendors::Usage| {
        let fresh = usage.input - usage.written;
        (fresh * 400_000 + usage.written * 2_000_000 + usage.output * 1_600_000).div_ceil(1_000_000)
    };
    let paid =
        || service.server.ledger().book().entries.iter().map(|entry| cost(&entry.charged)).sum::<u64>();
    assert_eq!(run(&home, &[&QUESTION[..], &["--budget", "5"]].concat()).code, 0);
    let charged = service.server.ledger().book().charged();
    assert!(charged.written > 100, "{charged:?}");
    let listed = json(&run(&home, &["task", "list", "--json"]));
    assert_eq!(listed["tasks"][0]["spent_micro_usd"], paid(), "{listed}");
    for (budget, cap) in [("0.004", 4_000), ("0.01", 10_000), ("0.016", 16_000)] {
        service.server.ledger().clear();
        let ran = run(&home, &[&QUESTION[..], &["--budget", budget]].concat());
        assert!(paid() <= cap && [0, 3, 8].contains(&ran.code), "{budget}: {} of {cap}: {ran:?}", paid());
    }
    drop(service.runtime);
}

/// Nobody says how much the model takes before it is sent more; then all that is sent fits it, and what was refused is free.
#[test]
fn a_context_that_only_a_refusal_tells_is_kept_to() {
    let service = Service::start(Behaviour { context_tokens: Some(2_200), ..Behaviour::default() });
    let rows = [("chat", "/v1"), ("messages", ""), ("gemini", "")];
    for (wire, path) in rows {
        service.server.ledger().clear();
        let settings = format!(
            "[providers.small]\nwire = \"{wire}\"\nbase_url = \"{}\"\nmodels = [\"some-model\"]\nfree = false\n\
             [[prices]]\nprovider = \"small\"\ninput_per_million = 400000\noutput_per_million = 1600000\ncached_per_million = 100000\n\
             [[routes]]\nmodels = [\"small/some-model\"]\n",
            service.url(path)
        );
        let home = home(&settings);
        let recorded = run(&home, &[&QUESTION[..], &["--budget", "5", "--record", "tape"]].concat());
        assert_eq!(recorded.code, 0, "{wire}: {recorded:?}");
        let book = service.server.ledger().book();
        let refused = book.entries.iter().filter(|entry| entry.status == Some(400)).count();
        assert_eq!(refused, 1, "{wire}: of {}", book.entries.len());
        let charged = book.charged();
        assert_eq!(used(&home), (charged.input, charged.output), "{wire}");
        let spent = (charged.input * 400_000 + charged.output * 1_600_000).div_ceil(1_000_000);
        let listed = json(&run(&home, &["task", "list", "--json"]));
        let shown = listed["tasks"][0]["spent_micro_usd"].as_u64().unwrap();
        assert!(shown.abs_diff(spent) <= book.entries.len() as u64, "{wire}: {shown} of {spent}");
        let replayed = run(&home, &[&QUESTION[..], &["--replay", "tape"]].concat());
        assert_eq!((replayed.code, &replayed.out), (0, &recorded.out), "{wire}: {replayed:?}");
    }
    drop(service.runtime);
}

/// The stream of such a server just ends: what it will not say there it is asked for without one, once.
#[test]
fn a_context_that_no_stream_tells_is_heard_all_the_same() {
    let mute = Behaviour { context_tokens: Some(2_400), mute_overflow: true, ..Behaviour::default() };
    let service = Service::start(mute);
    let home = home(&format!(
        "[providers.small]\nbase_url = \"{}\"\nmodels = [\"some-model\"]\nfree = true\n\
         [[routes]]\nmodels = [\"small/some-model\"]\n",
        service.url("/v1")
    ));
    let ran = run(&home, &QUESTION);
    assert_eq!(ran.code, 0, "{ran:?}");
    let entries = service.server.ledger().book().entries;
    let mute = entries.iter().filter(|entry| entry.streamed && entry.body_bytes == 0).count();
    let asked: Vec<_> = entries.iter().filter(|entry| !entry.streamed).map(|entry| entry.status).collect();
    assert_eq!((mute, asked), (1, vec![Some(400)]), "of {}", entries.len());
    drop(service.runtime);
}

/// As with a proxy whose streams all fail, each in its own way, while it passes plain answers on.
#[test]
fn a_server_whose_streams_all_fail_is_asked_for_whole_answers() {
    let rows = [
        ("chat", "/v1", Fault::Refuse { with: Refusal::Internal }),
        ("chat", "/v1", Fault::WrongContentType),
        ("chat", "/v1", Fault::Cut { at_byte: 200, how: Ending::Close }),
        ("responses", "/v1", Fault::Refuse { with: Refusal::Unavailable }),
        ("messages", "", Fault::StreamError),
        ("gemini", "", Fault::EmptyBody),
    ];
    for (wire, path, fault) in rows {
        let behaviour =
            Behaviour { faults: vec![FaultRule::on_streams(fault.clone())], ..Behaviour::default() };
        let service = Service::start(behaviour);
        let home = home(&format!(
            "[providers.proxy]\nwire = \"{wire}\"\nbase_url = \"{}\"\nmodels = [\"some-model\"]\nfree = true\n\
             [[routes]]\nmodels = [\"proxy/some-model\"]\n",
            service.url(path)
        ));
        let ran = run(&home, &QUESTION);
        assert_eq!(ran.code, 0, "{wire} {fault:?}: {ran:?}");
        let entries = service.server.ledger().book().entries;
        let streams = entries.iter().filter(|entry| entry.streamed).count();
        assert!(
            entries.len() > 12 && (3..9).contains(&streams),
            "{wire} {fault:?}: {streams} of {}",
            entries.len()
        );
        drop(service.runtime);
    }
}

#[test]
fn a_task_whose_model_was_refused_goes_on_with_what_was_paid_for() {
    let refuse = FaultRule::on(Fault::Refuse { with: Refusal::Unauthorized }, (4..400).collect::<Vec<u64>>());
    let service = Service::start(Behaviour { faults: vec![refuse], subtasks: 1, ..Behaviour::default() });
    let settings = service.settings().replace("\"first/gpt-4.1-mini\", ", "");
    let home = home(&settings);
    let ran = run(&home, &QUESTION);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.err.contains("unauthorized"), "{ran:?}");
    service.server.behave(Behaviour { subtasks: 1, ..Behaviour::default() });
    let before = service.server.ledger().book().entries.len();
    let resumed = run(&home, &["task", "resume", "last"]);
    assert_eq!(resumed.code, 0, "{resumed:?}");
    let entries = service.server.ledger().book().entries;
    let again = entries[before..].iter().any(|entry| entries[..3].iter().any(|paid| paid.body == entry.body));
    assert!(!again, "analysis, selection and plan were paid for before");
    drop(service.runtime);
}

#[test]
fn a_key_that_is_missing_and_a_server_that_is_away_are_said_before_anything_is_submitted() {
    let home = home("[providers.away]\nbase_url = \"http://127.0.0.1:9/v1\"\nmodels = [\"m\"]\n");
    let rows: [(&[&str], &str); 4] = [
        (&["--provider", "openai"], "Set OPENAI_API_KEY"),
        (&["--model", "anthropic/claude-sonnet-5-5"], "Set ANTHROPIC_API_KEY"),
        (&["--model", "away/m"], "cannot be reached"),
        (&["--model", "nobody-7b"], "No provider lists a model 'nobody-7b'"),
    ];
    for (arguments, told) in rows {
        let ran = run(&home, &[&QUESTION[..], arguments].concat());
        assert!(ran.code != 0 && ran.err.contains(told), "{told}: {ran:?}");
        assert!(run(&home, &["task", "list"]).out.lines().count() <= 1);
    }
    let models = json(&run(&home, &["models", "--json"]));
    assert_eq!(models["models"].as_array().unwrap().len(), 1, "only the offline provider: {models}");
    let doctor = run(&home, &["doctor"]);
    assert!(doctor.code != 0 && doctor.out.contains("'away' does not answer"), "{doctor:?}");
}

/// Who names a service wants its answers: without it nothing is done offline unless that is asked for, and where others can
/// answer it is said that this one is passed over.
#[test]
fn a_named_service_that_lacks_something_is_not_quietly_replaced() {
    let office = "[providers.office]\nbase_url = \"https://models.example/v1\"\nkey_env = \"OFFICE_KEY\"\nmodels = [\"m\"]\n";
    let keyless = home(office);
    let away = home("[providers.away]\nbase_url = \"http://127.0.0.1:9/v1\"\n");
    for (home, told) in [(&keyless, "Set OFFICE_KEY"), (&away, "'away' does not answer")] {
        let refused = run(home, &QUESTION);
        assert!(refused.code == 12 && refused.err.contains(told), "{told}: {refused:?}");
        assert!(refused.err.contains("`--provider extractive` works offline"), "{refused:?}");
        assert!(run(home, &["task", "list"]).out.lines().count() <= 1);
        run(home, &[&QUESTION[..], &["--provider", "extractive"]].concat()).exits(0);
        run(home, &[&QUESTION[..], &["--route", "local"]].concat()).exits(0);
        let models = run(home, &["models"]).exits(0);
        assert!(models.out.contains("Tasks are refused") && models.out.contains(told), "{models:?}");
    }
    let service = Service::start(Behaviour::default());
    let other =
        home(&format!("[providers.one]\nbase_url = \"{}\"\nmodels = [\"typo\"]\n", service.url("/v1")));
    let refused = run(&other, &QUESTION);
    assert!(refused.code == 12 && refused.err.contains("'one' does not list 'typo'"), "{refused:?}");
    let ollama = Ran::of(home("").command(&QUESTION).env("OLLAMA_HOST", "127.0.0.1:9").output().unwrap());
    assert!(ollama.code == 12 && ollama.err.contains("'ollama' does not answer"), "{ollama:?}");
    let both = home(&format!("{office}[providers.here]\nbase_url = \"{}\"\n", service.url("/v1")));
    let ran = run(&both, &QUESTION).exits(0);
    assert!(ran.err.contains("Set OFFICE_KEY") && ran.err.contains("It is passed over."), "{ran:?}");
    drop(service.runtime);
}

/// A server of one's own that was not there when the process began is found by it, and tasks may have its models.
#[test]
fn a_server_that_comes_up_later_is_found() {
    let service = Service::start(Behaviour::default());
    let url = service.url("/v1");
    let port = url.rsplit([':', '/']).nth(1).unwrap().parse().unwrap();
    drop(service);
    let home =
        home(&format!("look_again_seconds = 1\n[providers.office]\nwire = \"chat\"\nbase_url = \"{url}\"\n"));
    let mut owner = configured(&home, &["up"]).spawn().unwrap();
    let mut said = BufReader::new(owner.stderr.take().unwrap());
    wait_for(&mut said, "Running the tasks");
    let task = [&QUESTION[..], &["--model", "office/local-model"]].concat();
    let refused = run(&home, &task);
    assert!(refused.code != 0 && refused.err.contains("'office' does not answer"), "{refused:?}");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let server = runtime.block_on(Server::start_on(port, Behaviour::default())).unwrap();
    wait_for(&mut said, "Found 'office'");
    let ran = run(&home, &task);
    assert!(ran.code == 0 && ran.out.contains("licence.txt:"), "{ran:?}");
    assert!(server.ledger().book().entries.len() >= 12);
    signal(&owner, "-TERM");
    assert_eq!(owner.wait().unwrap().code(), Some(0));
    drop(runtime);
}

#[test]
fn a_killed_run_pays_for_nothing_twice_but_what_was_in_flight() {
    let service = Service::start(Behaviour::default());
    let stall = FaultRule::on(Fault::Stall { at: divisi_vendors::Place::Chunks }, [7]);
    service.server.behave(Behaviour { faults: vec![stall], ..Behaviour::default() });
    let settings = service.settings().replace("\"first/gpt-4.1-mini\", ", "");
    let home = home(&settings);
    let mut running = configured(&home, &QUESTION).spawn().unwrap();
    let mut lines = BufReader::new(running.stderr.take().unwrap());
    wait_for(&mut lines, "begins");
    service.runtime.block_on(service.server.ledger().wait_for(|book| book.entries.len() >= 7));
    running.kill().unwrap();
    running.wait().unwrap();
    let first = service.server.ledger().book().entries;
    service.server.behave(Behaviour::default());
    let resumed = run(&home, &["task", "resume", "last"]);
    assert_eq!(resumed.code, 0, "{resumed:?}");
    let entries = service.server.ledger().book().entries;
    let mut bodies: Vec<String> = entries.iter().map(|entry| entry.body.to_string()).collect();
    let all = bodies.len();
    bodies.sort();
    bodies.dedup();
    let open = first.iter().filter(|entry| entry.ended != Some(divisi_vendors::Ended::Whole)).count();
    // What the process had read and not yet recorded when it died counts as in flight, too.
    assert!(
        all - bodies.len() <= open + 3,
        "{} calls were made again, {open} were in flight",
        all - bodies.len()
    );
    drop(service.runtime);
}

/// llama.cpp's server answers for any name with the model that it has.
#[test]
fn a_model_that_a_server_does_not_list_is_not_asked_of_it() {
    let service = Service::start(Behaviour { slots: Some(1), ..Behaviour::default() });
    let home = home("");
    let mut command = configured(&home, &QUESTION);
    command.args(["--model", "openai/gpt-9"]).env("OPENAI_BASE_URL", service.url("/v1"));
    let ran = Ran::of(command.output().unwrap());
    assert!(ran.code != 0 && ran.err.contains("'openai' has no model 'gpt-9'"), "{ran:?}");
    assert!(ran.err.contains("local-model"), "what there is: {ran:?}");
    assert_eq!(service.server.ledger().book().entries.len(), 0, "nobody was asked");
    drop(service.runtime);
}

/// As llama.cpp's own server does. Who is asked more lets calls wait without a word, and they run into their deadlines.
#[test]
fn a_server_is_asked_no_more_at_once_than_it_has_slots() {
    let pause = Fault::Delay { at: divisi_vendors::Place::Headers, wait: divisi_vendors::Wait::Millis(30) };
    for (slots, allowed, model) in
        [(1, 1, "openai/local-model"), (2, 2, "openai/local-model"), (1, 1, "own/claude-haiku-4-5")]
    {
        let faults = vec![FaultRule::always(pause.clone())];
        let service =
            Service::start(Behaviour { slots: Some(slots), subtasks: 6, faults, ..Behaviour::default() });
        let own = format!(
            "[providers.own]\nwire = \"messages\"\nbase_url = \"{}\"\nfree = true\n",
            service.url("/")
        );
        let home = home(&own);
        let mut command = configured(&home, &QUESTION);
        command.args(["--model", model]).env("OPENAI_BASE_URL", service.url("/v1"));
        let ran = Ran::of(command.output().unwrap());
        // The model behind it does not read what a tool that it called in JSON has brought: it calls the same again, and no
        // subtask comes to a solution. The calls are what counts.
        assert!(matches!(ran.code, 0 | 4), "{ran:?}");
        let book = service.server.ledger().book();
        assert!(book.entries.len() > 12, "{} calls", book.entries.len());
        assert!(book.others.iter().any(|asked| asked == "GET /props"), "{:?}", book.others);
        // An answer that has just been sent counts as open for a moment.
        assert!(book.open_max <= allowed + 1, "{model}: {} at once, {slots} slots", book.open_max);
        drop(service.runtime);
    }
}

#[test]
fn what_was_recorded_is_replayed_offline_and_another_question_is_a_miss() {
    let service = Service::start(Behaviour::default());
    let home = home(&service.settings());
    let recorded = run(&home, &[&QUESTION[..], &["--record", "tape"]].concat());
    assert_eq!(recorded.code, 0, "{recorded:?}");
    let calls = service.server.ledger().book().entries.len();
    let replayed = run(&home, &[&QUESTION[..], &["--replay", "tape"]].concat());
    assert_eq!((replayed.code, &replayed.out), (0, &recorded.out), "{replayed:?}");
    let other = ["run", "Is there a warranty?", "--file", "licence.txt", "--replay", "tape"];
    let missed = run(&home, &other);
    assert!(missed.code != 0, "{missed:?}");
    assert_eq!(service.server.ledger().book().entries.len(), calls, "nobody was called");
    let listed = run(&home, &["task", "list"]).out;
    assert_eq!(listed.matches("May I sell").count(), 1, "a replay has a folder of its own: {listed}");
    drop(service.runtime);
}

/// The room that a model had when it was recorded is in the cassette, and on replay nobody is looked for.
#[test]
fn a_cassette_of_a_small_model_is_replayed_where_there_is_none() {
    let service = Service::start(Behaviour::default());
    let small = format!(
        "[providers.small]\nwire = \"chat\"\nbase_url = \"{}\"\nmodels = [\"gpt-4.1-mini\"]\ncontext_tokens = 5400\nfree = true\n\
         [providers.other]\nwire = \"messages\"\nbase_url = \"{}\"\nmodels = [\"claude-haiku-4-5\"]\nfree = true\n\
         [[routes]]\nmodels = [\"small/gpt-4.1-mini\"]\n[[routes]]\npurpose = \"review\"\nmodels = [\"other/claude-haiku-4-5\"]\n",
        service.url("/v1"),
        service.url("")
    );
    let here = home(&small);
    let recorded = run(&here, &[&QUESTION[..], &["--record", "tape"]].concat());
    assert_eq!(recorded.code, 0, "{recorded:?}");
    drop(service);

    let heard = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    heard.set_nonblocking(true).unwrap();
    let there = Home::new();
    let url = format!("http://{}/v1", heard.local_addr().unwrap());
    let tape = here.path("tape").display().to_string();
    let mut replay = there.command(&[&QUESTION[..], &["--replay", &tape]].concat());
    replay.env("OPENAI_BASE_URL", &url).env("OPENAI_API_KEY", "secret-key-1");
    let replayed = Ran::of(replay.output().unwrap());
    assert_eq!((replayed.code, &replayed.out), (0, &recorded.out), "{replayed:?}");
    assert!(heard.accept().is_err(), "somebody was asked");
}
