//! What people and programs see of a task: texts, results, events and sentences, read from its state and content.
//! Pure over what is passed in; nothing here decides or changes anything.

mod activity;
mod asked;
mod cost;
mod edited;
mod entries;
mod event;
mod plan;
pub mod rebuild;
mod result;
mod sentence;
#[cfg(test)]
mod tests;
mod texts;

pub use activity::activity;
pub use asked::{AskedAbout, AskedCall, UnknownCall, asked_about, call_path, unknown_calls};
pub use cost::worst_case;
pub use edited::{EditRefused, edited_report};
pub use entries::{entry_key, entry_keys, result_entry, submitted_entries};
pub use event::event_data;
pub(crate) use plan::required;
pub use plan::{EditedPlan, edited_plan, plan_content};
pub use result::{Outcome, outcome};
pub use sentence::{failure_sentence, partial_sentence, wait_sentence};
pub use texts::{SubtaskText, spec, subtask_texts};
