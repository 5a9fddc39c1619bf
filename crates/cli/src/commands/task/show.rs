use divisi_api::TaskView;
use divisi_engine::driver::Clock as _;

use crate::args::task::OneArgs;
use crate::commands::World;
use crate::commands::resolve::resolve;
use crate::compose::{Need, ProcessClock};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::progress::{Snapshot, calls, closing, rows};
use crate::render::{ago, cost, plain, plain_line, unknown_text};

/// Prints where a task stands.
pub(super) async fn show(world: &World, args: &OneArgs) -> Result<Exit, Failure> {
    let session = world.session(Need::Read).await?;
    let id = resolve(&session.client, args.task).await?;
    let task = session.client.show(id).await?;
    if args.json {
        output::print_json(&task)?;
        return Ok(Exit::Done);
    }
    let plan = session.client.plan(id).await?;
    let now = ProcessClock::start(None).now();
    let submitted = format!("submitted  {}\n\n", ago(task.created_at, now));
    let mut text = head(&task) + &submitted;
    let end = task.completed_at.unwrap_or(now);
    let terminal = crate::render::Terminal {
        progress_color: world.terminal.color,
        width: world.terminal.list_width,
        ..world.terminal
    };
    let ended = task.status.is_terminal();
    let snapshot = Snapshot { task, plan };
    text += &rows(&snapshot, &terminal, end).join("\n");
    text.push('\n');
    text += &unknown_text(&snapshot.task.task_id.to_string(), &snapshot.task.unknown_calls);
    for problem in &snapshot.task.problems {
        text += "\n";
        text += &plain_line(problem);
        text += "\n";
    }
    if ended {
        text.push('\n');
        text += &plain(&closing(&snapshot.task).join("\n"));
        text.push('\n');
    }
    output::print(&text)?;
    Ok(Exit::Done)
}

fn head(task: &TaskView) -> String {
    let cap = task.cap_micro_usd.map(|cap| format!(" of {}", cost(cap))).unwrap_or_default();
    let title = if task.erased { "(erased)" } else { task.title.as_str() };
    let rating = task.rating.map(|stars| format!("rating     {stars} of 5\n")).unwrap_or_default();
    let beyond = match task.excess_micro_usd {
        0 => String::new(),
        excess => format!(" ({} more than was reserved)", cost(excess)),
    };
    let facts = format!(
        "{}\n{}\n\nstatus     {} ({})\ncrew       {}\npass       {}\ncost       {}{cap}{beyond}, {}\n",
        plain_line(title),
        task.task_id,
        task.status.as_str().replace('_', " "),
        task.state,
        format!("{} {}", task.crew, task.crew_version).trim_end(),
        task.pass,
        cost(task.spent_micro_usd),
        calls(task),
    );
    let documents = task.attachments.iter().map(|file| {
        let trouble = file.unreadable.as_ref().map(|why| format!(": not read. {why}")).unwrap_or_default();
        let source = if file.source.is_empty() { String::new() } else { format!("{} ", file.source) };
        plain_line(&format!("document   {source}{}{trouble}", file.file)).into_owned() + "\n"
    });
    std::iter::once(facts).chain([rating]).chain(documents).collect()
}
