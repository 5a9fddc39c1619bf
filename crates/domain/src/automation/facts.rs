//! What is known when a decision is due.

use std::collections::BTreeMap;

use super::decimal::Decimal;
use super::fields::Value;
use super::rule::Condition;
use crate::money::MicroUsd;
use crate::name::Name;
use crate::plan::Complexity;

/// Fields with their values; a field that is not there matches no rule. The names are those of
/// [`super::FieldKinds::standard`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts(BTreeMap<Name, Value>);

impl Facts {
    /// Nothing known.
    pub fn new() -> Self {
        Self::default()
    }

    /// What every decision of a task knows: `cost_usd` (spent so far), `complexity`, and with a cap
    /// `budget_percent` (spent, of the cap, cut to a hundredth).
    pub fn of_task(spent: MicroUsd, cap: Option<MicroUsd>, complexity: Complexity) -> Self {
        let micros = |amount: u128| Decimal::from_micros(i64::try_from(amount).unwrap_or(i64::MAX));
        let facts = Self::new()
            .with("cost_usd", Value::Number(micros(u128::from(spent.0))))
            .with_text("complexity", complexity.as_str());
        let Some(cap) = cap.filter(|cap| cap.0 > 0) else { return facts };
        let hundredths = u128::from(spent.0) * 10_000 / u128::from(cap.0);
        facts.with("budget_percent", Value::Number(micros(hundredths * 10_000)))
    }

    /// These facts and one more.
    #[must_use]
    pub fn with(mut self, field: &'static str, value: Value) -> Self {
        self.0.insert(Name::from_static(field), value);
        self
    }

    /// These facts and one more text.
    #[must_use]
    pub fn with_text(self, field: &'static str, text: &'static str) -> Self {
        self.with(field, Value::Text(Name::from_static(text)))
    }

    /// Whether a condition holds; not where its field is unknown.
    pub fn satisfy(&self, condition: &Condition) -> bool {
        self.0.get(&condition.field).is_some_and(|found| condition.holds(found))
    }
}

impl FromIterator<(Name, Value)> for Facts {
    fn from_iter<I: IntoIterator<Item = (Name, Value)>>(facts: I) -> Self {
        Self(facts.into_iter().collect())
    }
}
