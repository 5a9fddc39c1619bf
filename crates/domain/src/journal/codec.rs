//! The persisted form: a kind, its version, and a body of numbered fields, as for the events of tasks.

use minicbor::{Decode, Encode};

use crate::task::CodecError;

/// Version of every kind so far.
const KIND_VERSION: u8 = 1;

/// An event of a stream that outlives tasks.
pub trait JournalEvent: Encode<()> + for<'b> Decode<'b, ()> {
    /// Every kind of the stream with the name that tables and people see.
    const KINDS: &'static [(u16, &'static str)];

    /// The number of this kind, for ever.
    fn kind(&self) -> u16;

    /// The version in which this binary writes its kind.
    fn kind_version(&self) -> u8 {
        KIND_VERSION
    }
}

/// The body of an event as it is stored.
pub fn encode<E: JournalEvent>(event: &E) -> Vec<u8> {
    let mut body = Vec::with_capacity(32);
    // Writing to a vector cannot fail, and every part of an event encodes.
    let written = minicbor::encode(event, &mut body);
    debug_assert!(written.is_ok());
    body
}

/// The event of a stored kind and body.
pub fn decode<E: JournalEvent>(kind: u16, version: u8, body: &[u8]) -> Result<E, CodecError> {
    let known = E::KINDS.iter().any(|(known, _)| *known == kind);
    if !known || version > KIND_VERSION {
        return Err(CodecError::Newer { kind, version });
    }
    let event: E =
        minicbor::decode(body).map_err(|cause| CodecError::Malformed { kind, cause: cause.to_string() })?;
    if event.kind() != kind {
        return Err(CodecError::Malformed { kind, cause: format!("the body is of kind {}", event.kind()) });
    }
    Ok(event)
}
