//! The store contracts on SQLite: the data folder, one writer thread with group commit, a bounded pool of readers,
//! content files, and the full-text index in a file of its own.
//!
//! All SQL of the embedded store is here and only here. Nothing here knows what an event means, reads the wall clock, or
//! retries a failed sync.

mod connection;
mod disk;
mod error;
mod files;
mod folder;
mod index;
mod kinds;
mod maintenance;
mod migrate;
mod ownership;
#[cfg(feature = "planted")]
mod planted;
mod pool;
#[cfg(unix)]
mod privacy;
mod reader;
mod reads;
mod recent;
mod reserve;
mod store;
mod writer;
mod yardstick;

pub use disk::{Disk, DiskFile, SystemDisk};
pub use folder::DataFolder;
pub use index::{IndexOrigin, SqliteIndex, SqliteSearch};
pub use kinds::KindName;
pub use ownership::{Owner, Ownership};
#[cfg(feature = "planted")]
pub use planted::{Planted, damage_tasks};
pub use reader::SqliteReader;
pub use reads::space::{Space, TableSpace};
pub use store::{SqliteStore, StoreOptions};
pub use yardstick::{BareLog, BareStep};
