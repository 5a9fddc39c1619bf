//! Class and sentence of each way in which a call breaks before a wire's own words are known.

use std::time::Duration;

use divisi_domain::model_step::FailureClass;
use divisi_llm::ProviderError;

use crate::http::excerpt::excerpt;
use crate::http::{HttpResponse, TransportError};

pub(in crate::http) fn not_sent(error: &TransportError) -> ProviderError {
    match error {
        TransportError::Connect { .. } => ProviderError {
            sent: false,
            ..ProviderError::new(
                FailureClass::Connection,
                format!("{error}. Check that the server runs and that its address and the proxy are right."),
            )
        },
        TransportError::Unusable { .. } => ProviderError {
            sent: false,
            ..ProviderError::new(
                FailureClass::BadRequest,
                format!("{error}. Correct the address or the key."),
            )
        },
        TransportError::Broken { .. } => ProviderError::new(FailureClass::Connection, format!("{error}.")),
    }
}

/// The connection broke in the middle of an answer.
pub(super) fn cut(error: &TransportError) -> ProviderError {
    ProviderError::new(FailureClass::Connection, format!("The answer was cut: {error}."))
}

pub(super) fn slow(host: &str, wait: Duration) -> ProviderError {
    ProviderError::new(
        FailureClass::TimedOut,
        format!(
            "{host} did not begin to answer within {}. It may be busy or loading the model: raise \
             `first_token_seconds` under `deadlines` of the provider, or send it fewer calls at once.",
            shown(wait)
        ),
    )
}

pub(super) fn silent(idle: Duration) -> ProviderError {
    ProviderError::new(
        FailureClass::Truncated,
        format!(
            "The answer stalled: nothing came for {}. If the server needs longer, raise `deadlines` of the provider.",
            shown(idle)
        ),
    )
}

pub(in crate::http) fn late(host: &str, total: Duration) -> ProviderError {
    ProviderError::new(
        FailureClass::TimedOut,
        format!(
            "{host} did not finish its answer within {}. Raise `total_seconds` under `deadlines` of the provider, or ask for less.",
            shown(total)
        ),
    )
}

pub(super) fn malformed(why: &str) -> ProviderError {
    ProviderError::new(FailureClass::Truncated, format!("The answer cannot be read: {why}."))
}

pub(in crate::http) fn redirected(host: &str, response: &HttpResponse) -> ProviderError {
    let place = response.header("location").map(super::host_port);
    let place = place.map_or_else(String::new, |place| format!(" to {place}"));
    ProviderError::new(
        FailureClass::BadRequest,
        format!(
            "{host} redirects the call{place} (status {}). Redirects are not followed, since they would carry the key \
             away: set the provider's base URL to where the service really is.",
            response.status
        ),
    )
}

pub(super) fn wrong_content_type(host: &str, response: &HttpResponse) -> ProviderError {
    let found = response.header("content-type").map_or_else(String::new, excerpt);
    let found = if found.is_empty() { "nothing known".to_owned() } else { format!("'{found}'") };
    ProviderError::new(
        FailureClass::Truncated,
        format!(
            "{host} answered with {found} instead of a stream of events: wrong content type. Something other than a \
             model service may listen there, or the path of the base URL is wrong (most end in /v1)."
        ),
    )
}

fn shown(span: Duration) -> String {
    if span.subsec_millis() == 0 {
        format!("{} s", span.as_secs())
    } else {
        format!("{} ms", span.as_millis())
    }
}
