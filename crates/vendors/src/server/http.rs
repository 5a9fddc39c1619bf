//! Just enough of HTTP/1.1 to be in full command of every byte that goes out.

use std::fmt::Write as _;

/// Bytes of the head of a request.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Headers of a request.
const HEADERS_MAX: usize = 100;
/// Bytes of the body of a request.
pub(crate) const BODY_BYTES_MAX: usize = 32 * 1024 * 1024;

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HttpRequest {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// What a buffer holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Parsed {
    /// Not all of a request yet.
    Partial,
    /// A request that is so many bytes long.
    Whole(Box<HttpRequest>, usize),
}

impl HttpRequest {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// A parameter of the query, as it stands there.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        let query = self.target.split_once('?')?.1;
        query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name).map(|(_, v)| v)
    }

    /// Parses what has come so far; an error is a sentence for the client.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Parsed, &'static str> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut head = httparse::Request::new(&mut headers);
        let head_bytes = match head.parse(bytes).map_err(|_| "the head of the request is malformed")? {
            httparse::Status::Complete(length) => length,
            httparse::Status::Partial if bytes.len() > HEAD_BYTES_MAX => return Err("the head is too long"),
            httparse::Status::Partial => return Ok(Parsed::Partial),
        };
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        let mut request = Self {
            method: head.method.unwrap_or_default().to_owned(),
            target: head.path.unwrap_or_default().to_owned(),
            headers: head.headers.iter().map(|h| (h.name.to_lowercase(), text(h.value))).collect(),
            body: Vec::new(),
        };
        let Some((body, body_bytes)) = request.body_in(&bytes[head_bytes..])? else {
            return Ok(Parsed::Partial);
        };
        request.body = body;
        Ok(Parsed::Whole(Box::new(request), head_bytes + body_bytes))
    }

    /// The body and the bytes it takes, once all of it has come.
    fn body_in(&self, rest: &[u8]) -> Result<Option<(Vec<u8>, usize)>, &'static str> {
        if self.header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
            return unchunk(rest);
        }
        let length = match self.header("content-length").map(str::parse::<usize>) {
            None => 0,
            Some(Ok(length)) if length <= BODY_BYTES_MAX => length,
            Some(_) => return Err("the content length is malformed or too large"),
        };
        Ok(rest.get(..length).map(|body| (body.to_vec(), length)))
    }
}

fn unchunk(bytes: &[u8]) -> Result<Option<(Vec<u8>, usize)>, &'static str> {
    let (mut body, mut at) = (Vec::new(), 0);
    loop {
        let parsed = httparse::parse_chunk_size(&bytes[at..]).map_err(|_| "a chunk is malformed")?;
        let httparse::Status::Complete((line, size)) = parsed else { return Ok(None) };
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        if size > BODY_BYTES_MAX - body.len() {
            return Err("the body is too large");
        }
        let (start, end) = (at + line, at + line + size);
        let Some(chunk) = bytes.get(start..end).filter(|_| bytes.len() >= end + 2) else { return Ok(None) };
        body.extend_from_slice(chunk);
        at = end + 2;
        if size == 0 {
            return Ok(Some((body, at)));
        }
    }
}

/// How the body of an answer is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// So many bytes.
    Length(usize),
    /// In chunks.
    Chunked,
}

/// The head of an answer.
pub(crate) fn head(status: u16, headers: &[(String, String)], framing: Framing) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} {}\r\n", reason(status));
    for (name, value) in headers {
        // Writing to a string cannot fail.
        let _ = write!(head, "{name}: {value}\r\n");
    }
    let _ = match framing {
        Framing::Length(length) => write!(head, "content-length: {length}\r\n\r\n"),
        Framing::Chunked => write!(head, "transfer-encoding: chunked\r\n\r\n"),
    };
    head.into_bytes()
}

/// One chunk of a chunked body. An empty one would end it, and is left out.
pub(crate) fn chunk(bytes: &[u8]) -> Vec<u8> {
    if bytes.is_empty() {
        return Vec::new();
    }
    let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
    chunk.extend_from_slice(bytes);
    chunk.extend_from_slice(b"\r\n");
    chunk
}

/// The end of a chunked body.
pub(crate) const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        529 => "Site is overloaded",
        _ => "Unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str) -> (HttpRequest, usize) {
        match HttpRequest::parse(text.as_bytes()) {
            Ok(Parsed::Whole(request, length)) => (*request, length),
            other => panic!("{text:?}: {other:?}"),
        }
    }

    #[test]
    fn a_request_is_read_in_any_framing_and_leaves_what_follows() {
        for (text, body) in [
            ("GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n", ""),
            ("POST /a?b=c HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi", "hi"),
            ("POST /a?b=c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nh\r\n1\r\ni\r\n0\r\n\r\n", "hi"),
        ] {
            let (request, length) = whole(&format!("{text}GET / HTTP"));
            assert_eq!((request.path(), request.query("b"), length), ("/a", Some("c"), text.len()));
            assert_eq!(request.body, body.as_bytes());
            for end in 0..text.len() {
                assert_eq!(
                    HttpRequest::parse(&text.as_bytes()[..end]),
                    Ok(Parsed::Partial),
                    "{end} of {text:?}"
                );
            }
        }
    }

    #[test]
    fn what_is_no_request_or_too_large_is_refused() {
        let long = format!("GET /{} HTTP/1.1\r\n", "a".repeat(HEAD_BYTES_MAX));
        for text in [
            "\u{1}\u{2} nonsense\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: two\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n",
            long.as_str(),
        ] {
            assert!(HttpRequest::parse(text.as_bytes()).is_err(), "{text:.60}");
        }
    }

    #[test]
    fn heads_and_chunks_are_framed() {
        let head = head(200, &[("a".into(), "b".into())], Framing::Chunked);
        assert_eq!(head, b"HTTP/1.1 200 OK\r\na: b\r\ntransfer-encoding: chunked\r\n\r\n");
        assert_eq!(chunk(&[b'x'; 17]), [b"11\r\n", &[b'x'; 17][..], b"\r\n"].concat());
        assert!(chunk(b"").is_empty());
    }
}
