//! Writes answers.

use serde_json::{Value, json};

use crate::answer::{Call, Finish, Usage};
use crate::wire::{Frame, Part, Told, Vendor};

pub(in crate::wire) fn whole(told: &Told<'_>) -> Value {
    let text = (!told.answer.text.is_empty()).then(|| json!({"text": told.answer.text}));
    let parts: Vec<Value> = text.into_iter().chain(call_parts(told)).collect();
    response(told, &parts, told.finish, told.usage)
}

/// Newer models sign the first call of a turn.
fn call_parts(told: &Told<'_>) -> Vec<Value> {
    let part = |(at, call): (usize, &Call)| {
        let mut function = json!({"name": call.name, "args": call.arguments});
        if let Some(id) = &call.id {
            function["id"] = json!(id);
        }
        let mut part = json!({ "functionCall": function });
        if at == 0 && told.model.starts_with("gemini-3") {
            part["thoughtSignature"] = json!("c2lnbmVk");
        }
        part
    };
    told.answer.tool_calls.iter().enumerate().map(part).collect()
}

fn response(told: &Told<'_>, parts: &[Value], finish: Option<Finish>, usage: Option<Usage>) -> Value {
    let mut candidate = json!({"content": {"parts": parts, "role": "model"}, "index": 0});
    if let Some(finish) = finish {
        candidate["finishReason"] = json!(reason(finish));
    }
    let mut body = json!({"candidates": [candidate], "modelVersion": told.model,
                          "responseId": format!("gen-{}", told.number)});
    if let Some(usage) = usage {
        body["usageMetadata"] = usage_json(usage);
    }
    body
}

/// Gemini has no reason of its own for tool calls.
fn reason(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop | Finish::ToolCalls => "STOP",
        Finish::Length => "MAX_TOKENS",
        Finish::Filtered => "SAFETY",
    }
}

/// Gemini counts thoughts beside the candidates.
fn usage_json(usage: Usage) -> Value {
    let mut json = json!({"promptTokenCount": usage.input,
                          "candidatesTokenCount": usage.output.saturating_sub(usage.reasoning),
                          "totalTokenCount": usage.input + usage.output});
    if usage.cached > 0 {
        json["cachedContentTokenCount"] = json!(usage.cached);
    }
    if usage.reasoning > 0 {
        json["thoughtsTokenCount"] = json!(usage.reasoning);
    }
    json
}

/// Every event is a whole response with the tokens so far; the last has the reason.
pub(in crate::wire) fn frames(told: &Told<'_>) -> Vec<Frame> {
    let thoughts = told.thoughts().into_iter().map(|text| vec![json!({ "text": text, "thought": true })]);
    let texts = told.deltas().into_iter().map(|text| vec![json!({ "text": text })]);
    let calls = call_parts(told).into_iter().map(|part| vec![part]);
    let said: Vec<Vec<Value>> = thoughts.chain(texts).chain(calls).collect();
    let total = u64::try_from(said.len().max(1)).unwrap_or(1);
    let so_far = |sent: u64| {
        told.usage.map(|usage| Usage { output: usage.output * sent / total, reasoning: 0, ..usage })
    };
    let mut frames: Vec<Frame> = Vec::new();
    for (sent, parts) in (1..).zip(said) {
        frames.push(event(Part::Said, &response(told, &parts, None, so_far(sent))));
    }
    let last = response(told, &[json!({"text": ""})], told.finish, told.usage);
    frames.push(event(Part::Usage, &last));
    frames
}

fn event(part: Part, data: &Value) -> Frame {
    Vendor::Gemini.frame(part, "", &data.to_string())
}
