//! A server of the Chat wire that answers everything alike, after a fixed time. It runs in a process of its own: what it
//! takes is not the gateway's.

use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::error::BenchError;
use crate::load::Timer;

/// The model whose answers begin and never end.
pub(super) const ENDLESS: &str = "endless";
/// The beginning of a body, which holds the model's name.
const MODEL_BYTES_MAX: usize = 64;
/// Longer than any request of a measurement.
const BODY_BYTES_MAX: usize = 4 * 1_024 * 1_024;

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

async fn answer_all(stream: TcpStream, latency: Duration) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read);
    let first = format!("{HEAD}{}", event(BEGINNING));
    let rest = format!("{}0\r\n\r\n", [MIDDLE, END, USAGE, "[DONE]"].map(event).concat());
    while let Some(body) = request(&mut read).await? {
        Timer::Runtime.wait(latency).await;
        write.write_all(first.as_bytes()).await?;
        if is_endless(&body) {
            std::future::pending::<()>().await;
        }
        write.write_all(rest.as_bytes()).await?;
    }
    Ok(())
}

/// Clients name the model first.
fn is_endless(body: &[u8]) -> bool {
    let beginning = body.get(..MODEL_BYTES_MAX).unwrap_or(body);
    beginning.windows(ENDLESS.len()).any(|part| part == ENDLESS.as_bytes())
}

/// An event as a chunk of the body.
fn event(data: &str) -> String {
    let event = format!("data: {data}\n\n");
    format!("{:x}\r\n{event}\r\n", event.len())
}

/// The body of the next request; `None` at the end of the connection.
async fn request(read: &mut (impl AsyncBufReadExt + Unpin)) -> std::io::Result<Option<Vec<u8>>> {
    let mut length = 0;
    let mut line = String::new();
    loop {
        line.clear();
        if read.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        let field = line.trim_end();
        if field.is_empty() {
            break;
        }
        if let Some((name, value)) = field.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length.min(BODY_BYTES_MAX)];
    read.read_exact(&mut body).await?;
    Ok(Some(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn requests_are_told_apart() {
        let two =
            "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcPOST / HTTP/1.1\r\ncontent-length: 1\r\n\r\nd";
        let mut read = BufReader::new(two.as_bytes());
        assert_eq!(request(&mut read).await.unwrap(), Some(b"abc".to_vec()));
        assert_eq!(request(&mut read).await.unwrap(), Some(b"d".to_vec()));
        assert_eq!(request(&mut read).await.unwrap(), None);
    }

    #[test]
    fn an_event_is_one_chunk() {
        assert_eq!(event("[DONE]"), "e\r\ndata: [DONE]\n\n\r\n");
    }
}
