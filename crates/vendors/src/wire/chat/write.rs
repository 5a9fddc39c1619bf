//! Writes answers.

use serde_json::{Value, json};

use crate::answer::{Call, Finish, Usage};
use crate::wire::{Frame, Part, Told, Vendor, pieces};

/// Characters in a piece of streamed arguments.
const ARGUMENT_CHARS: usize = 12;

pub(in crate::wire) fn whole(told: &Told<'_>) -> Value {
    let mut message = json!({"role": "assistant", "content": null, "refusal": null, "annotations": []});
    if !told.answer.text.is_empty() || told.answer.tool_calls.is_empty() {
        message["content"] = json!(told.answer.text);
    }
    if !told.answer.tool_calls.is_empty() {
        let calls = told.answer.tool_calls.iter().enumerate();
        message["tool_calls"] = calls.map(|(at, call)| tool_call(told, at, call)).collect();
    }
    let choice =
        json!({"index": 0, "message": message, "logprobs": null, "finish_reason": told.finish.map(reason)});
    let mut body = envelope(told, "chat.completion");
    body["choices"] = json!([choice]);
    if let Some(usage) = told.usage {
        body["usage"] = usage_json(usage);
    }
    body
}

fn tool_call(told: &Told<'_>, at: usize, call: &Call) -> Value {
    json!({"id": call_id(told, at, call), "type": "function",
           "function": {"name": call.name, "arguments": call.arguments_text()}})
}

fn call_id(told: &Told<'_>, at: usize, call: &Call) -> String {
    call.id.clone().unwrap_or_else(|| format!("call_{}x{at}", told.number))
}

fn envelope(told: &Told<'_>, object: &str) -> Value {
    json!({"id": format!("chatcmpl-{}", told.number), "object": object, "created": told.created_s,
           "model": told.model, "service_tier": "default", "system_fingerprint": "fp_vendors"})
}

fn reason(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop => "stop",
        Finish::ToolCalls => "tool_calls",
        Finish::Length => "length",
        Finish::Filtered => "content_filter",
    }
}

fn usage_json(usage: Usage) -> Value {
    json!({"prompt_tokens": usage.input, "completion_tokens": usage.output,
           "total_tokens": usage.input + usage.output,
           "prompt_tokens_details": {"cached_tokens": usage.cached, "audio_tokens": 0},
           "completion_tokens_details": {"reasoning_tokens": usage.reasoning, "audio_tokens": 0,
                                         "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0}})
}

pub(in crate::wire) fn frames(told: &Told<'_>) -> Vec<Frame> {
    let mut frames =
        vec![delta(told, Part::Frame, &json!({"role": "assistant", "content": "", "refusal": null}))];
    let thoughts = told.thoughts().into_iter();
    frames.extend(thoughts.map(|text| delta(told, Part::Said, &json!({"reasoning_content": text}))));
    frames.extend(told.deltas().into_iter().map(|text| delta(told, Part::Said, &json!({"content": text}))));
    for (at, call) in told.answer.tool_calls.iter().enumerate() {
        frames.extend(call_frames(told, at, call));
    }
    if told.finish.is_some() {
        frames.push(choice(told, Part::Frame, &json!({})));
    }
    if let Some(usage) = told.usage.filter(|_| told.stream_usage) {
        let mut chunk = envelope(told, "chat.completion.chunk");
        chunk["choices"] = json!([]);
        chunk["usage"] = usage_json(usage);
        frames.push(Vendor::Chat.frame(Part::Usage, "", &chunk.to_string()));
    }
    frames.push(Vendor::Chat.frame(Part::Frame, "", "[DONE]"));
    frames
}

fn call_frames(told: &Told<'_>, at: usize, call: &Call) -> Vec<Frame> {
    let open = |arguments: &str| {
        json!({"index": at, "id": call_id(told, at, call), "type": "function",
               "function": {"name": call.name, "arguments": arguments}})
    };
    let more = |arguments: &str| json!({"index": at, "function": {"arguments": arguments}});
    let first = if told.repeat_names { None } else { Some(open("")) };
    let rest = pieces(&call.arguments_text(), ARGUMENT_CHARS);
    let rest = rest.iter().map(|piece| if told.repeat_names { open(piece) } else { more(piece) });
    let frame = |call: Value| delta(told, Part::Said, &json!({"tool_calls": [call]}));
    first.into_iter().chain(rest).map(frame).collect()
}

fn delta(told: &Told<'_>, part: Part, delta: &Value) -> Frame {
    chunk(told, part, delta, None)
}

fn choice(told: &Told<'_>, part: Part, delta: &Value) -> Frame {
    chunk(told, part, delta, told.finish)
}

fn chunk(told: &Told<'_>, part: Part, delta: &Value, finish: Option<Finish>) -> Frame {
    let mut chunk = envelope(told, "chat.completion.chunk");
    chunk["choices"] =
        json!([{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish.map(reason)}]);
    if told.stream_usage {
        chunk["usage"] = Value::Null;
    }
    Vendor::Chat.frame(part, "", &chunk.to_string())
}
