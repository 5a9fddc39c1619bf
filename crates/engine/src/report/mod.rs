//! The report as people and programs read it: Markdown and the JSON of the result. Pure: the same report
//! gives the same bytes, and nothing is read but what is passed in.

mod citations;
mod json;
mod markdown;
mod table;
#[cfg(test)]
mod tests;

pub use json::{ClaimJson, EvidenceJson, ResultJson, SectionJson, SourceJson, TableJson, result_json};
pub use markdown::{Presentation, render_markdown};
