//! How long commands live, who goes on, and what ends them.

mod background;
mod lost;
mod owner;
mod poison;
mod prompt;
mod text;
