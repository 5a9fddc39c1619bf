//! The offline provider: every role without any model. It selects, ranks and cites sentences of the
//! documents, and says so. The same request always gets the same answer.

mod analyse;
mod assignment;
mod coordinate;
mod decompose;
mod final_review;
mod question;
mod review;
mod select;
mod synthesise;
pub(crate) mod text;
mod topic;
mod wording;
mod work;

use divisi_domain::money::Usage;
use divisi_domain::name::Name;
use divisi_llm::inputs::Inputs;
use divisi_llm::{CallContext, Provider, ProviderError, Request, Response, TokenSink, ToolCall};
use futures::FutureExt;
use futures::future::BoxFuture;
use serde::Serialize;

use crate::stream::push_pieces;
use work::Step;

/// The name of the provider in routes.
pub const PROVIDER: &str = "extractive";
/// The name of its only model.
pub const MODEL: &str = "extractive-1";

/// Answers every purpose by selecting, ranking and citing sentences. No I/O, no clock, no chance, no cost.
#[derive(Debug, Clone)]
pub struct Extractive {
    name: Name,
    model: Name,
}

impl Default for Extractive {
    fn default() -> Self {
        Self { name: Name::from_static(PROVIDER), model: Name::from_static(MODEL) }
    }
}

impl Extractive {
    /// The whole answer to `request`.
    pub fn answer(&self, request: &Request) -> Response {
        match &*request.inputs {
            Inputs::Analyse(input) => self.text(&analyse::analyse(input)),
            Inputs::Select(input) => self.text(&select::select(input)),
            Inputs::Decompose(input) => self.text(&decompose::decompose(input)),
            Inputs::Work(input) => match work::work(input, request) {
                Step::Ask(calls) => self.response(String::new(), calls),
                Step::HandIn(solution) => self.text(&*solution),
            },
            Inputs::Review(input) => self.text(&review::review(input)),
            Inputs::Coordinate(input) => self.text(&coordinate::coordinate(input)),
            Inputs::Synthesise(input) => self.text(&synthesise::synthesise(input)),
            Inputs::FinalReview(input) => self.text(&final_review::final_review(input)),
        }
    }

    fn text(&self, output: &impl Serialize) -> Response {
        // Outputs have string keys and finite numbers only: they always serialise.
        self.response(serde_json::to_string(output).unwrap_or_default(), Vec::new())
    }

    fn response(&self, text: String, tool_calls: Vec<ToolCall>) -> Response {
        Response::new(text, tool_calls, Some(Usage::default()), self.model.clone())
    }
}

impl Provider for Extractive {
    fn name(&self) -> &Name {
        &self.name
    }

    fn computes(&self) -> bool {
        true
    }

    fn call<'a>(
        &'a self,
        request: Request,
        _: &'a CallContext,
        sink: &'a mut dyn TokenSink,
    ) -> BoxFuture<'a, Result<Response, ProviderError>> {
        async move {
            let response = self.answer(&request);
            push_pieces(&response.text, sink);
            Ok(response)
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests;
