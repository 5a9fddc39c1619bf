//! The exchanges of a task: each attempt's request as it was built, and what the log says of its answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use divisi_domain::blob::BlobRef;
use divisi_domain::budget::AttemptKey;
use divisi_domain::model_step::{FailureClass, Target};
use divisi_domain::money::Usage;
use divisi_domain::path::EffectPath;
use divisi_domain::task::{Event, Outcome, Recorded, Step, Task, decode};
use divisi_llm::cassette::{Exchange, ExchangeError, Kept, KeptRequest, KeptRoom, Place, Redaction};
use divisi_llm::{ProviderError, Response};
use divisi_store::Reads;
use divisi_store::limits::READ_EVENTS_MAX;
use divisi_tools::calls::ToolRegistry;
use divisi_tools::corpus::Corpus;

use super::ExportError;
use crate::content::{ContentError, Contents};
use crate::core::{Room, TaskKey, Terms, TermsTable};
use crate::crew::Crew;
use crate::driver::ReadError;
use crate::perform::StoredTurn;
use crate::requests::{Asking, Material};

/// What exchanges are rebuilt from.
pub(super) struct From<'a> {
    pub(super) key: TaskKey,
    pub(super) crew: &'a Crew,
    pub(super) contents: Contents<'a>,
    pub(super) corpus: &'a Arc<Corpus>,
    pub(super) tools: &'a ToolRegistry,
    pub(super) terms: &'a TermsTable,
    pub(super) redaction: &'a Redaction,
}

/// What the log tells.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) exchanges: Vec<Exchange>,
    /// Events of the first pass.
    pub(super) first_pass_events: u64,
    /// Whether the first pass was interrupted, waited for something, or was told something by a person.
    pub(super) disturbed: bool,
    /// Whether something was taken out of an answer.
    pub(super) redacted: bool,
    asked: BTreeMap<AttemptKey, (Target, KeptRequest)>,
}

/// Reads the whole log.
pub(super) fn all(reads: &dyn Reads, from: &From<'_>) -> Result<Found, ExportError> {
    let mut found = Found::default();
    let mut task: Option<Task> = None;
    loop {
        let after = task.as_ref().map_or(0, |task| task.seq);
        let page = reads.events(&from.key.stream(), after, READ_EVENTS_MAX)?;
        if page.is_empty() {
            return Ok(found);
        }
        for stored in page {
            let event = decode(stored.kind, stored.kind_version, &stored.body)
                .map_err(|error| ReadError::Codec(Arc::new(error)))?;
            let wrong = task.as_ref().and_then(|task| wrong_before(task, &event));
            match &mut task {
                Some(task) => task.apply(&event, stored.at),
                None => task = Task::begin(from.key.task, &event, stored.at),
            }
            if let Some(task) = &task {
                found.take(from, task, &event, wrong)?;
            }
        }
    }
}

/// What an attempt that starts now is told of the answer before it.
fn wrong_before(task: &Task, event: &Event) -> Option<BlobRef> {
    let Event::EffectStarted { path, .. } = event else { return None };
    match task.steps.get(&path.node)? {
        Step::Model(step) => step.wrong,
        Step::Tool(_) => None,
    }
}

impl Found {
    fn take(
        &mut self,
        from: &From<'_>,
        task: &Task,
        event: &Event,
        wrong: Option<BlobRef>,
    ) -> Result<(), ExportError> {
        if task.pass == 1 && !matches!(event, Event::Rated { .. }) {
            self.first_pass_events += 1;
            self.disturbed |= disturbs(event);
        }
        match event {
            Event::EffectStarted { path, attempt, target: Some(target), .. } => {
                let request = from.request(task, *path, target, wrong)?;
                self.asked.insert(AttemptKey { path: *path, attempt: *attempt }, (target.clone(), request));
                Ok(())
            }
            Event::EffectEnded { path, attempt, outcome, usage, .. } => {
                self.ended(from, AttemptKey { path: *path, attempt: *attempt }, outcome, *usage)
            }
            _ => Ok(()),
        }
    }

    fn ended(
        &mut self,
        from: &From<'_>,
        key: AttemptKey,
        outcome: &Outcome,
        usage: Option<Usage>,
    ) -> Result<(), ExportError> {
        let Some((target, request)) = self.asked.remove(&key) else { return Ok(()) };
        let said = match outcome {
            Outcome::Answered(recorded) => Ok(from.answer(recorded, usage, &target)?),
            Outcome::Failed { class, content } => Err(from.failure(*class, *content, usage)?),
            // Nobody heard an answer.
            Outcome::Interrupted { .. } | Outcome::Cancelled => return Ok(()),
        };
        // How it was cut into pieces is not in the log.
        let stream: Vec<String> =
            said.iter().map(|response| response.text.clone()).filter(|text| !text.is_empty()).collect();
        let place = Place { path: key.path.to_string(), attempt: key.attempt };
        let kept = Exchange::new(place, &target.provider, request, &stream, &said, from.redaction);
        // The request was built anew in this room, so that it is replayed in no other.
        let terms = from.terms.get(&target.provider, &target.model);
        let room = terms.map_or(KeptRoom::UNLIMITED, Terms::kept);
        let exchange = kept.map_err(|cause| unkept(key.path, cause))?.within(Some(room));
        self.redacted |= matches!(exchange.kept, Kept::Answer(_)) && exchange.outcome(&target.model) != said;
        self.exchanges.push(exchange);
        Ok(())
    }
}

/// Whether another run of the task may have other events than this one.
fn disturbs(event: &Event) -> bool {
    match event {
        Event::EffectEnded { outcome, from_cache, .. } => {
            *from_cache || matches!(outcome, Outcome::Interrupted { .. } | Outcome::Cancelled)
        }
        Event::ApprovalDecided { .. }
        | Event::PlanEdited { .. }
        | Event::CallSettled { .. }
        | Event::WaitStarted(_)
        | Event::WaitEnded(_)
        | Event::Recovered { .. }
        | Event::CapChanged { .. }
        | Event::Cancelled => true,
        _ => false,
    }
}

fn unkept(path: EffectPath, cause: ExchangeError) -> ExportError {
    ExportError::Exchange { path: path.to_string(), cause }
}

impl From<'_> {
    fn request(
        &self,
        task: &Task,
        path: EffectPath,
        target: &Target,
        wrong: Option<BlobRef>,
    ) -> Result<KeptRequest, ExportError> {
        let wrong = wrong.map(|wrong| self.contents.text(wrong)).transpose()?;
        let (crew, contents, corpus, tools) = (self.crew, self.contents, self.corpus, self.tools);
        let material = Material { task, crew, contents, corpus, tools };
        let Asking { request, .. } = material
            .request(path.node, target.model.clone(), wrong.as_deref(), self.room(target).as_ref())
            .map_err(|cause| ExportError::Request { path: path.to_string(), cause })?;
        let kept = KeptRequest::of(&request, self.redaction);
        let mut kept = kept.map_err(|cause| unkept(path, cause))?;
        // The model's own limit was part of it, and is not in the log.
        kept.sampling.output_tokens_max = None;
        Ok(kept)
    }

    /// The room of the model as it is known today.
    fn room(&self, target: &Target) -> Option<Room> {
        let terms = self.terms.get(&target.provider, &target.model)?;
        let (input_tokens_max, output_tokens_max) = (terms.input_tokens_max, terms.output_tokens_max);
        let thought_tokens = terms.thought_tokens;
        Some(Room { input_tokens_max, output_tokens_max, thought_tokens, input_tokens_reserved: None })
    }

    fn answer(
        &self,
        recorded: &Recorded,
        usage: Option<Usage>,
        target: &Target,
    ) -> Result<Response, ContentError> {
        let (text, tool_calls) = match recorded {
            Recorded::Calls { content, .. } => {
                let turn: StoredTurn = self.contents.json(*content)?;
                (turn.text, turn.tool_calls)
            }
            Recorded::Analysis { content, .. }
            | Recorded::Selection { content, .. }
            | Recorded::Plan { content, .. }
            | Recorded::InvalidPlan { content, .. }
            | Recorded::Solution { content }
            | Recorded::ToolResult { content, .. }
            | Recorded::Review { content, .. }
            | Recorded::Coordination { content }
            | Recorded::Report { content }
            | Recorded::FinalReview { content, .. } => (self.contents.text(*content)?, Vec::new()),
        };
        Ok(Response::new(text, tool_calls, usage, target.model.clone()))
    }

    fn failure(
        &self,
        class: FailureClass,
        content: Option<BlobRef>,
        usage: Option<Usage>,
    ) -> Result<ProviderError, ContentError> {
        let message = content.map(|content| self.contents.text(content)).transpose()?;
        let message = message.unwrap_or_else(|| format!("The attempt failed ({}).", class.code()));
        Ok(ProviderError { usage, ..ProviderError::new(class, message) })
    }
}
