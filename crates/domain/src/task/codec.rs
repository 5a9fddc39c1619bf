//! The persisted form of events: a kind, its version, and a body of numbered fields.

use super::event::Event;

/// Version of every kind so far.
const KIND_VERSION: u8 = 1;

/// Every kind with the name that tables and people see.
pub const KINDS: &[(u16, &str)] = &[
    (1, "submitted"),
    (2, "resumed"),
    (3, "revision_requested"),
    (4, "stage_entered"),
    (5, "effect_started"),
    (6, "effect_ended"),
    (7, "attempt_scheduled"),
    (8, "run_started"),
    (9, "run_failed"),
    (10, "subtask_settled"),
    (11, "approval_requested"),
    (12, "approval_decided"),
    (13, "plan_edited"),
    (14, "call_settled"),
    (15, "wait_started"),
    (16, "wait_ended"),
    (17, "recovered"),
    (18, "cap_changed"),
    (19, "completed"),
    (20, "failed"),
    (21, "cancelled"),
    (22, "rated"),
    (23, "content_erased"),
];

/// A body that is not an event this binary knows.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// Written by a newer binary.
    #[error("event kind {kind} version {version} is newer than this binary: use the binary that wrote it")]
    Newer {
        /// The kind.
        kind: u16,
        /// Its version.
        version: u8,
    },
    /// Not the fields of its kind.
    #[error("the body of an event of kind {kind} does not decode: {cause}")]
    Malformed {
        /// The kind.
        kind: u16,
        /// What the decoder says.
        cause: String,
    },
}

/// The name of a kind.
pub fn kind_name(kind: u16) -> &'static str {
    KINDS.iter().find(|(known, _)| *known == kind).map_or("unknown", |(_, name)| name)
}

impl Event {
    /// The number of this kind, for ever.
    pub const fn kind(&self) -> u16 {
        match self {
            Self::Submitted { .. } => 1,
            Self::Resumed { .. } => 2,
            Self::RevisionRequested { .. } => 3,
            Self::Entered(_) => 4,
            Self::EffectStarted { .. } => 5,
            Self::EffectEnded { .. } => 6,
            Self::AttemptScheduled { .. } => 7,
            Self::RunStarted { .. } => 8,
            Self::RunFailed { .. } => 9,
            Self::SubtaskSettled { .. } => 10,
            Self::ApprovalRequested { .. } => 11,
            Self::ApprovalDecided { .. } => 12,
            Self::PlanEdited { .. } => 13,
            Self::CallSettled { .. } => 14,
            Self::WaitStarted(_) => 15,
            Self::WaitEnded(_) => 16,
            Self::Recovered { .. } => 17,
            Self::CapChanged { .. } => 18,
            Self::Completed { .. } => 19,
            Self::Failed { .. } => 20,
            Self::Cancelled => 21,
            Self::Rated { .. } => 22,
            Self::ContentErased => 23,
        }
    }

    /// The version in which this binary writes its kind.
    pub const fn kind_version(&self) -> u8 {
        KIND_VERSION
    }
}

/// The body of an event as it is stored.
pub fn encode(event: &Event) -> Vec<u8> {
    let mut body = Vec::with_capacity(64);
    // Writing to a vector cannot fail, and every part of an event encodes.
    let written = minicbor::encode(event, &mut body);
    debug_assert!(written.is_ok());
    body
}

/// The event of a stored kind and body.
pub fn decode(kind: u16, version: u8, body: &[u8]) -> Result<Event, CodecError> {
    let known = KINDS.iter().any(|(known, _)| *known == kind);
    if !known || version > KIND_VERSION {
        return Err(CodecError::Newer { kind, version });
    }
    let event: Event =
        minicbor::decode(body).map_err(|cause| CodecError::Malformed { kind, cause: cause.to_string() })?;
    if event.kind() != kind {
        return Err(CodecError::Malformed { kind, cause: format!("the body is of kind {}", event.kind()) });
    }
    Ok(event)
}
