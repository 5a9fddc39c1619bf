//! A typed client of the HTTP contract.
//!
//! It holds no state, retries nothing and decides nothing: every call is one request over one connection, made by
//! whatever [`Connect`] gives.

mod connect;
mod error;
mod query;
mod request;
mod stream;
mod tasks;

pub use connect::{Connect, SocketPath};
pub use error::ClientError;
pub use query::query;
pub use stream::LiveStream;
pub use tasks::Client;
