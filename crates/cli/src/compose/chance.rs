//! Chance from the system.

use divisi_domain::id::TaskId;
use divisi_engine::driver::{Chance, Clock as _};

use super::clock::ProcessClock;

/// The id of a task that is about to be submitted: with it as key, submitting again is the same task.
pub(crate) fn fresh_task() -> TaskId {
    let mut entropy = [0; 10];
    entropy.copy_from_slice(&SystemChance.bytes()[..10]);
    TaskId::generate(ProcessClock::start(None).now(), entropy)
}

/// Random bytes that secrets are made of: none at all where the system has none.
#[expect(clippy::disallowed_methods, reason = "the composition root hands out entropy")]
pub(crate) fn entropy() -> std::io::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
    Ok(bytes)
}

/// The system's random numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemChance;

impl Chance for SystemChance {
    #[expect(clippy::disallowed_methods, reason = "the composition root hands out entropy")]
    fn bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        // A system without random numbers cannot name tasks apart: ids would repeat and the store refuses them.
        let _ = getrandom::fill(&mut bytes);
        bytes
    }
}
