//! Documents of a task: finding them, reading them in a child process, and places in them.

pub mod child;
mod csv;
mod decode;
mod error;
pub mod gather;
mod headings;
mod html;
mod json;
mod kind;
mod limits;
mod location;
mod markdown;
mod parse;
mod parsed;
mod pdf;

pub use error::ParseError;
pub use kind::{Kind, detect};
pub use limits::ParseLimits;
pub use location::{Location, Span, cite};
pub use parse::parse;
pub use parsed::{Heading, Layout, Parsed, Table};

pub(crate) use csv::cells as separated_cells;
pub(crate) use headings::{Line, lines};
pub(crate) use json::{EventKind as JsonEventKind, Scanner as JsonScanner, cells as object_cells};
pub(crate) use parsed::offset;
