//! The answer of `/v1/responses` while it comes: from events to text, calls, usage and the reason of its end.

use divisi_domain::model_step::FailureClass;
use divisi_domain::money::Usage;
use divisi_llm::{ProviderError, Response, TokenSink};

use super::calls::{Calls, Place};
use super::decode::{ended, usage};
use super::errors::{class, in_stream, said_by};
use super::wire::{Answer, Content, Event, Numbered, Output, Status};
use crate::conversation::ToolNames;
use crate::gathered::Gathered;
use crate::http::{AnswerReader, Fault, Flow, Refusal, SseEvent, Step};
use crate::refusal::{Asked, Hidden, Said, refused};

/// Reads one answer.
#[derive(Debug)]
pub(super) struct Reader {
    asked: Asked,
    /// Servers like to repeat a key.
    hidden: Hidden,
    names: ToolNames,
    output_tokens_max: u32,
    gathered: Gathered,
    calls: Calls,
    refusal: String,
    /// Messages that are said on the way and no part of the answer.
    commentary: Vec<Mark>,
    numbers: Numbers,
    end: Option<Answer>,
    usage: Option<Usage>,
    flow: Flow,
}

/// What an item can be recognised by.
#[derive(Debug, PartialEq)]
struct Mark {
    item_id: Option<String>,
    output_index: Option<u64>,
}

impl Reader {
    /// Waits for the first event. `output_tokens_max`: the limit that was sent.
    pub(super) fn new(asked: Asked, names: ToolNames, output_tokens_max: u32) -> Self {
        Self {
            gathered: Gathered::within(asked.clone(), output_tokens_max),
            asked,
            hidden: Hidden::default(),
            names,
            output_tokens_max,
            calls: Calls::default(),
            refusal: String::new(),
            commentary: Vec::new(),
            numbers: Numbers::default(),
            end: None,
            usage: None,
            flow: Flow::Waiting,
        }
    }

    /// The same, which shows what is `hidden` to nobody.
    pub(super) fn hiding(mut self, hidden: Hidden) -> Self {
        self.hidden = hidden;
        self
    }

    fn wrong(&self, said: Said) -> Fault {
        in_stream(&self.asked, &said.without(&self.hidden))
    }

    fn read<T: serde::de::DeserializeOwned>(&self, text: &str) -> Result<T, Fault> {
        let unreadable = |error| self.gathered.broken(&format!("it is not what it should be ({error})"));
        serde_json::from_str(text).map_err(unreadable)
    }

    fn take(&mut self, event: Event, sink: &mut dyn TokenSink) -> Result<(), Fault> {
        match event {
            Event::ItemAdded { output_index, item } => self.item(output_index, item, false),
            Event::ItemDone { output_index, item } => {
                // What comes next may be held back.
                self.flow = if self.flow == Flow::Flowing { Flow::Quiet } else { self.flow };
                self.item(output_index, item, true)
            }
            Event::TextDelta { output_index, item_id, delta } => {
                let mark = Mark { item_id, output_index };
                let delta = delta.unwrap_or_default();
                if self.commentary.iter().any(|known| known.is(&mark)) {
                    self.flow = Flow::Quiet;
                    return self.gathered.count(delta.len());
                }
                self.flow = Flow::Flowing;
                self.gathered.say(&delta, sink)
            }
            // No part of the answer, and yet its length has a limit.
            Event::ThoughtDelta { delta } => self.gathered.count(delta.map_or(0, |thought| thought.len())),
            Event::RefusalDelta { delta } => {
                let more = delta.unwrap_or_default();
                self.gathered.count(more.len())?;
                self.refusal.push_str(&more);
                Ok(())
            }
            Event::ArgumentsDelta { output_index, item_id, delta } => {
                let place = Place { item_id: item_id.as_deref(), output_index };
                self.calls.delta(place, &delta.unwrap_or_default(), &mut self.gathered)
            }
            Event::ArgumentsDone { output_index, item_id, arguments } => {
                let place = Place { item_id: item_id.as_deref(), output_index };
                self.calls.done(place, arguments, &mut self.gathered)
            }
            Event::Completed { response } => self.end(response, Status::Completed, sink),
            Event::Incomplete { response } => self.end(response, Status::Incomplete, sink),
            Event::Failed { response } => self.end(response, Status::Failed, sink),
            Event::Cancelled { response } => self.end(response, Status::Cancelled, sink),
            Event::Error(error) => Err(self.wrong(said_by(&error))),
            Event::Other => Ok(()),
        }
    }

    fn item(&mut self, output_index: Option<u64>, item: Output, done: bool) -> Result<(), Fault> {
        match item {
            Output::Message { id, phase: Some(phase), .. } if phase == "commentary" => {
                let mark = Mark { item_id: id, output_index };
                if !self.commentary.contains(&mark) {
                    self.gathered.count(size_of::<Mark>())?;
                    self.commentary.push(mark);
                }
                Ok(())
            }
            call @ Output::FunctionCall { .. } => {
                self.flow = Flow::Quiet;
                self.calls.item(output_index, call, done, &mut self.gathered)
            }
            Output::Message { .. } | Output::Other => Ok(()),
        }
    }

    /// The answer is whole. `status`: what the event says where the answer itself does not.
    fn end(&mut self, mut answer: Answer, status: Status, sink: &mut dyn TokenSink) -> Result<(), Fault> {
        if matches!(answer.status, None | Some(Status::InProgress | Status::Queued | Status::Other)) {
            answer.status = Some(status);
        }
        self.usage = answer.usage.as_ref().and_then(usage);
        self.settle(&mut answer, sink)?;
        self.end = Some(answer);
        Ok(())
    }

    /// Holds what was streamed against the answer as it stands at its end. What was not streamed is taken from there.
    fn settle(&mut self, answer: &mut Answer, sink: &mut dyn TokenSink) -> Result<(), Fault> {
        let mut text = String::new();
        let mut refusal = String::new();
        for (index, item) in (0..).zip(answer.output.take().into_iter().flatten()) {
            match item {
                Output::Message { phase: Some(phase), .. } if phase == "commentary" => {}
                Output::Message { content, .. } => said(content, &mut text, &mut refusal),
                call => self.calls.item(Some(index), call, true, &mut self.gathered)?,
            }
        }
        if self.refusal.is_empty() {
            self.refusal = refusal;
        }
        let streamed = self.gathered.text();
        if streamed.is_empty() {
            return self.gathered.say(&text, sink);
        }
        if !text.trim().is_empty() && text.trim() != streamed.trim() {
            return Err(self.gathered.broken("what was streamed is not what the answer says at its end"));
        }
        Ok(())
    }
}

impl AnswerReader for Reader {
    fn event(&mut self, event: &SseEvent, sink: &mut dyn TokenSink) -> Result<Step, Fault> {
        let data = event.data.as_str();
        if data.trim() == "[DONE]" {
            return Ok(Step::Done);
        }
        if let Some(said) = Said::in_stream(data) {
            return Err(self.wrong(said));
        }
        let Numbered { sequence_number } = self.read(data)?;
        let event = self.read(data)?;
        if self.numbers.is_again(sequence_number, data) {
            return Ok(Step::More);
        }
        self.take(event, sink)?;
        Ok(if self.end.is_some() { Step::Done } else { Step::More })
    }

    fn whole(&mut self, body: &str, sink: &mut dyn TokenSink) -> Result<(), Fault> {
        let answer: Answer = self.read(body)?;
        if answer.status.is_none()
            && let Some(said) = Said::in_stream(body)
        {
            return Err(self.wrong(said));
        }
        self.end(answer, Status::Other, sink)
    }

    fn finish(&mut self) -> Result<Response, Fault> {
        let Some(answer) = self.end.take() else {
            return Err(self.gathered.broken("the stream ended before the answer did"));
        };
        if let Some(error) = &answer.error {
            return Err(self.wrong(said_by(error)));
        }
        let cut = ended(&self.asked, &answer, self.usage, self.output_tokens_max)?;
        if !self.refusal.is_empty() {
            return Err(self.gathered.failed(FailureClass::Refused, &self.refusal));
        }
        std::mem::take(&mut self.calls).into_answer(&self.names, &mut self.gathered)?;
        self.gathered.end(cut, self.usage, answer.model.as_deref())
    }

    fn usage(&self) -> Option<Usage> {
        self.usage
    }

    fn flow(&self) -> Flow {
        self.flow
    }

    fn refusal(&mut self, refusal: &Refusal<'_>) -> ProviderError {
        let said = Said::of(refusal.body).without(&self.hidden);
        refused(&self.asked, class(refusal.status, &said), refusal, &said)
    }
}

impl Mark {
    fn is(&self, other: &Self) -> bool {
        let same_id = self.item_id.is_some() && self.item_id == other.item_id;
        same_id || (self.output_index.is_some() && self.output_index == other.output_index)
    }
}

fn said(content: Option<Vec<Content>>, text: &mut String, refusal: &mut String) {
    for part in content.into_iter().flatten() {
        match part {
            Content::OutputText { text: more } => text.push_str(&more.unwrap_or_default()),
            Content::Refusal { refusal: more } => refusal.push_str(&more.unwrap_or_default()),
            Content::Other => {}
        }
    }
}

/// Recognises an event that comes twice: same number, same words, from a server that counts.
#[derive(Debug, Default)]
struct Numbers {
    last: Option<u64>,
    words: String,
    counts: bool,
}

impl Numbers {
    fn is_again(&mut self, number: Option<u64>, data: &str) -> bool {
        let Some(number) = number else { return false };
        if self.counts && self.last == Some(number) && self.words == data {
            return true;
        }
        self.counts = self.last.is_some_and(|last| number > last);
        self.last = Some(number);
        data.clone_into(&mut self.words);
        false
    }
}

#[cfg(test)]
mod tests;
