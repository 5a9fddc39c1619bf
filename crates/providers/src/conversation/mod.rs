//! A canonical conversation as wires want it: turns that alternate, every call answered, ids and names that fit.

mod names;
mod signed;
mod turns;

pub(crate) use names::ToolNames;
pub(crate) use signed::{Signature, signed, unsigned};
pub(crate) use turns::{Call, Outcome, Turn, as_one, turns};

use divisi_domain::model_step::FailureClass;
use divisi_llm::ProviderError;

use crate::http::Fault;

/// A request that no wire can carry; nothing was sent.
pub(crate) fn unsendable(why: &str) -> Fault {
    let message = format!("The request was not sent: {why}.");
    Box::new(ProviderError { sent: false, ..ProviderError::new(FailureClass::BadRequest, message) })
}
