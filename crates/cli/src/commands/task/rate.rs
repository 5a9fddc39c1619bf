use divisi_api::{Rate, Rated};
use divisi_client::Client;

use crate::args::task::RateArgs;
use crate::commands::World;
use crate::commands::resolve::resolve;
use crate::compose::Need;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;

/// Rates the result of a finished task.
pub(super) async fn rate(world: &World, args: &RateArgs) -> Result<Exit, Failure> {
    let session = world.session(Need::Commit).await?;
    let rated = ask(&session.client, args).await;
    session.close().await;
    let rated = rated?;
    output::tell(&format!("{}: rated {} of 5. Thank you.", rated.task_id, rated.rating));
    Ok(Exit::Done)
}

async fn ask(client: &Client, args: &RateArgs) -> Result<Rated, Failure> {
    let id = resolve(client, args.task).await?;
    let rate = Rate {
        rating: args.rating,
        was_useful: None,
        comments: args.comment.clone(),
        modifications: args.changed.clone(),
    };
    Ok(client.rate(id, &rate).await?)
}
