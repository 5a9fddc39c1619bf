use std::sync::{Mutex, PoisonError};

use divisi_engine::driver::Chance;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Randomness that a seed repeats.
#[derive(Debug)]
pub struct SeededChance {
    rng: Mutex<ChaCha8Rng>,
}

impl SeededChance {
    /// Randomness of `seed`.
    pub fn new(seed: u64) -> Self {
        Self { rng: Mutex::new(ChaCha8Rng::seed_from_u64(seed)) }
    }
}

impl Chance for SeededChance {
    fn bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.rng.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
        bytes
    }
}
