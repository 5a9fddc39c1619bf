//! The whole run.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;

use serde::{Deserialize, Serialize};

use crate::child;
use crate::error::BenchError;
use crate::figure::Figure;
use crate::machine::Machine;
use crate::means::Means;
use crate::parts::Part;
use crate::scale::Scale;

/// Of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The durable core.
    Engine,
    /// The way to models, against a server on this machine.
    Gateway,
}

/// What a run measures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// How much.
    pub scale: Scale,
    /// Only these; empty: all of the subject.
    pub only: Vec<Part>,
    /// Of what.
    pub subject: Subject,
}

impl Choice {
    fn wants(&self, part: Part) -> bool {
        let of_gateway = self.subject == Subject::Gateway;
        let chosen = || Part::GATEWAY.contains(&part) == of_gateway;
        if self.only.is_empty() { chosen() } else { self.only.contains(&part) }
    }
}

/// What a run gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Of this shape; counts up when fields change their meaning.
    pub version: u32,
    /// How much was measured.
    pub scale: Scale,
    /// On what.
    pub machine: Machine,
    /// What came out, in the order of the table.
    pub measurements: Vec<Measurement>,
}

/// One part of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// Which.
    pub part: Part,
    /// Its lines.
    pub figures: Vec<Figure>,
    /// Why there are none.
    pub failed: Option<String>,
}

impl Report {
    /// The shape that this program writes.
    pub const VERSION: u32 = 1;

    /// All lines.
    pub fn figures(&self) -> impl Iterator<Item = &Figure> {
        self.measurements.iter().flat_map(|measurement| &measurement.figures)
    }

    /// Whether every measurement could be made; whether goals are met is another matter.
    pub fn is_whole(&self) -> bool {
        self.measurements.iter().all(|measurement| measurement.failed.is_none())
    }
}

/// Measures, telling `progress` what begins. A measurement that fails does not stop the others.
pub async fn measure(
    means: &Means,
    choice: &Choice,
    mut progress: impl FnMut(Part),
) -> Result<Report, BenchError> {
    // It may be the data folder to be: others may not look into it, whatever an interrupted measurement leaves there.
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&means.scratch)
        .map_err(BenchError::system("making the folder of the measurements"))?;
    let mut report = Report {
        version: Report::VERSION,
        scale: choice.scale,
        machine: Machine::here(),
        measurements: Vec::new(),
    };
    let wanted = Part::ALL.iter().filter(|part| choice.wants(**part));
    for part in wanted.copied() {
        progress(part);
        let measured = child::measure(means, part, choice.scale).await;
        let failed = measured.as_ref().err().map(ToString::to_string);
        report.measurements.push(Measurement { part, figures: measured.unwrap_or_default(), failed });
    }
    Ok(report)
}
