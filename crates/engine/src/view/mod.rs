//! What people and programs see of a task: texts, results, events and sentences, read from its state and content.
//! Pure over what is passed in; nothing here decides or changes anything.

mod activity;
mod cost;
mod event;
pub mod rebuild;
mod result;
mod sentence;
#[cfg(test)]
mod tests;
mod texts;

pub use activity::activity;
pub use cost::worst_case;
pub use event::event_data;
pub use result::{Outcome, outcome};
pub use sentence::{failure_sentence, wait_sentence};
pub use texts::{SubtaskText, spec, subtask_texts};
