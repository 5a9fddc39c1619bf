//! A request being made of a draft, as often as it takes to fit.

use std::sync::Arc;

use divisi_domain::model_step::Purpose;
use divisi_domain::name::Name;
use divisi_llm::inputs::Inputs;
use divisi_llm::{Message, Request, Sampling, ToolOffer};
use divisi_tools::corpus::Corpus;

use super::steps::STEPS;
use super::{Budget, Draft};
use crate::crew::{Crew, RenderError};
use crate::requests::{AnswerSchema, RequestError, passages, tokens};

/// Tokens of the words around passages.
const PASSAGES_FRAME_TOKENS: u64 = 80;

/// What stays the same however much is left out. The schema is one of it, so that a provider's cache of it holds.
pub(in crate::requests) struct Making<'a> {
    pub(in crate::requests) crew: &'a Crew,
    pub(in crate::requests) corpus: &'a Corpus,
    pub(in crate::requests) budget: Budget,
    pub(in crate::requests) purpose: Purpose,
    pub(in crate::requests) model: Name,
    /// What was wrong with the last answer.
    pub(in crate::requests) wrong: Option<&'a str>,
    pub(in crate::requests) tools: Vec<ToolOffer>,
    /// Tokens of these and of the schema; none of both where nothing is fitted.
    pub(in crate::requests) fixed: tokens::Fixed,
    pub(in crate::requests) schema: Arc<AnswerSchema>,
    pub(in crate::requests) sampling: Sampling,
}

impl Making<'_> {
    /// The request, reduced until it fits.
    pub(in crate::requests) fn fitted(&self, mut draft: Draft) -> Result<Request, RequestError> {
        let mut request = self.request(&draft)?;
        if !self.budget.is_limited() {
            return Ok(request);
        }
        let available = self.available();
        // No text has more tokens than bytes: what fits so need not be looked at closely, and nothing was left out of it.
        if tokens::bound(&request, &self.fixed) <= available {
            return Ok(request);
        }
        let mut needed = self.tokens(&request);
        for (step, left_out) in STEPS {
            if needed <= available {
                break;
            }
            if step(&mut draft) {
                draft.note(left_out);
                request = self.request(&draft)?;
                needed = self.tokens(&request);
            }
        }
        if needed > available {
            return Err(RequestError::TooLong { needed, available, model: self.model.clone() });
        }
        self.with_passages(draft, request, available - needed)
    }

    fn tokens(&self, request: &Request) -> u64 {
        tokens::of_request(request, &self.fixed)
    }

    fn available(&self) -> u64 {
        self.budget.available()
    }

    fn request(&self, draft: &Draft) -> Result<Request, RenderError> {
        let rendered = self.crew.render_in(self.budget.wording(), &draft.inputs)?;
        let mut messages = vec![Message::User { text: rendered.user + &draft.appendix() }];
        messages.extend(draft.transcript.iter().cloned());
        messages.extend(self.wrong.map(|wrong| Message::User { text: self.budget.wrong(wrong) }));
        Ok(Request {
            purpose: self.purpose,
            model: self.model.clone(),
            system: rendered.system,
            messages,
            tools: if draft.without_tools { Vec::new() } else { self.tools.clone() },
            schema: self.schema.value(),
            sampling: self.sampling,
            inputs: Arc::clone(&draft.inputs),
        })
    }

    /// Where material of a subtask was left out, what fits it best comes from the documents instead.
    fn with_passages(&self, mut draft: Draft, request: Request, left: u64) -> Result<Request, RequestError> {
        let Inputs::Work(work) = &*draft.inputs else { return Ok(request) };
        if draft.left_out.is_empty() || !draft.passages.is_empty() {
            return Ok(request);
        }
        let room = left.saturating_sub(PASSAGES_FRAME_TOKENS).min(self.budget.passages());
        draft.passages = passages::best(self.corpus, work, room);
        let with = self.request(&draft)?;
        Ok(if self.tokens(&with) <= self.available() { with } else { request })
    }
}
