//! What the death of a child says about the document.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use super::ProcessLimits;
use crate::documents::ParseError;
use crate::documents::headings::one_line;

const SIGNAL_ABORT: i32 = 6;
const SIGNAL_KILL: i32 = 9;
const SIGNAL_SEGMENT: i32 = 11;
const SIGNAL_CPU_TIME: i32 = 24;

/// The sentence for a child that ended without an outcome.
pub(super) fn verdict(status: ExitStatus, last_words: &str, limits: &ProcessLimits) -> ParseError {
    let out_of_memory = || ParseError::OutOfMemory { bytes_max: limits.memory_bytes_max };
    let crashed = |what: String| ParseError::Crashed { detail: what };
    if last_words.contains("memory allocation of") {
        return out_of_memory();
    }
    if last_words.contains("overflowed its stack") {
        return ParseError::hostile("its parts are nested too deeply");
    }
    match (status.signal(), status.code()) {
        (Some(SIGNAL_CPU_TIME), _) => ParseError::TimedOut { seconds: limits.cpu_seconds_max },
        // Nobody but the system's memory keeper kills it: the pool's own kill is a time-out.
        (Some(SIGNAL_KILL), _) => out_of_memory(),
        (Some(SIGNAL_ABORT), _) => crashed("it gave up".to_owned()),
        (Some(SIGNAL_SEGMENT), _) => crashed("it broke a memory limit".to_owned()),
        (Some(signal), _) => crashed(format!("signal {signal}")),
        (None, Some(0)) => crashed("it answered nothing".to_owned()),
        (None, code) => crashed(format!("exit code {}{}", code.unwrap_or(-1), said(last_words))),
    }
}

fn said(last_words: &str) -> String {
    let line = one_line(last_words.lines().find(|line| !line.trim().is_empty()).unwrap_or(""));
    if line.is_empty() { line } else { format!(": {line}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_death_has_its_sentence() {
        let limits = ProcessLimits::default();
        let out_of_memory = ParseError::OutOfMemory { bytes_max: limits.memory_bytes_max };
        let crashed = |detail: &str| ParseError::Crashed { detail: detail.to_owned() };
        let rows = [
            (6, "memory allocation of 99 bytes failed", out_of_memory.clone()),
            (
                6,
                "thread 'main' has overflowed its stack",
                ParseError::hostile("its parts are nested too deeply"),
            ),
            (24, "", ParseError::TimedOut { seconds: limits.cpu_seconds_max }),
            (9, "", out_of_memory),
            (6, "", crashed("it gave up")),
            (11, "", crashed("it broke a memory limit")),
            (15, "", crashed("signal 15")),
            (0, "", crashed("it answered nothing")),
            (101 << 8, "\npanicked at x\ny", crashed("exit code 101: panicked at x")),
        ];
        for (raw, words, expected) in rows {
            assert_eq!(verdict(ExitStatus::from_raw(raw), words, &limits), expected, "{raw} {words}");
        }
    }
}
