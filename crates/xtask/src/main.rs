//! Programmes for developers. Nothing here is needed to build or run Divisi, and nothing here ships.
//!
//! Unlike every other room this one may use any of ours: its programmes drive the whole house from outside.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod acceptance;
mod codegen;
mod crash;
mod eval;
mod faults;
mod mutants;
mod place;
mod report;
mod sim;
mod tidy;

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "Programmes for developers of Divisi")]
struct Invocation {
    #[command(subcommand)]
    programme: Programme,
}

#[derive(Debug, Subcommand)]
enum Programme {
    /// Run whole tasks on a real small model, behind servers and a proxy that other people made, and hold what they leave.
    Acceptance(acceptance::Options),
    /// Write the files that are made from the code: diagrams of the machines, golden bytes of new event kinds.
    Codegen(codegen::Options),
    /// Kill the real binary again and again while it runs many tasks, and hold every promise against what is left.
    Crash(crash::Options),
    /// Measure whether something is useful, against questions with known answers.
    Eval(eval::Options),
    /// Inject every fault that a machine can have, and hold every promise against what is left.
    Faults(faults::Options),
    /// Plant small bugs into the machines, and see that the tests catch them.
    Mutants(mutants::Options),
    /// Simulate whole histories of the engine with faults, and hold every promise against them.
    Sim(sim::Options),
    /// Check the rules of the house that Cargo and clippy cannot check.
    Tidy(tidy::Options),
}

fn main() -> anyhow::Result<ExitCode> {
    match Invocation::parse().programme {
        Programme::Acceptance(options) => acceptance::run(&options),
        Programme::Codegen(options) => codegen::run(&options),
        Programme::Crash(options) => crash::run(&options),
        Programme::Eval(options) => eval::run(&options),
        Programme::Faults(options) => faults::run(&options),
        Programme::Mutants(options) => mutants::run(&options),
        Programme::Sim(options) => sim::run(&options),
        Programme::Tidy(options) => tidy::run(&options),
    }
}
