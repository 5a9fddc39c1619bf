//! Giving the data folder back at the end of a command.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use super::{World, background};
use crate::compose::{Session, Work};
use crate::exit::Exit;
use crate::output;
use crate::signals::Signals;

/// After this time it is said what is waited for.
const SILENT_MAX: Duration = Duration::from_secs(1);

/// Lets calls in flight end and gives the folder back, if this process owns it; then a process in the background goes on
/// with tasks that were left to it. `Some`: a signal came meanwhile, and nothing was waited for.
pub(crate) async fn leave(world: &World, session: Session, signals: &mut Signals) -> Option<Exit> {
    let Session { owner: Some(owner), .. } = session else { return None };
    let (store, work) = (Arc::clone(owner.handle.store()), owner.work);
    let mut closing = pin!(owner.hand_over(world.settings.drain()));
    let soon = tokio::time::timeout(SILENT_MAX, signals.until(&mut closing)).await;
    let closed = if let Ok(closed) = soon {
        closed
    } else {
        output::tell("Calls in flight end first (Ctrl-C leaves at once).");
        signals.until(closing).await
    };
    if work == Work::Perform {
        background::go_on(world, store.as_ref());
    }
    closed.err().map(|_| Exit::Interrupted)
}
