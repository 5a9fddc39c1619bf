//! Writes answers.

use serde_json::{Value, json};

use crate::answer::{Call, Finish, Usage};
use crate::wire::{Frame, Part, Told, Vendor, pieces};

/// Characters in a piece of streamed arguments.
const ARGUMENT_CHARS: usize = 12;

pub(in crate::wire) fn whole(told: &Told<'_>) -> Value {
    let output: Vec<Value> = items(told).iter().map(Item::done).collect();
    response(told, status(told), &output)
}

fn status(told: &Told<'_>) -> &'static str {
    match told.finish {
        Some(Finish::Stop | Finish::ToolCalls) => "completed",
        Some(Finish::Length | Finish::Filtered) => "incomplete",
        None => "in_progress",
    }
}

fn response(told: &Told<'_>, status: &str, output: &[Value]) -> Value {
    let reason = match told.finish {
        Some(Finish::Length) => Some("max_output_tokens"),
        Some(Finish::Filtered) => Some("content_filter"),
        Some(Finish::Stop | Finish::ToolCalls) | None => None,
    };
    let incomplete = reason.filter(|_| status == "incomplete").map(|reason| json!({ "reason": reason }));
    let usage = told.usage.filter(|_| matches!(status, "completed" | "incomplete")).map(usage_json);
    json!({
        "id": format!("resp_{}", told.number), "object": "response", "created_at": told.created_s, "status": status,
        "error": null, "incomplete_details": incomplete, "instructions": null, "max_output_tokens": null,
        "model": told.model, "output": output, "parallel_tool_calls": true, "previous_response_id": null,
        "reasoning": {"effort": null, "summary": null}, "store": false, "temperature": 1.0,
        "text": {"format": {"type": "text"}}, "tool_choice": "auto", "tools": [], "top_p": 1.0,
        "truncation": "disabled", "usage": usage, "user": null, "metadata": {},
    })
}

fn usage_json(usage: Usage) -> Value {
    json!({"input_tokens": usage.input, "input_tokens_details": {"cached_tokens": usage.cached, "cache_write_tokens": usage.written},
           "output_tokens": usage.output, "output_tokens_details": {"reasoning_tokens": usage.reasoning},
           "total_tokens": usage.input + usage.output})
}

/// One item of the output.
enum Item {
    Message { id: String, text: String },
    Call { id: String, call_id: String, name: String, arguments: String },
}

impl Item {
    fn id(&self) -> &str {
        match self {
            Self::Message { id, .. } | Self::Call { id, .. } => id,
        }
    }

    fn begun(&self) -> Value {
        match self {
            Self::Message { id, .. } => {
                json!({"id": id, "type": "message", "status": "in_progress", "content": [], "role": "assistant"})
            }
            Self::Call { id, call_id, name, .. } => {
                json!({"id": id, "type": "function_call", "status": "in_progress", "arguments": "",
                       "call_id": call_id, "name": name})
            }
        }
    }

    fn done(&self) -> Value {
        match self {
            Self::Message { id, text } => {
                json!({"id": id, "type": "message", "status": "completed", "role": "assistant", "content": [part(text)]})
            }
            Self::Call { id, call_id, name, arguments } => {
                json!({"id": id, "type": "function_call", "status": "completed", "arguments": arguments,
                       "call_id": call_id, "name": name})
            }
        }
    }
}

fn part(text: &str) -> Value {
    json!({"type": "output_text", "annotations": [], "logprobs": [], "text": text})
}

fn items(told: &Told<'_>) -> Vec<Item> {
    let number = told.number;
    let calls = &told.answer.tool_calls;
    let says = !told.answer.text.is_empty() || calls.is_empty();
    let message = says.then(|| Item::Message { id: format!("msg_{number}"), text: told.answer.text.clone() });
    let call = |(at, call): (usize, &Call)| Item::Call {
        id: format!("fc_{number}x{at}"),
        call_id: call.id.clone().unwrap_or_else(|| format!("call_{number}x{at}")),
        name: call.name.clone(),
        arguments: call.arguments_text(),
    };
    message.into_iter().chain(calls.iter().enumerate().map(call)).collect()
}

/// Numbers events in their order.
struct Events {
    frames: Vec<Frame>,
}

impl Events {
    fn push(&mut self, part: Part, name: &str, mut event: Value) {
        event["type"] = json!(name);
        event["sequence_number"] = json!(self.frames.len());
        self.frames.push(Vendor::Responses.frame(part, name, &event.to_string()));
    }
}

pub(in crate::wire) fn frames(told: &Told<'_>) -> Vec<Frame> {
    let mut events = Events { frames: Vec::new() };
    for name in ["response.created", "response.in_progress"] {
        events.push(Part::Frame, name, json!({"response": response(told, "in_progress", &[])}));
    }
    for piece in told.thoughts() {
        let event = json!({"item_id": format!("rs_{}", told.number), "output_index": 0, "content_index": 0, "delta": piece});
        events.push(Part::Said, "response.reasoning_text.delta", event);
    }
    let items = items(told);
    for (at, item) in items.iter().enumerate() {
        events.push(
            Part::Frame,
            "response.output_item.added",
            json!({"output_index": at, "item": item.begun()}),
        );
        match item {
            Item::Message { text, .. } => message(&mut events, told, at, item.id(), text),
            Item::Call { name, arguments, .. } => call(&mut events, at, item.id(), name, arguments),
        }
        events.push(
            Part::Frame,
            "response.output_item.done",
            json!({"output_index": at, "item": item.done()}),
        );
    }
    if told.finish.is_some() {
        let status = status(told);
        let output: Vec<Value> = items.iter().map(Item::done).collect();
        events.push(
            Part::Usage,
            &format!("response.{status}"),
            json!({"response": response(told, status, &output)}),
        );
    }
    events.frames
}

fn message(events: &mut Events, told: &Told<'_>, at: usize, id: &str, text: &str) {
    let place = |mut event: Value| {
        event["item_id"] = json!(id);
        event["output_index"] = json!(at);
        event["content_index"] = json!(0);
        event
    };
    events.push(Part::Frame, "response.content_part.added", place(json!({"part": part("")})));
    for piece in told.deltas() {
        let event = place(json!({"delta": piece, "logprobs": []}));
        events.push(Part::Said, "response.output_text.delta", event);
    }
    events.push(Part::Frame, "response.output_text.done", place(json!({"text": text, "logprobs": []})));
    events.push(Part::Frame, "response.content_part.done", place(json!({"part": part(text)})));
}

fn call(events: &mut Events, at: usize, id: &str, name: &str, arguments: &str) {
    for piece in pieces(arguments, ARGUMENT_CHARS) {
        let event = json!({"item_id": id, "output_index": at, "delta": piece});
        events.push(Part::Said, "response.function_call_arguments.delta", event);
    }
    let event = json!({"item_id": id, "output_index": at, "name": name, "arguments": arguments});
    events.push(Part::Frame, "response.function_call_arguments.done", event);
}
