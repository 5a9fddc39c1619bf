//! The task machine against its scenario table, on two hosts, and against chaos.

mod chaos;
mod coverage;
mod hosts;
