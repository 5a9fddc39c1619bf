//! The programs behind `divisi bench`: what the engine and the gateway do on this machine, beside what they should do.
//!
//! Every figure is measured in the run that prints it, beside a yardstick of the same minute: the disk's own rate of
//! syncs and a bare group-commit loop. What was not measured says so. Nothing here reads a clock or the environment of
//! its own, and no test of anything is a matter of time.

mod child;
mod error;
mod figure;
mod load;
mod machine;
mod means;
mod parts;
mod process;
mod report;
mod scale;
mod statistics;
mod table;
mod wire;
mod yardstick;

pub use error::BenchError;
pub use figure::{Beside, Figure, Goal, Unit};
pub use machine::Machine;
pub use means::Means;
pub use parts::Part;
pub use report::{Choice, Report, Subject, measure};
pub use scale::Scale;
pub use table::rendered;
pub use wire::serve;
