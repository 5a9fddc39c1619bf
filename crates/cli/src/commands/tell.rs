//! Telling the owner something, even where the folder is just being handed over.

use divisi_client::Client;

use super::World;
use super::leave::leave;
use crate::compose::{Need, Session, handover_rest};
use crate::failure::Failure;
use crate::signals::Signals;

/// How often something is told, where the owner is always just leaving.
pub(super) const TELLS_MAX: u32 = 5;

/// What came of it.
pub(crate) enum Told<T> {
    /// The answer, and the way it came.
    Answered(Session, T),
    /// A signal came first; the way is closed.
    Stopped,
}

/// Opens a way and says something. Where the owner leaves before it answers, it is said again to the next one: `say` must
/// come to the same, however often it was carried out.
pub(crate) async fn tell<T>(
    world: &World,
    signals: &mut Signals,
    need: Need,
    say: impl AsyncFn(&Client) -> Result<T, Failure>,
) -> Result<Told<T>, Failure> {
    let mut said = 0;
    loop {
        let Ok(opened) = signals.until(world.session(need)).await else { return Ok(Told::Stopped) };
        let session = opened?;
        said += 1;
        match signals.until(say(&session.client)).await {
            Ok(Ok(answer)) => return Ok(Told::Answered(session, answer)),
            Ok(Err(failure)) if failure.is_passing() && !session.owns() && said < TELLS_MAX => {
                handover_rest().await;
            }
            Ok(Err(failure)) => {
                leave(world, session, signals).await;
                return Err(failure);
            }
            Err(_) => {
                leave(world, session, signals).await;
                return Ok(Told::Stopped);
            }
        }
    }
}
