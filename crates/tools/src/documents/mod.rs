//! Documents of a task: finding them, reading them in a child process, and places in them.

mod error;
mod kind;
mod limits;
mod location;
mod parsed;

pub use error::ParseError;
pub use kind::{Kind, detect};
pub use limits::ParseLimits;
pub use location::{Location, Span, cite};
pub use parsed::{Heading, Layout, Parsed, Table};
pub(crate) use parsed::offset;
