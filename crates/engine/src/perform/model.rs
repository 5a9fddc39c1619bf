//! A model call.

use divisi_domain::blob::BlobRef;
use divisi_domain::model_step::{FailureClass, Purpose};
use divisi_domain::money::Usage;
use divisi_domain::name::Name;
use divisi_domain::task::Report;
use divisi_llm::fence::fenced;
use divisi_llm::policy::InputSize;
use divisi_llm::policy::admission::input_tokens_bound;
use divisi_llm::{CallContext, FinishReason, ProviderError, Response, TokenSink};

use super::cached::{Cached, leave_for_others};
use super::{Called, Kept, Performing};
use crate::core::Room;
use crate::requests::{AnswerSchema, Asking, Expected, is_limited};

impl Performing<'_> {
    pub(super) async fn model(
        &self,
        purpose: Purpose,
        wrong: Option<BlobRef>,
        kept: &mut Kept,
        sink: &mut dyn TokenSink,
    ) -> Called {
        let not_sent = Called::not_sent;
        if let Some((class, sentence)) = &self.order.refused {
            return not_sent(kept.failure(*class, sentence, None));
        }
        let Some(target) = &self.order.target else {
            return not_sent(kept.failure(FailureClass::UnknownModel, "the attempt has no target", None));
        };
        let Some(provider) = self.means.providers.get(&target.provider) else {
            let sentence = format!("The provider '{}' is not configured here.", target.provider);
            return not_sent(kept.failure(FailureClass::UnknownModel, &sentence, None));
        };
        let Asking { request, schema } = match self.request(&target.model, wrong) {
            Ok(asking) => asking,
            Err(error) => return not_sent(self.not_built(&error, kept)),
        };
        let size = || super::size(&request, provider.as_ref(), target.index);
        if self.order.room.is_some_and(|room| !fits(size, target.index, &room)) {
            // What it is made of grew since it was measured: the next attempt is measured anew.
            let sentence = "The prompt grew after its cost was reserved; it is measured anew.";
            return not_sent(kept.failure(FailureClass::Connection, sentence, None));
        }
        let cached = self.cached(purpose, &request, &kept.key);
        if let Some(answered) =
            cached.and_then(|cached| self.cached_answer(purpose, cached, &schema, kept, sink))
        {
            return answered;
        }
        let context = CallContext {
            idempotency_key: format!("{}/{}", self.order.task.task, self.order.wanted.path),
            attempt: self.order.wanted.attempt,
        };
        let mut heard = Heard { sink, begun: false };
        match provider.call(request, &context, &mut heard).await {
            Ok(response) => {
                let report = self.answer(purpose, &schema, &response, kept);
                if let Some(cached) = cached {
                    leave_for_others(cached, &response, &report, kept);
                }
                let tokens = response.usage.as_ref().map(all_tokens);
                // What we counted ourselves settles nothing: the reservation does.
                let usage = response.usage.filter(|_| !response.estimated);
                let rate = response.rate;
                let (asked, sent, generated) = (true, true, true);
                Called { report, usage, tokens, rate, context_tokens: None, asked, sent, generated }
            }
            Err(error) => Called {
                report: failure(&error, heard.begun, kept),
                usage: error.usage,
                tokens: error.usage.as_ref().map(all_tokens),
                rate: error.rate,
                context_tokens: error.context_tokens,
                asked: true,
                sent: error.sent,
                generated: heard.begun || error.generated,
            },
        }
    }

    /// The answer that another task was given, where it is of use here, too.
    fn cached_answer(
        &self,
        purpose: Purpose,
        cached: Cached,
        schema: &AnswerSchema,
        kept: &mut Kept,
        sink: &mut dyn TokenSink,
    ) -> Option<Called> {
        let response = self.kept_answer(cached)?;
        let mut own = Kept { key: kept.key, sides: Vec::new(), titles: Vec::new() };
        let report = self.answer(purpose, schema, &response, &mut own);
        if !matches!(report, Report::Answered(_)) {
            return None;
        }
        *kept = own;
        sink.push(&response.text);
        Some(Called::not_sent(report))
    }

    pub(super) fn request(
        &self,
        model: &Name,
        wrong: Option<BlobRef>,
    ) -> Result<Asking, crate::requests::RequestError> {
        let wrong = wrong.map(|wrong| self.contents.text(wrong)).transpose()?;
        let (node, room) = (self.order.wanted.path.node, self.order.room.as_ref());
        self.material().request(node, model.clone(), wrong.as_deref(), room)
    }

    fn answer(
        &self,
        purpose: Purpose,
        schema: &AnswerSchema,
        response: &Response,
        kept: &mut Kept,
    ) -> Report {
        let empty = response.text.trim().is_empty() && response.tool_calls.is_empty();
        match response.finish {
            _ if empty => kept.failure(FailureClass::Truncated, "The model answered nothing.", None),
            FinishReason::Filtered => {
                kept.failure(FailureClass::Refused, "The provider filtered the answer.", None)
            }
            FinishReason::Stop | FinishReason::ToolCalls | FinishReason::Length => {
                match self.understand(purpose, &self.expected(schema, response), response, kept) {
                    Ok(answer) => Report::Answered(answer),
                    Err(errors) => Self::unparsable(response, &errors, kept),
                }
            }
        }
    }

    /// What the answer to a request is held against: what the request asked for.
    fn expected<'e>(&'e self, schema: &'e AnswerSchema, response: &Response) -> Expected<'e> {
        // Whoever has all the room there is was left nothing out, and quotes by itself.
        let is_limited = is_limited(self.order.room.as_ref());
        Expected {
            schema,
            quotes: is_limited.then_some(self.corpus.as_ref()),
            is_whole: response.finish != FinishReason::Length,
        }
    }

    /// The next attempt is told what was wrong, in one message.
    fn unparsable(response: &Response, errors: &[String], kept: &mut Kept) -> Report {
        let cut = response.finish == FinishReason::Length;
        let why = if cut { "It was cut at the output limit: answer more briefly.\n" } else { "" };
        let excerpt: String = response.text.trim().chars().take(EXCERPT_CHARS_MAX).collect();
        let sentence = format!(
            "Your last answer could not be used.\n{why}{}\nAnswer again with one JSON object that fits the schema, and nothing else.\nYour last answer began so:\n{}",
            errors.join("\n"),
            fenced(&excerpt, "last answer"),
        );
        kept.failure(FailureClass::Unparsable, &sentence, None)
    }
}

/// Characters of a wrong answer that the next attempt is shown.
const EXCERPT_CHARS_MAX: usize = 1_000;

/// Whether the cost of the prompt is reserved.
fn fits(size: impl Fn() -> InputSize, position: u8, room: &Room) -> bool {
    let bound = || input_tokens_bound(size(), position, room.input_tokens_max);
    room.input_tokens_reserved
        .is_none_or(|reserved| reserved >= u64::from(room.input_tokens_max) || bound() <= reserved)
}

fn all_tokens(usage: &Usage) -> u64 {
    usage.input_tokens.saturating_add(usage.output_tokens)
}

/// An answer that broke off while it was being written is a cut one, whatever broke it: the next target may answer at
/// once.
fn failure(error: &ProviderError, begun: bool, kept: &mut Kept) -> Report {
    let class = match error.class {
        FailureClass::Connection | FailureClass::Overloaded | FailureClass::TimedOut if begun => {
            FailureClass::Truncated
        }
        class => class,
    };
    kept.failure(class, &error.message, error.retry_after)
}

/// A sink that knows whether anything was heard.
struct Heard<'a> {
    sink: &'a mut dyn TokenSink,
    begun: bool,
}

impl TokenSink for Heard<'_> {
    fn push(&mut self, text: &str) {
        self.begun = true;
        self.sink.push(text);
    }
}
