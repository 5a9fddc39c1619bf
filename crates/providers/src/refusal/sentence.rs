//! The sentence of a failure: what happened, why, and what to do.

use divisi_domain::model_step::FailureClass;
use divisi_domain::name::Name;
use divisi_llm::ProviderError;

use super::Said;
use super::context::context_said;
use crate::http::{Fault, Refusal, excerpt};

/// What is done about a request that is too long, and what is left to do, where the server says how much it takes.
const CUT_TO_FIT: &str = "Prompts are cut to fit from now on; where that leaves out too much, use a model with a larger context, \
                          or attach fewer or shorter documents.";

/// Who was asked for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// The provider as routes call it.
    pub(crate) provider: Name,
    /// The model that was asked.
    pub(crate) model: Name,
}

/// A failure of `class`; `raw` is what the server said, of which only a clean excerpt is shown.
pub(crate) fn failure(asked: &Asked, class: FailureClass, status: Option<u16>, raw: &str) -> ProviderError {
    let status = status.map(|status| format!(" (status {status})")).unwrap_or_default();
    let said = match excerpt(raw) {
        said if said.is_empty() => String::new(),
        said => format!(": {}", said.trim_end_matches('.')),
    };
    let context_tokens = if class == FailureClass::ContextTooLong { context_said(raw) } else { None };
    let fix = if context_tokens.is_some() { CUT_TO_FIT.to_owned() } else { fix(asked, class) };
    let message = format!("{}{status}{said}. {fix}", what(asked, class));
    ProviderError { context_tokens, ..ProviderError::new(class, message) }
}

/// A failure in the midst of an answer.
pub(crate) fn fault(asked: &Asked, class: FailureClass, raw: &str) -> Fault {
    Box::new(failure(asked, class, None, raw))
}

/// A refusal with its status.
pub(crate) fn refused(
    asked: &Asked,
    class: FailureClass,
    refusal: &Refusal<'_>,
    said: &Said,
) -> ProviderError {
    failure(asked, class, Some(refusal.status), &said.message)
}

fn what(asked: &Asked, class: FailureClass) -> String {
    let Asked { provider, model } = asked;
    match class {
        FailureClass::RateLimited => format!("'{provider}' takes no more requests for '{model}' for now"),
        FailureClass::Overloaded => format!("'{provider}' cannot answer now"),
        FailureClass::Connection => format!("The connection to '{provider}' failed"),
        FailureClass::TimedOut => format!("'{provider}' did not answer in time"),
        FailureClass::Truncated => format!("The answer of '{model}' from '{provider}' broke off"),
        FailureClass::Unparsable => format!("The answer of '{model}' could not be read"),
        FailureClass::ContextTooLong => format!("The request is longer than '{model}' takes"),
        FailureClass::Refused => format!("'{model}' or '{provider}' refused to answer"),
        FailureClass::BadRequest => format!("'{provider}' does not take the request for '{model}'"),
        FailureClass::Unauthorized => format!("'{provider}' does not accept the key"),
        FailureClass::UnknownModel => format!("'{provider}' has no model '{model}' under this address"),
        FailureClass::QuotaSpent => format!("The quota of the account at '{provider}' is spent"),
        FailureClass::Panicked | FailureClass::ToolFailed => format!("The call of '{provider}' failed"),
    }
}

fn fix(asked: &Asked, class: FailureClass) -> String {
    let provider = &asked.provider;
    match class {
        FailureClass::RateLimited
        | FailureClass::Overloaded
        | FailureClass::Connection
        | FailureClass::TimedOut => "It is tried again, or the next model of the route is asked.".to_owned(),
        FailureClass::Truncated => {
            "It is asked for a few times more; where it always breaks off, the server's context may be too small."
                .to_owned()
        }
        FailureClass::Unparsable => "The model is asked again.".to_owned(),
        FailureClass::ContextTooLong => format!(
            "If it takes less than `divisi models` shows, say how much in `context_tokens` under [providers.{provider}], and \
             prompts are cut to fit; else use a model with a larger context, or attach fewer or shorter documents."
        ),
        FailureClass::Refused => "Change the task, or put another model into the route.".to_owned(),
        FailureClass::BadRequest => {
            "Another model of the route may take it; if none does, please report this.".to_owned()
        }
        FailureClass::Unauthorized => format!("Check the key of '{provider}' and what it may do."),
        FailureClass::UnknownModel => {
            format!(
                "Check the model's name and the address of '{provider}'; `divisi models` lists what there is."
            )
        }
        FailureClass::QuotaSpent => {
            format!("Pay at '{provider}' or wait until the quota begins anew, or use another provider.")
        }
        FailureClass::Panicked | FailureClass::ToolFailed => "Please report this.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(class: FailureClass, status: Option<u16>, raw: &str) -> String {
        let asked = Asked { provider: Name::from_static("claude"), model: Name::from_static("m-1") };
        failure(&asked, class, status, raw).message
    }

    #[test]
    fn sentences_say_what_why_and_what_to_do_and_no_secret() {
        assert_eq!(
            sentence(FailureClass::Unauthorized, Some(401), "invalid x-api-key sk-ant-api03-abc."),
            "'claude' does not accept the key (status 401): invalid x-api-key [key]. Check the key of 'claude' and what it may do."
        );
        assert_eq!(
            sentence(
                FailureClass::Overloaded,
                Some(500),
                "Traceback (most recent call last):\n File \"/a/b/c.py\""
            ),
            "'claude' cannot answer now (status 500). It is tried again, or the next model of the route is asked."
        );
        assert!(sentence(FailureClass::UnknownModel, Some(404), "").contains("'m-1'"));
        let too_long = sentence(FailureClass::ContextTooLong, Some(400), "at most 2000 tokens");
        assert!(too_long.contains("`context_tokens` under [providers.claude]"), "{too_long}");
    }
}
