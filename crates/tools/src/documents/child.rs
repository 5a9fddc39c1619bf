//! Parsing in a child process. A parser of foreign files may take any amount of memory and time, recurse
//! without end or break in the middle; here that costs one child and becomes one sentence.
//!
//! The parent writes a frame with the [`wire::Job`] and the file's bytes, the child confines itself, parses and
//! writes one frame with the outcome.

mod confine;
mod pool;
mod verdict;
mod wire;

use std::io::{Read, Write};
use std::process::ExitCode;

pub use pool::{ParserPool, ProcessLimits};

use super::parse;

/// The whole life of the child: `divisi parse-document` calls this with its standard streams before it starts
/// anything else. The exit code is 0 whenever an outcome was written, good or bad.
pub fn main(input: impl Read, output: impl Write) -> ExitCode {
    match serve(input, output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn serve(mut input: impl Read, mut output: impl Write) -> std::io::Result<()> {
    let job = wire::read_job(&mut input)?;
    confine::confine(&job)?;
    let mut bytes = Vec::new();
    input.take(job.bytes).read_to_end(&mut bytes)?;
    let outcome = parse(&bytes, &job.file_name, &job.limits);
    drop(bytes);
    wire::write_outcome(&mut output, &outcome)
}
