//! What all wires share: the way to the network, the event stream, and the deadlines of a call.

mod call;
mod dates;
mod excerpt;
mod fetch;
pub mod memory;
mod net;
mod own;
mod place;
mod rate;
mod sse;
mod transport;

pub use call::{ANSWER_BYTES_MAX, AnswerReader, ERROR_BODY_BYTES_MAX, Fault, Flow, Refusal, Step, exchange};
pub use excerpt::{EXCERPT_CHARS_MAX, excerpt, is_html};
pub use fetch::{FETCHED_BYTES_MAX, Fetched, fetch};
pub use net::{Net, NetError, NetSettings, Proxies};
pub use own::own_header;
pub use place::{has_credentials, host_port, is_loopback, is_private};
pub use rate::{Headers, rate_seen, retry_after};
pub use sse::{EVENT_BYTES_MAX, LINE_BYTES_MAX, SseDecoder, SseError, SseEvent, SseItem};
pub use transport::{
    Deadlines, Header, HeaderText, HttpRequest, HttpResponse, Method, Transport, TransportError,
};
