//! Chance from the system.

use divisi_engine::driver::Chance;

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
