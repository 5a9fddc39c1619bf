//! One sealed key: XChaCha20-Poly1305 under a key derived from the master key, with a random nonce, bound to its store, its
//! name and its version.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use secrecy::{ExposeSecret, SecretString};

use crate::file::{Entry, StoreId};
use crate::master::Master;

/// Bytes of a nonce: so many that random ones never meet.
pub(crate) const NONCE_BYTES: usize = 24;
/// What the key of the cipher is derived for.
const CIPHER_CONTEXT: &str = "divisi 2026-11 key store: cipher of the entries";
/// What is bound to each sealed key first: the meaning of what follows.
const BOUND: &[u8] = b"divisi key 1";

/// Seals what is under `entry`'s name and version. The nonce is never used twice.
pub(crate) fn seal(master: &Master, store: &StoreId, entry: &mut Entry, key: &SecretString) -> Option<()> {
    let payload = Payload { msg: key.expose_secret().as_bytes(), aad: &bound(store, entry) };
    entry.sealed = cipher(master).encrypt(&XNonce::from(entry.nonce), payload).ok()?;
    Some(())
}

/// The key, if it was sealed with this master key for this store, name and version.
pub(crate) fn open(master: &Master, store: &StoreId, entry: &Entry) -> Option<SecretString> {
    let payload = Payload { msg: &entry.sealed, aad: &bound(store, entry) };
    let bytes = cipher(master).decrypt(&XNonce::from(entry.nonce), payload).ok()?;
    String::from_utf8(bytes).ok().map(SecretString::from)
}

fn cipher(master: &Master) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::from(blake3::derive_key(CIPHER_CONTEXT, master.bytes())))
}

/// Each part has a fixed length or its length before it: no two entries are bound to the same bytes.
fn bound(store: &StoreId, entry: &Entry) -> Vec<u8> {
    let name = entry.name.as_bytes();
    let mut bound = BOUND.to_vec();
    bound.extend_from_slice(store);
    bound.extend_from_slice(&(name.len() as u64).to_le_bytes());
    bound.extend_from_slice(name);
    bound.extend_from_slice(&entry.version.to_le_bytes());
    bound.extend_from_slice(&entry.set_at.as_millis().to_le_bytes());
    bound
}
