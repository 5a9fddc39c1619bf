//! The answer of `streamGenerateContent` while it comes: from chunks to text, calls, usage and the reason of its end.

use divisi_domain::money::Usage;
use divisi_llm::{ProviderError, Response, TokenSink};
use serde_json::Value;

use super::decode::{blocked, ended, usage};
use super::encode::OWN_ID;
use super::errors::{class, in_stream, retry_delay};
use super::wire::{Candidate, Chunk, SaidCall, SaidPart, Whole};
use crate::conversation::{Signature, ToolNames, signed};
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
    gathered: Gathered,
    calls: usize,
    /// Figures that came with the reason of the end, or after it.
    usage: Option<Usage>,
    model: Option<String>,
    finish: Option<(String, Option<String>)>,
    flow: Flow,
}

impl Reader {
    /// Waits for the first chunk. `output_tokens_max`: the limit that was sent.
    pub(super) fn new(asked: Asked, names: ToolNames, output_tokens_max: u32) -> Self {
        let gathered = Gathered::within(asked.clone(), output_tokens_max);
        let (calls, flow) = (0, Flow::Waiting);
        Self {
            asked,
            hidden: Hidden::default(),
            names,
            gathered,
            calls,
            usage: None,
            model: None,
            finish: None,
            flow,
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

    fn chunk(&mut self, chunk: Chunk, sink: &mut dyn TokenSink) -> Result<(), Fault> {
        let seen = chunk.usage_metadata.as_ref().and_then(usage);
        if let Some(error) = chunk.prompt_feedback.as_ref().and_then(|it| blocked(&self.asked, it)) {
            self.usage = seen;
            return Err(error);
        }
        if chunk.model_version.is_some() {
            self.model = chunk.model_version;
        }
        let ours = |candidate: &Candidate| candidate.index.unwrap_or(0) == 0;
        for candidate in chunk.candidates.into_iter().flatten().filter(ours) {
            self.candidate(candidate, sink)?;
        }
        if self.finish.is_some() {
            self.usage = seen.or(self.usage);
        }
        Ok(())
    }

    fn candidate(&mut self, candidate: Candidate, sink: &mut dyn TokenSink) -> Result<(), Fault> {
        for part in candidate.content.and_then(|content| content.parts).into_iter().flatten() {
            if self.finish.is_some() && has_something(&part) {
                return Err(self.gathered.broken("the answer goes on after its end"));
            }
            self.part(part, sink)?;
        }
        let reason = candidate.finish_reason.filter(|reason| reason != "FINISH_REASON_UNSPECIFIED");
        if let Some(reason) = reason {
            self.finish = Some((reason, candidate.finish_message));
        }
        Ok(())
    }

    fn part(&mut self, part: SaidPart, sink: &mut dyn TokenSink) -> Result<(), Fault> {
        if let Some(call) = part.function_call {
            self.flow = Flow::Quiet;
            return self.call(call, part.thought_signature.as_deref());
        }
        match part.text {
            Some(text) if part.thought != Some(true) => {
                self.flow = if text.is_empty() { self.flow } else { Flow::Flowing };
                self.gathered.say(&text, sink)
            }
            // A thought is no part of the answer, and yet its length has a limit.
            Some(thought) => {
                self.flow = Flow::Quiet;
                self.gathered.count(thought.len())
            }
            None => Ok(()),
        }
    }

    fn call(&mut self, call: SaidCall, signature: Option<&str>) -> Result<(), Fault> {
        self.calls += 1;
        let own = || format!("{OWN_ID}{}", self.calls);
        let id = call.id.filter(|id| !id.is_empty()).unwrap_or_else(own);
        let model = self.asked.model.as_str();
        let id = signed(&id, signature.map(|text| Signature { model, text }));
        let arguments = Value::Object(call.args.unwrap_or_default()).to_string();
        self.gathered.count(arguments.len() + id.len())?;
        self.gathered.call(&id, self.names.ours(&call.name), arguments)
    }
}

impl AnswerReader for Reader {
    /// The vendor has no event that ends the stream: its body just ends.
    fn event(&mut self, event: &SseEvent, sink: &mut dyn TokenSink) -> Result<Step, Fault> {
        if event.data.trim() == "[DONE]" {
            return Ok(Step::Done);
        }
        let chunk = self.read(&event.data)?;
        self.chunk(chunk, sink)?;
        Ok(Step::More)
    }

    fn whole(&mut self, body: &str, sink: &mut dyn TokenSink) -> Result<(), Fault> {
        match self.read(body)? {
            Whole::One(chunk) => self.chunk(chunk, sink),
            Whole::Chunks(chunks) => chunks.into_iter().try_for_each(|chunk| self.chunk(chunk, sink)),
        }
    }

    fn finish(&mut self) -> Result<Response, Fault> {
        let Some((reason, said)) = &self.finish else {
            return Err(self.gathered.broken("the stream ended before the answer did"));
        };
        let cut = ended(&self.asked, reason, said.as_deref())?;
        self.gathered.end(cut, self.usage, self.model.as_deref())
    }

    fn complete(&self) -> bool {
        self.finish.is_some()
    }

    fn usage(&self) -> Option<Usage> {
        self.usage
    }

    fn flow(&self) -> Flow {
        self.flow
    }

    fn refusal(&mut self, refusal: &Refusal<'_>) -> ProviderError {
        let said = Said::of(refusal.body).without(&self.hidden);
        let error = refused(&self.asked, class(refusal.status, &said), refusal, &said);
        ProviderError { retry_after: retry_delay(&said), ..error }
    }
}

fn has_something(part: &SaidPart) -> bool {
    part.function_call.is_some() || part.text.as_ref().is_some_and(|text| !text.is_empty())
}

#[cfg(test)]
mod tests;
