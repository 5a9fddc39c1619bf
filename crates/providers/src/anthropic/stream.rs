//! The answer of `/v1/messages` while it comes: from events to text, calls, usage and the reason of its end.

use std::collections::BTreeMap;

use divisi_domain::money::Usage;
use divisi_llm::{ProviderError, Response, TokenSink};

use super::decode::{Tokens, ended};
use super::encode::ANSWER_TOOL;
use super::errors::{class, in_stream};
use super::wire::{Block, Delta, Event, StopDetails, StopReason, UsageSeen, WholeMessage};
use crate::conversation::ToolNames;
use crate::gathered::Gathered;
use crate::http::{AnswerReader, Fault, Flow, Refusal, SseEvent, Step};
use crate::refusal::{Asked, Hidden, Said, refused};

/// The most blocks of one answer.
const BLOCKS_MAX: usize = 1_024;

/// Reads one answer.
#[derive(Debug)]
pub(super) struct Reader {
    asked: Asked,
    /// Servers like to repeat a key.
    hidden: Hidden,
    names: ToolNames,
    /// Whether the answer comes as a call; text beside it waits in `aside` then.
    answer_tool: bool,
    answered: bool,
    aside: String,
    gathered: Gathered,
    open: BTreeMap<u64, Open>,
    blocks: usize,
    tokens: Tokens,
    model: Option<String>,
    stop: Option<(StopReason, Option<StopDetails>)>,
    phase: Phase,
    flow: Flow,
}

/// How far the stream has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Waiting,
    Begun,
    Stopped,
}

/// A block that is being written.
#[derive(Debug)]
enum Open {
    Text,
    Call { id: String, name: String, input: String, pieces: String },
    Answer { input: String, pieces: bool },
    Ignored,
}

impl Reader {
    /// Waits for the first event. `answer_tool`: whether the answer comes as a call of [`ANSWER_TOOL`].
    pub(super) fn new(asked: Asked, names: ToolNames, answer_tool: bool, output_tokens_max: u32) -> Self {
        Self {
            gathered: Gathered::within(asked.clone(), output_tokens_max),
            asked,
            hidden: Hidden::default(),
            names,
            answer_tool,
            answered: false,
            aside: String::new(),
            open: BTreeMap::new(),
            blocks: 0,
            tokens: Tokens::default(),
            model: None,
            stop: None,
            phase: Phase::Waiting,
            flow: Flow::Waiting,
        }
    }

    /// The same, which shows what is `hidden` to nobody.
    pub(super) fn hiding(mut self, hidden: Hidden) -> Self {
        self.hidden = hidden;
        self
    }

    fn read<T: serde::de::DeserializeOwned>(&self, text: &str) -> Result<T, Fault> {
        if let Some(said) = Said::in_stream(text) {
            return Err(in_stream(&self.asked, &said.without(&self.hidden)));
        }
        let unreadable = |error| self.gathered.broken(&format!("it is not what it should be ({error})"));
        serde_json::from_str(text).map_err(unreadable)
    }

    fn take(&mut self, event: Event, sink: &mut dyn TokenSink) -> Result<(), Fault> {
        match event {
            Event::MessageStart { .. } if self.phase != Phase::Waiting => {
                return Err(self.gathered.broken("it begins twice"));
            }
            Event::MessageStart { message } => {
                self.phase = Phase::Begun;
                self.model = message.model;
                self.tokens.see(message.usage.as_ref());
            }
            Event::ContentBlockStart { index, content_block } => self.begin(index, content_block, sink)?,
            Event::ContentBlockDelta { index, delta } => self.more(index, delta, sink)?,
            Event::ContentBlockStop { index } => {
                self.flow = Flow::Quiet;
                self.finish_block(index, sink)?;
            }
            Event::MessageDelta { delta, usage } => {
                self.tokens.see(usage.as_ref());
                if let Some(reason) = delta.stop_reason {
                    self.stop = Some((reason, delta.stop_details));
                    self.tokens.end(usage.as_ref().is_some_and(has_output));
                }
            }
            Event::MessageStop => self.stop(sink)?,
            Event::Other => {}
        }
        Ok(())
    }

    fn begin(&mut self, index: u64, block: Block, sink: &mut dyn TokenSink) -> Result<(), Fault> {
        self.blocks += 1;
        if self.blocks > BLOCKS_MAX {
            return Err(self.gathered.broken(&format!("it has more than {BLOCKS_MAX} blocks")));
        }
        if self.open.contains_key(&index) {
            return Err(self.gathered.broken("a block begins twice"));
        }
        let open = match block {
            Block::Text { text } => {
                self.say(&text.unwrap_or_default(), sink)?;
                Open::Text
            }
            Block::ToolUse { id, name, input } => {
                self.flow = Flow::Quiet;
                let input = input.filter(|input| input.as_object().is_some_and(|it| !it.is_empty()));
                let input = input.map(|input| input.to_string()).unwrap_or_default();
                self.gathered.count(input.len())?;
                self.called(id.unwrap_or_default(), name, input)
            }
            Block::Other => {
                self.flow = Flow::Quiet;
                Open::Ignored
            }
        };
        self.open.insert(index, open);
        Ok(())
    }

    fn called(&mut self, id: String, name: String, input: String) -> Open {
        if !self.answer_tool || name != ANSWER_TOOL {
            return Open::Call { id, name, input, pieces: String::new() };
        }
        if std::mem::replace(&mut self.answered, true) {
            Open::Ignored
        } else {
            Open::Answer { input, pieces: false }
        }
    }

    fn more(&mut self, index: u64, delta: Delta, sink: &mut dyn TokenSink) -> Result<(), Fault> {
        if self.blocks == 0 && index == 0 && matches!(delta, Delta::Text { .. }) {
            // Servers that have but one text leave its beginning out.
            self.begin(index, Block::Text { text: None }, sink)?;
        }
        let Some(open) = self.open.get_mut(&index) else {
            return Err(self.gathered.broken("a piece belongs to no block"));
        };
        match (open, delta) {
            (Open::Text, Delta::Text { text }) => self.say(&text.unwrap_or_default(), sink),
            (Open::Call { pieces, .. }, Delta::InputJson { partial_json }) => {
                let more = partial_json.unwrap_or_default();
                self.gathered.count(more.len())?;
                pieces.push_str(&more);
                Ok(())
            }
            (Open::Answer { pieces, .. }, Delta::InputJson { partial_json }) => {
                let more = partial_json.unwrap_or_default();
                *pieces |= !more.is_empty();
                self.gathered.say(&more, sink)
            }
            // No part of the answer, and yet its length has a limit.
            (Open::Ignored, Delta::Thinking { thinking }) => {
                self.gathered.count(thinking.map_or(0, |thought| thought.len()))
            }
            (Open::Ignored, _) | (_, Delta::Other) => Ok(()),
            (Open::Text | Open::Call { .. } | Open::Answer { .. }, _) => {
                Err(self.gathered.broken("a piece is of another kind than its block"))
            }
        }
    }

    fn finish_block(&mut self, index: u64, sink: &mut dyn TokenSink) -> Result<(), Fault> {
        match self.open.remove(&index) {
            Some(Open::Call { id, name, input, pieces }) => {
                let arguments = if pieces.is_empty() { input } else { pieces };
                self.gathered.call(&id, self.names.ours(&name), arguments)
            }
            Some(Open::Answer { input, pieces: false }) => self.gathered.say(&input, sink),
            Some(Open::Answer { .. } | Open::Text | Open::Ignored) | None => Ok(()),
        }
    }

    fn say(&mut self, text: &str, sink: &mut dyn TokenSink) -> Result<(), Fault> {
        if !text.is_empty() {
            self.flow = Flow::Flowing;
        }
        if self.answer_tool {
            self.gathered.count(text.len())?;
            self.aside.push_str(text);
            return Ok(());
        }
        self.gathered.say(text, sink)
    }

    /// The answer is whole. A server that ignored the forced tool has written it as text.
    fn stop(&mut self, sink: &mut dyn TokenSink) -> Result<(), Fault> {
        self.phase = Phase::Stopped;
        let rest: Vec<u64> = self.open.keys().copied().collect();
        for index in rest {
            self.finish_block(index, sink)?;
        }
        if self.answered {
            return Ok(());
        }
        let aside = std::mem::take(&mut self.aside);
        self.gathered.say(&aside, sink)
    }
}

impl AnswerReader for Reader {
    fn event(&mut self, event: &SseEvent, sink: &mut dyn TokenSink) -> Result<Step, Fault> {
        let event = self.read(&event.data)?;
        self.take(event, sink)?;
        Ok(if self.phase == Phase::Stopped { Step::Done } else { Step::More })
    }

    fn whole(&mut self, body: &str, sink: &mut dyn TokenSink) -> Result<(), Fault> {
        let message: WholeMessage = self.read(body)?;
        self.model = message.model;
        self.tokens.see(message.usage.as_ref());
        for (index, block) in (0..).zip(message.content) {
            self.begin(index, block, sink)?;
            self.finish_block(index, sink)?;
        }
        self.tokens.end(message.usage.as_ref().is_some_and(has_output));
        self.stop = message.stop_reason.map(|reason| (reason, message.stop_details));
        self.stop(sink)
    }

    fn finish(&mut self) -> Result<Response, Fault> {
        let Some((reason, details)) = self.stop.take().filter(|_| self.phase == Phase::Stopped) else {
            return Err(self.gathered.broken("the stream ended before the answer did"));
        };
        let cut = ended(&self.asked, reason, details.as_ref())?;
        self.gathered.end(cut, self.tokens.usage(), self.model.as_deref())
    }

    fn usage(&self) -> Option<Usage> {
        self.tokens.usage()
    }

    fn flow(&self) -> Flow {
        self.flow
    }

    fn refusal(&mut self, refusal: &Refusal<'_>) -> ProviderError {
        let said = Said::of(refusal.body).without(&self.hidden);
        refused(&self.asked, class(refusal.status, &said), refusal, &said)
    }
}

fn has_output(usage: &UsageSeen) -> bool {
    usage.output_tokens.is_some()
}

#[cfg(test)]
mod tests;
