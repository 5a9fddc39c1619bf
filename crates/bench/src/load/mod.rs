//! Engines under load: a store on the disk, the scripted provider, and callers that wait for their tasks.

mod callers;
mod copies;
mod plant;

pub(crate) use callers::{Driven, drive, ended, one};
pub(crate) use copies::{Copies, at as copied_at, id as copy_id, title};
pub(crate) use plant::{Plant, SCRIPTED, Setup, Timer, WORKSPACE, crew_source, key, reader, store};
