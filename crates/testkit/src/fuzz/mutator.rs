//! Inputs that are nearly right: a seed from the corpus with a few changes.

use crate::chance::Chance;

/// Changes of one input, at most.
const CHANGES_MAX: usize = 8;
/// Bytes of one input, at most.
const BYTES_MAX: usize = 64 << 10;
/// Bytes that decoders often treat in a special way.
const TELLING: [u8; 16] =
    [0x00, 0x01, 0x7f, 0x80, 0xff, 0x9f, 0xbf, 0x5f, 0x1b, b'"', b'\\', b'\n', b'{', b'[', b'<', b','];

/// Makes inputs of seeds.
#[derive(Debug)]
pub struct Mutator {
    seeds: Vec<Vec<u8>>,
}

impl Mutator {
    /// Of these seeds, and of nothing at all.
    pub fn new(seeds: Vec<Vec<u8>>) -> Self {
        Self { seeds: if seeds.is_empty() { vec![Vec::new()] } else { seeds } }
    }

    /// The input of a case.
    pub fn input(&self, chance: &mut Chance) -> Vec<u8> {
        let mut bytes = self.seed(chance).to_vec();
        for _ in 0..=chance.below(CHANGES_MAX) {
            self.change(&mut bytes, chance);
        }
        bytes.truncate(BYTES_MAX);
        bytes
    }

    fn seed(&self, chance: &mut Chance) -> &[u8] {
        &self.seeds[chance.below(self.seeds.len())]
    }

    fn change(&self, bytes: &mut Vec<u8>, chance: &mut Chance) {
        let at = chance.below(bytes.len() + 1);
        let upto = (at + 1 + chance.below(32)).min(bytes.len());
        match chance.below(9) {
            0 if at < bytes.len() => bytes[at] ^= 1 << chance.below(8),
            1 if at < bytes.len() => bytes[at] = TELLING[chance.below(TELLING.len())],
            2 => bytes.insert(at, TELLING[chance.below(TELLING.len())]),
            3 => drop(bytes.drain(at..upto)),
            4 => {
                let copied = bytes[at..upto].to_vec();
                let times = 1 + chance.below(40);
                bytes.splice(at..at, copied.repeat(times));
            }
            5 => bytes.truncate(at),
            6 => {
                let number = chance.next().to_be_bytes();
                let width = 1 + chance.below(8);
                bytes.splice(at..upto, number[..width].iter().copied());
            }
            7 => {
                let other = self.seed(chance);
                let from = chance.below(other.len() + 1);
                let part = &other[from..(from + chance.below(256)).min(other.len())];
                bytes.splice(at..upto, part.iter().copied());
            }
            _ => {
                let other = chance.below(bytes.len() + 1);
                let moved = bytes[at..upto].to_vec();
                bytes.splice(other..other, moved);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_differ_and_are_repeatable() {
        let mutator = Mutator::new(vec![b"one two three".to_vec(), b"four".to_vec()]);
        let made = |seed| mutator.input(&mut Chance::seeded(seed));
        let all: std::collections::BTreeSet<_> = (0..200).map(made).collect();
        assert!(all.len() > 150, "{}", all.len());
        assert_eq!(made(7), made(7));
        assert!(Mutator::new(Vec::new()).input(&mut Chance::seeded(1)).len() < BYTES_MAX);
    }
}
