//! The body of an answer as it is read: a stream of events, or one JSON.

use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use tokio::time::timeout;

use super::ANSWER_BYTES_MAX;
use crate::http::TransportError;
use crate::http::sse::{SseDecoder, SseError, SseItem};

type Body = BoxStream<'static, Result<Bytes, TransportError>>;

/// What a body holds, by its content type.
pub(super) enum Form {
    Stream(Box<SseDecoder>),
    Whole(Vec<u8>),
}

impl Form {
    /// `None` where it is nothing that a wire answers with.
    pub(super) fn of(content_type: Option<&str>) -> Option<Self> {
        let kind = content_type?.split(';').next()?.trim().to_ascii_lowercase();
        match kind.as_str() {
            "text/event-stream" => Some(Self::Stream(Box::default())),
            "application/json" => Some(Self::Whole(Vec::new())),
            _ => kind.ends_with("+json").then(|| Self::Whole(Vec::new())),
        }
    }
}

pub(super) struct Reading {
    body: Body,
    form: Form,
    bytes: usize,
    pub(super) ended: bool,
}

/// What a piece has completed.
pub(super) enum Taken {
    /// Nothing yet, of one JSON.
    Part,
    Items(Vec<SseItem>),
    Whole(String),
}

/// A body that is not read to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    #[error(transparent)]
    Stream(#[from] SseError),
    #[error("it is longer than {ANSWER_BYTES_MAX} bytes")]
    TooLong,
}

impl Reading {
    pub(super) fn new(body: Body, form: Form) -> Self {
        Self { body, form, bytes: 0, ended: false }
    }

    /// The next piece; `None` at the end.
    pub(super) async fn piece(&mut self) -> Result<Option<Bytes>, TransportError> {
        self.body.next().await.transpose()
    }

    pub(super) fn take(&mut self, piece: Option<Bytes>) -> Result<Taken, Unreadable> {
        let Some(piece) = piece else { return self.end() };
        self.bytes = self.bytes.saturating_add(piece.len());
        if self.bytes > ANSWER_BYTES_MAX {
            return Err(Unreadable::TooLong);
        }
        match &mut self.form {
            Form::Stream(decoder) => Ok(Taken::Items(decoder.push(&piece)?)),
            Form::Whole(bytes) => {
                bytes.extend_from_slice(&piece);
                Ok(Taken::Part)
            }
        }
    }

    fn end(&mut self) -> Result<Taken, Unreadable> {
        self.ended = true;
        Ok(match &mut self.form {
            Form::Stream(decoder) => Taken::Items(decoder.finish()?.into_iter().collect()),
            Form::Whole(bytes) => Taken::Whole(String::from_utf8_lossy(bytes).into_owned()),
        })
    }

    /// Takes the rest of a body that has said all it has to say.
    pub(super) async fn drain(&mut self, wait: Duration) {
        if self.ended {
            return;
        }
        let rest = async { while let Some(Ok(_)) = self.body.next().await {} };
        // Where it does not end in time, the connection closes: nothing of the answer is lost.
        let _ = timeout(wait, rest).await;
    }
}

/// The beginning of a body as text: what breaks in it, or does not come in time, ends it.
pub(super) async fn text(mut body: Body, bytes_max: usize, wait: Duration) -> String {
    let mut bytes = Vec::new();
    let all = async {
        while let Some(Ok(piece)) = body.next().await {
            let room = bytes_max.saturating_sub(bytes.len());
            bytes.extend_from_slice(&piece[..piece.len().min(room)]);
            if bytes.len() >= bytes_max {
                break;
            }
        }
    };
    let _ = timeout(wait, all).await;
    String::from_utf8_lossy(&bytes).into_owned()
}
