//! `cargo xtask crash`: the real binary, killed with SIGKILL again and again while it runs many tasks. Witness and
//! ledger of acknowledgements lie outside of it; everything waits for events, nothing for time.

mod campaign;
mod counts;
mod observe;
mod plan;
mod process;
mod setup;
mod submit;
mod tally;
mod verdict;
mod witness;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use clap::Args;
use serde_json::json;

use crate::report::{now, say, write_result};
use campaign::Campaign;
use setup::{Folder, WORKSPACE};
use tally::Tally;
use verdict::Verdict;

/// A run that takes longer hangs.
const RUN_MAX: Duration = Duration::from_mins(10);

/// What to kill, and how often.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How often the process is killed.
    #[arg(long, default_value_t = 50)]
    kills: u64,
    /// Tasks that run at once; more are submitted where these end too early.
    #[arg(long, default_value_t = 200)]
    tasks: u64,
    /// Decides where it is killed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The binary; `divisi` beside this programme where none is named.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Seconds after which the run counts as hanging.
    #[arg(long, default_value_t = RUN_MAX.as_secs())]
    seconds_max: u64,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let program = match &options.binary {
        Some(binary) => binary.clone(),
        None => std::env::current_exe()?.with_file_name("divisi"),
    };
    let root = tempfile::Builder::new().prefix("divisi-crash-").tempdir()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let began = now();
    let done = runtime.block_on(kill_and_judge(options, &program, root.path()));
    runtime.shutdown_background();
    match done {
        Ok((tally, verdict)) => {
            let seconds = now().duration_since(began).as_secs_f64();
            print(&tally, &verdict, seconds);
            write_result("crash.json", &result(options, &tally, &verdict, seconds))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            let kept = root.keep();
            say(&format!(
                "reproduce: cargo xtask crash --kills {} --tasks {} --seed {}",
                options.kills, options.tasks, options.seed
            ));
            Err(error.context(format!(
                "a promise broke, or the run did not end; all of it is kept in {}",
                kept.display()
            )))
        }
    }
}

async fn kill_and_judge(options: &Options, program: &Path, root: &Path) -> anyhow::Result<(Tally, Verdict)> {
    let folder = Folder::make(root)?;
    let binary = folder.binary(program)?;
    let mut campaign = Campaign::new(&folder, binary)?;
    let running = campaign.run(options.kills, options.tasks, options.seed);
    let limit = Duration::from_secs(options.seconds_max);
    tokio::time::timeout(limit, running).await.context("the tasks do not come to an end")??;
    let store = folder.store()?;
    let (seen, acknowledged) = (campaign.seen(), campaign.acknowledged());
    let verdict = verdict::judge(&store, WORKSPACE, &acknowledged, &seen, &campaign.cut_off)?;
    let tally = campaign.tally;
    ensure!(
        verdict.attempts_again <= tally.attempts_cut_off,
        "{} calls were made again, {} were cut off by kills",
        verdict.attempts_again,
        tally.attempts_cut_off
    );
    let never = tally.never();
    if !never.is_empty() {
        bail!("this never happened, so nothing is known about it: {}", never.join(", "));
    }
    Ok((tally, verdict))
}

fn print(tally: &Tally, verdict: &Verdict, seconds: f64) {
    say(&format!(
        "{} kills over {} tasks in {seconds:.1} s: all acknowledged tasks are there and complete; {} events, {} attempts, {} of them made again ({} were cut off), {} of recorded steps; rows, money and checksums agree",
        tally.kills,
        verdict.tasks,
        verdict.events,
        verdict.attempts,
        verdict.attempts_again,
        tally.attempts_cut_off,
        verdict.recorded_steps_run_again,
    ));
    for (count, kind) in [
        (tally.kills_in_recovery, "kills during recovery"),
        (tally.kills_with_attempts_in_flight, "kills with attempts in flight"),
        (tally.kills_with_submissions_under_way, "kills with submissions under way"),
        (tally.attempts_cut_off, "attempts cut off"),
        (tally.starts_cut_off, "durable starts that never began"),
        (tally.submissions_durable_unanswered, "submissions durable and not answered"),
        (tally.submissions_lost_unanswered, "submissions neither durable nor answered"),
    ] {
        say(&format!("  {count:>8}  {kind}"));
    }
}

fn result(options: &Options, tally: &Tally, verdict: &Verdict, seconds: f64) -> serde_json::Value {
    json!({
        "programme": "crash",
        "kills": options.kills,
        "tasks": options.tasks,
        "seed": options.seed,
        "seconds": seconds,
        "injections": tally,
        "found": verdict,
        "verdict": "ok",
    })
}
