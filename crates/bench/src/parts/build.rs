//! The binary and what building it takes; the latter only from a checkout, and only where everything is measured.

use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use crate::error::BenchError;
use crate::figure::{Figure, Unit};
use crate::means::Means;
use crate::scale::Scale;
use crate::statistics::number;

const CLEAN: &str = "clean release build, sources present";
const CHECK: &str = "`make check`, warm";

pub(super) async fn run(means: &Means, scale: Scale) -> Result<Vec<Figure>, BenchError> {
    let size =
        std::fs::metadata(&means.program).map_err(BenchError::system("looking at this program"))?.len();
    let kind = if cfg!(debug_assertions) { "debug binary" } else { "release binary" };
    let binary = Figure::of(kind, Unit::Megabytes, number(size) / 1e6).at_most(20.0);
    let why = match (scale, Path::new("Makefile").is_file() && Path::new("Cargo.lock").is_file()) {
        (Scale::Quick | Scale::Usual, _) => Some("only with --full"),
        (Scale::Full, false) => Some("only from the folder of a checkout"),
        (Scale::Full, true) => None,
    };
    if let Some(why) = why {
        let absent = |label| Figure::absent(label, Unit::Seconds, why);
        return Ok(vec![binary, absent(CLEAN).at_most(360.0), absent(CHECK).at_most(120.0)]);
    }
    let target = tempfile::tempdir_in(&means.scratch).map_err(BenchError::system("making a folder"))?;
    let mut build = Command::new("cargo");
    build.args(["build", "--release", "--locked", "--package", "divisi-cli"]);
    let clean = timed(means, build.env("CARGO_TARGET_DIR", target.path())).await?;
    timed_check(means).await?;
    let warm = timed_check(means).await?;
    Ok(vec![
        binary,
        Figure::of(CLEAN, Unit::Seconds, clean).at_most(360.0),
        Figure::of(CHECK, Unit::Seconds, warm).at_most(120.0),
    ])
}

async fn timed_check(means: &Means) -> Result<f64, BenchError> {
    timed(means, Command::new("make").arg("check")).await
}

async fn timed(means: &Means, command: &mut Command) -> Result<f64, BenchError> {
    let begun = (means.watch)();
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    let output = child.output().await.map_err(BenchError::system("starting a build"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().rev().take(5).collect::<Vec<_>>();
        return Err(BenchError::Invalid(format!("a build failed: {}", last.join(" | "))));
    }
    Ok((means.watch)().saturating_sub(begun).as_secs_f64())
}
