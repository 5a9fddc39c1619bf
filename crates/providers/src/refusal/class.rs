//! The class of a failure where the vendor's own word for it is unknown.

use divisi_domain::model_step::FailureClass;

use super::Said;

/// How servers say that the input does not fit.
const TOO_LONG: [&str; 11] = [
    "context_length_exceeded",
    "exceed_context_size",
    "context size",
    "context length",
    "context window",
    "maximum context",
    "prompt is too long",
    "exceed context limit",
    "input token count",
    "too many tokens",
    "request_too_large",
];

/// How servers say that somebody has to pay.
const SPENT: [&str; 7] = [
    "insufficient_quota",
    "credit balance",
    "billing_hard_limit",
    "billing_not_active",
    "billing_error",
    "spend_limit",
    "spend limit",
];

/// How servers say that a key is wrong where the status does not say it. Proxies answer so on every wire.
const BAD_KEY: [&str; 10] = [
    "invalid_api_key",
    "incorrect api key",
    "api key not valid",
    "api_key_invalid",
    "invalid api key",
    "authentication_error",
    "authenticationerror",
    "no_db_connection",
    "token_not_found_in_db",
    "no auth credentials",
];

/// How servers say that they do not know a model.
const NO_MODEL: [&str; 3] = ["model_not_found", "not_found_error", "does not exist"];

/// The class that status and words together mean. Words win where proxies flatten every refusal to 400 or 500.
pub(crate) fn general_class(status: u16, said: &Said) -> FailureClass {
    if said.mentions(&SPENT) {
        return FailureClass::QuotaSpent;
    }
    if matches!(status, 400 | 403 | 413 | 422 | 500) {
        if said.mentions(&BAD_KEY) {
            return FailureClass::Unauthorized;
        }
        if said.mentions(&TOO_LONG) {
            return FailureClass::ContextTooLong;
        }
    }
    if matches!(status, 400 | 404) && said.mentions(&NO_MODEL) {
        return FailureClass::UnknownModel;
    }
    by_status(status)
}

fn by_status(status: u16) -> FailureClass {
    match status {
        401 | 403 | 407 => FailureClass::Unauthorized,
        402 => FailureClass::QuotaSpent,
        404 => FailureClass::UnknownModel,
        413 => FailureClass::ContextTooLong,
        429 => FailureClass::RateLimited,
        408 | 409 | 425 | 500.. => FailureClass::Overloaded,
        _ => FailureClass::BadRequest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_win_over_a_flattened_status() {
        let rows = [
            (
                400,
                r#"{"error":{"message":"x","code":"context_length_exceeded"}}"#,
                FailureClass::ContextTooLong,
            ),
            (
                400,
                r#"{"error":{"message":"x","type":"exceed_context_size_error"}}"#,
                FailureClass::ContextTooLong,
            ),
            (500, "the request exceeds the available context size", FailureClass::ContextTooLong),
            (400, r#"{"error":{"message":"Incorrect API key provided"}}"#, FailureClass::Unauthorized),
            (
                400,
                r#"{"error":{"message":"x","type":"no_db_connection","code":"400"}}"#,
                FailureClass::Unauthorized,
            ),
            (429, r#"{"error":{"message":"x","code":"insufficient_quota"}}"#, FailureClass::QuotaSpent),
            (400, "Your credit balance is too low", FailureClass::QuotaSpent),
            (400, r#"{"error":{"message":"x","code":"model_not_found"}}"#, FailureClass::UnknownModel),
            (401, r#"{"detail":"Invalid key"}"#, FailureClass::Unauthorized),
            (402, "", FailureClass::QuotaSpent),
            (403, "", FailureClass::Unauthorized),
            (404, r#"{"detail":"Not Found"}"#, FailureClass::UnknownModel),
            (408, "", FailureClass::Overloaded),
            (413, "", FailureClass::ContextTooLong),
            (422, "", FailureClass::BadRequest),
            (429, "too many tokens per minute", FailureClass::RateLimited),
            (500, "Internal Server Error", FailureClass::Overloaded),
            (503, "context window", FailureClass::Overloaded),
            (529, "", FailureClass::Overloaded),
            (302, "", FailureClass::BadRequest),
        ];
        for (status, body, class) in rows {
            assert_eq!(general_class(status, &Said::of(body)), class, "{status} {body}");
        }
    }
}
