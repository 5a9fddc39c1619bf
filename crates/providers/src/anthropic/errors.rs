//! What refusals and errors of this wire mean.

use divisi_domain::model_step::FailureClass;
use serde_json::Value;

use crate::http::Fault;
use crate::refusal::{Asked, Said, fault, general_class};

/// Codes behind a 429 that no waiting cures.
const SPENT: [&str; 3] = ["spend_limit_reached", "organization_on_hold", "billing"];

/// The class of a refusal with `status`.
pub(super) fn class(status: u16, said: &Said) -> FailureClass {
    let detail = said.details.get("error_code").and_then(Value::as_str).unwrap_or_default();
    if SPENT.iter().any(|code| detail.contains(code)) {
        return FailureClass::QuotaSpent;
    }
    match said.kind.as_str() {
        "authentication_error" | "permission_error" => FailureClass::Unauthorized,
        "billing_error" => FailureClass::QuotaSpent,
        "not_found_error" => FailureClass::UnknownModel,
        "request_too_large" => FailureClass::ContextTooLong,
        "rate_limit_error" => general_class(429, said),
        "timeout_error" | "api_error" | "overloaded_error" => general_class(status.max(500), said),
        _ => general_class(status, said),
    }
}

/// An error that comes in the stream, after the server had said 200.
pub(super) fn in_stream(asked: &Asked, said: &Said) -> Fault {
    let status = if said.kind == "invalid_request_error" { 400 } else { 500 };
    fault(asked, class(said.status.unwrap_or(status), said), &said.message)
}

#[cfg(test)]
mod tests {
    use divisi_domain::name::Name;

    use super::*;

    fn own(kind: &str, message: &str) -> String {
        format!(
            r#"{{"type":"error","error":{{"type":"{kind}","message":"{message}"}},"request_id":"req_1"}}"#
        )
    }

    #[test]
    fn refusals_have_their_class() {
        let spent = r#"{"type":"error","error":{"type":"rate_limit_error","message":"m","details":{"error_code":"contract_spend_limit_reached"}}}"#;
        let ramp = r#"{"type":"error","error":{"type":"rate_limit_error","message":"m","details":{"error_code":"ramp_limit_exceeded"}}}"#;
        let rows = [
            (400, own("invalid_request_error", "max_tokens: Field required"), FailureClass::BadRequest),
            (400, own("invalid_request_error", "prompt is too long: 9 tokens > 8 maximum"), FailureClass::ContextTooLong),
            (
                400,
                own("invalid_request_error", "input length and `max_tokens` exceed context limit: 1 + 2 > 2"),
                FailureClass::ContextTooLong,
            ),
            (400, own("invalid_request_error", "Your credit balance is too low to access"), FailureClass::QuotaSpent),
            (401, own("authentication_error", "invalid x-api-key"), FailureClass::Unauthorized),
            (402, own("billing_error", "m"), FailureClass::QuotaSpent),
            (403, own("permission_error", "m"), FailureClass::Unauthorized),
            (404, own("not_found_error", "model: claude-9"), FailureClass::UnknownModel),
            (413, own("request_too_large", "m"), FailureClass::ContextTooLong),
            (429, own("rate_limit_error", "m"), FailureClass::RateLimited),
            (429, spent.to_owned(), FailureClass::QuotaSpent),
            (429, ramp.to_owned(), FailureClass::RateLimited),
            (500, own("api_error", "Internal server error"), FailureClass::Overloaded),
            (504, own("timeout_error", "m"), FailureClass::Overloaded),
            (529, own("overloaded_error", "Overloaded"), FailureClass::Overloaded),
            // In the envelope of another vendor, as llama.cpp answers here.
            (
                400,
                r#"{"error":{"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error","n_ctx":512}}"#.to_owned(),
                FailureClass::ContextTooLong,
            ),
            (401, r#"{"error":{"code":401,"message":"Invalid API Key","type":"authentication_error"}}"#.to_owned(), FailureClass::Unauthorized),
            (503, r#"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#.to_owned(), FailureClass::Overloaded),
            (404, r#"{"detail":"Not Found"}"#.to_owned(), FailureClass::UnknownModel),
            (500, "Internal Server Error".to_owned(), FailureClass::Overloaded),
        ];
        for (status, body, expected) in rows {
            assert_eq!(class(status, &Said::of(&body)), expected, "{status} {body}");
        }
    }

    #[test]
    fn an_error_in_the_stream_has_the_class_of_its_kind() {
        let asked = Asked { provider: Name::from_static("p"), model: Name::from_static("m") };
        let rows = [
            (own("overloaded_error", "Overloaded"), FailureClass::Overloaded),
            (own("rate_limit_error", "m"), FailureClass::RateLimited),
            (own("invalid_request_error", "m"), FailureClass::BadRequest),
            (
                r#"{"error":{"code":400,"message":"context size exceeded","type":"x"}}"#.to_owned(),
                FailureClass::ContextTooLong,
            ),
            (r#"{"error":{"message":"m","type":"server_error"}}"#.to_owned(), FailureClass::Overloaded),
        ];
        for (data, expected) in rows {
            let error = in_stream(&asked, &Said::in_stream(&data).unwrap());
            assert_eq!((error.class, error.sent), (expected, true), "{data}");
        }
    }
}
