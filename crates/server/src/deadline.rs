//! When a result is not wanted any more. Callers tell it by their own clock or as a span; the engine has a clock of its own,
//! which is ahead where the machine's was once in the future, and behind where the machine slept.

use divisi_api::{Context, FieldErrors};
use divisi_domain::time::{Millis, Timestamp};

use crate::problem::Failure;

/// Clocks that are no further apart are taken for one: a deadline is then kept to the millisecond.
const APART_MIN: Millis = Millis::from_secs(1);

/// The deadline of a submission by the engine's clock, which shows `now` while the wall clock shows `wall`.
pub(crate) fn deadline(
    context: &Context,
    now: Timestamp,
    wall: Timestamp,
) -> Result<Option<Timestamp>, Failure> {
    if let Some(timeout) = context.timeout_ms {
        return Ok(Some(now + Millis(timeout)));
    }
    let Some(deadline) = context.deadline else { return Ok(None) };
    let left = deadline.since(wall);
    if left == Millis(0) {
        return Err(passed("It lies in the past."));
    }
    let apart = now.since(wall).max(wall.since(now));
    Ok(Some(if apart < APART_MIN { deadline } else { now + left }))
}

/// Refuses work whose time is over before it begins.
pub(crate) fn still_to_come(deadline: Option<Timestamp>, now: Timestamp) -> Result<(), Failure> {
    match deadline {
        Some(deadline) if deadline <= now => {
            Err(passed("It passed while the attachments were read. Allow more time."))
        }
        Some(_) | None => Ok(()),
    }
}

fn passed(sentence: &str) -> Failure {
    Failure::fields(FieldErrors::from([("context.deadline".to_owned(), sentence.to_owned())]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_what_the_caller_meant() {
        const HOUR: i64 = 3_600_000;
        let at = Timestamp::from_millis;
        let until = |deadline| Context { deadline: Some(at(deadline)), ..Context::default() };
        let within = |timeout| Context { timeout_ms: Some(timeout), ..Context::default() };
        let rows = [
            ("one clock", until(5_000), 1_000, 1_000, Ok(Some(5_000))),
            ("nearly one", until(5_000), 1_400, 1_000, Ok(Some(5_000))),
            ("the log is ahead", until(5_000), HOUR, 1_000, Ok(Some(HOUR + 4_000))),
            ("the machine slept", until(HOUR + 5_000), 1_000, HOUR, Ok(Some(6_000))),
            ("passed on the wall", until(5_000), 1_000, HOUR, Err(())),
            ("passed", until(1_000), 1_000, 1_000, Err(())),
            ("a span", within(4_000), HOUR, 1_000, Ok(Some(HOUR + 4_000))),
            ("no end", Context::default(), HOUR, 1_000, Ok(None)),
        ];
        for (name, context, now, wall, expected) in rows {
            let found = deadline(&context, at(now), at(wall)).map_err(|_| ());
            assert_eq!(found, expected.map(|deadline: Option<i64>| deadline.map(at)), "{name}");
        }
    }
}
