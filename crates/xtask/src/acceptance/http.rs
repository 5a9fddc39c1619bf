//! What went over a connection, read afterwards: a second reader of HTTP than the one under test.

use serde_json::Value;

/// Headers of one message.
const HEADERS_MAX: usize = 100;

/// A request and what came back.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Exchange {
    pub(super) method: String,
    pub(super) path: String,
    /// The body, where it is JSON.
    pub(super) asked: Value,
    /// None as long as no head has come.
    pub(super) status: Option<u16>,
    /// The body, as far as it has come.
    pub(super) answer: String,
    /// Whether all of it has come.
    pub(super) whole: bool,
}

/// How the paths of calls end, on all wires.
const CALLS: [&str; 4] = ["/chat/completions", "/responses", "/messages", "GenerateContent"];

impl Exchange {
    /// Whether a model was called; what a server has is asked for by `POST` as well.
    pub(super) fn is_call(&self) -> bool {
        self.method == "POST" && CALLS.iter().any(|end| self.path.ends_with(end))
    }
}

/// A body.
struct Body {
    bytes: Vec<u8>,
    /// Bytes that it took.
    length: usize,
    whole: bool,
}

#[derive(Debug, Default, Clone, Copy)]
struct Framing {
    length: Option<usize>,
    chunked: bool,
}

/// The exchanges of one connection, in order.
pub(super) fn exchanges(sent: &[u8], received: &[u8]) -> Vec<Exchange> {
    let (mut found, mut sent, mut received) = (Vec::new(), sent, received);
    while let Some((mut exchange, length)) = request(sent) {
        sent = &sent[length..];
        if let Some((status, body, length)) = response(received) {
            received = &received[length..];
            exchange.status = Some(status);
            exchange.answer = String::from_utf8_lossy(&body.bytes).into_owned();
            exchange.whole = body.whole;
        }
        found.push(exchange);
    }
    found
}

/// The first request, and how long it is.
fn request(bytes: &[u8]) -> Option<(Exchange, usize)> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut head = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(start) = head.parse(bytes).ok()? else { return None };
    let body = body(&bytes[start..], Framing { length: Some(0), ..Framing::default() }.of(head.headers));
    let exchange = Exchange {
        method: head.method?.to_owned(),
        path: head.path?.split('?').next()?.to_owned(),
        asked: serde_json::from_slice(&body.bytes).unwrap_or_default(),
        status: None,
        answer: String::new(),
        whole: false,
    };
    body.whole.then_some((exchange, start + body.length))
}

/// The first answer, with its status and how long it is so far.
fn response(bytes: &[u8]) -> Option<(u16, Body, usize)> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut head = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(start) = head.parse(bytes).ok()? else { return None };
    let body = body(&bytes[start..], Framing::default().of(head.headers));
    let length = start + body.length;
    Some((head.code?, body, length))
}

impl Framing {
    fn of(mut self, headers: &[httparse::Header<'_>]) -> Self {
        for header in headers {
            let value = String::from_utf8_lossy(header.value);
            if header.name.eq_ignore_ascii_case("content-length") {
                self.length = value.trim().parse().ok();
            } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
                self.chunked = value.trim().eq_ignore_ascii_case("chunked");
            }
        }
        self
    }
}

fn body(bytes: &[u8], framing: Framing) -> Body {
    if framing.chunked {
        return unchunked(bytes);
    }
    // Without a length it goes on to the end of the connection, and nobody knows whether that has come.
    let length = framing.length.unwrap_or(usize::MAX).min(bytes.len());
    Body { bytes: bytes[..length].to_vec(), length, whole: framing.length == Some(length) }
}

fn unchunked(bytes: &[u8]) -> Body {
    let mut body = Body { bytes: Vec::new(), length: 0, whole: false };
    while let Ok(httparse::Status::Complete((line, size))) = httparse::parse_chunk_size(&bytes[body.length..])
    {
        let start = body.length + line;
        let end = start.saturating_add(usize::try_from(size).unwrap_or(usize::MAX));
        body.bytes.extend_from_slice(&bytes[start..end.min(bytes.len())]);
        if end.saturating_add(2) > bytes.len() {
            body.length = bytes.len();
            return body;
        }
        body.length = end + 2;
        if size == 0 {
            body.whole = true;
            return body;
        }
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: &str = "POST /v1/x?key=1 HTTP/1.1\r\ncontent-length: 7\r\n\r\n{\"a\":1}";

    #[test]
    fn a_connection_is_read_as_far_as_it_went() {
        let whole = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
        let rows: [(&str, Option<u16>, &str, bool); 7] = [
            ("", None, "", false),
            ("HTTP/1.1 200 OK\r\ntransfer-enc", None, "", false),
            (whole, Some(200), "abcde", true),
            (&whole[..whole.len() - 5], Some(200), "abcde", false),
            (&whole[..whole.len() - 11], Some(200), "abc", false),
            ("HTTP/1.1 500 No\r\ncontent-length: 2\r\n\r\nno", Some(500), "no", true),
            ("HTTP/1.1 200 OK\r\n\r\nuntil", Some(200), "until", false),
        ];
        for (answered, status, answer, is_whole) in rows {
            let found = exchanges(ASKED.as_bytes(), answered.as_bytes());
            let [one] = found.as_slice() else { panic!("{answered:?}: {found:?}") };
            assert_eq!((one.method.as_str(), one.path.as_str()), ("POST", "/v1/x"));
            assert_eq!(one.asked["a"], 1);
            assert_eq!(
                (one.status, one.answer.as_str(), one.whole),
                (status, answer, is_whole),
                "{answered:?}"
            );
        }
    }

    #[test]
    fn a_connection_is_used_again() {
        let asked = format!("GET /v1/models HTTP/1.1\r\nhost: x\r\n\r\n{ASKED}{}", &ASKED[..20]);
        let answered =
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]HTTP/1.1 400 No\r\ncontent-length: 1\r\n\r\n!";
        let found = exchanges(asked.as_bytes(), answered.as_bytes());
        let seen: Vec<_> =
            found.iter().map(|one| (one.path.as_str(), one.status, one.answer.as_str())).collect();
        assert_eq!(seen, [("/v1/models", Some(200), "[]"), ("/v1/x", Some(400), "!")]);
    }
}
