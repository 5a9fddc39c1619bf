//! Cassettes: recorded exchanges with model services, as they lie in files and as they are found again.
//!
//! Pure: what is kept, how it is written, what is taken out of it, and which exchange answers a call. Folders are read and
//! written elsewhere.

mod difference;
mod exchange;
mod header;
mod library;
mod miss;
mod place;
mod redaction;
mod request;
#[cfg(test)]
mod tests;

pub use difference::{SHOWN_CHARS_MAX, first_difference};
pub use exchange::{Exchange, ExchangeError, Kept, KeptAnswer, KeptError, KeptRoom};
pub use header::{FORMAT, Header, HeaderError};
pub use library::Cassette;
pub use miss::Miss;
pub use place::Place;
pub use redaction::{HOME, KEY, Redaction};
pub use request::{KeptMessage, KeptRequest, KeptSampling, KeptTool};

/// Bytes of one exchange, written.
pub const EXCHANGE_BYTES_MAX: usize = 32 << 20;
/// Pieces of one answer that are kept apart; what comes after them is one piece more.
pub const PIECES_MAX: usize = 65_536;
/// Exchanges of one cassette.
pub const EXCHANGES_MAX: usize = 100_000;
/// Bytes of a whole cassette.
pub const CASSETTE_BYTES_MAX: usize = 512 << 20;
