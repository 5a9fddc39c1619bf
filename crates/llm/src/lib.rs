//! Canonical model request, response and stream, the Provider trait and the pure policy of the gateway.
//!
//! This room never names a vendor, never opens a socket and never touches the store.

pub mod cassette;
pub mod fence;
pub mod inputs;
pub mod outputs;
pub mod policy;
pub mod provider;
pub mod purpose;
mod remembered;
pub mod request;
pub mod response;

pub use provider::{CallContext, NoSink, Provider, TokenSink};
pub use purpose::{Purpose, Sampling};
pub use remembered::Remembered;
pub use request::{Message, Request, ToolOffer};
pub use response::{FinishReason, ProviderError, RateSeen, Response, ToolCall};
