use std::path::Path;
use std::time::Duration;

use divisi_api::{Budget, Context, CreateTask, Mode, TaskView};
use divisi_domain::id::TaskId;
use divisi_domain::time::{Millis, Timestamp};
use divisi_engine::driver::Clock as _;

use super::World;
use super::follow::{Ended, Follow, follow};
use super::up::start_background;
use crate::args::run::{JsonArg, RunArgs};
use crate::compose::{Need, ProcessClock, Session};
use crate::exit::{Exit, of_task};
use crate::failure::Failure;
use crate::progress::Show;
use crate::render::{Links, plan_text, report_text};
use crate::{input, output};

/// Submits a task, follows it, and prints its report.
pub(crate) async fn run(world: &World, args: RunArgs) -> Result<Exit, Failure> {
    let question = input::question(&args.question, &args.files)?;
    let files = input::files(&world.base, &args.files)?;
    let links = Links::of(&world.base, &args.files);
    for warning in files.warnings.iter().filter(|_| !args.quiet) {
        output::tell(&format!("note: {warning}"));
    }
    let task = CreateTask { attachments: files.attachments, ..request(world, &args, question)? };
    if args.detach {
        return detach(world, &task, args.json.is_some()).await;
    }
    let session = world.session(Need::Perform).await?;
    announce(&session, args.quiet);
    let created = match session.client.create(&task, None).await {
        Ok(created) => created,
        Err(refused) => {
            session.close().await;
            return Err(refused.into());
        }
    };
    let follow_as = Follow { task: created.task_id, after: 0, show: show(&args), plan_only: args.plan_only };
    let ended = follow(world, session, follow_as).await?;
    finish(world, &args, &links, ended).await
}

/// What is printed at the end, by how it ended.
async fn finish(world: &World, args: &RunArgs, links: &Links, ended: Ended) -> Result<Exit, Failure> {
    let Ended { session, task, interrupted } = ended;
    let printed = match &session {
        Some(session) => conclude(world, args, links, session, &task).await,
        None => Ok(()),
    };
    if let Some(session) = session {
        session.close().await;
    }
    printed?;
    if let Some(exit) = interrupted {
        return Ok(exit);
    }
    Ok(if args.plan_only && of_task(&task) == Exit::WaitsForApproval { Exit::Done } else { of_task(&task) })
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
            task.task_id,
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
    if !args.quiet {
        output::tell_all(&crate::progress::closing(task));
    }
    Ok(())
}

/// Prints the result of a finished task, if it has one.
pub(crate) async fn print_result(
    world: &World,
    session: &Session,
    task: TaskId,
    to: Option<&Path>,
    json: bool,
    events: bool,
    links: &Links,
) -> Result<(), Failure> {
    if json {
        return match session.client.result(task).await {
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
    let markdown = match session.client.result_markdown(task).await {
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
            deadline: args.timeout.map(deadline),
            constraints: args.constraints.clone(),
            ..Context::default()
        },
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

fn deadline(span: Duration) -> Timestamp {
    let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    ProcessClock::start(None).now() + Millis(millis)
}

fn announce(session: &Session, quiet: bool) {
    if let Some(owner) = session.owner.as_ref().filter(|owner| owner.unfinished > 0 && !quiet) {
        let tasks = if owner.unfinished == 1 { "task" } else { "tasks" };
        output::tell(&format!(
            "Going on with {} unfinished {tasks} of this data folder as well (`divisi task list`).",
            owner.unfinished
        ));
    }
}

async fn detach(world: &World, task: &CreateTask, json: bool) -> Result<Exit, Failure> {
    let client = start_background(world).await?;
    let created = client.create(task, None).await?;
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
