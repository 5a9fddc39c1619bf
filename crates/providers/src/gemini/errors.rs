//! What refusals and errors of this wire mean.

use divisi_domain::model_step::FailureClass;
use divisi_domain::time::Millis;
use serde_json::Value;

use super::wire::{Detail, Violation};
use crate::http::Fault;
use crate::refusal::{Asked, Said, fault, general_class};

/// The class of a refusal with `status`.
pub(super) fn class(status: u16, said: &Said) -> FailureClass {
    let details = details(said);
    let reason = |word: &str| details.iter().any(|detail| detail.reason.as_deref() == Some(word));
    if reason("API_KEY_INVALID") || reason("API_KEY_SERVICE_BLOCKED") {
        return FailureClass::Unauthorized;
    }
    match said.kind.as_str() {
        "RESOURCE_EXHAUSTED" if spent(said, &details) => FailureClass::QuotaSpent,
        "RESOURCE_EXHAUSTED" => FailureClass::RateLimited,
        // The country, or an account that has to be set up first.
        "FAILED_PRECONDITION" | "PERMISSION_DENIED" | "UNAUTHENTICATED" => FailureClass::Unauthorized,
        "NOT_FOUND" => FailureClass::UnknownModel,
        "INTERNAL" | "UNAVAILABLE" | "DEADLINE_EXCEEDED" | "CANCELLED" | "ABORTED" | "UNKNOWN" => {
            general_class(status.max(500), said)
        }
        _ if status == 429 && spent(said, &details) => FailureClass::QuotaSpent,
        _ => general_class(status, said),
    }
}

/// How long the vendor asks to be left alone, where the body says so.
pub(super) fn retry_delay(said: &Said) -> Option<Millis> {
    let delay = details(said).into_iter().find_map(|detail| detail.retry_delay)?;
    let seconds: f64 = delay.strip_suffix('s')?.parse().ok()?;
    let whole = std::time::Duration::try_from_secs_f64(seconds).ok()?;
    u64::try_from(whole.as_micros().div_ceil(1_000)).ok().map(Millis)
}

/// Whether waiting for minutes does not help: the quota of the day, or none at all.
fn spent(said: &Said, details: &[Detail]) -> bool {
    let daily = |violation: &Violation| {
        [&violation.quota_id, &violation.quota_metric].into_iter().flatten().any(|name| {
            let name = name.to_ascii_lowercase();
            name.contains("perday") || name.contains("per_day")
        })
    };
    let violated = details.iter().filter_map(|detail| detail.violations.as_ref()).flatten().any(daily);
    let none =
        |rest: &str| rest.starts_with("limit: 0") && !rest[8..].starts_with(|c: char| c.is_ascii_digit());
    violated || said.message.match_indices("limit: 0").any(|(at, _)| none(&said.message[at..]))
}

fn details(said: &Said) -> Vec<Detail> {
    let list = said.details.as_array().map_or(&[][..], Vec::as_slice);
    list.iter().filter_map(|detail: &Value| serde_json::from_value(detail.clone()).ok()).collect()
}

/// An error that comes in the stream, after the server had said 200.
pub(super) fn in_stream(asked: &Asked, said: &Said) -> Fault {
    let mut fault = fault(asked, class(said.status.unwrap_or(500), said), &said.message);
    fault.retry_after = retry_delay(said);
    fault
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(code: u16, status: &str, message: &str, details: &str) -> String {
        format!(
            r#"{{"error":{{"code":{code},"message":"{message}","status":"{status}","details":[{details}]}}}}"#
        )
    }

    fn quota(id: &str) -> String {
        format!(
            r#"{{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{{"quotaMetric":"x/requests","quotaId":"{id}","quotaDimensions":{{"model":"m"}}}}]}},{{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.0748s"}}"#
        )
    }

    #[test]
    fn refusals_have_their_class() {
        let day = quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier");
        let minute = quota("GenerateRequestsPerMinutePerProjectPerModel-FreeTier");
        let key =
            r#"{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"x"}"#;
        let help = r#"{"@type":"type.googleapis.com/google.rpc.Help","links":[{"url":"x"}]}"#;
        let rows = [
            (429, body(429, "RESOURCE_EXHAUSTED", "m", &minute), FailureClass::RateLimited),
            (429, body(429, "RESOURCE_EXHAUSTED", "m", &day), FailureClass::QuotaSpent),
            (429, body(429, "RESOURCE_EXHAUSTED", "m", &format!("{minute},{day}")), FailureClass::QuotaSpent),
            (
                429,
                body(429, "RESOURCE_EXHAUSTED", "Quota exceeded, limit: 0, model: m", help),
                FailureClass::QuotaSpent,
            ),
            (
                429,
                body(429, "RESOURCE_EXHAUSTED", "Quota exceeded, limit: 05", help),
                FailureClass::RateLimited,
            ),
            (
                429,
                body(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted", ""),
                FailureClass::RateLimited,
            ),
            (400, body(400, "INVALID_ARGUMENT", "API key not valid.", key), FailureClass::Unauthorized),
            (
                400,
                body(
                    400,
                    "INVALID_ARGUMENT",
                    "The input token count (9) exceeds the maximum number of tokens allowed (8).",
                    "",
                ),
                FailureClass::ContextTooLong,
            ),
            (400, body(400, "INVALID_ARGUMENT", "Unknown name \\\"x\\\"", ""), FailureClass::BadRequest),
            (
                400,
                body(400, "FAILED_PRECONDITION", "User location is not supported", ""),
                FailureClass::Unauthorized,
            ),
            (403, body(403, "PERMISSION_DENIED", "m", ""), FailureClass::Unauthorized),
            (404, body(404, "NOT_FOUND", "models/x is not found", ""), FailureClass::UnknownModel),
            (500, body(500, "INTERNAL", "m", ""), FailureClass::Overloaded),
            (503, body(503, "UNAVAILABLE", "The model is overloaded.", ""), FailureClass::Overloaded),
            (504, body(504, "DEADLINE_EXCEEDED", "m", ""), FailureClass::Overloaded),
            (429, format!("[{}]", body(429, "RESOURCE_EXHAUSTED", "m", &day)), FailureClass::QuotaSpent),
            (500, "Internal Server Error".to_owned(), FailureClass::Overloaded),
        ];
        for (status, body, expected) in rows {
            assert_eq!(class(status, &Said::of(&body)), expected, "{status} {body}");
        }
    }

    #[test]
    fn the_delay_is_read_from_the_body() {
        let delay = |text: &str| {
            let detail = format!(r#"{{"retryDelay":"{text}"}}"#);
            retry_delay(&Said::of(&body(429, "RESOURCE_EXHAUSTED", "m", &detail)))
        };
        let rows = [
            ("34.0748s", Some(Millis(34_075))),
            ("0s", Some(Millis(0))),
            ("7s", Some(Millis(7_000))),
            ("-1s", None),
            ("NaNs", None),
            ("soon", None),
        ];
        for (text, expected) in rows {
            assert_eq!(delay(text), expected, "{text}");
        }
        assert_eq!(retry_delay(&Said::of("no envelope")), None);
    }
}
