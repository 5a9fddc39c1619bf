//! What is configured, found and missing, and the fix.

use divisi_domain::id::TaskId;
use divisi_domain::name::Name;
use divisi_engine::crew::parse;
use divisi_engine::driver::Clock as _;
use divisi_engine::view::rebuild::{self, RebuildError, Rebuilt};
use divisi_server::unknown_models;
use divisi_store::{Damage, StoreError, Verified};
use serde::Serialize;

use super::World;
use crate::compose::{
    Look, Models, ProcessClock, SessionError, Tended, key_store, models, owner, parse_sample, provider_names,
    reader, tool_names,
};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::render::{counted, plain_line};

/// What helps with a task that is damaged.
const DELETE: &str =
    "Restore the folder from a backup, or give the tasks that are named up: divisi task delete ID.";

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Check {
    what: String,
    ok: bool,
    found: String,
    /// What to do where it is not ok.
    #[serde(skip_serializing_if = "String::is_empty")]
    fix: String,
}

impl Check {
    fn ok(what: &str, found: impl Into<String>) -> Self {
        Self { what: what.to_owned(), ok: true, found: found.into(), fix: String::new() }
    }

    fn wrong(what: &str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what: what.to_owned(), ok: false, found: found.into(), fix: fix.into() }
    }
}

/// Looks at everything and prints what it found.
pub(super) async fn run(world: &World, rebuild: bool, json: bool) -> Result<Exit, Failure> {
    let mut checks = vec![configuration(world), folder(world), keys(world), parser(world)];
    checks.extend(crews(world));
    checks.extend(known_models(world).await);
    checks.extend(data(world, rebuild)?);
    let sound = checks.iter().all(|check| check.ok);
    if json {
        output::print_json(&checks)?;
    } else {
        let paint = world.terminal.paint();
        let mut lines = Vec::new();
        for check in &checks {
            let mark = if check.ok { paint.green("ok   ") } else { paint.red("WRONG") };
            lines.push(format!("{mark}  {:<14} {}\n", check.what, plain_line(&check.found)));
            if !check.fix.is_empty() {
                lines.push(format!("       {:<14} → {}\n", "", plain_line(&check.fix)));
            }
        }
        output::print(&lines.concat())?;
    }
    Ok(if sound { Exit::Done } else { Exit::Findings })
}

fn configuration(world: &World) -> Check {
    Check::ok(
        "configuration",
        match &world.config_file {
            Some((file, true)) => file.display().to_string(),
            Some((file, false)) => format!("defaults; {} does not exist", file.display()),
            None => "defaults".to_owned(),
        },
    )
}

fn folder(world: &World) -> Check {
    let data = &world.places.data;
    let who = match owner(&world.places) {
        Ok(Some(owner)) => format!("{owner} runs it"),
        Ok(None) if data.exists() => "nobody runs it now".to_owned(),
        Ok(None) => "does not exist yet; `divisi run` makes it".to_owned(),
        Err(error) => {
            return Check::wrong(
                "data folder",
                format!("{}: {error}", data.display()),
                "Check its permissions, or choose another with --data-dir.",
            );
        }
    };
    Check::ok("data folder", format!("{} ({who})", data.display()))
}

/// The key store opens, and every key in it.
fn keys(world: &World) -> Check {
    let store = key_store(&world.places, &world.settings);
    let opened = store.open().and_then(|opened| {
        let Some(opened) = opened else { return Ok(0) };
        let lines = store.lines()?;
        lines.iter().try_for_each(|line| opened.key(&line.name).map(|_| ()))?;
        Ok(lines.len())
    });
    match (opened, store.master()) {
        (Ok(count), Ok(Some(master))) => Check::ok(
            "keys",
            format!("{} in {}, sealed with {master}", counted(count as u64, "key"), store.file().display()),
        ),
        (Ok(_), _) => Check::ok("keys", "none is kept; `divisi keys set NAME` keeps one"),
        (Err(error), _) => {
            Check::wrong("keys", error.to_string(), "Do what it says; `divisi keys list` shows what is kept.")
        }
    }
}

fn parser(world: &World) -> Check {
    match parse_sample(&world.settings) {
        Ok(()) => Check::ok("documents", "txt, md, html, csv, json and pdf are read in a confined process"),
        Err(error) => Check::wrong(
            "documents",
            error,
            "The confined process does not start: raise parser_memory_mib_max, or look at the limits of this system.",
        ),
    }
}

async fn known_models(world: &World) -> Vec<Check> {
    let models = match Models::find(&world.places, &world.settings, Look::Ask).await {
        Ok(models) => models,
        Err(error) => {
            return vec![Check::wrong("models", error.to_string(), "Correct the settings it names.")];
        }
    };
    let scripted = models.terms.models().find(|(provider, ..)| provider.as_str() == "scripted");
    let scripted = scripted.map(|(provider, model, _)| format!("; {provider}/{model}")).unwrap_or_default();
    let offline = format!("extractive: works offline, without any language model{scripted}");
    let mut checks = vec![Check::ok("models", offline)];
    for (sound, what, said) in super::models::checks(&models) {
        checks.push(if sound {
            Check::ok(&what, said)
        } else {
            Check::wrong(
                &what,
                said,
                "Start the server, or correct its address; `divisi models --try` looks closer.",
            )
        });
    }
    checks
}

fn crews(world: &World) -> Vec<Check> {
    let (tools, terms) = (tool_names(), models(&world.places, &world.settings).unwrap_or_default());
    let configured = terms.models().map(|(provider, ..)| provider.clone());
    let providers: Vec<Name> = provider_names().into_iter().chain(configured).collect();
    let mut checks = Vec::new();
    for found in world.shelf().all() {
        let what = format!("crew {}", found.name);
        match parse(&found.source) {
            Err(faults) => {
                checks.push(Check::wrong(&what, faults.to_string(), format!("Mend {}.", found.origin)));
            }
            Ok(crew) => {
                let mut missing = crew.missing(&tools, &providers);
                if missing.is_empty() {
                    missing.extend(unknown_models(&crew, &terms));
                }
                if !missing.is_empty() {
                    checks.push(Check::wrong(
                        &what,
                        missing.join(" "),
                        format!("Change {}, or configure what it names.", found.origin),
                    ));
                } else if found.origin != "shipped" {
                    checks.push(Check::ok(&what, found.origin));
                }
            }
        }
    }
    let names: Vec<String> = world.shelf().all().into_iter().map(|found| found.name).collect();
    checks.insert(0, Check::ok("crews", names.join(", ")));
    checks
}

/// The data itself: fully where nobody runs it, else only what can be read beside its owner.
fn data(world: &World, rebuild: bool) -> Result<Vec<Check>, Failure> {
    let store = |error: StoreError| Failure::from(SessionError::from(error));
    match Tended::open(&world.places) {
        Ok(tended) => Ok(tend(&tended, rebuild)),
        Err(SessionError::Empty) => Ok(Vec::new()),
        Err(SessionError::Running(_)) => {
            let reads = reader(&world.places)?;
            let open = reads.map(|reads| reads.open_count(&[])).transpose().map_err(store)?.unwrap_or(0);
            Ok(vec![Check::ok(
                "data",
                format!(
                    "{} unfinished; checksums are only computed while nobody runs them",
                    counted(open, "task")
                ),
            )])
        }
        Err(error @ SessionError::Store(StoreError::Unavailable { .. })) => {
            let fix = "Check the permissions of the folder and its files, or choose another with --data-dir.";
            Ok(vec![Check::wrong("data", error.to_string(), fix)])
        }
        Err(error) => Ok(vec![damaged("data", &error)]),
    }
}

/// Everything that can be checked where nobody runs the folder. What cannot be read is a finding like any other.
fn tend(tended: &Tended, rebuild: bool) -> Vec<Check> {
    let verified = tended.store.verify();
    let mut checks =
        vec![verified.map_or_else(|error| damaged("data", &error), |verified| integrity(&verified))];
    checks.push(search(tended, rebuild));
    if rebuild {
        checks.push(rebuilt(tended).unwrap_or_else(|error| damaged("projections", &error)));
    }
    let now = ProcessClock::start(None).now();
    match tended.store.collect_blobs(now, divisi_domain::time::Millis::from_mins(60)) {
        Ok(collected) if collected.files == 0 => {}
        Ok(collected) => {
            let removed = format!("{} files that nothing refers to are removed", collected.files);
            checks.push(Check::ok("left-overs", removed));
        }
        Err(error) => checks.push(damaged("left-overs", &error)),
    }
    checks
}

fn damaged(what: &str, error: &dyn std::fmt::Display) -> Check {
    let fix = "Restore the folder from a backup, or choose another with --data-dir.";
    Check::wrong(what, error.to_string(), fix)
}

/// The search index, made anew where that is asked for.
fn search(tended: &Tended, rebuild: bool) -> Check {
    let archive = match &tended.archive {
        Ok(archive) => archive,
        Err(error) => {
            return Check::wrong("search", error.to_string(), "Move `index.db` away; it is made anew.");
        }
    };
    if rebuild {
        return match archive.rebuild() {
            Ok(tasks) => Check::ok("search", format!("the index of {} is made anew", counted(tasks, "task"))),
            Err(error) => Check::wrong("search", error.to_string(), "Make room, or mend what `data` names."),
        };
    }
    match archive.index().verify() {
        Ok(true) => Check::ok("search", "the index is whole"),
        Ok(false) => {
            Check::wrong("search", "the index is damaged", "`divisi doctor --rebuild` makes it anew.")
        }
        Err(error) => Check::wrong("search", error.to_string(), "`divisi doctor --rebuild` makes it anew."),
    }
}

fn integrity(verified: &Verified) -> Check {
    let read =
        format!("{} streams, {} events and {} contents", verified.streams, verified.events, verified.blobs);
    if verified.damage.is_empty() {
        return Check::ok("data", format!("{read} are whole"));
    }
    let damage: Vec<String> = verified.damage.iter().take(20).map(finding).collect();
    Check::wrong(
        "data",
        format!("{} of {read} are damaged: {}", verified.damage.len(), damage.join("; ")),
        DELETE,
    )
}

/// One finding, as a phrase.
fn finding(damage: &Damage) -> String {
    match damage {
        Damage::Event { stream, seq } => format!("{} from event {seq} on", stream.stream),
        Damage::Gap { stream, seq } => format!("{} lacks event {seq}", stream.stream),
        Damage::Blob { stream, blob } => format!("the content {blob:?} of {}", stream.stream),
        Damage::Snapshot { stream } => format!("the snapshot of {}, which is not used then", stream.stream),
        Damage::Database { report } => format!("the database: {report}"),
    }
}

/// Tasks that no rows can be built of; all others were looked at.
fn unreadable(outcome: &Rebuilt) -> Check {
    let names = outcome.damaged.iter().take(20).map(|(task, why)| format!("{task}: {why}"));
    let names: Vec<String> = names.collect();
    let (damaged, replaced) = (outcome.damaged.len(), outcome.differing.len());
    Check::wrong(
        "projections",
        format!(
            "{damaged} of {} tasks cannot be read; of the others {replaced} were not as their logs say and were replaced: {}",
            outcome.tasks,
            names.join("; ")
        ),
        DELETE,
    )
}

/// What the workspace was told of the cost of these tasks is not what their logs say.
fn unbalanced(tasks: &[TaskId]) -> Check {
    let names: Vec<String> = tasks.iter().take(20).map(ToString::to_string).collect();
    Check::wrong(
        "projections",
        format!(
            "the workspace's record of spending disagrees with {} tasks: {}",
            tasks.len(),
            names.join(", ")
        ),
        "The logs of the tasks are right. Please report it, for it should not happen.",
    )
}

/// Builds the rows of every task anew from its log; those that differ are replaced.
fn rebuilt(tended: &Tended) -> Result<Check, RebuildError> {
    let outcome = rebuild::all(tended.store.as_ref(), tended.workspace)?;
    if !outcome.damaged.is_empty() {
        return Ok(unreadable(&outcome));
    }
    if !outcome.unbalanced.is_empty() {
        return Ok(unbalanced(&outcome.unbalanced));
    }
    if outcome.agrees() {
        return Ok(Check::ok(
            "projections",
            format!("{} and the agents come out of their logs as they are", counted(outcome.tasks, "task")),
        ));
    }
    let tasks = outcome.differing.iter().map(ToString::to_string);
    let agents = outcome.agents.iter().map(ToString::to_string);
    let names: Vec<String> = tasks.chain(agents).take(20).collect();
    Ok(Check::wrong(
        "projections",
        format!(
            "{} of {} tasks and {} agents were not as their logs say and were replaced: {}",
            outcome.differing.len(),
            outcome.tasks,
            outcome.agents.len(),
            names.join(", ")
        ),
        "Nothing more to do; please report it, for it should not happen.",
    ))
}
