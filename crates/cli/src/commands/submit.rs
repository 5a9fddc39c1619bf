//! Submitting a task: whatever comes in between, it is said what became of it.

use std::pin::pin;

use divisi_api::{CreateTask, Created};
use divisi_client::{Client, ClientError};
use divisi_domain::id::TaskId;

use super::World;
use super::follow::park;
use super::leave::leave;
use super::tell::TELLS_MAX;
use crate::compose::{Need, Session, fresh_task, handover_rest};
use crate::config::CassetteUse;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::signals::{Signals, Stop};

/// What came of it.
pub(super) enum Submitted {
    /// It is there, and this is the way to it.
    There(Box<Session>, TaskId),
    /// A signal came meanwhile; it was said what became of the task, and the way is closed.
    Stopped(Exit),
}

/// How the answer to a submission was waited for.
enum Answered {
    Here(Result<Created, ClientError>),
    /// Ctrl-C came first, and the answer was waited for all the same.
    Late(Result<Created, ClientError>),
    /// It was not waited for: a second Ctrl-C, or SIGTERM.
    Never(Stop),
}

/// Submits under a name of its own, so that an owner that is just leaving and the next one make one task of it. Ctrl-C parks
/// the task once it is there.
pub(super) async fn submit(
    world: &World,
    signals: &mut Signals,
    task: &CreateTask,
) -> Result<Submitted, Failure> {
    let id = match &world.settings.cassette {
        CassetteUse::Record(_, task) => *task,
        CassetteUse::None | CassetteUse::Replay(_) => fresh_task(),
    };
    let mut said = 0;
    loop {
        let Ok(opened) = signals.until(world.session(Need::Perform)).await else {
            output::tell(NOT_SUBMITTED);
            return Ok(Submitted::Stopped(Exit::Interrupted));
        };
        let session = opened?;
        said += 1;
        match answer(&session.client, signals, task, id).await {
            Answered::Here(Ok(created)) => return Ok(Submitted::There(Box::new(session), created.task_id)),
            Answered::Here(Err(refused)) => {
                let failure = Failure::from(refused);
                if failure.is_passing() && !session.owns() && said < TELLS_MAX {
                    handover_rest().await;
                    continue;
                }
                leave(world, session, signals).await;
                return Err(failure);
            }
            Answered::Late(answer) => {
                return late(world, session, signals, id, answer).await.map(Submitted::Stopped);
            }
            Answered::Never(stop) => {
                output::tell(&unknown(id, stop));
                leave(world, session, signals).await;
                return Ok(Submitted::Stopped(Exit::Interrupted));
            }
        }
    }
}

const NOT_SUBMITTED: &str = "Stopped before the task was submitted: there is nothing to resume.";

async fn answer(client: &Client, signals: &mut Signals, task: &CreateTask, id: TaskId) -> Answered {
    let key = id.to_string();
    let mut asked = pin!(client.create(task, Some(&key)));
    match signals.until(&mut asked).await {
        Ok(answer) => Answered::Here(answer),
        Err(Stop::Terminate) => Answered::Never(Stop::Terminate),
        Err(Stop::Interrupt) => {
            output::tell(
                "The task is still being submitted; it is parked as soon as it is there (Ctrl-C again leaves at once).",
            );
            signals.until(asked).await.map_or_else(Answered::Never, Answered::Late)
        }
    }
}

/// After Ctrl-C: the task is parked, or it is not there.
async fn late(
    world: &World,
    session: Session,
    signals: &mut Signals,
    id: TaskId,
    answer: Result<Created, ClientError>,
) -> Result<Exit, Failure> {
    let exit = match answer {
        Ok(_) => match signals.until(park(&session.client, id)).await {
            Ok(Ok(None)) => {
                output::tell(&format!("Parked. `divisi task resume {id}` goes on."));
                Ok(Exit::Parked)
            }
            Ok(Ok(Some(task))) => {
                output::tell(&format!("It had ended already: `divisi task result {id}` prints its report."));
                Ok(crate::exit::of_task(&task))
            }
            Ok(Err(failure)) => Err(failure),
            Err(stop) => {
                output::tell(&unknown(id, stop));
                Ok(Exit::Interrupted)
            }
        },
        Err(refused) => match Failure::from(refused) {
            failure if failure.is_passing() => {
                output::tell(&unknown(id, Stop::Interrupt));
                Ok(Exit::Interrupted)
            }
            failure => {
                output::tell(NOT_SUBMITTED);
                Err(failure)
            }
        },
    };
    match leave(world, session, signals).await {
        Some(left) if exit.is_ok() => Ok(left),
        _ => exit,
    }
}

fn unknown(id: TaskId, stop: Stop) -> String {
    let then = match stop {
        Stop::Interrupt => {
            format!("if it is, `divisi task cancel {id}` drops it, else it goes on with what runs next")
        }
        Stop::Terminate => {
            "if it is, it goes on when `divisi run`, `divisi up` or `divisi task resume` starts again"
                .to_owned()
        }
    };
    format!(
        "Stopped while the task was being submitted. `divisi task show {id}` tells whether it is there; {then}."
    )
}
