//! A name for each request: taken from the caller's `traceparent`, else a fresh one. It is in every answer, every
//! problem and every line of the log about the request.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

use crate::api::Api;
use crate::problem::Failure;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Names the request, and tells its name with the answer.
pub(crate) async fn traced(State(api): State<Api>, request: Request, next: Next) -> Response {
    let trace = Trace::of(request.headers(), api.random());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let span = tracing::info_span!("request", trace_id = %trace.id, %method, path);
    async move {
        let mut response = next.run(request).await;
        if let Some(failure) = response.extensions_mut().remove::<Failure>() {
            failure.traced(&trace.id, &mut response);
        }
        tracing::info!(status = response.status().as_u16(), "answered");
        let headers = response.headers_mut();
        for (name, value) in [(TRACEPARENT, trace.parent()), (REQUEST_ID, trace.id)] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
        response
    }
    .instrument(span)
    .await
}

/// A request's place in a trace, as the W3C writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Trace {
    /// 32 hexadecimal digits.
    id: String,
    /// 16 hexadecimal digits.
    span: String,
}

impl Trace {
    fn of(headers: &HeaderMap, fresh: [u8; 32]) -> Self {
        let given = headers.get(TRACEPARENT).and_then(|value| value.to_str().ok()).and_then(trace_id);
        let id = given.map_or_else(|| hex(&fresh[..16]), str::to_owned);
        Self { id, span: hex(&fresh[16..24]) }
    }

    fn parent(&self) -> String {
        format!("00-{}-{}-01", self.id, self.span)
    }
}

/// The trace of `version-trace-parent-flags`; `None` where that is not what it says.
fn trace_id(parent: &str) -> Option<&str> {
    let parts: Vec<&str> = parent.split('-').collect();
    let [version, trace, span, flags] = parts.as_slice() else { return None };
    let digits = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let says = |text: &str| text.bytes().any(|byte| byte != b'0');
    let fits = digits(version, 2) && *version != "ff" && digits(flags, 2);
    (fits && digits(trace, 32) && says(trace) && digits(span, 16) && says(span)).then_some(*trace)
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRESH: [u8; 32] = [0xab; 32];

    #[test]
    fn a_trace_goes_on_where_the_caller_names_one_rightly() {
        let fresh = "ab".repeat(16);
        let given = "4bf92f3577b34da6a3ce929d0e0e4736";
        let rows = [
            (Some(format!("00-{given}-00f067aa0ba902b7-01")), given),
            (Some(format!("00-{given}-0000000000000000-01")), fresh.as_str()),
            (Some(format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32))), &fresh),
            (Some(format!("ff-{given}-00f067aa0ba902b7-01")), &fresh),
            (Some(format!("00-{}-00f067aa0ba902b7-01", given.to_uppercase())), &fresh),
            (Some("nonsense\u{7f}".to_owned()), &fresh),
            (None, &fresh),
        ];
        for (parent, expected) in rows {
            let mut headers = HeaderMap::new();
            if let Some(value) = parent.as_ref().and_then(|parent| HeaderValue::from_str(parent).ok()) {
                headers.insert(TRACEPARENT, value);
            }
            let trace = Trace::of(&headers, FRESH);
            assert_eq!(trace.id, expected, "{parent:?}");
            assert_eq!(trace.parent(), format!("00-{expected}-{}-01", "ab".repeat(8)));
        }
    }
}
