//! Lessons: what feedback taught, and which of it a prompt carries. Choosing is a pure rule, so that a
//! recorded prompt can be explained.
//!
//! Complete and tested, and not wired yet: nobody records lessons, and prompts are built without them.

mod lesson;
mod select;
#[cfg(test)]
mod tests;

pub use lesson::{Lesson, LessonSource};
pub use select::{Prompt, select};
