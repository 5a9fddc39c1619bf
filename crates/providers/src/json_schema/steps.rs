//! The values of a number with bounds.

use serde_json::{Map, Value, json};

/// The most values that a range is written as; a wider one stays as it is.
const STEPS_MAX: i64 = 32;
/// Parts of one in a range that is no wider.
const PARTS: i64 = 10;

/// The values of a number of this type between its bounds: whole ones, or tenths where there is no room for many whole ones.
/// None where it has no two bounds, or too many values.
pub(super) fn steps(name: &str, object: &Map<String, Value>) -> Option<Vec<Value>> {
    let bound = |name: &str| object.get(name).and_then(Value::as_f64).and_then(whole);
    let (least, most) = (bound("minimum")?, bound("maximum")?);
    let width = most.checked_sub(least).filter(|width| (0..STEPS_MAX).contains(width))?;
    match name {
        "number" if width == 1 => Some((0..=PARTS).map(|part| tenths(least * PARTS + part)).collect()),
        "number" | "integer" => Some((least..=most).map(|value| json!(value)).collect()),
        _ => None,
    }
}

fn tenths(tenths: i64) -> Value {
    if tenths % PARTS == 0 {
        json!(tenths / PARTS)
    } else {
        format!("{}.{}", tenths / PARTS, tenths % PARTS).parse().unwrap_or_default()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "it is a whole number of few digits")]
fn whole(bound: f64) -> Option<i64> {
    (bound.fract() == 0.0 && (0.0..=1e6).contains(&bound)).then_some(bound as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_become_values() {
        let rows = [
            ("number", json!({"minimum": 0, "maximum": 1}), "[0,0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9,1]"),
            ("number", json!({"minimum": 0.0, "maximum": 3.0}), "[0,1,2,3]"),
            ("integer", json!({"minimum": 2, "maximum": 4}), "[2,3,4]"),
            ("number", json!({"minimum": 0, "maximum": 100}), ""),
            ("number", json!({"minimum": 0}), ""),
            ("number", json!({"minimum": 0.5, "maximum": 1}), ""),
            ("number", json!({"minimum": 1, "maximum": 0}), ""),
            ("string", json!({"minimum": 0, "maximum": 1}), ""),
        ];
        for (name, object, values) in rows {
            let found = steps(name, object.as_object().unwrap());
            let text = found.map(|found| Value::Array(found).to_string()).unwrap_or_default();
            assert_eq!(text, values, "{name} {object}");
        }
    }
}
