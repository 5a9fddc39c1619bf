//! The HTTP contract over a local socket: routes that look up, ask the engine's handle and answer.
//!
//! Nothing here speaks SQL, names a vendor, decides a workflow or keeps state of its own. Every answer is of one
//! workspace: what belongs to another is not found.

mod api;
mod command;
mod deadline;
mod documents;
mod extract;
mod listen;
mod models;
mod problem;
mod router;
mod routes;
mod trace;
mod uploads;
mod validate;
mod views;

pub use api::{Api, CrewShelf, Offers, Parts};
pub use listen::{InProcess, ListenError, Socket, serve, serve_in_process};
pub use models::unknown_models;
pub use problem::Failure;
pub use router::router;
pub use routes::health::Doing;
