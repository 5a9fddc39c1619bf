//! Automation rules: what the mode `hybrid` decides by (spec/formulas.md, `automation_rules`). Active
//! rules that match, the highest priority wins, none means that a person is asked. Comparisons are
//! strict and exact.

mod decimal;
mod fields;
mod rule;
mod rules;
#[cfg(test)]
mod tests;

pub use decimal::{Decimal, InvalidDecimal};
pub use fields::{FieldKind, FieldKinds, Value};
pub use rule::{Action, Condition, Operator, Rule, RuleError};
pub use rules::{Decided, Facts, Rules};
