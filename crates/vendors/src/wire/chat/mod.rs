//! OpenAI Chat Completions, also as the many servers speak it that are compatible with it.

mod read;
#[cfg(test)]
mod tests;
mod write;

pub(super) use read::read;
pub(super) use write::{frames, whole};
