//! What is sent of schemas, made once for all calls that share them.

use std::sync::{Arc, LazyLock};

use divisi_llm::Remembered;
use serde_json::Value;
use serde_json::value::RawValue;

use super::Dialect;
use super::convert::convert;

static WRITTEN: LazyLock<Remembered<Arc<RawValue>>> = LazyLock::new(Remembered::default);

/// A schema as JSON, written once for all calls that share it.
pub(crate) fn written(schema: &Arc<Value>) -> Arc<RawValue> {
    WRITTEN.of(schema, || {
        // A value that is there can be written.
        let json = serde_json::value::to_raw_value(schema);
        json.unwrap_or_else(|_| RawValue::NULL.to_owned()).into()
    })
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

    #[test]
    fn what_is_shared_is_converted_and_written_once_and_another_is_another() {
        let plain = Converted::to(DIALECT);
        let capitals = Converted::to(Dialect { capitals: true, ..DIALECT });
        let first = Arc::new(json!({"type": "object", "properties": {"a": {"type": "string"}}}));
        let shared = Arc::clone(&first);
        let made = plain.of(&first).unwrap();
        assert_eq!(*made, convert(&first, &DIALECT).unwrap());
        assert!(Arc::ptr_eq(&made, &plain.of(&shared).unwrap()));
        assert_ne!(*capitals.of(&first).unwrap(), *made);
        assert_eq!(written(&made).get(), made.to_string());
        assert!(Arc::ptr_eq(&written(&made), &written(&made)));
        let unsayable = Arc::new(json!({"type": "array"}));
        let _shared = Arc::clone(&unsayable);
        assert_eq!([plain.of(&unsayable), plain.of(&unsayable)], [None, None]);
    }
}
