//! A model call.

use divisi_domain::blob::BlobRef;
use divisi_domain::model_step::{FailureClass, Purpose};
use divisi_domain::name::Name;
use divisi_domain::task::Report;
use divisi_llm::{CallContext, FinishReason, ProviderError, Response, TokenSink};

use super::{Called, Kept, Performing};

impl Performing<'_> {
    pub(super) async fn model(
        &self,
        purpose: Purpose,
        wrong: Option<BlobRef>,
        kept: &mut Kept,
        sink: &mut dyn TokenSink,
    ) -> Called {
        let not_sent = |report| Called { report, usage: None, sent: false };
        let Some(target) = &self.order.target else {
            return not_sent(kept.failure(FailureClass::UnknownModel, "the attempt has no target", None));
        };
        let Some(provider) = self.means.providers.get(&target.provider) else {
            let sentence = format!("The provider '{}' is not configured here.", target.provider);
            return not_sent(kept.failure(FailureClass::UnknownModel, &sentence, None));
        };
        let request = match self.request(&target.model, wrong) {
            Ok(request) => request,
            Err(error) => return not_sent(self.not_built(&error, kept)),
        };
        let context = CallContext {
            idempotency_key: format!("{}/{}", self.order.task.task, self.order.wanted.path),
            attempt: self.order.wanted.attempt,
        };
        match provider.call(&request, &context, sink).await {
            Ok(response) => {
                let report = self.answer(purpose, &response, kept);
                Called { report, usage: response.usage, sent: true }
            }
            Err(error) => Called { report: failure(&error, kept), usage: error.usage, sent: error.sent },
        }
    }

    fn request(
        &self,
        model: &Name,
        wrong: Option<BlobRef>,
    ) -> Result<divisi_llm::Request, crate::requests::RequestError> {
        let wrong = wrong.map(|wrong| self.contents.text(wrong)).transpose()?;
        self.material().request(self.order.wanted.path.node, model.clone(), wrong.as_deref())
    }

    fn answer(&self, purpose: Purpose, response: &Response, kept: &mut Kept) -> Report {
        let empty = response.text.trim().is_empty() && response.tool_calls.is_empty();
        match response.finish {
            _ if empty => kept.failure(FailureClass::Truncated, "The model answered nothing.", None),
            FinishReason::Filtered => {
                kept.failure(FailureClass::Refused, "The provider filtered the answer.", None)
            }
            FinishReason::Stop | FinishReason::ToolCalls | FinishReason::Length => {
                match self.understand(purpose, response, kept) {
                    Ok(answer) => Report::Answered(answer),
                    Err(errors) => Self::unparsable(response, &errors, kept),
                }
            }
        }
    }

    /// The next attempt is told what was wrong, in one message.
    fn unparsable(response: &Response, errors: &[String], kept: &mut Kept) -> Report {
        let cut = response.finish == FinishReason::Length;
        let why = if cut { "It was cut at the output limit: answer more briefly.\n" } else { "" };
        let sentence = format!(
            "Your last answer could not be used.\n{why}{}\nAnswer again with one JSON object that fits the schema, and nothing else.",
            errors.join("\n")
        );
        kept.failure(FailureClass::Unparsable, &sentence, None)
    }
}

fn failure(error: &ProviderError, kept: &mut Kept) -> Report {
    kept.failure(error.class, &error.message, error.retry_after)
}
