//! Texts for the terminal: Markdown, plans, lists, times and money.

mod human;
mod link;
mod list;
mod markdown;
mod paint;
mod plan;
mod table;
mod terminal;
#[cfg(test)]
mod tests;
mod wrap;

pub(crate) use human::{ago, cost, span};
pub(crate) use link::Links;
pub(crate) use list::columns;
pub(crate) use markdown::report_text;
pub(crate) use paint::Paint;
pub(crate) use plan::plan_text;
pub(crate) use terminal::Terminal;
pub(crate) use wrap::fit;
