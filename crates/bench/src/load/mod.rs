//! Engines under load: a store on the disk, the scripted provider, and callers that wait for their tasks.

mod callers;
mod plant;

pub(crate) use callers::{Driven, drive};
pub(crate) use plant::{Plant, Setup, reader};
