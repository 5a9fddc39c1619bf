//! What follows from a schema, remembered: tasks share the schemas of their answers and tools, and each call would find
//! it anew.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

/// Schemas whose consequences are remembered; beyond that all are forgotten, and made again.
const REMEMBERED_MAX: usize = 512;

/// What follows from schemas, by their places. A schema is kept beside, so that nothing else takes its place.
#[derive(Debug)]
pub struct Remembered<T>(Mutex<HashMap<usize, (Arc<Value>, T)>>);

impl<T> Default for Remembered<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Remembered<T> {
    /// What follows from `schema`; made once for all who share it.
    pub fn of(&self, schema: &Arc<Value>, make: impl FnOnce() -> T) -> T {
        // Nobody else has it: it would not be asked for again.
        if Arc::strong_count(schema) == 1 {
            return make();
        }
        let place = Arc::as_ptr(schema).addr();
        if let Some((_, known)) = self.known().get(&place) {
            return known.clone();
        }
        let made = make();
        let mut known = self.known();
        if known.len() >= REMEMBERED_MAX {
            known.clear();
        }
        known.insert(place, (Arc::clone(schema), made.clone()));
        made
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<usize, (Arc<Value>, T)>> {
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
    fn what_nobody_shares_is_not_kept() {
        let own = Arc::new(json!({"type": "object"}));
        let lengths = Remembered::default();
        assert_eq!(lengths.of(&own, || 1), 1);
        assert_eq!(lengths.of(&own, || 2), 2);
        assert_eq!(Arc::strong_count(&own), 1);
    }
}
