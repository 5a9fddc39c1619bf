//! The report as people read it: Markdown with numbered citations. Pure: the same report gives the same bytes, and
//! nothing is read but what is passed in.

mod citations;
mod escape;
mod markdown;
mod table;
#[cfg(test)]
mod tests;

pub use citations::Citations;
pub use divisi_llm::outputs::{Citation, Claim, Evidence, Report, Section, Table};
pub use markdown::{Presentation, render_markdown};
