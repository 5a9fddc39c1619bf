//! A network in memory, for tests: scripted replies, cut into pieces, broken, silent; and a record of what was asked.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};
use serde_json::Value;

use super::place::host_port;
use super::{HttpRequest, HttpResponse, Method, Transport, TransportError};

/// What a body does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Brings bytes.
    Bytes(Bytes),
    /// Waits.
    Wait(Duration),
    /// Brings nothing ever again.
    Hang,
    /// Breaks.
    Break,
}

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// An answer.
    Answer {
        /// Status code.
        status: u16,
        /// Names in lower case.
        headers: Vec<(String, String)>,
        /// The body.
        body: Vec<Piece>,
    },
    /// Waits, then another reply.
    After(Duration, Box<Reply>),
    /// No connection.
    Refused,
    /// The connection breaks before an answer.
    Reset,
    /// No answer ever.
    Silent,
}

impl Reply {
    /// A whole body of a content type.
    pub fn of(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Self::Answer { status, headers, body: vec![Piece::Bytes(Bytes::from(body.into()))] }
    }

    /// JSON.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::of(status, "application/json", body.to_string())
    }

    /// A stream of events in one piece.
    pub fn stream(text: &str) -> Self {
        Self::of(200, "text/event-stream", text)
    }

    /// A stream whose body is scripted piece by piece.
    pub fn pieces(body: Vec<Piece>) -> Self {
        Self::Answer {
            status: 200,
            headers: vec![("content-type".to_owned(), "text/event-stream".to_owned())],
            body,
        }
    }

    /// The same with one more header; nothing where there is no answer.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        if let Self::Answer { headers, .. } = &mut self {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }
}

/// The network in memory. Requests with a route get its replies in order, the last one for ever; others those of
/// [`Memory::replies`]; what has none is refused a connection.
#[derive(Default)]
pub struct Memory {
    inner: Mutex<Inner>,
    open: Arc<AtomicUsize>,
}

#[derive(Default)]
struct Inner {
    routes: Vec<Route>,
    queue: VecDeque<Reply>,
    seen: Vec<HttpRequest>,
}

struct Route {
    method: Method,
    url: String,
    body_has: String,
    replies: VecDeque<Reply>,
}

impl Memory {
    /// A network that answers any request with these, in order.
    pub fn replies(replies: impl IntoIterator<Item = Reply>) -> Self {
        let queue = replies.into_iter().collect();
        Self { inner: Mutex::new(Inner { queue, ..Inner::default() }), open: Arc::default() }
    }

    /// Answers requests to exactly this address.
    #[must_use]
    pub fn on(self, method: Method, url: &str, reply: Reply) -> Self {
        self.on_body(method, url, "", reply)
    }

    /// Answers requests to exactly this address whose body holds a text. Earlier routes come first.
    #[must_use]
    pub fn on_body(self, method: Method, url: &str, body_has: &str, reply: Reply) -> Self {
        let mut inner = self.inner();
        let same =
            |route: &&mut Route| route.method == method && route.url == url && route.body_has == body_has;
        match inner.routes.iter_mut().find(same) {
            Some(route) => route.replies.push_back(reply),
            None => inner.routes.push(Route {
                method,
                url: url.to_owned(),
                body_has: body_has.to_owned(),
                replies: VecDeque::from([reply]),
            }),
        }
        drop(inner);
        self
    }

    /// What was asked, in order.
    pub fn requests(&self) -> Vec<HttpRequest> {
        self.inner().seen.clone()
    }

    /// The bodies of what was asked, as JSON; `null` where there is none.
    pub fn bodies(&self) -> Vec<Value> {
        self.inner().seen.iter().map(|seen| serde_json::from_slice(&seen.body).unwrap_or_default()).collect()
    }

    /// Bodies of answers that somebody still holds.
    pub fn open_bodies(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reply(&self, request: HttpRequest) -> Reply {
        let mut inner = self.inner();
        let body = String::from_utf8_lossy(&request.body).into_owned();
        let fits = |route: &&mut Route| {
            route.method == request.method && route.url == request.url && body.contains(&route.body_has)
        };
        let reply = match inner.routes.iter_mut().find(fits) {
            Some(route) if route.replies.len() > 1 => route.replies.pop_front(),
            Some(route) => route.replies.front().cloned(),
            None => inner.queue.pop_front(),
        };
        inner.seen.push(request);
        reply.unwrap_or(Reply::Refused)
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").field("requests", &self.inner().seen.len()).finish_non_exhaustive()
    }
}

impl Transport for Memory {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, TransportError>> {
        let host = host_port(&request.url);
        let reply = self.reply(request);
        answer(reply, host, Arc::clone(&self.open)).boxed()
    }
}

async fn answer(reply: Reply, host: String, open: Arc<AtomicUsize>) -> Result<HttpResponse, TransportError> {
    let mut reply = reply;
    while let Reply::After(wait, then) = reply {
        pause(wait).await;
        reply = *then;
    }
    match reply {
        Reply::Answer { status, headers, body } => {
            Ok(HttpResponse { status, headers, body: pieces(body, host, Open::new(open)) })
        }
        Reply::Refused => Err(TransportError::Connect { host, reason: "connection refused".to_owned() }),
        Reply::Reset => Err(broken(host)),
        Reply::Silent | Reply::After(..) => futures::future::pending().await,
    }
}

fn broken(host: String) -> TransportError {
    TransportError::Broken { host, reason: "connection reset by peer".to_owned() }
}

/// Counts a body as long as it is held.
struct Open(Arc<AtomicUsize>);

impl Open {
    fn new(count: Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

type Body = stream::BoxStream<'static, Result<Bytes, TransportError>>;

fn pieces(body: Vec<Piece>, host: String, open: Open) -> Body {
    stream::unfold((VecDeque::from(body), host, open), |(mut left, host, open)| async move {
        let piece = loop {
            match left.pop_front()? {
                Piece::Bytes(bytes) => break Ok(bytes),
                Piece::Wait(wait) => pause(wait).await,
                Piece::Hang => futures::future::pending().await,
                Piece::Break => {
                    left.clear();
                    break Err(broken(host.clone()));
                }
            }
        };
        Some((piece, (left, host, open)))
    })
    .boxed()
}

async fn pause(wait: Duration) {
    // Nothing ever comes: the deadline alone ends it.
    let _ = tokio::time::timeout(wait, futures::future::pending::<()>()).await;
}

#[cfg(test)]
mod tests;
