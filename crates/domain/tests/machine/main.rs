//! The task machine against its scenario table, on two hosts, against chaos, and piece by piece.
#![expect(clippy::unwrap_used, reason = "tests")]

mod chaos;
mod clocks;
mod coverage;
mod damaged;
mod driver;
mod effects;
mod hosts;
mod passes;
mod rules;
mod view;
