use std::path::Path;

use divisi_api::{PlanEdit, PlanView};
use divisi_client::Client;
use serde_json::Value;

use crate::args::TaskRef;
use crate::args::task::PlanArgs;
use crate::commands::World;
use crate::commands::resolve::resolve;
use crate::compose::Need;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::input::json_of;
use crate::output;
use crate::render::plan_text;

/// Prints the plan of a task, after it was edited where that is asked for.
pub(super) async fn plan(world: &World, args: &PlanArgs) -> Result<Exit, Failure> {
    let plan = if let Some(file) = &args.edit {
        edit(world, args.task, file).await?
    } else {
        let session = world.session(Need::Read).await?;
        let id = resolve(&session.client, args.task).await?;
        session.client.plan(id).await?
    };
    if args.json {
        output::print_json(&plan)?;
    } else {
        output::print(&plan_text(&plan, &world.terminal))?;
    }
    Ok(Exit::Done)
}

async fn edit(world: &World, task: TaskRef, file: &Path) -> Result<PlanView, Failure> {
    let edited = read(&world.base, file)?;
    let session = world.session(Need::Commit).await?;
    let done = replace(&session.client, task, &edited).await;
    session.close().await;
    done
}

async fn replace(client: &Client, task: TaskRef, edited: &PlanEdit) -> Result<PlanView, Failure> {
    let id = resolve(client, task).await?;
    Ok(client.edit_plan(id, edited).await?)
}

/// The plan alone, or the whole of what `--json` printed with the plan in its `draft`.
fn read(base: &Path, file: &Path) -> Result<PlanEdit, Failure> {
    Ok(match json_of(base, file, "plan")? {
        Value::Object(mut whole) if whole.contains_key("draft") => {
            PlanEdit(whole.remove("draft").unwrap_or_default())
        }
        plan => PlanEdit(plan),
    })
}
