//! Typed ids. Roots are UUIDv7 in lower-case base32hex (which sorts); what lives inside a task is
//! derived from its [`crate::path::EffectPath`].

use std::fmt;
use std::str::FromStr;

use data_encoding::{BASE32HEX_NOPAD, Encoding};
use minicbor::{Decode, Encode};

use crate::time::Timestamp;

/// A text that is not an id of the kind that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not a {kind} id: it looks like {kind}_ and 26 letters or digits")]
pub struct InvalidId {
    /// The kind that was expected, as its prefix.
    pub kind: &'static str,
    /// What was given.
    pub text: String,
}

/// Letters and digits of 16 bytes.
const LETTERS: usize = 26;

fn alphabet() -> Encoding {
    BASE32HEX_NOPAD
}

/// The 16 bytes of a UUIDv7 from milliseconds since the epoch and ten bytes of entropy.
pub fn uuid_v7(at: Timestamp, entropy: [u8; 10]) -> [u8; 16] {
    let mut bytes = [0_u8; 16];
    let millis = at.as_millis().max(0).to_be_bytes();
    bytes[..6].copy_from_slice(&millis[2..8]);
    bytes[6..].copy_from_slice(&entropy);
    bytes[6] = (bytes[6] & 0x0f) | 0x70;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    bytes
}

macro_rules! root_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode)]
        #[cbor(transparent)]
        pub struct $name(#[cbor(n(0), with = "minicbor::bytes")] [u8; 16]);

        impl $name {
            /// The prefix of the printed form, without the underscore.
            pub const KIND: &'static str = $prefix;

            /// From the 16 bytes of a UUID, as stored.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// A fresh id from a time and entropy of the caller.
            pub fn generate(at: Timestamp, entropy: [u8; 10]) -> Self {
                Self(uuid_v7(at, entropy))
            }

            /// The 16 bytes of the UUID.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut letters = [0; LETTERS];
                alphabet().encode_mut(&self.0, &mut letters);
                letters.make_ascii_lowercase();
                f.write_str(concat!($prefix, "_"))?;
                f.write_str(std::str::from_utf8(&letters).unwrap_or_default())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                parse_root(Self::KIND, text).map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = String::deserialize(from)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

fn parse_root(kind: &'static str, text: &str) -> Result<[u8; 16], InvalidId> {
    let refuse = || InvalidId { kind, text: text.to_owned() };
    let rest = text.strip_prefix(kind).and_then(|rest| rest.strip_prefix('_')).ok_or_else(refuse)?;
    if rest.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(refuse());
    }
    let bytes = alphabet().decode(rest.to_ascii_uppercase().as_bytes()).map_err(|_| refuse())?;
    bytes.try_into().map_err(|_| refuse())
}

root_id!(
    /// A tenant: owns tasks, agents, keys and budgets.
    WorkspaceId, "workspace"
);
root_id!(
    /// What a user submitted; also the name of its event stream.
    TaskId, "task"
);
root_id!(
    /// An attached document of a workspace.
    DocumentId, "document"
);
root_id!(
    /// One registered worker.
    AgentId, "agent"
);

/// Identifies an input to a machine, unique in its stream: committing it twice returns the first outcome.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct InputId(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 16]);

impl fmt::Debug for InputId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&alphabet().encode(&self.0).to_ascii_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_round_trip_and_sort_by_time() {
        let early = TaskId::generate(Timestamp::from_millis(1_000), [7; 10]);
        let late = TaskId::generate(Timestamp::from_millis(2_000), [1; 10]);
        assert_eq!(early.to_string().parse::<TaskId>(), Ok(early));
        assert!(early.to_string() < late.to_string());
        assert!(early < late);
        assert_eq!(early.to_string().len(), "task_".len() + 26);
    }

    #[test]
    fn foreign_text_is_refused_with_the_kind() {
        for text in ["", "task_", "agent_00000000000000000000000000", "task_!", "task_0O", "TASK_00"] {
            let refused = text.parse::<TaskId>().unwrap_err();
            assert_eq!(refused.kind, "task");
        }
    }
}
