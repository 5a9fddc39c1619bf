//! The composition root: the only place where stores, providers, tools, engine and server are put together, and the
//! home of the clock, of chance and of the environment.

mod chance;
mod clock;
mod crews;
mod folder;
mod maintain;
mod owner;
mod scripted;
mod session;

pub(crate) use chance::SystemChance;
pub(crate) use clock::{ProcessClock, monotonic};
pub(crate) use crews::Shelf;
pub(crate) use folder::{Places, places};
pub(crate) use maintain::{Tended, owner, reader};
pub(crate) use owner::{parse_sample, provider_names, tool_names};
pub(crate) use session::{Need, Session, SessionError};
