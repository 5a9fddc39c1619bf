//! A server of the Chat wire that answers everything alike, after a fixed time. It runs in a process of its own: what it
//! takes is not the gateway's.

use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::error::BenchError;
use crate::load::Timer;

/// The model whose answers begin and never end.
pub(super) const ENDLESS: &str = "endless";
/// The beginning of a body, which holds the model's name.
const MODEL_BYTES_MAX: usize = 64;
/// Room for most requests of a measurement, and the length that none has.
const REQUEST_BYTES: usize = 16 * 1_024;
const REQUEST_BYTES_MAX: usize = 4 * 1_024 * 1_024;

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
/// One event each.
const BEGINNING: &str = r#"{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"{\"domain\":"},"finish_reason":null}]}"#;
const MIDDLE: &str = r#"{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"\"law\"}"},"finish_reason":null}]}"#;
const END: &str = r#"{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
const USAGE: &str = r#"{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":100,"completion_tokens":8,"total_tokens":108}}"#;

/// Serves until it is killed; `ready` is told the port. By one thread, which nobody has to wake: it takes processor time
/// from whoever is measured.
pub async fn serve(latency: Duration, ready: impl FnOnce(u16) + Send + 'static) -> Result<(), BenchError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(BenchError::system("serving the measurement"))?;
    tokio::task::spawn_blocking(move || runtime.block_on(accept(latency, ready))).await?
}

async fn accept(latency: Duration, ready: impl FnOnce(u16)) -> Result<(), BenchError> {
    let system = || BenchError::system("serving the measurement");
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(system())?;
    ready(listener.local_addr().map_err(system())?.port());
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted.map_err(system())?;
                connections.spawn(answer_all(stream, latency));
            }
            // A connection that broke is the other side's to tell.
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}

/// Each answer is one chunk in one segment, as its time is one: what the server takes is to be as little as can be.
async fn answer_all(mut stream: TcpStream, latency: Duration) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let first = format!("{HEAD}{}", chunk(&event(BEGINNING)));
    let events = [BEGINNING, MIDDLE, END, USAGE, "[DONE]"].map(event).concat();
    let whole = format!("{HEAD}{}0\r\n\r\n", chunk(&events));
    let mut unread = Vec::with_capacity(REQUEST_BYTES);
    while let Some(end) = request(&mut stream, &mut unread).await? {
        Timer::Runtime.wait(latency).await;
        if is_endless(&unread[end.head..end.body]) {
            stream.write_all(first.as_bytes()).await?;
            std::future::pending::<()>().await;
        }
        stream.write_all(whole.as_bytes()).await?;
        unread.drain(..end.body);
    }
    Ok(())
}

/// Clients name the model first.
fn is_endless(body: &[u8]) -> bool {
    let beginning = body.get(..MODEL_BYTES_MAX).unwrap_or(body);
    beginning.windows(ENDLESS.len()).any(|part| part == ENDLESS.as_bytes())
}

fn event(data: &str) -> String {
    format!("data: {data}\n\n")
}

/// A part of a body whose length nobody knows before.
fn chunk(part: &str) -> String {
    format!("{:x}\r\n{part}\r\n", part.len())
}

/// Where the head and the body of a request end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct End {
    head: usize,
    body: usize,
}

/// Reads until `unread` begins with a whole request; `None` at the end of the connection.
async fn request(read: &mut (impl AsyncRead + Unpin), unread: &mut Vec<u8>) -> std::io::Result<Option<End>> {
    loop {
        if let Some(end) = end_of(unread).filter(|end| end.body <= unread.len()) {
            return Ok(Some(end));
        }
        if unread.len() > REQUEST_BYTES_MAX {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        if read.read_buf(unread).await? == 0 {
            return Ok(None);
        }
    }
}

/// Of the request that `unread` begins with, once its head is there.
fn end_of(unread: &[u8]) -> Option<End> {
    let blank = memchr::memmem::find(unread, b"\r\n\r\n")?;
    let fields = std::str::from_utf8(&unread[..blank]).unwrap_or_default();
    let length = fields.lines().find_map(|field| {
        let (name, value) = field.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let head = blank + 4;
    Some(End { head, body: head.saturating_add(length.unwrap_or(0)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn requests_are_told_apart() {
        let two =
            "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcPOST / HTTP/1.1\r\ncontent-length: 1\r\n\r\nd";
        // In pieces of every length: a head or a body may come in parts.
        for size in 1..=two.len() {
            let (mut write, mut read) = tokio::io::duplex(size);
            let written = async move { write.write_all(two.as_bytes()).await };
            let ((), bodies) = tokio::try_join!(written, bodies(&mut read)).unwrap();
            assert_eq!(bodies, [b"abc".to_vec(), b"d".to_vec()], "in pieces of {size}");
        }
    }

    async fn bodies(read: &mut (impl AsyncRead + Unpin)) -> std::io::Result<Vec<Vec<u8>>> {
        let (mut unread, mut bodies) = (Vec::new(), Vec::new());
        while let Some(end) = request(read, &mut unread).await? {
            bodies.push(unread[end.head..end.body].to_vec());
            unread.drain(..end.body);
        }
        Ok(bodies)
    }

    #[test]
    fn an_event_is_one_chunk() {
        assert_eq!(chunk(&event("[DONE]")), "e\r\ndata: [DONE]\n\n\r\n");
    }
}
