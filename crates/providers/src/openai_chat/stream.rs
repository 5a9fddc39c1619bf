//! The answer as it comes.

use divisi_domain::model_step::FailureClass;
use divisi_domain::money::Usage;
use divisi_llm::{FinishReason, NoSink, ProviderError, Response, TokenSink};

use super::calls::OpenCalls;
use super::decode::{End, ended, usage};
use super::encode::Encoded;
use super::errors;
use super::names::file_name;
use super::think::{Thoughts, answer_of};
use super::union::{self, Leaning};
use super::wire::{Choice, Chunk, Delta};
use crate::conversation::ToolNames;
use crate::gathered::Gathered;
use crate::http::{AnswerReader, Fault, Flow, Refusal, SseEvent, Step};
use crate::refusal::{Asked, Hidden, Said};

/// Bytes that are taken for a token where the server counts none.
const BYTES_PER_TOKEN: u64 = 4;
/// Pieces beyond the limit that a server may send before we end its answer: some cut a token in two.
const PIECES_OVER_LIMIT: u64 = 16;

/// Reads one answer.
#[derive(Debug)]
pub(super) struct ChatReader {
    asked: Asked,
    hidden: Hidden,
    names: ToolNames,
    calls_by_json: bool,
    limit: u64,
    input_bytes: u64,
    gathered: Gathered,
    thoughts: Thoughts,
    held: String,
    leaning: Leaning,
    calls: OpenCalls,
    refused: String,
    end: Option<End>,
    usage: Option<Usage>,
    running_usage: Option<Usage>,
    model: String,
    pieces: u64,
    bytes: u64,
    flow: Flow,
    /// What the server said when it refused.
    said: Said,
}

impl ChatReader {
    pub(super) fn new(asked: Asked, hidden: Hidden, encoded: Encoded) -> Self {
        Self {
            gathered: Gathered::within(asked.clone(), encoded.output_tokens_max),
            asked,
            hidden,
            calls_by_json: encoded.calls_by_json,
            limit: u64::from(encoded.output_tokens_max),
            input_bytes: encoded.body.len() as u64,
            names: encoded.names,
            thoughts: Thoughts::default(),
            held: String::new(),
            leaning: if encoded.calls_by_json { Leaning::Open } else { Leaning::Answer },
            calls: OpenCalls::default(),
            refused: String::new(),
            end: None,
            usage: None,
            running_usage: None,
            model: String::new(),
            pieces: 0,
            bytes: 0,
            flow: Flow::Waiting,
            said: Said::default(),
        }
    }

    /// What the server said when it refused, in its own words.
    pub(super) fn into_said(self) -> Said {
        self.said
    }

    fn failed(&mut self, data: &str) -> Fault {
        self.said = Said::of(data);
        errors::in_stream(&self.asked, &self.hidden, data).into()
    }

    fn chunk(&mut self, data: &str, sink: &mut dyn TokenSink) -> Result<Step, Fault> {
        let chunk: Chunk = match serde_json::from_str(data) {
            Ok(chunk) => chunk,
            Err(_) => return Err(self.gathered.broken("a part of it is no JSON of this wire")),
        };
        let silent = chunk.choices.is_empty() && chunk.usage.is_none();
        if chunk.is_error() || (silent && Said::in_stream(data).is_some()) {
            return Err(self.failed(data));
        }
        if self.model.is_empty() {
            let asked = chunk.model == self.asked.model.as_str();
            self.model = if asked { chunk.model } else { file_name(&chunk.model).to_owned() };
        }
        let mut step = Step::More;
        for choice in chunk.choices.into_iter().filter(|choice| choice.index == 0) {
            step = self.choice(choice, sink)?;
        }
        let usage = chunk.usage.and_then(usage);
        if self.end.is_some() {
            self.usage = usage.or(self.usage);
        } else {
            // Figures that run along count up to the chunk that they came with.
            self.running_usage = usage;
        }
        Ok(step)
    }

    fn choice(&mut self, choice: Choice, sink: &mut dyn TokenSink) -> Result<Step, Fault> {
        let (delta, reason) = choice.into_said();
        self.delta(delta, sink)?;
        if let Some(end) = ended(&self.gathered, &reason)? {
            self.end = Some(end);
        } else if self.is_over_limit() {
            self.end = Some(End::Length);
            return Ok(Step::Close);
        }
        Ok(Step::More)
    }

    fn delta(&mut self, mut delta: Delta, sink: &mut dyn TokenSink) -> Result<(), Fault> {
        let before = self.bytes;
        let thought = delta.thought_bytes();
        self.count(thought)?;
        let text = delta.content.into_text();
        if !text.is_empty() {
            self.flow = Flow::Flowing;
        } else if thought > 0 || !delta.tool_calls.is_empty() {
            self.flow = Flow::Quiet;
        }
        self.count(text.len())?;
        let text = self.thoughts.keep_out(&text);
        self.say(&text, sink)?;
        self.refused.push_str(&delta.refusal);
        self.count(delta.refusal.len())?;
        if delta.tool_calls.is_empty() {
            delta.tool_calls.extend(delta.function_call.map(|function| super::wire::CallDelta {
                index: Some(0),
                function,
                ..Default::default()
            }));
        }
        for call in delta.tool_calls {
            let more = self.calls.take(call);
            self.count(more)?;
            if self.calls.0.len() > crate::gathered::TOOL_CALLS_MAX {
                return Err(self.gathered.broken("it has too many tool calls"));
            }
        }
        self.pieces += u64::from(self.bytes > before);
        Ok(())
    }

    /// Counts what was generated, and bounds it.
    fn count(&mut self, bytes: usize) -> Result<(), Fault> {
        self.bytes += bytes as u64;
        if self.bytes > crate::gathered::ANSWER_BYTES_MAX as u64 {
            return Err(self.gathered.broken("it is too long"));
        }
        Ok(())
    }

    /// Passes text on, once it is known to be no call.
    fn say(&mut self, text: &str, sink: &mut dyn TokenSink) -> Result<(), Fault> {
        match self.leaning {
            Leaning::Answer => self.gathered.say(text, sink)?,
            Leaning::Calls => self.held.push_str(text),
            Leaning::Open => {
                self.held.push_str(text);
                self.leaning = union::leaning(&self.held);
                if self.leaning == Leaning::Answer {
                    let held = std::mem::take(&mut self.held);
                    self.gathered.say(&held, sink)?;
                }
            }
        }
        Ok(())
    }

    /// Whether the server does not keep the limit that it was sent. A token is one piece, and some bytes, of most answers.
    fn is_over_limit(&self) -> bool {
        self.pieces > self.limit + PIECES_OVER_LIMIT && self.bytes > self.limit * BYTES_PER_TOKEN
    }

    fn estimate(&self) -> Usage {
        Usage {
            input_tokens: self.input_bytes.div_ceil(BYTES_PER_TOKEN),
            output_tokens: self.pieces.max(self.bytes.div_ceil(BYTES_PER_TOKEN)),
            ..Usage::default()
        }
    }

    /// Puts what was held back in its place.
    fn settle(&mut self) -> Result<(), Fault> {
        let rest = self.thoughts.rest();
        self.say(&rest, &mut NoSink)?;
        let held = std::mem::take(&mut self.held);
        self.gathered.say(&held, &mut NoSink)?;
        let text = answer_of(self.gathered.text()).to_owned();
        let written = if self.calls_by_json { union::read(&text) } else { None };
        if written.is_some() || text != self.gathered.text() {
            self.gathered =
                Gathered::within(self.asked.clone(), u32::try_from(self.limit).unwrap_or(u32::MAX));
            self.gathered.say(if written.is_some() { "" } else { &text }, &mut NoSink)?;
        }
        for call in written.unwrap_or_default() {
            let tool = self.names.ours(&call.name).to_owned();
            self.gathered.call("", &tool, call.parameters.to_string())?;
        }
        for call in std::mem::take(&mut self.calls.0) {
            if call.name.is_empty() {
                return Err(self.gathered.broken("a tool call names no tool"));
            }
            let tool = self.names.ours(&call.name).to_owned();
            self.gathered.call(&call.id, &tool, call.arguments)?;
        }
        Ok(())
    }
}

impl AnswerReader for ChatReader {
    fn event(&mut self, event: &SseEvent, sink: &mut dyn TokenSink) -> Result<Step, Fault> {
        match event.data.trim() {
            "" => Ok(Step::More),
            "[DONE]" => Ok(Step::Done),
            data if event.event == "error" => Err(self.failed(data)),
            data => self.chunk(data, sink),
        }
    }

    fn whole(&mut self, body: &str, sink: &mut dyn TokenSink) -> Result<(), Fault> {
        self.chunk(body, sink).map(|_| ())
    }

    fn finish(&mut self) -> Result<Response, Fault> {
        if !self.refused.is_empty() {
            return Err(self.gathered.failed(FailureClass::Refused, &self.refused));
        }
        let Some(end) = self.end else {
            return Err(self.gathered.broken("it ended without a reason to finish"));
        };
        self.settle()?;
        let usage = self.usage.or(self.running_usage);
        if end == End::Filtered && self.gathered.text().trim().is_empty() {
            return Err(self.gathered.failed(FailureClass::Refused, "a content filter stopped it"));
        }
        let mut response = self.gathered.end(end == End::Length, usage, Some(&self.model))?;
        if end == End::Filtered {
            response.finish = FinishReason::Filtered;
        }
        if response.usage.is_none() {
            response.usage = Some(self.estimate());
            response.estimated = true;
        }
        Ok(response)
    }

    fn complete(&self) -> bool {
        self.end.is_some()
    }

    fn usage(&self) -> Option<Usage> {
        self.usage
    }

    fn flow(&self) -> Flow {
        self.flow
    }

    fn refusal(&mut self, refusal: &Refusal<'_>) -> ProviderError {
        self.said = Said::of(refusal.body);
        errors::refused(&self.asked, &self.hidden, refusal)
    }
}

#[cfg(test)]
mod tests;
