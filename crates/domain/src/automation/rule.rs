//! One rule.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::fields::{FieldKind, FieldKinds, Value};
use crate::name::Name;

/// What a rule does.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize,
)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A person is asked.
    #[n(0)]
    RequireApproval,
    /// The thing happens without asking: the plan runs, the tool is called, the result is published.
    #[n(1)]
    AutoPublish,
}

impl Action {
    /// The name in API and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RequireApproval => "require_approval",
            Self::AutoPublish => "auto_publish",
        }
    }
}

/// How a field is compared. Nothing here includes its boundary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    /// Below the value.
    #[n(0)]
    LessThan,
    /// Above the value.
    #[n(1)]
    GreaterThan,
    /// The value itself.
    #[n(2)]
    Equals,
    /// Anything else that the field holds.
    #[n(3)]
    NotEquals,
}

impl Operator {
    /// The name in API and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LessThan => "less_than",
            Self::GreaterThan => "greater_than",
            Self::Equals => "equals",
            Self::NotEquals => "not_equals",
        }
    }

    const fn orders(self) -> bool {
        matches!(self, Self::LessThan | Self::GreaterThan)
    }
}

/// When a rule applies.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Condition {
    /// What is looked at.
    #[n(0)]
    pub field: Name,
    /// How.
    #[n(1)]
    pub operator: Operator,
    /// Against what.
    #[n(2)]
    pub value: Value,
}

impl Condition {
    /// Whether it holds for what the field holds. Values of unlike kinds never match.
    pub fn holds(&self, found: &Value) -> bool {
        if found.kind() != self.value.kind() {
            return false;
        }
        match self.operator {
            Operator::LessThan => found < &self.value,
            Operator::GreaterThan => found > &self.value,
            Operator::Equals => found == &self.value,
            Operator::NotEquals => found != &self.value,
        }
    }
}

/// A rule as a person saves it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Rule {
    /// Unique in its set.
    #[n(0)]
    pub name: Name,
    /// When it applies.
    #[n(1)]
    pub when: Condition,
    /// What it does.
    #[n(2)]
    pub then: Action,
    /// The highest of those that match wins.
    #[n(3)]
    pub priority: i32,
    /// An inactive rule never matches.
    #[n(4)]
    pub active: bool,
}

/// Why rules were not saved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// No such field.
    #[error("Rule '{rule}' looks at '{field}', which no decision knows. Use one of: {known}.")]
    UnknownField {
        /// The rule.
        rule: Name,
        /// The field.
        field: Name,
        /// The fields that there are.
        known: String,
    },
    /// The value is of another kind than the field.
    #[error(
        "Rule '{rule}' compares '{field}', a {kind}, with '{value}', which is a {given}: it could never match. Use a {kind}."
    )]
    UnlikeKinds {
        /// The rule.
        rule: Name,
        /// The field.
        field: Name,
        /// What the field holds.
        kind: FieldKind,
        /// What was given.
        value: Value,
        /// Its kind.
        given: FieldKind,
    },
    /// Text has no order.
    #[error("Rule '{rule}' asks whether the text '{field}' is {}, but text is only the same or not: it could never match. Use equals or not_equals.", operator.as_str())]
    NoOrder {
        /// The rule.
        rule: Name,
        /// The field.
        field: Name,
        /// The operator.
        operator: Operator,
    },
    /// Two rules with one name.
    #[error("There are two rules '{rule}'. Give every rule a name of its own.")]
    DuplicateName {
        /// The name.
        rule: Name,
    },
    /// Too many rules.
    #[error("There are {count} rules and at most {max} are allowed. Remove some.")]
    TooMany {
        /// How many there are.
        count: usize,
        /// How many there may be.
        max: usize,
    },
}

impl Rule {
    /// Refuses a rule that could never match.
    pub fn check(&self, kinds: &FieldKinds) -> Result<(), RuleError> {
        let (rule, field) = (self.name.clone(), self.when.field.clone());
        let Some(kind) = kinds.get(&field) else {
            let known = kinds.names().map(Name::as_str).collect::<Vec<_>>().join(", ");
            return Err(RuleError::UnknownField { rule, field, known });
        };
        if kind == FieldKind::Text && self.when.operator.orders() {
            return Err(RuleError::NoOrder { rule, field, operator: self.when.operator });
        }
        let given = self.when.value.kind();
        if given != kind {
            return Err(RuleError::UnlikeKinds { rule, field, kind, value: self.when.value.clone(), given });
        }
        Ok(())
    }
}
