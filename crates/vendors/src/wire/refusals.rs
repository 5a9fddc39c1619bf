//! Errors in each vendor's own envelope, with its own headers.

use serde_json::{Value, json};

use super::params::BadRequest;
use super::{Frame, Part, Vendor};
use crate::fault::Refusal;
use crate::limiter::{Allowance, Standing};
use crate::time::{go_duration, rfc3339};

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// On purpose.
    Planned(Refusal),
    /// The request is malformed.
    Bad(BadRequest),
    /// The limits of the behaviour are reached.
    Limited(Standing),
    /// The input is longer than the context: tokens of the input, and allowed.
    TooLong(u64, u64),
}

/// An error as it goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    /// One line for the ledger.
    pub(crate) note: String,
}

/// Requests in a minute that a planned 429 tells of.
const PLANNED_LIMIT: u32 = 10;
const HTML: &str = "text/html; charset=utf-8";
const PAGE: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway\
                    </h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";

/// A page for people, as a proxy or a login wall answers.
pub(crate) fn page() -> String {
    PAGE.replace("502 Bad Gateway", "Welcome")
}

impl Vendor {
    /// The answer to a request that gets none.
    pub(crate) fn refuse(self, trouble: &Trouble, model: &str, now_ms: u64) -> Refused {
        let note = note(trouble);
        if let Trouble::Planned(refusal) = trouble
            && let Some((status, content_type, body)) = foreign(*refusal)
        {
            return Refused { status, content_type, headers: Vec::new(), body, note };
        }
        let error = Named::of(trouble, self, model);
        let mut headers = standing_headers(self, trouble_standing(trouble), now_ms);
        headers.extend(retry_headers(self, trouble));
        if self == Self::Messages {
            headers.push(("request-id".to_owned(), "req_011CVendors".to_owned()));
        }
        let body = error.body(self).to_string();
        Refused { status: error.status, content_type: "application/json", headers, body, note }
    }

    /// The error that ends a stream in the middle.
    pub(crate) fn stream_error(self) -> Frame {
        let overloaded = Trouble::Planned(Refusal::Overloaded);
        let body = Named::of(&overloaded, self, "").body(self);
        match self {
            Self::Responses => {
                let error = json!({"type": "error", "code": "server_error", "message": body["error"]["message"], "param": null, "sequence_number": 99});
                self.frame(Part::Frame, "error", &error.to_string())
            }
            Self::Chat | Self::Messages | Self::Gemini => self.frame(Part::Frame, "error", &body.to_string()),
        }
    }
}

/// Headers that say where a key stands.
pub(crate) fn standing_headers(vendor: Vendor, standing: Standing, now_ms: u64) -> Vec<(String, String)> {
    let limits = [("requests", standing.requests), ("tokens", standing.tokens)];
    let mut headers = Vec::new();
    for (name, allowance) in limits {
        let Some(allowance) = allowance else { continue };
        let [limit, left, reset] = match vendor {
            Vendor::Chat | Vendor::Responses => {
                ["limit", "remaining", "reset"].map(|what| format!("x-ratelimit-{what}-{name}"))
            }
            Vendor::Messages => {
                ["limit", "remaining", "reset"].map(|what| format!("anthropic-ratelimit-{name}-{what}"))
            }
            Vendor::Gemini => continue,
        };
        let at = match vendor {
            Vendor::Messages => rfc3339(now_ms.saturating_add(allowance.reset_ms).div_ceil(1_000) * 1_000),
            Vendor::Chat | Vendor::Responses | Vendor::Gemini => go_duration(allowance.reset_ms),
        };
        headers.extend([
            (limit, allowance.limit.to_string()),
            (left, allowance.left.to_string()),
            (reset, at),
        ]);
    }
    headers
}

fn trouble_standing(trouble: &Trouble) -> Standing {
    match trouble {
        Trouble::Limited(standing) => *standing,
        Trouble::Planned(Refusal::RateLimited { retry_after_seconds: Some(seconds) }) => {
            let reset_ms = u64::from(*seconds) * 1_000;
            Standing { requests: Some(Allowance { limit: PLANNED_LIMIT, left: 0, reset_ms }), tokens: None }
        }
        Trouble::Planned(_) | Trouble::Bad(_) | Trouble::TooLong(..) => Standing::default(),
    }
}

/// How many seconds a client is asked to wait.
fn retry_after_s(trouble: &Trouble) -> Option<u64> {
    match trouble {
        Trouble::Planned(Refusal::RateLimited { retry_after_seconds }) => retry_after_seconds.map(u64::from),
        Trouble::Limited(standing) => standing.wait_ms().map(|ms| ms.div_ceil(1_000)),
        Trouble::Planned(_) | Trouble::Bad(_) | Trouble::TooLong(..) => None,
    }
}

fn retry_headers(vendor: Vendor, trouble: &Trouble) -> Vec<(String, String)> {
    match (vendor, retry_after_s(trouble)) {
        (Vendor::Gemini, _) | (_, None) => Vec::new(),
        (Vendor::Chat | Vendor::Responses | Vendor::Messages, Some(seconds)) => {
            vec![("retry-after".to_owned(), seconds.to_string())]
        }
    }
}

fn note(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Planned(refusal) => format!("{refusal:?}"),
        Trouble::Bad(bad) => bad.message.clone(),
        Trouble::Limited(_) => "limit reached".to_owned(),
        Trouble::TooLong(tokens, allowed) => format!("{tokens} tokens of input, {allowed} allowed"),
    }
}

/// Errors that come from no vendor but from what stands before it, or from a local server.
fn foreign(refusal: Refusal) -> Option<(u16, &'static str, String)> {
    match refusal {
        Refusal::Traceback => {
            let trace = "Traceback (most recent call last):\n  File \"/opt/server/app/llama.py\", line 1187, in \
                         create_completion\n    raise ValueError(\"unsupported\")\nValueError: unsupported\n";
            let error = json!({"error": {"message": trace, "type": "internal_server_error", "param": null, "code": null}});
            Some((500, "application/json", error.to_string()))
        }
        Refusal::PlainText => Some((500, "text/plain; charset=utf-8", "Internal Server Error".to_owned())),
        Refusal::BadGateway => Some((502, HTML, PAGE.to_owned())),
        Refusal::NoSchemas => {
            let checked = "[{'type': 'literal_error', 'loc': ('body', 'response_format', 'type'), 'msg': \"Input should be \
                           'text' or 'json_object'\", 'input': 'json_schema'}]";
            let error = json!({"error": {"message": checked, "type": "internal_server_error", "param": null, "code": null}});
            Some((500, "application/json", error.to_string()))
        }
        Refusal::ProxyKey => Some(proxied(400, "No connected db.", "no_db_connection")),
        Refusal::ProxyLimit => Some(proxied(
            429,
            "litellm.RateLimitError: RateLimitError: OpenAIException - slow down",
            "throttling_error",
        )),
        _ => None,
    }
}

/// The envelope of a proxy, which is the same on every wire.
fn proxied(status: u16, message: &str, kind: &str) -> (u16, &'static str, String) {
    let error =
        json!({"error": {"message": message, "type": kind, "param": null, "code": status.to_string()}});
    (status, "application/json", error.to_string())
}

/// An error by the names that the vendors have for it.
struct Named {
    status: u16,
    message: String,
    /// OpenAI's `type`.
    kind: &'static str,
    /// OpenAI's `code`.
    code: Option<&'static str>,
    param: Option<String>,
    /// Anthropic's `type`.
    anthropic: &'static str,
    /// Gemini's `status`.
    google: &'static str,
    details: Vec<Value>,
}

impl Named {
    fn of(trouble: &Trouble, vendor: Vendor, model: &str) -> Self {
        let mut named = match trouble {
            Trouble::Planned(refusal) => Self::planned(*refusal, vendor, model),
            Trouble::Bad(bad) => Self {
                param: bad.param.clone(),
                code: bad.code,
                ..Self::new(
                    400,
                    &bad.message,
                    "invalid_request_error",
                    "invalid_request_error",
                    "INVALID_ARGUMENT",
                )
            },
            Trouble::Limited(_) => {
                Self::planned(Refusal::RateLimited { retry_after_seconds: None }, vendor, model)
            }
            Trouble::TooLong(tokens, allowed) => Self::too_long(vendor, *tokens, *allowed),
        };
        if let Some(seconds) = retry_after_s(trouble) {
            let retry = json!({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": format!("{seconds}s")});
            named.details.push(retry);
        }
        named
    }

    fn new(
        status: u16,
        message: &str,
        kind: &'static str,
        anthropic: &'static str,
        google: &'static str,
    ) -> Self {
        let message = message.to_owned();
        Self { status, message, kind, code: None, param: None, anthropic, google, details: Vec::new() }
    }

    fn coded(self, code: &'static str) -> Self {
        Self { code: Some(code), ..self }
    }

    fn planned(refusal: Refusal, vendor: Vendor, model: &str) -> Self {
        let request = "invalid_request_error";
        match refusal {
            Refusal::RateLimited { .. } | Refusal::ProxyLimit => {
                let message = "Rate limit reached for requests. Please try again later.";
                let mut named = Self::new(429, message, "requests", "rate_limit_error", "RESOURCE_EXHAUSTED");
                named.details.push(quota_failure("GenerateRequestsPerMinutePerProjectPerModel"));
                named.coded("rate_limit_exceeded")
            }
            Refusal::QuotaSpent => Self::quota_spent(vendor),
            Refusal::Internal | Refusal::Traceback | Refusal::PlainText | Refusal::NoSchemas => {
                let message = "The server had an error while processing your request. Sorry about that!";
                Self::new(500, message, "server_error", "api_error", "INTERNAL")
            }
            Refusal::Unavailable | Refusal::BadGateway => {
                let message = "The engine is currently overloaded, please try again later";
                Self::new(503, message, "server_error", "api_error", "UNAVAILABLE")
            }
            Refusal::Overloaded => {
                Self::new(529, "Overloaded", "server_error", "overloaded_error", "UNAVAILABLE")
            }
            Refusal::Unauthorized | Refusal::ProxyKey => Self::unauthorized(vendor),
            Refusal::Forbidden => {
                let message = "You have insufficient permissions for this operation.";
                Self::new(403, message, request, "permission_error", "PERMISSION_DENIED")
            }
            Refusal::BadRequest => {
                let message = "Unsupported value: 'temperature' does not support 0.3 with this model.";
                Self::new(400, message, request, "invalid_request_error", "INVALID_ARGUMENT")
                    .coded("unsupported_value")
            }
            Refusal::UnknownModel => Self::unknown_model(vendor, model),
            Refusal::ContextTooLong => Self::too_long(vendor, 210_000, 200_000),
        }
    }

    fn quota_spent(vendor: Vendor) -> Self {
        let (status, message) = match vendor {
            Vendor::Chat | Vendor::Responses | Vendor::Gemini => {
                (429, "You exceeded your current quota, please check your plan and billing details.")
            }
            Vendor::Messages => (
                400,
                "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade \
                 or purchase credits.",
            ),
        };
        let mut named =
            Self::new(status, message, "insufficient_quota", "invalid_request_error", "RESOURCE_EXHAUSTED");
        named.details.push(quota_failure("GenerateRequestsPerDayPerProjectPerModel-FreeTier"));
        named.coded("insufficient_quota")
    }

    fn unauthorized(vendor: Vendor) -> Self {
        let (status, message, google) = match vendor {
            Vendor::Chat | Vendor::Responses => (401, "Incorrect API key provided.", ""),
            Vendor::Messages => (401, "invalid x-api-key", ""),
            Vendor::Gemini => (400, "API key not valid. Please pass a valid API key.", "INVALID_ARGUMENT"),
        };
        let mut named = Self::new(status, message, "invalid_request_error", "authentication_error", google);
        named.details.push(json!({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID",
                                  "domain": "googleapis.com", "metadata": {"service": "generativelanguage.googleapis.com"}}));
        named.coded("invalid_api_key")
    }

    fn unknown_model(vendor: Vendor, model: &str) -> Self {
        let message = match vendor {
            Vendor::Chat | Vendor::Responses => {
                format!("The model `{model}` does not exist or you do not have access to it.")
            }
            Vendor::Messages => format!("model: {model}"),
            Vendor::Gemini => format!(
                "models/{model} is not found for API version v1beta, or is not supported for generateContent."
            ),
        };
        Self::new(404, &message, "invalid_request_error", "not_found_error", "NOT_FOUND")
            .coded("model_not_found")
    }

    fn too_long(vendor: Vendor, tokens: u64, allowed: u64) -> Self {
        let message = match vendor {
            Vendor::Chat => format!(
                "This model's maximum context length is {allowed} tokens. However, your messages resulted in {tokens} \
                 tokens. Please reduce the length of the messages."
            ),
            Vendor::Responses => {
                "Your input exceeds the context window of this model. Please adjust your input and try again."
                    .to_owned()
            }
            Vendor::Messages => format!("prompt is too long: {tokens} tokens > {allowed} maximum"),
            Vendor::Gemini => format!(
                "The input token count ({tokens}) exceeds the maximum number of tokens allowed ({allowed})."
            ),
        };
        let named =
            Self::new(400, &message, "invalid_request_error", "invalid_request_error", "INVALID_ARGUMENT");
        Self { param: Some("messages".to_owned()), ..named }.coded("context_length_exceeded")
    }

    fn body(&self, vendor: Vendor) -> Value {
        match vendor {
            Vendor::Chat | Vendor::Responses => json!({"error": {
                "message": self.message, "type": self.kind, "param": self.param, "code": self.code,
            }}),
            Vendor::Messages => json!({"type": "error", "request_id": "req_011CVendors",
                                       "error": {"type": self.anthropic, "message": self.message}}),
            Vendor::Gemini => {
                // Google's statuses have one code each; what a proxy puts before it does not change the body.
                let code = if self.status == 529 { 503 } else { self.status };
                let mut error = json!({"code": code, "message": self.message, "status": self.google});
                if !self.details.is_empty() {
                    error["details"] = Value::Array(self.details.clone());
                }
                json!({ "error": error })
            }
        }
    }
}

fn quota_failure(id: &str) -> Value {
    json!({"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{
        "quotaMetric": "generativelanguage.googleapis.com/generate_content_requests", "quotaId": id,
    }]})
}
