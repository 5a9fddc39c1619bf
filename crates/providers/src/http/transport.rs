//! The seam to the network: one request, one response whose body comes in pieces.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use secrecy::{ExposeSecret, SecretString};

/// The value of a header.
#[derive(Debug, Clone)]
pub enum HeaderText {
    /// May be logged and recorded.
    Plain(String),
    /// Holds a credential: shown to nobody but the server.
    Secret(SecretString),
}

impl HeaderText {
    /// What of it nobody is shown. Behind a scheme it holds a key, which may stand alone elsewhere.
    pub fn secrets(&self) -> Vec<SecretString> {
        let Self::Secret(text) = self else { return Vec::new() };
        let behind = text.expose_secret().split_once(' ').map(|(_, key)| SecretString::from(key.trim()));
        std::iter::once(text.clone()).chain(behind).collect()
    }
}

/// A header of a request, its name in lower case.
pub type Header = (Cow<'static, str>, HeaderText);

/// How a request is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Asks what there is.
    Get,
    /// Asks for an answer.
    Post,
}

/// One request.
#[derive(Debug, Clone)]
pub struct HttpRequest {
    /// How.
    pub method: Method,
    /// Where, without any credential.
    pub url: String,
    /// Beside those that every request has.
    pub headers: Vec<Header>,
    /// JSON, or nothing.
    pub body: Bytes,
    /// How long to wait for what.
    pub deadlines: Deadlines,
}

/// How long a call may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// Until the connection stands.
    pub connect: Duration,
    /// From the request to the first piece of the answer itself. A model that thinks, and a server that answers one after
    /// the other, say nothing meanwhile.
    pub first_token: Duration,
    /// Between two pieces of the body, comments included, while text flows.
    pub idle: Duration,
    /// The same while the model thinks or writes a call, which many servers hold back until it is whole.
    pub quiet: Duration,
    /// For all of it.
    pub total: Duration,
}

impl Deadlines {
    /// For services that answer many at once.
    pub const REMOTE: Self = Self {
        connect: Duration::from_secs(10),
        first_token: Duration::from_mins(5),
        idle: Duration::from_secs(30),
        quiet: Duration::from_mins(3),
        total: Duration::from_mins(10),
    };
    /// For servers on machines of one's own, which answer one after the other and read long prompts slowly.
    pub const LOCAL: Self = Self {
        connect: Duration::from_secs(2),
        first_token: Duration::from_mins(10),
        idle: Duration::from_mins(2),
        quiet: Duration::from_mins(10),
        total: Duration::from_mins(30),
    };
    /// For finding out what a server is.
    pub const PROBE: Self = Self {
        connect: Duration::from_millis(500),
        first_token: Duration::from_secs(20),
        idle: Duration::from_secs(10),
        quiet: Duration::from_secs(20),
        total: Duration::from_secs(30),
    };
}

/// The head of a response, and its body as it comes.
pub struct HttpResponse {
    /// Status code.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// Pieces of the body, cut anywhere.
    pub body: BoxStream<'static, Result<Bytes, TransportError>>,
}

impl HttpResponse {
    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl std::fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpResponse").field("status", &self.status).finish_non_exhaustive()
    }
}

/// Why there is no response, or no more of it. Sentences hold host and port, never a header.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// No connection: the request never left.
    #[error("{host} cannot be reached: {reason}")]
    Connect {
        /// Host and port.
        host: String,
        /// What the system says.
        reason: String,
    },
    /// The connection broke after the request had, or may have, left.
    #[error("the connection to {host} broke: {reason}")]
    Broken {
        /// Host and port.
        host: String,
        /// What the system says.
        reason: String,
    },
    /// The request cannot be made of what is configured.
    #[error("no request can be made to '{url}': {reason}")]
    Unusable {
        /// The address as configured.
        url: String,
        /// Why.
        reason: String,
    },
}

/// Makes requests. Dropping the future or the body closes the connection (or, on HTTP/2, resets the stream).
pub trait Transport: Send + Sync {
    /// Sends one request, follows no redirect, repeats nothing. Applies `deadlines.connect` only; whoever reads the
    /// answer keeps the others.
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, TransportError>>;
}
