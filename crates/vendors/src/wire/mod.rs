//! The four wires. Each has a file that reads and checks a request, and one that writes answers.

mod chat;
mod gemini;
mod messages;
mod params;
mod refusals;
mod responses;
mod schema;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::answer::{Answer, Finish, Usage};
use crate::ask::Ask;

pub(crate) use params::BadRequest;
pub(crate) use refusals::{Refused, Trouble, page, standing_headers};

/// A wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vendor {
    /// OpenAI Chat Completions, and the many servers that speak it.
    Chat,
    /// OpenAI Responses.
    Responses,
    /// Anthropic Messages.
    Messages,
    /// Gemini `generateContent`.
    Gemini,
}

/// One event of a stream as it goes over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) part: Part,
    pub(crate) bytes: Vec<u8>,
}

/// What an event tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Only that something begins or ends.
    Frame,
    /// A piece of what the model says.
    Said,
    /// What it costs.
    Usage,
}

/// An answer as it is to be told.
#[derive(Debug, Clone)]
pub(crate) struct Told<'a> {
    /// The number of the request, of which ids are made.
    pub(crate) number: u64,
    /// Seconds since 1970.
    pub(crate) created_s: u64,
    /// The model that answers.
    pub(crate) model: &'a str,
    /// What it says.
    pub(crate) answer: &'a Answer,
    /// What is told of the cost.
    pub(crate) usage: Option<Usage>,
    /// What is told of the reason to stop.
    pub(crate) finish: Option<Finish>,
    /// Whether the client asked for usage at the end of a stream.
    pub(crate) stream_usage: bool,
    /// Whether id, type and name of a tool call are told again and again.
    pub(crate) repeat_names: bool,
    /// Characters in a piece of text.
    pub(crate) delta_chars: usize,
}

impl Vendor {
    /// All wires.
    pub const ALL: [Self; 4] = [Self::Chat, Self::Responses, Self::Messages, Self::Gemini];

    /// Reads and checks the body of a request. `path` is where it was posted.
    pub(crate) fn read(self, path: &str, body: &Value, local: bool) -> Result<Ask, BadRequest> {
        match self {
            Self::Chat => chat::read(body, local),
            Self::Responses => responses::read(body, local),
            Self::Messages => messages::read(body),
            Self::Gemini => gemini::read(path, body),
        }
    }

    /// The whole answer.
    pub(crate) fn whole(self, told: &Told<'_>) -> Value {
        match self {
            Self::Chat => chat::whole(told),
            Self::Responses => responses::whole(told),
            Self::Messages => messages::whole(told),
            Self::Gemini => gemini::whole(told),
        }
    }

    /// The answer as events.
    pub(crate) fn frames(self, told: &Told<'_>) -> Vec<Frame> {
        match self {
            Self::Chat => chat::frames(told),
            Self::Responses => responses::frames(told),
            Self::Messages => messages::frames(told),
            Self::Gemini => gemini::frames(told),
        }
    }

    /// One event of this wire, as every event of it is framed.
    pub(crate) fn frame(self, part: Part, name: &str, data: &str) -> Frame {
        let text = match self {
            Self::Chat => format!("data: {data}\n\n"),
            Self::Responses | Self::Messages => format!("event: {name}\ndata: {data}\n\n"),
            Self::Gemini => format!("data: {data}\r\n\r\n"),
        };
        Frame { part, bytes: text.into_bytes() }
    }
}

impl Told<'_> {
    /// The text in pieces of so many characters.
    pub(crate) fn deltas(&self) -> Vec<String> {
        pieces(&self.answer.text, self.delta_chars)
    }

    /// The thoughts in such pieces.
    pub(crate) fn thoughts(&self) -> Vec<String> {
        pieces(&self.answer.thoughts, self.delta_chars)
    }
}

/// A text in pieces of so many characters.
pub(crate) fn pieces(text: &str, chars: usize) -> Vec<String> {
    let all: Vec<char> = text.chars().collect();
    all.chunks(chars.max(1)).map(|piece| piece.iter().collect()).collect()
}
