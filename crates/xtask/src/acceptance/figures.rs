//! What a server says that it counted, read from its own bytes by other code than that of the adapters.

use serde::Serialize;
use serde_json::Value;

/// Tokens of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Figures {
    pub(super) input: u64,
    pub(super) output: u64,
}

/// The last figures of an answer, streamed or whole; none where it has none of both sides.
pub(super) fn of_answer(answer: &str) -> Option<Figures> {
    let (mut input, mut output) = (None, None);
    for event in events(answer) {
        for usage in usages(&event) {
            input = of_input(usage).or(input);
            output = of_output(usage).or(output);
        }
    }
    Some(Figures { input: input.filter(|tokens| *tokens > 0)?, output: output? })
}

/// The events of a stream, or the one body.
fn events(answer: &str) -> Vec<Value> {
    if let Ok(whole) = serde_json::from_str(answer) {
        return vec![whole];
    }
    let data = answer.lines().filter_map(|line| line.strip_prefix("data:"));
    data.filter_map(|data| serde_json::from_str(data.trim()).ok()).collect()
}

/// Where each wire has its figures: `usage` of Chat and of a Messages delta, `message.usage`, `response.usage`,
/// `usageMetadata`.
fn usages(event: &Value) -> impl Iterator<Item = &Value> {
    let places = ["/usage", "/message/usage", "/response/usage", "/usageMetadata"];
    places.into_iter().filter_map(|place| event.pointer(place)).filter(|usage| usage.is_object())
}

fn number(usage: &Value, name: &str) -> Option<u64> {
    usage.get(name).and_then(Value::as_u64)
}

fn of_input(usage: &Value) -> Option<u64> {
    let plain = ["prompt_tokens", "promptTokenCount"].into_iter().find_map(|name| number(usage, name));
    // Messages counts what its cache held apart.
    let cached = ["cache_read_input_tokens", "cache_creation_input_tokens"];
    let cached: u64 = cached.into_iter().filter_map(|name| number(usage, name)).sum();
    plain.or_else(|| number(usage, "input_tokens").map(|tokens| tokens + cached))
}

fn of_output(usage: &Value) -> Option<u64> {
    let plain = ["completion_tokens", "output_tokens"].into_iter().find_map(|name| number(usage, name));
    let thoughts = number(usage, "thoughtsTokenCount").unwrap_or(0);
    plain.or_else(|| number(usage, "candidatesTokenCount").map(|tokens| tokens + thoughts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_every_wire() {
        let messages = "event: message_start\ndata: {\"message\":{\"usage\":{\"input_tokens\":3,\"cache_read_input_tokens\":7,\"output_tokens\":1}}}\n\nevent: message_delta\ndata: {\"usage\":{\"output_tokens\":5}}\n";
        let rows: [(&str, Option<(u64, u64)>); 7] = [
            (
                "data: {\"choices\":[]}\n\ndata: {\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4}}\n\ndata: [DONE]\n",
                Some((9, 4)),
            ),
            ("{\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4}}", Some((9, 4))),
            ("data: {\"response\":{\"usage\":{\"input_tokens\":9,\"output_tokens\":4}}}", Some((9, 4))),
            (messages, Some((10, 5))),
            (
                "data:{\"usageMetadata\":{\"promptTokenCount\":9,\"candidatesTokenCount\":3,\"thoughtsTokenCount\":1}}",
                Some((9, 4)),
            ),
            ("data: {\"usage\":null}\n\ndata: {\"choices\":[]}", None),
            (": ping\n\n", None),
        ];
        for (answer, expected) in rows {
            assert_eq!(of_answer(answer).map(|it| (it.input, it.output)), expected, "{answer}");
        }
    }
}
