//! What is kept is what was said, nothing that is secret is kept, and a call finds its exchange or learns why not.

mod matching;
mod redacting;
mod written;

use divisi_domain::model_step::FailureClass;
use divisi_domain::name::Name;
use serde_json::json;

use super::{Exchange, KeptRequest, Place, Redaction};
use crate::inputs::{AnalyseInput, Inputs};
use crate::{Message, ProviderError, Purpose, Request, Response, Sampling, ToolCall, ToolOffer};

fn name(text: &'static str) -> Name {
    Name::from_static(text)
}

/// A request with something in every part.
fn request() -> Request {
    Request {
        purpose: Purpose::Work,
        model: name("gpt-x"),
        system: "You work.\nBe exact.".into(),
        messages: vec![
            Message::User { text: "Which tax?\nOf 2024.".to_owned() },
            Message::Assistant {
                text: String::new(),
                tool_calls: vec![ToolCall {
                    id: "c1".to_owned(),
                    tool: "read_span".to_owned(),
                    arguments: json!({"z": 1, "a": 0.123_456_789_012_345_67}),
                }],
            },
            Message::Tool {
                call_id: "c1".to_owned(),
                tool: name("read_span"),
                content: "{\"text\": \"19 %\"}".to_owned(),
                ok: true,
            },
        ],
        tools: vec![ToolOffer {
            name: name("read_span"),
            description: "Reads.".to_owned(),
            schema: json!({"type": "object"}).into(),
        }],
        schema: json!({"type": "object", "required": ["summary"]}).into(),
        sampling: Sampling { temperature_hundredths: 30, output_tokens_max: 500 },
        inputs: Inputs::Analyse(AnalyseInput::default()).into(),
    }
}

fn kept(request: &Request) -> KeptRequest {
    KeptRequest::of(request, &Redaction::default()).unwrap()
}

fn place(path: &str, attempt: u16) -> Place {
    Place { path: path.to_owned(), attempt }
}

type Said = Result<Response, ProviderError>;

#[expect(clippy::unnecessary_wraps, reason = "one of two things that a provider says")]
fn answer(text: &str) -> Said {
    Ok(Response::new(text.to_owned(), Vec::new(), None, name("gpt-x")))
}

fn failure(class: FailureClass) -> Said {
    Err(ProviderError::new(class, "It failed.".to_owned()))
}

fn exchange(path: &str, attempt: u16, request: &Request, outcome: &Said) -> Exchange {
    let stream = ["a".to_owned(), "b".to_owned()];
    let (at, redaction) = (place(path, attempt), Redaction::default());
    Exchange::new(at, &name("openai"), kept(request), &stream, outcome, &redaction).unwrap()
}
