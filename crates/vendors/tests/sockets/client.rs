//! A client that knows nothing but bytes: requests of each wire, answers as they come.

use std::time::Duration;

use divisi_vendors::Vendor;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A test that waits longer than this has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// How an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// As HTTP says.
    Whole,
    /// The connection closed before.
    Closed,
    /// The connection was reset.
    Reset,
}

/// An answer as far as it came.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) head: String,
    /// Without the transfer coding.
    pub(crate) body: Vec<u8>,
    pub(crate) ending: Ending,
}

impl Got {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(key, _)| *key == name)
            .map(|(_, v)| v)
    }
}

/// The path and body of a plain question.
pub(crate) fn question(vendor: Vendor, stream: bool) -> (String, Value) {
    let turns = json!([{"role": "user", "content": "hi"}]);
    let (path, mut body) = match vendor {
        Vendor::Chat => {
            ("/v1/chat/completions", json!({"model": "m", "messages": turns, "max_tokens": 1000}))
        }
        Vendor::Responses => {
            ("/v1/responses", json!({"model": "m", "input": "hi", "max_output_tokens": 1000}))
        }
        Vendor::Messages => ("/v1/messages", json!({"model": "m", "messages": turns, "max_tokens": 1000})),
        Vendor::Gemini => {
            let method = if stream { "streamGenerateContent?alt=sse" } else { "generateContent" };
            let body = json!({"contents": [{"parts": [{"text": "hi"}]}], "generationConfig": {"maxOutputTokens": 1000}});
            return (format!("/v1beta/models/m:{method}"), body);
        }
    };
    if stream {
        body["stream"] = json!(true);
        if vendor == Vendor::Chat {
            body["stream_options"] = json!({"include_usage": true});
        }
    }
    (path.to_owned(), body)
}

/// A connection to the server.
#[derive(Debug)]
pub(crate) struct Client(TcpStream);

impl Client {
    pub(crate) async fn connect(server: &divisi_vendors::Server) -> Self {
        Self(TcpStream::connect(server.address()).await.unwrap())
    }

    /// Sends a request, with the headers that every vendor wants and a key.
    pub(crate) async fn send(&mut self, method: &str, path: &str, key: &str, body: &str) {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\nx-api-key: {key}\r\n\
             x-goog-api-key: {key}\r\nanthropic-version: 2023-06-01\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.0.write_all(request.as_bytes()).await.unwrap();
    }

    /// Reads one answer.
    pub(crate) async fn read(&mut self) -> Got {
        tokio::time::timeout(PATIENCE, self.read_all()).await.expect("the answer does not end")
    }

    async fn read_all(&mut self) -> Got {
        let (mut bytes, mut buffer) = (Vec::new(), [0; 8_192]);
        loop {
            if let Some(got) = whole(&bytes) {
                return got;
            }
            let ending = match self.0.read(&mut buffer).await {
                Ok(0) => Ending::Closed,
                Ok(read) => {
                    bytes.extend_from_slice(&buffer[..read]);
                    continue;
                }
                Err(_) => Ending::Reset,
            };
            return parsed(&bytes, ending).0;
        }
    }

    /// Reads until this stands in what came.
    pub(crate) async fn read_until(&mut self, expected: &str) -> String {
        let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
        while !String::from_utf8_lossy(&bytes).contains(expected) {
            let read = tokio::time::timeout(PATIENCE, self.0.read(&mut buffer)).await.unwrap().unwrap();
            assert_ne!(read, 0, "ended before {expected}: {}", String::from_utf8_lossy(&bytes));
            bytes.extend_from_slice(&buffer[..read]);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// Asks a plain question on a connection of its own.
pub(crate) async fn ask(server: &divisi_vendors::Server, vendor: Vendor, stream: bool) -> Got {
    let (path, body) = question(vendor, stream);
    post(server, &path, &body).await
}

/// Posts JSON on a connection of its own.
pub(crate) async fn post(server: &divisi_vendors::Server, path: &str, body: &Value) -> Got {
    let mut client = Client::connect(server).await;
    client.send("POST", path, "k", &body.to_string()).await;
    client.read().await
}

fn whole(bytes: &[u8]) -> Option<Got> {
    let (got, complete) = parsed(bytes, Ending::Whole);
    complete.then_some(got)
}

/// What came so far, and whether it is complete.
fn parsed(bytes: &[u8], ending: Ending) -> (Got, bool) {
    let at = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    let (head, rest) = at.map_or((bytes, &[][..]), |at| (&bytes[..at], &bytes[at + 4..]));
    let head = String::from_utf8_lossy(head).into_owned();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    let mut got = Got { status, head, body: rest.to_vec(), ending };
    let length = got.header("content-length").map(|length| length.parse::<usize>().unwrap());
    let complete = if let Some(length) = length {
        rest.len() >= length
    } else {
        let (body, complete) = unchunked(rest);
        got.body = body;
        complete
    };
    (got, at.is_some() && complete)
}

fn unchunked(bytes: &[u8]) -> (Vec<u8>, bool) {
    let (mut body, mut at) = (Vec::new(), 0);
    while let Some(end) = bytes[at..].windows(2).position(|window| window == b"\r\n") {
        let size = usize::from_str_radix(&String::from_utf8_lossy(&bytes[at..at + end]), 16).unwrap();
        let start = at + end + 2;
        if size == 0 {
            return (body, true);
        }
        let Some(chunk) = bytes.get(start..start + size + 2) else { break };
        body.extend_from_slice(&chunk[..size]);
        at = start + size + 2;
    }
    (body, false)
}
