//! Comparing cells: as exact decimals where both are, else as text.

use std::cmp::Ordering;

use rust_decimal::Decimal;
use serde_json::Value;

use super::{Condition, Op};

/// The number that a cell holds, if it is a plain decimal number of up to 28 digits.
pub(super) fn number(cell: &str) -> Option<Decimal> {
    let cell = cell.trim();
    let cell = cell.strip_prefix('+').unwrap_or(cell);
    let plain = cell.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b'-');
    if cell.is_empty() || !plain { None } else { Decimal::from_str_exact(cell).ok() }
}

/// By number where both are numbers, else by text.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => a.cmp(b),
    }
}

/// A total order for sorting: numbers before text, empty cells last.
pub(super) fn order(a: &str, b: &str) -> Ordering {
    let key = |cell: &str| (cell.trim().is_empty(), number(cell).is_none());
    key(a).cmp(&key(b)).then_with(|| compare(a, b))
}

/// The text that a condition compares with.
pub(super) fn operand(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// Whether a cell meets a condition, given the condition's operand.
pub(super) fn meets(cell: &str, condition: &Condition, operand: &str) -> bool {
    let ordered = |wanted: fn(Ordering) -> bool| !cell.trim().is_empty() && wanted(compare(cell, operand));
    match condition.op {
        Op::Eq => compare(cell, operand) == Ordering::Equal,
        Op::Ne => compare(cell, operand) != Ordering::Equal,
        Op::Contains => cell.to_lowercase().contains(&operand.to_lowercase()),
        Op::Lt => ordered(Ordering::is_lt),
        Op::Le => ordered(Ordering::is_le),
        Op::Gt => ordered(Ordering::is_gt),
        Op::Ge => ordered(Ordering::is_ge),
        Op::Empty => cell.trim().is_empty(),
        Op::NotEmpty => !cell.trim().is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_compare_as_numbers_only_where_both_are() {
        let rows = [
            ("9", Op::Lt, "10", true),
            ("9", Op::Lt, "10a", false),
            ("1.50", Op::Eq, "1.5", true),
            ("0.1", Op::Eq, "0.10000000000000000000001", false),
            ("-3", Op::Lt, "2", true),
            ("2024-01-02", Op::Gt, "2023-12-31", true),
            ("", Op::Lt, "5", false),
            ("Bookworm", Op::Contains, "WORM", true),
            ("a", Op::Ne, "b", true),
            (" ", Op::Empty, "", true),
            ("x", Op::NotEmpty, "", true),
            ("x", Op::Ge, "x", true),
        ];
        for (cell, op, operand, met) in rows {
            let condition = Condition { column: "c".to_owned(), op, value: None };
            assert_eq!(meets(cell, &condition, operand), met, "{cell} {op:?} {operand}");
        }
    }

    #[test]
    fn sorting_puts_numbers_first_and_nothing_last() {
        let mut cells = ["b", "10", "", "9", "a"];
        cells.sort_by(|a, b| order(a, b));
        assert_eq!(cells, ["9", "10", "a", "b", ""]);
    }
}
