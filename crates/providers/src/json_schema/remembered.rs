//! What follows from a schema, remembered: tasks share the schemas of their answers, and each call would find it anew.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use serde_json::Value;

use super::Dialect;
use super::convert::convert;

/// Schemas whose consequences are remembered; beyond that all are forgotten, and made again.
const REMEMBERED_MAX: usize = 512;

/// What follows from schemas, by their places. A schema is kept beside, so that nothing else takes its place.
pub(super) struct Remembered<T>(Mutex<HashMap<usize, (Arc<Value>, T)>>);

impl<T> Default for Remembered<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Remembered<T> {
    /// What follows from `schema`; made once for all who share it.
    pub(super) fn of(&self, schema: &Arc<Value>, make: impl FnOnce() -> T) -> T {
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

/// Schemas in a dialect, or `None` where the dialect cannot say them.
pub(crate) struct Converted {
    dialect: Dialect,
    known: LazyLock<Remembered<Option<Arc<Value>>>>,
}

impl Converted {
    /// Of this dialect.
    pub(crate) const fn to(dialect: Dialect) -> Self {
        Self { dialect, known: LazyLock::new(Remembered::default) }
    }

    /// `schema` in the dialect, or `None` where the dialect cannot say it.
    pub(crate) fn of(&self, schema: &Arc<Value>) -> Option<Arc<Value>> {
        self.known.of(schema, || convert(schema, &self.dialect).map(Arc::new))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::json_schema::{Nulls, Refs};

    const DIALECT: Dialect = Dialect {
        refs: Refs::Inlined,
        nulls: Nulls::AnyOf,
        strict: false,
        kept: &[],
        formats: &[],
        capitals: false,
        steps: false,
    };

    fn schema(name: &str) -> Arc<Value> {
        Arc::new(json!({"type": "object", "properties": {name: {"type": "string"}}}))
    }

    #[test]
    fn what_is_shared_is_converted_once_and_another_is_another() {
        let plain = Converted::to(DIALECT);
        let capitals = Converted::to(Dialect { capitals: true, ..DIALECT });
        let first = schema("a");
        let shared = Arc::clone(&first);
        let made = plain.of(&first).unwrap();
        assert_eq!(*made, convert(&first, &DIALECT).unwrap());
        assert!(Arc::ptr_eq(&made, &plain.of(&shared).unwrap()));
        assert_ne!(*capitals.of(&first).unwrap(), *made);
        let others: Vec<Arc<Value>> = (0..=REMEMBERED_MAX).map(|n| schema(&n.to_string())).collect();
        for other in &others {
            let shared = Arc::clone(other);
            assert_eq!(*plain.of(&shared).unwrap(), convert(other, &DIALECT).unwrap());
        }
        assert!(plain.known.known().len() <= REMEMBERED_MAX);
        assert_eq!(*plain.of(&first).unwrap(), *made, "made again, the same");
        let unsayable = Arc::new(json!({"type": "array"}));
        let _shared = Arc::clone(&unsayable);
        assert_eq!([plain.of(&unsayable), plain.of(&unsayable)], [None, None]);
    }

    #[test]
    fn what_nobody_shares_is_not_kept() {
        let own = schema("own");
        let made = Converted::to(DIALECT).of(&own).unwrap();
        assert_eq!((Arc::strong_count(&made), Arc::strong_count(&own)), (1, 1));
    }
}
