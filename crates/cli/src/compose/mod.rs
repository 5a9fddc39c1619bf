//! The composition root: the only place where stores, providers, tools, engine and server are put together, and the
//! home of the clock, of chance and of the environment.

mod answer;
mod chance;
mod clock;
mod crews;
pub(crate) mod detached;
mod folder;
mod gateway;
mod growing;
mod held;
mod keys;
mod maintain;
mod models;
mod owner;
mod runnable;
mod scripted;
mod session;

pub(crate) use chance::{SystemChance, entropy, fresh_task};
pub(crate) use clock::{ProcessClock, monotonic};
pub(crate) use crews::Shelf;
pub(crate) use folder::{Places, places};
pub(crate) use gateway::{Key, Look, Models, Probed, Service, models_of, redaction, services, variable};
pub(crate) use held::Broken;
pub(crate) use keys::key_store;
pub(crate) use maintain::{Tended, owner, reader};
pub(crate) use models::models;
pub(crate) use owner::{Work, parse_sample, provider_names, tool_names};
pub(crate) use runnable::{Left, left};
pub(crate) use session::{Need, Session, SessionError, handover_rest, handover_tries};
