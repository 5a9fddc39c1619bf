//! What a server says when it does not answer: its envelope, the class of failure, the sentence for people.

mod class;
mod envelope;
mod sentence;

pub(crate) use class::general_class;
pub(crate) use envelope::Said;
pub(crate) use sentence::{Asked, failure, fault, refused};
