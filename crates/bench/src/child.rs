//! A measurement in a process of its own.

use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use crate::error::BenchError;
use crate::figure::Figure;
use crate::means::Means;
use crate::parts::Part;
use crate::scale::Scale;

/// The hidden command of a child, before its part and scale.
const CHILD: [&str; 2] = ["bench", "part"];

/// Runs `part` in a child of this program; its figures.
pub(crate) async fn measure(means: &Means, part: Part, scale: Scale) -> Result<Vec<Figure>, BenchError> {
    let output = command(&means.program, &means.scratch)
        .args(CHILD)
        .args([part.as_str(), scale.as_str()])
        .output()
        .await
        .map_err(BenchError::system(format!("measuring {}", part.as_str())))?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(BenchError::Invalid(format!("{}: {why}", part.as_str())));
    }
    let shape = |error: serde_json::Error| BenchError::Invalid(format!("{}: {error}", part.as_str()));
    serde_json::from_slice(&output.stdout).map_err(shape)
}

/// This program over `data`, without input; killed where nobody waits for it any more.
pub(crate) fn command(program: &Path, data: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg("--data-dir").arg(data).stdin(Stdio::null()).kill_on_drop(true);
    command
}
