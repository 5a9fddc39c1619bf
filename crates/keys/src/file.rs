//! The sealed file: a line that says what it is, a record with numbered fields, a checksum.

use std::fs;
use std::io;
use std::path::Path;

use divisi_domain::time::Timestamp;
use minicbor::{Decode, Encode};

use crate::error::KeyError;
use crate::master::MasterId;
use crate::seal::NONCE_BYTES;

/// The first line.
const HEAD: &[u8] = b"divisi keys 1\n";
/// The first line of any version.
const HEAD_OF_ANY: &[u8] = b"divisi keys ";
/// Bytes of the checksum at the end.
const SUM_BYTES: usize = 32;

/// Random, and the same for the life of a store.
pub(crate) type StoreId = [u8; 16];

/// What the file holds. The names of keys can be read without the master key.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Sealed {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub(crate) store: StoreId,
    /// Id of the master key.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub(crate) master: MasterId,
    /// The version that the next key gets: none is ever used twice.
    #[n(2)]
    pub(crate) next_version: u64,
    #[n(3)]
    pub(crate) entries: Vec<Entry>,
}

/// A sealed key.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Entry {
    #[n(0)]
    pub(crate) name: String,
    #[n(1)]
    pub(crate) version: u64,
    #[n(2)]
    pub(crate) set_at: Timestamp,
    #[cbor(n(3), with = "minicbor::bytes")]
    pub(crate) nonce: [u8; NONCE_BYTES],
    #[cbor(n(4), with = "minicbor::bytes")]
    pub(crate) sealed: Vec<u8>,
}

impl Sealed {
    /// The file's content; `None`: there is no file.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, KeyError> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(KeyError::io(path, "read")(error)),
        };
        Self::decode(&bytes).map(Some).map_err(|fault| match fault {
            Fault::Damaged => KeyError::Damaged(path.to_owned()),
            Fault::Newer => KeyError::Newer(path.to_owned()),
        })
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = HEAD.to_vec();
        // Writing to memory does not fail.
        let _ = minicbor::encode(self, &mut bytes);
        let sum = blake3::hash(&bytes);
        bytes.extend_from_slice(sum.as_bytes());
        bytes
    }

    fn decode(bytes: &[u8]) -> Result<Self, Fault> {
        let at = bytes.len().checked_sub(SUM_BYTES).ok_or(Fault::Damaged)?;
        let (content, sum) = bytes.split_at(at);
        if blake3::hash(content).as_bytes() != sum {
            return Err(Fault::Damaged);
        }
        match content.strip_prefix(HEAD) {
            Some(record) => minicbor::decode(record).map_err(|_| Fault::Damaged),
            None if content.starts_with(HEAD_OF_ANY) => Err(Fault::Newer),
            None => Err(Fault::Damaged),
        }
    }

    /// The entry of this name.
    pub(crate) fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Fault {
    Damaged,
    Newer,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Sealed {
        let entry = |name: &str, version| Entry {
            name: name.to_owned(),
            version,
            set_at: Timestamp::from_millis(1_700_000_000_000),
            nonce: [7; NONCE_BYTES],
            sealed: vec![1, 2, 3],
        };
        Sealed {
            store: [1; 16],
            master: [2; 8],
            next_version: 3,
            entries: vec![entry("A", 1), entry("B", 2)],
        }
    }

    #[test]
    fn every_flipped_bit_and_every_missing_byte_is_damage() {
        let bytes = sample().encode();
        assert_eq!(Sealed::decode(&bytes), Ok(sample()));
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut flipped = bytes.clone();
                flipped[at] ^= 1 << bit;
                assert_eq!(Sealed::decode(&flipped), Err(Fault::Damaged), "byte {at}, bit {bit}");
            }
            assert_eq!(Sealed::decode(&bytes[..at]), Err(Fault::Damaged), "cut at {at}");
        }
    }

    #[test]
    fn a_newer_file_is_told_from_a_damaged_one() {
        let mut bytes = b"divisi keys 2\nwhatever".to_vec();
        let sum = blake3::hash(&bytes);
        bytes.extend_from_slice(sum.as_bytes());
        assert_eq!(Sealed::decode(&bytes), Err(Fault::Newer));
    }
}
