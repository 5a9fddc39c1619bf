//! The clock of the server, and dates as vendors write them.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::Behaviour;

/// Milliseconds since 1970, by the behaviour's own clock where it has one.
pub(crate) fn now_ms(behaviour: &Behaviour) -> u64 {
    behaviour.virtual_clock_ms.unwrap_or_else(real_ms)
}

#[expect(clippy::disallowed_methods, reason = "the one clock of a server that stands for somebody else's")]
fn real_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `Sat, 21 Nov 2026 20:16:10 GMT`, for the header `date`.
pub(crate) fn http_date(at_ms: u64) -> String {
    let (date, clock) = (Date::of(at_ms), Clock::of(at_ms));
    let weekday = DAYS[usize::try_from(at_ms / 86_400_000 % 7).unwrap_or(0)];
    let month = MONTHS[date.month - 1];
    format!("{weekday}, {:02} {month} {} {clock} GMT", date.day, date.year)
}

/// `2026-11-21T20:16:10Z`.
pub(crate) fn rfc3339(at_ms: u64) -> String {
    let (date, clock) = (Date::of(at_ms), Clock::of(at_ms));
    format!("{}-{:02}-{:02}T{clock}Z", date.year, date.month, date.day)
}

/// `6m0s`, `1.5s`, `20ms`: how OpenAI writes how long to wait.
pub(crate) fn go_duration(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms}ms"),
        1_000..60_000 if ms.is_multiple_of(1_000) => format!("{}s", ms / 1_000),
        1_000..60_000 => format!("{}.{:03}s", ms / 1_000, ms % 1_000),
        _ => format!("{}m{}s", ms / 60_000, ms % 60_000 / 1_000),
    }
}

struct Clock(u64);

impl Clock {
    fn of(at_ms: u64) -> Self {
        Self(at_ms / 1_000 % 86_400)
    }
}

impl std::fmt::Display for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}:{:02}:{:02}", self.0 / 3_600, self.0 / 60 % 60, self.0 % 60)
    }
}

struct Date {
    year: u64,
    month: usize,
    day: u64,
}

impl Date {
    fn of(at_ms: u64) -> Self {
        let (mut year, mut day) = (1970, at_ms / 86_400_000);
        while day >= days_of_year(year) {
            day -= days_of_year(year);
            year += 1;
        }
        let mut month = 1;
        while day >= days_of_month(year, month) {
            day -= days_of_month(year, month);
            month += 1;
        }
        Self { year, month, day: day + 1 }
    }
}

fn leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_of_year(year: u64) -> u64 {
    if leap(year) { 366 } else { 365 }
}

fn days_of_month(year: u64, month: usize) -> u64 {
    match month {
        2 if leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (at_ms, http, rfc) in [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00Z"),
            (951_782_400_000, "Tue, 29 Feb 2000 00:00:00 GMT", "2000-02-29T00:00:00Z"),
            (1_795_292_170_999, "Sat, 21 Nov 2026 20:16:10 GMT", "2026-11-21T20:16:10Z"),
            (4_102_444_799_000, "Thu, 31 Dec 2099 23:59:59 GMT", "2099-12-31T23:59:59Z"),
        ] {
            assert_eq!(http_date(at_ms), http);
            assert_eq!(rfc3339(at_ms), rfc);
        }
    }

    #[test]
    fn durations_are_written_as_openai_does() {
        for (ms, text) in
            [(20, "20ms"), (1_000, "1s"), (1_500, "1.500s"), (360_000, "6m0s"), (61_000, "1m1s")]
        {
            assert_eq!(go_duration(ms), text);
        }
    }
}
