//! What a server says when it does not answer: its envelope, the class of failure, the sentence for people.

mod another;
mod class;
mod context;
mod envelope;
mod sentence;

pub(crate) use another::{SCHEMA_WORDS, another_way, may_be_of_the_way};
pub(crate) use class::general_class;
pub(crate) use envelope::{Hidden, Said};
pub(crate) use sentence::{Asked, failure, fault, refused};
