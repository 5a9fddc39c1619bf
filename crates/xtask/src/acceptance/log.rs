//! The events of a task, as `divisi task events --json` prints them, put together by attempts.

use std::collections::BTreeMap;

use anyhow::Context;
use divisi_api::EventView;
use serde_json::Value;

use super::figures::Figures;

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    Answered,
    /// With this reason.
    Failed(String),
    Interrupted,
    Cancelled,
}

/// The end of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct End {
    pub(super) seq: u64,
    pub(super) outcome: Outcome,
    pub(super) usage: Option<Figures>,
    pub(super) charged: u64,
    pub(super) estimated: bool,
    pub(super) excess: u64,
}

/// One call of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attempt {
    pub(super) path: String,
    pub(super) number: u64,
    /// The event that started it.
    pub(super) seq: u64,
    /// Why it was made: `first`, `retry`, `failover`, `reask`.
    pub(super) cause: String,
    pub(super) reserved: u64,
    pub(super) end: Option<End>,
}

/// All lines of events.
pub(super) fn parsed(lines: &str) -> anyhow::Result<Vec<EventView>> {
    let line = |line: &str| serde_json::from_str(line).with_context(|| format!("no event: {line}"));
    lines.lines().map(line).collect()
}

/// The attempts at models, in the order of their starts.
pub(super) fn attempts(events: &[EventView]) -> Vec<Attempt> {
    let mut found: Vec<Attempt> = Vec::new();
    let mut places: BTreeMap<(String, u64), usize> = BTreeMap::new();
    for event in events {
        let (path, number) = (text(&event.data, "path"), event.data["attempt"].as_u64().unwrap_or(0));
        let place = (path.clone(), number);
        if event.kind == "effect_started" && event.data["provider"].is_string() {
            places.insert(place, found.len());
            let reserved = event.data["reserved_micro_usd"].as_u64().unwrap_or(0);
            let cause = text(&event.data, "cause");
            found.push(Attempt { path, number, seq: event.seq, cause, reserved, end: None });
        } else if event.kind == "effect_ended"
            && let Some(attempt) = places.get(&place).and_then(|at| found.get_mut(*at))
        {
            attempt.end = Some(end(event));
        }
    }
    found
}

fn text(data: &Value, name: &str) -> String {
    data[name].as_str().unwrap_or_default().to_owned()
}

fn end(event: &EventView) -> End {
    let data = &event.data;
    let outcome = match data["outcome"]["is"].as_str().unwrap_or_default() {
        "answered" => Outcome::Answered,
        "interrupted" => Outcome::Interrupted,
        "cancelled" => Outcome::Cancelled,
        _ => Outcome::Failed(text(&data["outcome"], "reason")),
    };
    let tokens = |name: &str| data["usage"][name].as_u64();
    let usage =
        tokens("input_tokens").zip(tokens("output_tokens")).map(|(input, output)| Figures { input, output });
    End {
        seq: event.seq,
        outcome,
        usage,
        charged: data["charged_micro_usd"].as_u64().unwrap_or(0),
        estimated: data["estimated"].as_bool().unwrap_or(false),
        excess: data["excess_micro_usd"].as_u64().unwrap_or(0),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// An attempt that ended so.
    pub(crate) fn ended(path: &str, number: u64, outcome: Outcome, usage: Option<(u64, u64)>) -> Attempt {
        let usage = usage.map(|(input, output)| Figures { input, output });
        let (seq, estimated) = (number * 2, usage.is_none());
        let end = End { seq: seq + 1, outcome, usage, charged: 10, estimated, excess: 0 };
        Attempt {
            path: path.to_owned(),
            number,
            seq,
            cause: "first".to_owned(),
            reserved: 10,
            end: Some(end),
        }
    }

    #[test]
    fn starts_and_ends_belong_together() {
        let lines = r#"{"seq":3,"at":"2026-11-22T06:00:00.000Z","kind":"effect_started","data":{"path":"p1/analyse","attempt":1,"provider":"small","cause":"first","reserved_micro_usd":7}}
{"seq":4,"at":"2026-11-22T06:00:00.000Z","kind":"effect_started","data":{"path":"p1/tool","attempt":1,"provider":null,"cause":"first"}}
{"seq":5,"at":"2026-11-22T06:00:01.000Z","kind":"effect_ended","data":{"path":"p1/analyse","attempt":1,"outcome":{"is":"failed","reason":"truncated"},"usage":{"input_tokens":5,"output_tokens":2},"charged_micro_usd":7,"estimated":true,"excess_micro_usd":0}}
{"seq":6,"at":"2026-11-22T06:00:01.000Z","kind":"effect_started","data":{"path":"p1/analyse","attempt":2,"provider":"small","cause":"retry","reserved_micro_usd":7}}
"#;
        let found = attempts(&parsed(lines).unwrap());
        assert_eq!(found.len(), 2, "tools are no models");
        let first = found[0].end.as_ref().unwrap();
        assert_eq!(first.outcome, Outcome::Failed("truncated".to_owned()));
        assert_eq!(first.usage, Some(Figures { input: 5, output: 2 }));
        assert_eq!((first.charged, first.estimated, found[0].reserved), (7, true, 7));
        assert_eq!((found[1].cause.as_str(), &found[1].end), ("retry", &None));
    }
}
