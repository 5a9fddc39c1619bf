//! Programmes for developers. Nothing here is needed to build or run Divisi, and nothing here ships.
//!
//! Unlike every other room this one may use any of ours: its programmes drive the whole house from outside.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod eval;
mod tidy;

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "Programmes for developers of Divisi")]
struct Invocation {
    #[command(subcommand)]
    programme: Programme,
}

#[derive(Debug, Subcommand)]
enum Programme {
    /// Measure whether something is useful, against questions with known answers.
    Eval(eval::Options),
    /// Check the rules of the house that Cargo and clippy cannot check.
    Tidy(tidy::Options),
}

fn main() -> anyhow::Result<ExitCode> {
    match Invocation::parse().programme {
        Programme::Eval(options) => eval::run(&options),
        Programme::Tidy(options) => tidy::run(&options),
    }
}
