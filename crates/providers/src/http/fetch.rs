//! A small question to a server: its models, its settings. Read whole.

use divisi_domain::model_step::FailureClass;
use divisi_llm::ProviderError;
use futures::StreamExt;
use tokio::time::timeout;

use super::call::{late, not_sent, redirected};
use super::place::host_port;
use super::{HttpRequest, HttpResponse, Transport};

/// The longest answer to a question, in bytes.
pub const FETCHED_BYTES_MAX: usize = 8 << 20;

/// An answer, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Status code.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
    /// Host and port that answered.
    pub host: String,
}

/// Asks within `request.deadlines.total`.
pub async fn fetch(transport: &dyn Transport, request: HttpRequest) -> Result<Fetched, ProviderError> {
    let host = host_port(&request.url);
    let total = request.deadlines.total;
    match timeout(total, whole(transport, request, &host)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(late(&host, total)),
    }
}

async fn whole(
    transport: &dyn Transport,
    request: HttpRequest,
    host: &str,
) -> Result<Fetched, ProviderError> {
    let response = transport.send(request).await.map_err(|error| not_sent(&error))?;
    if (300..400).contains(&response.status) {
        return Err(redirected(host, &response));
    }
    let HttpResponse { status, headers, mut body } = response;
    let mut bytes = Vec::new();
    while let Some(piece) = body.next().await {
        bytes.extend_from_slice(&piece.map_err(|error| not_sent(&error))?);
        if bytes.len() > FETCHED_BYTES_MAX {
            let message = format!("{host} answered with more than {FETCHED_BYTES_MAX} bytes: too long.");
            return Err(ProviderError::new(FailureClass::Truncated, message));
        }
    }
    let body = String::from_utf8_lossy(&bytes).into_owned();
    Ok(Fetched { status, headers, body, host: host.to_owned() })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::http::memory::{Memory, Piece, Reply};
    use crate::http::{Deadlines, Method};

    fn request() -> HttpRequest {
        let wait = Duration::from_secs(5);
        HttpRequest {
            method: Method::Get,
            url: "http://h.example:1/v1/models".to_owned(),
            headers: Vec::new(),
            body: bytes::Bytes::new(),
            deadlines: Deadlines { connect: wait, first_token: wait, idle: wait, quiet: wait, total: wait },
        }
    }

    #[tokio::test(start_paused = true)]
    async fn questions() {
        let huge = Piece::Bytes(bytes::Bytes::from(vec![b'a'; FETCHED_BYTES_MAX]));
        let rows = [
            ("an answer", Reply::of(200, "application/json", "{}"), Ok((200, "{}"))),
            ("another status", Reply::of(404, "text/plain", "no"), Ok((404, "no"))),
            ("no connection", Reply::Refused, Err(FailureClass::Connection)),
            ("a cut", Reply::pieces(vec![Piece::Break]), Err(FailureClass::Connection)),
            ("silence", Reply::pieces(vec![Piece::Hang]), Err(FailureClass::TimedOut)),
            ("a redirect", Reply::of(302, "text/html", ""), Err(FailureClass::BadRequest)),
            ("too much", Reply::pieces(vec![huge.clone(), huge]), Err(FailureClass::Truncated)),
        ];
        for (what, reply, expected) in rows {
            let outcome = fetch(&Memory::replies([reply]), request()).await;
            let seen =
                outcome.as_ref().map(|got| (got.status, got.body.as_str())).map_err(|error| error.class);
            assert_eq!(seen, expected, "{what}");
        }
    }
}
