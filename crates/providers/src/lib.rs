//! Adapters to model services: `extractive` (offline, no model at all), `scripted` (answers from a file), and one folder for
//! each wire that real services speak.
//!
//! This room never knows the engine, reads no environment, keeps no clock and makes nothing random.

pub mod anthropic;
pub mod cassette;
pub mod catalogue;
mod coming;
mod conversation;
pub mod extractive;
mod gathered;
pub mod gemini;
pub mod http;
mod json_schema;
pub mod openai_chat;
pub mod openai_responses;
pub mod reasoning;
mod refusal;
pub mod scripted;
mod spoken;
mod stream;
mod tokenizer;
mod unheld;
#[cfg(test)]
mod wire_check;

pub use extractive::Extractive;
pub use scripted::Scripted;
