//! How long commands live, who goes on, and what ends them.

mod background;
mod owner;
mod prompt;
mod text;
