//! What refusals mean on this wire, which many servers speak and few in the same words.

use divisi_domain::model_step::FailureClass;
use divisi_llm::ProviderError;

use crate::http::{Refusal, is_html};
use crate::refusal::{Asked, Hidden, Said, failure, general_class};

/// How these servers say what no general word says. The first row that fits decides.
const WORDS: [(&[&str], FailureClass); 7] = [
    (
        &["content_policy_violation", "content_filter", "responsibleaipolicy", "flagged", "moderation"],
        FailureClass::Refused,
    ),
    (
        &[
            "budget_exceeded",
            "budget has been exceeded",
            "exceeded your current quota",
            "insufficient credits",
        ],
        FailureClass::QuotaSpent,
    ),
    (
        &[
            "contextwindowexceeded",
            "larger than the context",
            "exceeds the available context",
            "reduce the length",
        ],
        FailureClass::ContextTooLong,
    ),
    (&["litellm.ratelimiterror", "throttling_error"], FailureClass::RateLimited),
    (
        &[
            "no models loaded",
            "try pulling it first",
            "invalid model name",
            "not a valid model id",
            "litellm.notfounderror",
            "server is pinned to",
        ],
        FailureClass::UnknownModel,
    ),
    (
        &[
            "does not support tools",
            "--enable-auto-tool-choice",
            "unsupported_parameter",
            "unsupported_value",
        ],
        FailureClass::BadRequest,
    ),
    (&["loading model", "model is loading", "unavailable_error"], FailureClass::Overloaded),
];

/// The error of a status of 400 or more.
pub(super) fn refused(asked: &Asked, hidden: &Hidden, refusal: &Refusal<'_>) -> ProviderError {
    let Refusal { status, body, host, .. } = *refusal;
    if is_html(body) && status < 500 && status != 429 {
        let words = format!("{host} answers with a page for people: is the base URL of the API right?");
        return failure(asked, FailureClass::BadRequest, Some(status), &words);
    }
    let said = Said::of(body).without(hidden);
    failure(asked, class(status, &said), Some(status), &said.message)
}

/// The error of a failure that is told within the stream.
pub(super) fn in_stream(asked: &Asked, hidden: &Hidden, data: &str) -> ProviderError {
    let said = Said::of(data).without(hidden);
    let status = said.status.filter(|status| (400..600).contains(status));
    failure(asked, class(status.unwrap_or(500), &said), status, &said.message)
}

/// The error of a server whose list of models is none.
pub(super) fn no_list(host: &str) -> ProviderError {
    let message = format!(
        "{host} gives no list of models. Something other than a model service may listen there, or the path of the base \
         URL is wrong (most end in /v1)."
    );
    ProviderError::new(FailureClass::BadRequest, message)
}

/// The error of a server that has no list of models under this address, and of which nobody says what it has.
pub(super) fn listless(host: &str, status: u16) -> ProviderError {
    let message = format!(
        "{host} has no list of models under this address (status {status}). Check the base URL (most end in /v1); for a \
         server without such a list, say under [providers.NAME] which `models` it has."
    );
    ProviderError::new(FailureClass::UnknownModel, message)
}

fn class(status: u16, said: &Said) -> FailureClass {
    // Asks for more in one call than is allowed in a minute: no waiting helps.
    if status == 429 && said.mentions(&["request too large"]) {
        return FailureClass::ContextTooLong;
    }
    let told = WORDS.iter().find(|(words, _)| said.mentions(words)).map(|(_, class)| *class);
    match (told, general_class(status, said)) {
        (Some(FailureClass::Overloaded), FailureClass::RateLimited) => FailureClass::RateLimited,
        (Some(class), _) | (None, class) => class,
    }
}

#[cfg(test)]
mod tests;
