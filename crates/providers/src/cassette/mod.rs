//! Cassettes in folders: recording what providers say, and saying it again without them.

mod error;
mod folder;
mod recording;
mod replaying;
mod tape;
#[cfg(test)]
mod tests;

pub use error::CassetteError;
pub use folder::{HEADER_FILE, read, write};
pub use recording::Recording;
pub use replaying::{Replay, Replaying};
pub use tape::Tape;
