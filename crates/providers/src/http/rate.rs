//! What a server says of its allowance: how long to wait, how much is left.

use divisi_domain::time::{Millis, Timestamp};
use divisi_llm::RateSeen;

use super::dates::{http_date, rfc3339};

/// Headers with names in lower case.
pub type Headers = [(String, String)];

/// The longest wait that is believed: a day.
const WAIT_MAX: Millis = Millis::from_mins(24 * 60);
/// A reset further away than this belongs to an allowance of an hour or a day, not of a minute.
const MINUTE_RESET_MAX: Millis = Millis::from_secs(90);

/// How long the server asks to be left alone: `retry-after-ms`, else `Retry-After` in seconds or as a date. A date is
/// measured from the `Date` of the answer itself, else from `now`.
pub fn retry_after(headers: &Headers, now: Option<Timestamp>) -> Option<Millis> {
    let exact = value(headers, "retry-after-ms").and_then(|text| millis(text, 1.0));
    let wait = exact.or_else(|| {
        let text = value(headers, "retry-after")?;
        millis(text, 1_000.0).or_else(|| until(http_date(text)?, headers, now))
    });
    wait.map(|wait| wait.min(WAIT_MAX))
}

/// The allowance by `x-ratelimit-*` (OpenAI and those like it) or `anthropic-ratelimit-*`.
pub fn rate_seen(headers: &Headers, now: Option<Timestamp>) -> RateSeen {
    let number = |names: &[&str]| names.iter().find_map(|name| value(headers, name)?.trim().parse().ok());
    let span = |openai: &str, anthropic: &[&str]| {
        let reset = value(headers, openai).and_then(duration);
        let named = || anthropic.iter().find_map(|name| until(rfc3339(value(headers, name)?)?, headers, now));
        reset.or_else(named).map(|wait| wait.min(WAIT_MAX))
    };
    let requests_reset = span("x-ratelimit-reset-requests", &["anthropic-ratelimit-requests-reset"]);
    let tokens_reset = span(
        "x-ratelimit-reset-tokens",
        &["anthropic-ratelimit-tokens-reset", "anthropic-ratelimit-input-tokens-reset"],
    );
    RateSeen {
        requests_per_minute: by_the_minute(
            number(&["x-ratelimit-limit-requests", "anthropic-ratelimit-requests-limit"]),
            requests_reset,
        ),
        requests_left: number(&["x-ratelimit-remaining-requests", "anthropic-ratelimit-requests-remaining"]),
        requests_reset,
        tokens_per_minute: by_the_minute(
            number(&[
                "x-ratelimit-limit-tokens",
                "anthropic-ratelimit-tokens-limit",
                "anthropic-ratelimit-input-tokens-limit",
            ]),
            tokens_reset,
        ),
        tokens_left: number(&[
            "x-ratelimit-remaining-tokens",
            "anthropic-ratelimit-tokens-remaining",
            "anthropic-ratelimit-input-tokens-remaining",
        ]),
        tokens_reset,
    }
}

/// Free accounts are told of a daily allowance in the same headers: their reset lies further away than a minute.
fn by_the_minute(limit: Option<u32>, reset: Option<Millis>) -> Option<u32> {
    limit.filter(|limit| *limit > 0 && reset.is_none_or(|reset| reset <= MINUTE_RESET_MAX))
}

fn value<'a>(headers: &'a Headers, name: &str) -> Option<&'a str> {
    headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

fn until(then: Timestamp, headers: &Headers, now: Option<Timestamp>) -> Option<Millis> {
    let now = value(headers, "date").and_then(http_date).or(now)?;
    Some(then.since(now))
}

/// A span as `120ms`, `1s`, `6m0s`, `1h2m3.5s`, or plain seconds.
fn duration(text: &str) -> Option<Millis> {
    let mut rest = text.trim();
    let mut sum = Millis(0);
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|char: char| !char.is_ascii_digit() && char != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let unit = after.find(|char: char| char.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(unit);
        let factor = match unit {
            "ms" => 1.0,
            "s" | "" => 1_000.0,
            "m" => 60_000.0,
            "h" => 3_600_000.0,
            "d" => 86_400_000.0,
            _ => return None,
        };
        sum = Millis(sum.0.saturating_add(millis(number, factor)?.0));
        rest = after;
    }
    Some(sum)
}

/// A number of units of `factor` milliseconds, rounded up: never asked again too early.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is finite, not negative, and casting saturates"
)]
fn millis(text: &str, factor: f64) -> Option<Millis> {
    let number: f64 = text.trim().parse().ok()?;
    (number.is_finite() && number >= 0.0).then(|| Millis((number * factor).ceil() as u64))
}

#[cfg(test)]
mod tests;
