//! Measurements of the engine and the gateway, by `divisi_bench`: here are only its clock, its chance and its place on the disk.

use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Subcommand};
use divisi_bench::{BenchError, Choice, Means, Part, Scale, Subject, rendered};

use super::World;
use crate::compose::{ProcessClock, SystemChance, monotonic};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;

/// What is measured.
#[derive(Debug, Subcommand)]
pub(crate) enum BenchCommand {
    /// The engine: speed, memory, room on the disk, with the goals beside each figure. Takes minutes.
    Engine(MeasureArgs),
    /// The gateway, against a server on this machine: what it adds to a call, memory of a stream, whole tasks over the wire.
    Gateway(MeasureArgs),
    /// The server that the gateway is measured against: prints its port, and serves until it is ended.
    #[command(hide = true)]
    Serve {
        /// Milliseconds until it answers.
        latency_ms: u64,
    },
    /// One measurement in this process; prints its figures as JSON.
    #[command(hide = true)]
    Part {
        /// Which.
        part: Part,
        /// How much.
        scale: Scale,
    },
}

#[derive(Debug, Args)]
pub(crate) struct MeasureArgs {
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Only this measurement; may be given several times.
    #[arg(long, value_name = "NAME")]
    only: Vec<Part>,
    /// Only see that everything works: the figures mean nothing.
    #[arg(long)]
    quick: bool,
    /// Also what takes long: a million tasks, a clean build.
    #[arg(long, conflicts_with = "quick")]
    full: bool,
}

/// Measures and prints.
pub(crate) async fn run(world: &World, command: BenchCommand) -> Result<Exit, Failure> {
    let means = means(world)?;
    match command {
        BenchCommand::Part { part, scale } => {
            let figures = part.run(&means, scale).await.map_err(failure)?;
            output::print_json(&figures)?;
            Ok(Exit::Done)
        }
        BenchCommand::Serve { latency_ms } => {
            let port = |port: u16| drop(output::print(&format!("{port}\n")));
            divisi_bench::serve(Duration::from_millis(latency_ms), port).await.map_err(failure)?;
            Ok(Exit::Done)
        }
        BenchCommand::Engine(args) => measure(&means, &args, Subject::Engine).await,
        BenchCommand::Gateway(args) => measure(&means, &args, Subject::Gateway).await,
    }
}

async fn measure(means: &Means, args: &MeasureArgs, subject: Subject) -> Result<Exit, Failure> {
    let scale = match (args.quick, args.full) {
        (true, _) => Scale::Quick,
        (false, true) => Scale::Full,
        (false, false) => Scale::Usual,
    };
    let choice = Choice { scale, only: args.only.clone(), subject };
    let tell = |part: Part| output::tell(&format!("{}: {}", part.as_str(), part.purpose()));
    let report = divisi_bench::measure(means, &choice, tell).await.map_err(failure)?;
    if args.json {
        output::print_json(&report)?;
    } else {
        output::print(&rendered(&report))?;
    }
    Ok(if report.is_whole() { Exit::Done } else { Exit::Findings })
}

/// Measured is the disk of the data folder.
fn means(world: &World) -> Result<Means, Failure> {
    let program = std::env::current_exe()
        .map_err(|error| Failure::setup(format!("This program cannot be found: {error}.")))?;
    let watch: fn() -> Duration = monotonic;
    Ok(Means {
        watch,
        clock: Arc::new(ProcessClock::start(None)),
        chance: Arc::new(SystemChance),
        program,
        scratch: world.places.data.clone(),
    })
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn failure(error: BenchError) -> Failure {
    Failure::Other(format!("The measurement failed: {error}."))
}
