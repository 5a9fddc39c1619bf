//! Texts for the terminal: Markdown, plans, lists, times and money.

mod approval;
mod human;
mod link;
mod list;
mod markdown;
mod paint;
mod plain;
mod plan;
mod table;
mod terminal;
#[cfg(test)]
mod tests;
mod wrap;

pub(crate) use approval::{approval_text, unknown_text};
pub(crate) use human::{ago, cost, counted, span};
pub(crate) use link::Links;
pub(crate) use list::columns;
pub(crate) use markdown::report_text;
pub(crate) use paint::Paint;
pub(crate) use plain::{plain, plain_json, plain_line};
pub(crate) use plan::plan_text;
pub(crate) use terminal::Terminal;
pub(crate) use wrap::fit;
