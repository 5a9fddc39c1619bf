//! What follows from what calls share, remembered: tasks share instructions and the schemas of their answers and tools, and
//! each call would find it anew.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashMap;
use serde_json::Value;

/// Values whose consequences are remembered; beyond that all are forgotten, and made again.
const REMEMBERED_MAX: usize = 512;

/// What follows from shared values, by their places. They are kept beside, so that nothing else takes their places.
#[derive(Debug)]
pub struct Remembered<T, K = Arc<Value>>(Mutex<FxHashMap<Place, (K, T)>>);

type Place = (usize, usize);

/// What something follows from: a shared value, or two.
pub trait Shared {
    /// How it is kept.
    type Kept;

    /// Where it lies.
    fn place(&self) -> Place;

    /// Whether anybody else has it: otherwise it would not be asked for again.
    fn is_shared(&self) -> bool;

    /// It, to be kept.
    fn keep(&self) -> Self::Kept;
}

impl<T: ?Sized> Shared for Arc<T> {
    type Kept = Self;

    fn place(&self) -> Place {
        (Self::as_ptr(self).addr(), 0)
    }

    fn is_shared(&self) -> bool {
        Self::strong_count(self) > 1
    }

    fn keep(&self) -> Self {
        Self::clone(self)
    }
}

impl<A: ?Sized, B: ?Sized> Shared for (&Arc<A>, &Arc<B>) {
    type Kept = (Arc<A>, Arc<B>);

    fn place(&self) -> Place {
        (self.0.place().0, self.1.place().0)
    }

    fn is_shared(&self) -> bool {
        self.0.is_shared() && self.1.is_shared()
    }

    fn keep(&self) -> Self::Kept {
        (self.0.keep(), self.1.keep())
    }
}

impl<T, K> Default for Remembered<T, K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone, K> Remembered<T, K> {
    /// What follows from `shared`; made once for all who share it.
    pub fn of(&self, shared: &impl Shared<Kept = K>, make: impl FnOnce() -> T) -> T {
        if !shared.is_shared() {
            return make();
        }
        let place = shared.place();
        if let Some((_, known)) = self.known().get(&place) {
            return known.clone();
        }
        let made = make();
        let mut known = self.known();
        if known.len() >= REMEMBERED_MAX {
            known.clear();
        }
        known.insert(place, (shared.keep(), made.clone()));
        made
    }

    fn known(&self) -> MutexGuard<'_, FxHashMap<Place, (K, T)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_shared_is_made_once_and_another_is_another() {
        let (lengths, made) = (Remembered::default(), Cell::new(0));
        let length = |schema: &Arc<Value>| {
            lengths.of(schema, || {
                made.set(made.get() + 1);
                schema.to_string().len()
            })
        };
        let first = Arc::new(json!({"type": "object"}));
        let shared = Arc::clone(&first);
        assert_eq!((length(&first), length(&shared), made.get()), (17, 17, 1));
        let others: Vec<Arc<Value>> = (0..=REMEMBERED_MAX).map(|n| Arc::new(json!([n]))).collect();
        for other in &others {
            let shared = Arc::clone(other);
            assert_eq!(length(&shared), other.to_string().len());
        }
        assert!(lengths.known().len() <= REMEMBERED_MAX);
        made.set(0);
        assert_eq!((length(&first), made.get()), (17, 1), "made again, the same");
    }

    #[test]
    fn what_follows_from_two_is_of_both() {
        let (made, sums) = (Cell::new(0), Remembered::default());
        let sum = |text: &Arc<str>, schema: &Arc<Value>| {
            sums.of(&(text, schema), || {
                made.set(made.get() + 1);
                text.len() + schema.to_string().len()
            })
        };
        let (short, long): (Arc<str>, Arc<str>) = ("ab".into(), "abc".into());
        let (one, two) = (Arc::new(json!([])), Arc::new(json!([[]])));
        let _shared = (Arc::clone(&short), Arc::clone(&long), Arc::clone(&one), Arc::clone(&two));
        let all = || [sum(&short, &one), sum(&short, &two), sum(&long, &one), sum(&long, &two)];
        assert_eq!((all(), all(), made.get()), ([4, 6, 5, 7], [4, 6, 5, 7], 4));
        assert_eq!((sum(&"abcd".into(), &one), sum(&"abcde".into(), &one), made.get()), (6, 7, 6));
    }

    #[test]
    fn what_nobody_shares_is_not_kept() {
        let own = Arc::new(json!({"type": "object"}));
        let lengths = Remembered::default();
        assert_eq!(lengths.of(&own, || 1), 1);
        assert_eq!(lengths.of(&own, || 2), 2);
        assert_eq!(Arc::strong_count(&own), 1);
    }
}
