//! Faults of the disk and of the files under a real SQLite store: power cuts, failing calls, full disks, flipped bits.
//! Beside them one of time: very many timers that are due at once.
//!
//! A `FaultDisk` lies under a data folder. It writes down everything that the store and SQLite write and sync, and
//! fails what it is told to fail. From what it wrote down a `Platter` makes the files as a power cut would have left them.

mod disk;
mod failing;
mod flips;
mod full;
mod index;
mod platter;
mod power;
mod recovery;
mod tally;
mod timers;
mod vfs;
mod wal;
mod work;

pub use disk::{FaultDisk, Op};
pub use failing::failing_calls;
pub use flips::flipped_bits;
pub use full::{full_disks, full_volume};
pub use index::flipped_index;
pub use platter::{Left, Platter};
pub use power::{planted_bugs, power_cuts};
pub use recovery::cut_recoveries;
pub use tally::{Broken, Extent, Tally};
pub use timers::many_timers;
pub use wal::damaged_wal;
