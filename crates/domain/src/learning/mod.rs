//! Lessons: what feedback taught, and which of it a prompt carries. Choosing is a pure rule, so that a
//! recorded prompt can be explained.

mod lesson;
mod select;
#[cfg(test)]
mod tests;

pub use lesson::{Lesson, LessonSource};
pub use select::{Prompt, select};
