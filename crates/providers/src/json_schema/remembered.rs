//! Conversions that are remembered: tasks share the schemas of their answers, and each call would convert one anew.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use serde_json::Value;

use super::Dialect;
use super::convert::convert;

/// Conversions that are remembered; beyond that all are forgotten, and made again.
const REMEMBERED_MAX: usize = 512;

static REMEMBERED: LazyLock<Mutex<Remembered>> = LazyLock::new(Mutex::default);

/// By the places of a schema and of a dialect. The schema is kept beside, so that nothing else takes its place.
type Remembered = HashMap<(usize, usize), (Arc<Value>, Option<Arc<Value>>)>;

/// `schema` in `dialect`, or `None` where the dialect cannot say it; made once for all who share the schema.
pub(crate) fn converted(schema: &Arc<Value>, dialect: &'static Dialect) -> Option<Arc<Value>> {
    let make = || convert(schema, dialect).map(Arc::new);
    // Nobody else has it: it would not be asked for again.
    if Arc::strong_count(schema) == 1 {
        return make();
    }
    let asked = (Arc::as_ptr(schema).addr(), std::ptr::from_ref(dialect).addr());
    if let Some((_, known)) = remembered().get(&asked) {
        return known.clone();
    }
    let made = make();
    let mut remembered = remembered();
    if remembered.len() >= REMEMBERED_MAX {
        remembered.clear();
    }
    remembered.insert(asked, (Arc::clone(schema), made.clone()));
    made
}

fn remembered() -> std::sync::MutexGuard<'static, Remembered> {
    REMEMBERED.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::json_schema::{Nulls, Refs};

    static PLAIN: Dialect = Dialect {
        refs: Refs::Inlined,
        nulls: Nulls::AnyOf,
        strict: false,
        kept: &[],
        formats: &[],
        capitals: false,
        steps: false,
    };
    static CAPITALS: Dialect = Dialect { capitals: true, ..PLAIN };

    fn schema(name: &str) -> Arc<Value> {
        Arc::new(json!({"type": "object", "properties": {name: {"type": "string"}}}))
    }

    #[test]
    fn what_is_shared_is_converted_once_and_another_is_another() {
        let first = schema("a");
        let shared = Arc::clone(&first);
        let made = converted(&first, &PLAIN).unwrap();
        assert_eq!(*made, convert(&first, &PLAIN).unwrap());
        assert!(Arc::ptr_eq(&made, &converted(&shared, &PLAIN).unwrap()));
        assert_eq!(*converted(&first, &CAPITALS).unwrap(), convert(&first, &CAPITALS).unwrap());
        let others: Vec<Arc<Value>> = (0..=REMEMBERED_MAX).map(|n| schema(&n.to_string())).collect();
        for other in &others {
            let shared = Arc::clone(other);
            assert_eq!(*converted(&shared, &PLAIN).unwrap(), convert(other, &PLAIN).unwrap());
        }
        assert!(remembered().len() <= REMEMBERED_MAX);
        assert_eq!(*converted(&first, &PLAIN).unwrap(), *made, "made again, the same");
        let unsayable = Arc::new(json!({"type": "array"}));
        let _shared = Arc::clone(&unsayable);
        assert_eq!([converted(&unsayable, &PLAIN), converted(&unsayable, &PLAIN)], [None, None]);
    }

    #[test]
    fn what_nobody_shares_is_not_kept() {
        let own = schema("own");
        let made = converted(&own, &PLAIN).unwrap();
        assert_eq!((Arc::strong_count(&made), Arc::strong_count(&own)), (1, 1));
    }
}
