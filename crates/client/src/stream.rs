//! Live events of a task.

use std::time::Duration;

use bytes::Bytes;
use divisi_api::Live;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::task::JoinSet;

use crate::error::ClientError;
use crate::request::{Answer, within};

/// Bytes of one message.
const MESSAGE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Time without a byte. The server leaves a sign of life four times as often.
const SILENCE_MAX: Duration = Duration::from_mins(1);

/// What comes over an open stream, message by message.
#[derive(Debug)]
pub struct LiveStream {
    body: Incoming,
    read: Vec<u8>,
    _driving: JoinSet<()>,
}

impl LiveStream {
    pub(crate) fn new(answer: Answer) -> Self {
        Self { body: answer.response.into_body(), read: Vec::new(), _driving: answer.driving }
    }

    /// The next message; `None` once the server has closed the stream.
    pub async fn next(&mut self) -> Result<Option<Live>, ClientError> {
        loop {
            if let Some(message) = self.take_message() {
                match data(&message) {
                    Some(json) => {
                        let live = serde_json::from_str(&json);
                        return live.map(Some).map_err(|error| ClientError::Shape(error.to_string()));
                    }
                    None => continue,
                }
            }
            if self.read.len() > MESSAGE_BYTES_MAX {
                return Err(ClientError::Shape(format!("a message has more than {MESSAGE_BYTES_MAX} bytes")));
            }
            let Some(bytes) = within(SILENCE_MAX, self.frame()).await? else { return Ok(None) };
            self.read.extend_from_slice(&bytes);
        }
    }

    /// More bytes; none for a frame that carries something else. `None` at the end.
    async fn frame(&mut self) -> Result<Option<Bytes>, ClientError> {
        match self.body.frame().await.transpose()? {
            None => Ok(None),
            Some(frame) => Ok(Some(frame.into_data().unwrap_or_default())),
        }
    }

    /// One message of what was read: all up to an empty line.
    fn take_message(&mut self) -> Option<String> {
        let end = self.read.windows(2).position(|pair| pair == b"\n\n")?;
        let message: Vec<u8> = self.read.drain(..end + 2).collect();
        Some(String::from_utf8_lossy(&message).into_owned())
    }
}

/// The data of a message; `None` where it only keeps the connection alive.
fn data(message: &str) -> Option<String> {
    let lines: Vec<&str> = message
        .lines()
        .filter_map(|line| line.strip_prefix("data:"))
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_carry_their_data_lines() {
        let rows = [
            ("data: {\"a\":1}\nid: 4\n\n", Some("{\"a\":1}")),
            ("data:x\ndata: y\n\n", Some("x\ny")),
            (":\n\n", None),
            ("id: 4\n\n", None),
        ];
        for (message, expected) in rows {
            assert_eq!(data(message).as_deref(), expected, "{message:?}");
        }
    }
}
