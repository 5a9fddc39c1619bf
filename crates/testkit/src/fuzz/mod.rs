//! What must hold for any bytes: decoders and parsers end with a value or an error, never in a panic, and what they accept
//! they write as they read it.
//!
//! [`TARGETS`] is run by `cargo xtask faults --only fuzz` on inputs that [`Mutator`] makes, on every toolchain, and by
//! the targets in `fuzz/` under cargo-fuzz.

mod mutator;
mod targets;

pub use mutator::Mutator;
pub use targets::{TARGETS, Target};
