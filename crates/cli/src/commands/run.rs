use std::path::Path;
use std::time::Duration;

use divisi_api::{Budget, Context, CreateTask, Mode, TaskView};
use divisi_domain::id::TaskId;
use divisi_engine::crew::RoutePriority;
use divisi_llm::Purpose;

use super::follow::{Ended, Follow, follow};
use super::leave::leave;
use super::submit::{Submitted, submit};
use super::{World, background};
use crate::args::run::{JsonArg, RouteArg, RunArgs};
use crate::compose::{Service, Session, fresh_task};
use crate::config::CassetteUse;
use crate::exit::{Exit, of_task};
use crate::failure::Failure;
use crate::progress::Show;
use crate::render::{Links, plan_text, report_text};
use crate::signals::Signals;
use crate::{input, output};

/// More documents take so long to read that it is said.
const FILES_SILENT_MAX: usize = 20;

/// Submits a task, follows it, and prints its report.
pub(crate) async fn run(world: &World, args: RunArgs) -> Result<Exit, Failure> {
    match (&args.record, &args.replay) {
        (Some(folder), _) => {
            if Session::reach(&world.places, &world.settings).await?.is_some() {
                let sentence = "Another process runs the tasks of this data folder, so that nothing could be recorded here. \
                     Stop it, or name another folder with --data-dir.";
                return Err(Failure::setup(sentence));
            }
            let cassette = CassetteUse::Record(world.base.join(folder), fresh_task());
            work(&world.with_cassette(cassette), &args).await
        }
        (None, Some(folder)) => {
            // Other tasks of the usual folder are not in the cassette: a replay has a folder of its own.
            let data = tempfile::tempdir().map_err(|error| Failure::Other(error.to_string()))?;
            let mut replayed = world.with_cassette(CassetteUse::Replay(world.base.join(folder)));
            replayed.places.data = data.path().join("data");
            work(&replayed, &args).await
        }
        (None, None) => work(world, &args).await,
    }
}

async fn work(world: &World, args: &RunArgs) -> Result<Exit, Failure> {
    let question = input::question(&args.question, &args.files)?;
    args.output.as_deref().map_or(Ok(()), output::check_writable)?;
    let files = input::files(&world.base, &args.files)?;
    let links = Links::of(&world.base, &args.files);
    let task_files = files.attachments.len();
    for warning in files.warnings.iter().filter(|_| !args.quiet) {
        output::tell(&format!("note: {warning}"));
    }
    if args.files.is_empty() && !args.quiet {
        output::tell("note: No document was given. With --file PATH the work is done on yours.");
    }
    let task = CreateTask { attachments: files.attachments, ..request(world, args, question)? };
    if args.detach {
        return detach(world, &task, args.json.is_some()).await;
    }
    // From here on it is said what became of the task.
    let mut signals = Signals::listen()?;
    if task_files > FILES_SILENT_MAX && !args.quiet {
        output::tell(&format!("Reading {task_files} documents …"));
    }
    let (session, id) = match submit(world, &mut signals, &task).await? {
        Submitted::There(session, id) => (*session, id),
        Submitted::Stopped(exit) => return Ok(exit),
    };
    if args.record.is_some() && !session.owns() {
        output::tell(
            "note: Another process took this data folder in the meantime and performs the task: nothing of it is recorded.",
        );
    }
    announce(&session, args.quiet);
    announce_models(&session, args);
    let follow_as = Follow { task: id, after: 0, show: show(args), plan_only: args.plan_only };
    match follow(world, &mut signals, session, follow_as).await? {
        Ended::Over(session, task) => finish(world, &mut signals, args, &links, session, &task).await,
        Ended::Stopped(exit) => Ok(exit),
    }
}

/// Prints what there is to print at the end, and gives the folder back.
async fn finish(
    world: &World,
    signals: &mut Signals,
    args: &RunArgs,
    links: &Links,
    session: Session,
    task: &TaskView,
) -> Result<Exit, Failure> {
    let printed = signals.until(conclude(world, args, links, &session, task)).await;
    let tape = session.owner.as_ref().and_then(|owner| owner.models.tape.as_ref());
    if let Some(incomplete) = tape.and_then(|tape| tape.incomplete()) {
        output::tell(&incomplete);
    }
    let left = leave(world, session, signals).await;
    match (printed, left) {
        (Ok(Err(failure)), _) => Err(failure),
        (Err(_), _) | (_, Some(_)) => Ok(Exit::Interrupted),
        _ if args.plan_only && of_task(task) == Exit::WaitsForApproval => Ok(Exit::Done),
        _ => Ok(of_task(task)),
    }
}

async fn conclude(
    world: &World,
    args: &RunArgs,
    links: &Links,
    session: &Session,
    task: &TaskView,
) -> Result<(), Failure> {
    if task.status.is_terminal() {
        let output = args.output.as_deref();
        print_result(
            world,
            session,
            Brought::last(task.task_id),
            output,
            args.json == Some(JsonArg::Result),
            args.json == Some(JsonArg::Events),
            links,
        )
        .await?;
    } else if args.plan_only {
        let plan = session.client.plan(task.task_id).await?;
        match args.json {
            Some(JsonArg::Result) => output::print_json(&plan)?,
            Some(JsonArg::Events) => {}
            None => output::print(&plan_text(&plan, &world.terminal))?,
        }
    }
    if args.quiet {
        return Ok(());
    }
    if args.plan_only && !task.status.is_terminal() {
        let id = task.task_id;
        output::tell(&format!(
            "Nothing of it runs until it is approved; then `divisi task resume {id}` goes on. `divisi task cancel {id}` drops it."
        ));
    } else {
        output::tell_all(&crate::progress::closing(task));
    }
    Ok(())
}

/// What a task brought: in a pass, else in the last one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Brought {
    pub(crate) task: TaskId,
    pub(crate) pass: Option<u16>,
}

impl Brought {
    pub(crate) const fn last(task: TaskId) -> Self {
        Self { task, pass: None }
    }
}

/// Prints the result of a finished task, if it has one.
pub(crate) async fn print_result(
    world: &World,
    session: &Session,
    brought: Brought,
    to: Option<&Path>,
    json: bool,
    events: bool,
    links: &Links,
) -> Result<(), Failure> {
    if json {
        return match session.client.result(brought.task, brought.pass).await {
            Ok(result) => match to {
                Some(path) => {
                    let text = serde_json::to_string_pretty(&result)
                        .map_err(|error| Failure::Other(error.to_string()))?;
                    output::write_file(path, &(text + "\n"))
                }
                None => output::print_json(&result),
            },
            Err(refused) if refused.code() == Some(divisi_api::Code::NoResult) => Ok(()),
            Err(refused) => Err(refused.into()),
        };
    }
    let markdown = match session.client.result_markdown(brought.task, brought.pass).await {
        Ok(markdown) => markdown,
        Err(refused) if refused.code() == Some(divisi_api::Code::NoResult) => return Ok(()),
        Err(refused) => return Err(refused.into()),
    };
    match to {
        Some(path) => output::write_file(path, &markdown),
        None if events => Ok(()),
        None => output::print(&report_text(&markdown, &world.terminal, links)),
    }
}

fn show(args: &RunArgs) -> Show {
    match args.json {
        Some(JsonArg::Events) => Show::Events,
        _ if args.quiet => Show::Nothing,
        _ => Show::Progress,
    }
}

fn request(world: &World, args: &RunArgs, description: String) -> Result<CreateTask, Failure> {
    let (crew, crew_file) = crew(world, args)?;
    Ok(CreateTask {
        title: args.title.clone(),
        description,
        priority: args.priority.map(Into::into).unwrap_or_default(),
        context: Context {
            timeout_ms: args.timeout.map(millis),
            constraints: args.constraints.clone(),
            ..Context::default()
        },
        model: args.model.clone(),
        provider: args.provider.clone(),
        route: args.route.map(Into::into),
        mode: Some(mode(world, args, crew.as_deref(), crew_file.as_deref())),
        crew,
        crew_file,
        budget: args.budget.or(world.settings.budget_usd).map(|max_usd| Budget { max_usd }),
        plan_only: args.plan_only,
        ..CreateTask::default()
    })
}

/// A crew by name, or the text of a file: what looks like a path is one.
fn crew(world: &World, args: &RunArgs) -> Result<(Option<String>, Option<String>), Failure> {
    let Some(given) = &args.crew else { return Ok((Some(world.settings.crew.clone()), None)) };
    let path = world.base.join(given);
    if !given.contains('/') && !has_toml_ending(given) {
        return Ok((Some(given.clone()), None));
    }
    let text = std::fs::read_to_string(&path);
    text.map(|text| (None, Some(text)))
        .map_err(|error| Failure::Input(format!("The crew file '{given}' cannot be read: {error}.")))
}

fn has_toml_ending(given: &str) -> bool {
    Path::new(given).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml"))
}

/// The command line, then the settings, then the crew's own, then asking nothing.
fn mode(world: &World, args: &RunArgs, crew: Option<&str>, crew_file: Option<&str>) -> Mode {
    let shelf = world.shelf();
    let source = crew_file.map(str::to_owned).or_else(|| shelf.source(crew?).map(|found| found.source));
    let own =
        source.and_then(|source| divisi_engine::crew::parse(&source).ok()).and_then(|crew| crew.policy.mode);
    let own = own.map(|mode| match mode {
        divisi_engine::crew::Mode::FullAutonomous => Mode::FullAutonomous,
        divisi_engine::crew::Mode::Assisted => Mode::Assisted,
        divisi_engine::crew::Mode::Manual => Mode::Manual,
        divisi_engine::crew::Mode::Hybrid => Mode::Hybrid,
    });
    args.mode.map(Into::into).or(world.settings.mode).or(own).unwrap_or(Mode::FullAutonomous)
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

fn announce(session: &Session, quiet: bool) {
    if session.runnable > 0 && !quiet {
        let (tasks, them) = if session.runnable == 1 { ("task", "it") } else { ("tasks", "them") };
        output::tell(&format!(
            "Going on with {} unfinished {tasks} of this data folder meanwhile (`divisi task list`); what is left of {them} \
             goes on with the next `divisi run` or `divisi up`.",
            session.runnable
        ));
    }
}

/// Says where the documents go, where nobody chose that.
fn announce_models(session: &Session, args: &RunArgs) {
    let Some(owner) = session.owner.as_ref().filter(|_| !args.quiet) else { return };
    if args.model.is_some() || args.provider.is_some() {
        return;
    }
    let priority = args.route.map_or(owner.models.routing.priority, |route| match route {
        RouteArg::Best => RoutePriority::Best,
        RouteArg::Cheap => RoutePriority::Cheap,
        RouteArg::Local => RoutePriority::Local,
    });
    let Some(first) = owner.models.routing.routes.targets(Purpose::Work, priority).first() else { return };
    if first.provider.as_str() != divisi_providers::extractive::PROVIDER {
        for lack in passed_over(&owner.models.services) {
            output::tell(&format!("note: {lack} It is passed over."));
        }
        output::tell(&format!(
            "Working with {}/{}, unless the crew names models (`divisi models` lists them; `--provider extractive` works offline).",
            first.provider, first.model
        ));
    }
}

/// What those lack that somebody named and nobody can ask.
fn passed_over(services: &[Service]) -> impl Iterator<Item = String> {
    services.iter().filter(|service| service.is_named).filter_map(Service::lack)
}

async fn detach(world: &World, task: &CreateTask, json: bool) -> Result<Exit, Failure> {
    let created = background::submit(world, task).await?;
    if json {
        output::print_json(&created)?;
    } else {
        output::print(&format!("{}\n", created.task_id))?;
        output::tell(
            "It runs in the background. `divisi task watch last` follows it, `divisi task result last` prints the report.",
        );
    }
    Ok(Exit::Done)
}
