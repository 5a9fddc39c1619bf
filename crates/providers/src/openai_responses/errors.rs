//! What refusals and errors of this wire mean.

use divisi_domain::model_step::FailureClass;

use super::wire::StreamError;
use crate::http::Fault;
use crate::refusal::{Asked, Said, fault, general_class};

/// The class of a refusal with `status`.
pub(super) fn class(status: u16, said: &Said) -> FailureClass {
    let code = if said.code.is_empty() { said.kind.as_str() } else { said.code.as_str() };
    match code {
        "rate_limit_exceeded" | "requests" | "tokens" => general_class(429, said),
        "insufficient_quota" | "billing_hard_limit_reached" | "billing_not_active" => {
            FailureClass::QuotaSpent
        }
        "context_length_exceeded" | "string_above_max_length" => FailureClass::ContextTooLong,
        "invalid_api_key" | "account_deactivated" | "unsupported_country_region_territory" => {
            FailureClass::Unauthorized
        }
        "model_not_found" => FailureClass::UnknownModel,
        "content_filter"
        | "content_policy_violation"
        | "invalid_prompt"
        | "bio_policy"
        | "misalignment_policy_violation"
        | "cyber_policy" => FailureClass::Refused,
        "server_error" | "server_is_overloaded" | "slow_down" | "vector_store_timeout" => {
            general_class(status.max(500), said)
        }
        _ => general_class(status, said),
    }
}

/// An envelope of an error that comes in the stream, after the server had said 200.
pub(super) fn in_stream(asked: &Asked, said: &Said) -> Fault {
    let status = if said.kind == "invalid_request_error" { 400 } else { 500 };
    fault(asked, class(said.status.unwrap_or(status), said), &said.message)
}

/// What an error of an event, or of an answer that failed, says.
pub(super) fn said_by(error: &StreamError) -> Said {
    let code = error.code.clone().unwrap_or_default();
    let message = error.message.clone().unwrap_or_default();
    Said { status: code.parse().ok(), code, message, ..Said::default() }
}

#[cfg(test)]
mod tests {
    use divisi_domain::name::Name;

    use super::*;

    fn body(kind: &str, code: &str, message: &str) -> String {
        format!(r#"{{"error":{{"message":"{message}","type":"{kind}","param":null,"code":{code}}}}}"#)
    }

    #[test]
    fn refusals_have_their_class() {
        let invalid = "invalid_request_error";
        let rows = [
            (400, body(invalid, "null", "Unknown parameter: 'x'"), FailureClass::BadRequest),
            (400, body(invalid, "\"context_length_exceeded\"", "m"), FailureClass::ContextTooLong),
            (400, body(invalid, "\"invalid_prompt\"", "m"), FailureClass::Refused),
            (401, body(invalid, "\"invalid_api_key\"", "Incorrect API key provided: sk-1"), FailureClass::Unauthorized),
            (403, body("forbidden", "\"unsupported_country_region_territory\"", "m"), FailureClass::Unauthorized),
            (404, body(invalid, "\"model_not_found\"", "m"), FailureClass::UnknownModel),
            (429, body("tokens", "\"rate_limit_exceeded\"", "m"), FailureClass::RateLimited),
            (429, body("insufficient_quota", "\"insufficient_quota\"", "m"), FailureClass::QuotaSpent),
            (500, body("server_error", "null", "m"), FailureClass::Overloaded),
            (503, body("server_error", "\"server_is_overloaded\"", "m"), FailureClass::Overloaded),
            // A proxy flattens a wrong key to 400, with the status as a text.
            (400, body("null", "\"400\"", "litellm: Invalid API key"), FailureClass::Unauthorized),
            (400, r#"{"error":{"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error","n_ctx":512}}"#.to_owned(), FailureClass::ContextTooLong),
            (404, r#"{"detail":"Not Found"}"#.to_owned(), FailureClass::UnknownModel),
            (500, "Internal Server Error".to_owned(), FailureClass::Overloaded),
        ];
        for (status, body, expected) in rows {
            assert_eq!(class(status, &Said::of(&body)), expected, "{status} {body}");
        }
    }

    #[test]
    fn errors_of_events_have_their_class() {
        let asked = Asked { provider: Name::from_static("p"), model: Name::from_static("m") };
        let rows = [
            (Some("rate_limit_exceeded"), FailureClass::RateLimited),
            (Some("server_error"), FailureClass::Overloaded),
            (Some("insufficient_quota"), FailureClass::QuotaSpent),
            (Some("bio_policy"), FailureClass::Refused),
            (Some("400"), FailureClass::BadRequest),
            (Some("never seen"), FailureClass::Overloaded),
            (None, FailureClass::Overloaded),
        ];
        for (code, expected) in rows {
            let error = StreamError { code: code.map(str::to_owned), message: None };
            assert_eq!(in_stream(&asked, &said_by(&error)).class, expected, "{code:?}");
        }
    }
}
