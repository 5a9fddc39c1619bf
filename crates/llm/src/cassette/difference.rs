//! The first part in which two requests differ, in words.

use serde_json::Value;

use super::{KeptMessage, KeptRequest, KeptSampling, KeptTool};

/// Characters of a text that are shown of each side.
pub const SHOWN_CHARS_MAX: usize = 80;
/// Characters that are shown before the first one that differs.
const SHOWN_BEFORE_CHARS: usize = 24;

/// Where `asked` first differs from `recorded`; `None` where a call with it is the recorded one.
pub fn first_difference(recorded: &KeptRequest, asked: &KeptRequest) -> Option<String> {
    word("purpose", &recorded.purpose, &asked.purpose)
        .or_else(|| text("the system prompt", &recorded.system, &asked.system))
        .or_else(|| messages(&recorded.messages, &asked.messages))
        .or_else(|| tools(&recorded.tools, &asked.tools))
        .or_else(|| json("the schema of the answer", &recorded.schema, &asked.schema))
        .or_else(|| sampling(recorded.sampling, asked.sampling))
        .or_else(|| word("model", &recorded.model, &asked.model))
}

/// Two short words.
pub(super) fn word(what: &str, recorded: &str, asked: &str) -> Option<String> {
    (recorded != asked).then(|| format!("the {what} was '{recorded}' and is '{asked}' now"))
}

fn text(what: &str, recorded: &str, asked: &str) -> Option<String> {
    if recorded == asked {
        return None;
    }
    let (mut old, mut new) = (recorded.split('\n'), asked.split('\n'));
    let mut line = 1;
    loop {
        match (old.next(), new.next()) {
            (Some(before), Some(now)) if before == now => line += 1,
            (before, now) => {
                let (before, now) = shown(before, now);
                return Some(format!("{what} differs in line {line}: it was {before} and is {now} now"));
            }
        }
    }
}

/// Both lines from shortly before the first character that differs.
fn shown(recorded: Option<&str>, asked: Option<&str>) -> (String, String) {
    let (old, new) = (recorded.unwrap_or_default(), asked.unwrap_or_default());
    let same = old.chars().zip(new.chars()).take_while(|(old, new)| old == new).count();
    let from = if same < SHOWN_CHARS_MAX / 2 { 0 } else { same - SHOWN_BEFORE_CHARS };
    let cut = |line: Option<&str>| match line {
        Some(line) => quoted(line, from),
        None => "at its end".to_owned(),
    };
    (cut(recorded), cut(asked))
}

fn quoted(line: &str, from: usize) -> String {
    let before = if from > 0 { "…" } else { "" };
    let part: String = line.chars().skip(from).take(SHOWN_CHARS_MAX).collect();
    let after = if line.chars().count() > from + SHOWN_CHARS_MAX { "…" } else { "" };
    format!("“{before}{part}{after}”")
}

fn messages(recorded: &[KeptMessage], asked: &[KeptMessage]) -> Option<String> {
    let of = asked.len();
    let pairs = recorded.iter().zip(asked).enumerate();
    let differs = pairs.filter(|(_, (old, new))| old != new).map(|(at, (old, new))| {
        let what = format!("message {} of {of}", at + 1);
        message(&what, old, new)
    });
    differs.flatten().next().or_else(|| {
        let was = recorded.len();
        (was != of).then(|| format!("there were {was} messages and are {of} now, the first of them equal"))
    })
}

fn message(what: &str, recorded: &KeptMessage, asked: &KeptMessage) -> Option<String> {
    match (recorded, asked) {
        (KeptMessage::User { text: old }, KeptMessage::User { text: new }) => text(what, old, new),
        (
            KeptMessage::Assistant { text: old, tool_calls: old_calls },
            KeptMessage::Assistant { text: new, tool_calls: new_calls },
        ) => text(what, old, new).or_else(|| {
            let calls = |calls| serde_json::to_value(calls).unwrap_or_default();
            json(&format!("the list of tool calls of {what}"), &calls(old_calls), &calls(new_calls))
        }),
        (
            KeptMessage::Tool { call_id: old_id, tool: old_tool, content: old, ok: old_ok },
            KeptMessage::Tool { call_id: new_id, tool: new_tool, content: new, ok: new_ok },
        ) => word(&format!("tool of {what}"), old_tool, new_tool)
            .or_else(|| text(&format!("{what}, the result of {new_tool},"), old, new))
            .or_else(|| word(&format!("call that {what} answers"), old_id, new_id))
            .or_else(|| word(&format!("success of {what}"), said(*old_ok), said(*new_ok))),
        (old, new) => Some(format!("{what} was {} and is {} now", role(old), role(new))),
    }
}

const fn said(ok: bool) -> &'static str {
    if ok { "yes" } else { "no" }
}

const fn role(message: &KeptMessage) -> &'static str {
    match message {
        KeptMessage::User { .. } => "the user's",
        KeptMessage::Assistant { .. } => "the model's",
        KeptMessage::Tool { .. } => "a tool's",
    }
}

fn tools(recorded: &[KeptTool], asked: &[KeptTool]) -> Option<String> {
    let names = |tools: &[KeptTool]| -> String {
        let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
        if names.is_empty() { "empty".to_owned() } else { names.join(", ") }
    };
    let (old, new) = (names(recorded), names(asked));
    if old != new {
        let (old, new) = shown(Some(&old), Some(&new));
        return Some(format!("the tool list was {old} and is {new} now"));
    }
    recorded.iter().zip(asked).find_map(|(old, new)| {
        let what = format!("the description of the tool {}", new.name);
        text(&what, &old.description, &new.description)
            .or_else(|| json(&format!("the schema of the tool {}", new.name), &old.schema, &new.schema))
    })
}

fn json(what: &str, recorded: &Value, asked: &Value) -> Option<String> {
    let written = |value: &Value| serde_json::to_string_pretty(value).unwrap_or_default();
    (recorded != asked).then(|| text(what, &written(recorded), &written(asked))).flatten()
}

fn sampling(recorded: KeptSampling, asked: KeptSampling) -> Option<String> {
    if recorded.fits(asked) {
        return None;
    }
    let number = |what: &str, old: u32, new: u32| word(what, &old.to_string(), &new.to_string());
    let (old, new) = (recorded.temperature_hundredths, asked.temperature_hundredths);
    number("temperature (in hundredths)", old.into(), new.into()).or_else(|| {
        let (old, new) = (recorded.output_tokens_max?, asked.output_tokens_max?);
        number("output limit (in tokens)", old, new)
    })
}
