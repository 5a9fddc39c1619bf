//! What all wires share: the way to the network, the event stream, and the deadlines of a call.

mod transport;

pub use transport::{Deadlines, HeaderText, HttpRequest, HttpResponse, Method, Transport, TransportError};
