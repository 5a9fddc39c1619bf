//! Times and money as people say them.

use divisi_domain::money::MicroUsd;
use divisi_domain::time::{Millis, Timestamp};

/// `0.4 s`, `12 s`, `3 min 05 s`, `2 h 10 min`, `3 d 4 h`.
pub(crate) fn span(span: Millis) -> String {
    let seconds = span.0 / 1_000;
    match seconds {
        0..10 => format!("{}.{} s", seconds, span.0 % 1_000 / 100),
        10..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {:02} min", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3_600 % 24),
    }
}

/// `just now`, `5 min ago`, `3 h ago`, `2 d ago`.
pub(crate) fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.since(at).0 / 1_000;
    match seconds {
        0..60 => "just now".to_owned(),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..86_400 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} d ago", seconds / 86_400),
    }
}

/// `1 task`, `2 tasks`.
pub(crate) fn counted(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// Dollars.
pub(crate) fn cost(micro_usd: u64) -> String {
    MicroUsd(micro_usd).to_string()
}
