//! Writes answers.

use serde_json::{Value, json};

use crate::answer::{Call, Finish, Usage};
use crate::wire::{Frame, Part, Told, Vendor, pieces};

/// Characters in a piece of streamed arguments.
const ARGUMENT_CHARS: usize = 12;

pub(in crate::wire) fn whole(told: &Told<'_>) -> Value {
    let text = (!told.answer.text.is_empty()).then(|| json!({"type": "text", "text": told.answer.text}));
    let calls = told.answer.tool_calls.iter().enumerate().map(|(at, call)| {
        let mut block = tool_use(told, at, call);
        block["input"] = call.arguments.clone();
        block
    });
    let content: Vec<Value> = text.into_iter().chain(calls).collect();
    let mut message = message(told, &content, told.usage);
    message["stop_reason"] = json!(told.finish.map(reason));
    message
}

fn message(told: &Told<'_>, content: &[Value], usage: Option<Usage>) -> Value {
    let mut message = json!({
        "id": format!("msg_{}", told.number), "type": "message", "role": "assistant", "model": told.model,
        "content": content, "stop_reason": null, "stop_sequence": null,
    });
    if let Some(usage) = usage {
        message["usage"] = usage_json(usage);
    }
    message
}

fn tool_use(told: &Told<'_>, at: usize, call: &Call) -> Value {
    let id = call.id.clone().unwrap_or_else(|| format!("toolu_{}x{at}", told.number));
    json!({"type": "tool_use", "id": id, "name": call.name, "input": {}})
}

fn reason(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop => "end_turn",
        Finish::ToolCalls => "tool_use",
        Finish::Length => "max_tokens",
        Finish::Filtered => "refusal",
    }
}

/// Anthropic's input tokens leave out what the cache held or was given.
fn usage_json(usage: Usage) -> Value {
    let fresh = usage.input.saturating_sub(usage.cached).saturating_sub(usage.written);
    json!({"input_tokens": fresh, "cache_creation_input_tokens": usage.written,
           "cache_read_input_tokens": usage.cached, "output_tokens": usage.output, "service_tier": "standard"})
}

pub(in crate::wire) fn frames(told: &Told<'_>) -> Vec<Frame> {
    // The first event tells the input, and one token of output so far.
    let begun = told.usage.map(|usage| Usage { output: usage.output.min(1), ..usage });
    let mut frames = vec![event(Part::Frame, "message_start", json!({"message": message(told, &[], begun)}))];
    let mut index = 0;
    if !told.answer.thoughts.is_empty() {
        let deltas =
            told.thoughts().into_iter().map(|text| json!({"type": "thinking_delta", "thinking": text}));
        frames.extend(block(index, &json!({"type": "thinking", "thinking": "", "signature": ""}), deltas));
        index += 1;
    }
    let texts = told.deltas();
    if !told.answer.text.is_empty() {
        frames.extend(block(
            index,
            &json!({"type": "text", "text": ""}),
            texts.iter().map(|text| text_delta(text)),
        ));
        frames.insert(2, event(Part::Frame, "ping", json!({})));
        index += 1;
    }
    for (at, call) in told.answer.tool_calls.iter().enumerate() {
        let pieces = pieces(&call.arguments_text(), ARGUMENT_CHARS);
        let deltas = pieces.iter().map(|piece| json_delta(piece));
        frames.extend(block(index, &tool_use(told, at, call), deltas));
        index += 1;
    }
    frames.push(event(Part::Usage, "message_delta", ended(told)));
    if told.finish.is_some() {
        frames.push(event(Part::Frame, "message_stop", json!({})));
    }
    frames
}

fn ended(told: &Told<'_>) -> Value {
    let mut ended = json!({"delta": {"stop_reason": told.finish.map(reason), "stop_sequence": null}});
    if let Some(usage) = told.usage {
        ended["usage"] = usage_json(usage);
    }
    ended
}

fn text_delta(text: &str) -> Value {
    json!({"type": "text_delta", "text": text})
}

fn json_delta(text: &str) -> Value {
    json!({"type": "input_json_delta", "partial_json": text})
}

fn block(index: usize, begun: &Value, deltas: impl Iterator<Item = Value>) -> Vec<Frame> {
    let start = event(Part::Frame, "content_block_start", json!({"index": index, "content_block": begun}));
    let deltas =
        deltas.map(|delta| event(Part::Said, "content_block_delta", json!({"index": index, "delta": delta})));
    let stop = event(Part::Frame, "content_block_stop", json!({ "index": index }));
    std::iter::once(start).chain(deltas).chain([stop]).collect()
}

fn event(part: Part, name: &str, mut data: Value) -> Frame {
    data["type"] = json!(name);
    Vendor::Messages.frame(part, name, &data.to_string())
}
