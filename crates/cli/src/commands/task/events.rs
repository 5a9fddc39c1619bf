use divisi_api::EventView;

use crate::args::task::EventsArgs;
use crate::commands::World;
use crate::commands::resolve::resolve;
use crate::compose::Need;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;

/// Prints the log of a task.
pub(super) async fn events(world: &World, args: &EventsArgs) -> Result<Exit, Failure> {
    let session = world.session(Need::Read).await?;
    let id = resolve(&session.client, args.task).await?;
    let mut after = args.after;
    loop {
        let page = session.client.events(id, after).await?;
        let mut text = String::new();
        for event in &page.events {
            text += &line(event, args.json)?;
            text.push('\n');
        }
        output::print(&text)?;
        after = page.last_seq;
        if !page.more {
            return Ok(Exit::Done);
        }
    }
}

fn line(event: &EventView, json: bool) -> Result<String, Failure> {
    if json {
        return output::json_line(event);
    }
    let data = output::json_line(&event.data)?;
    Ok(format!("{:>5}  {}  {:<20} {data}", event.seq, divisi_api::time::format(event.at), event.kind))
}
