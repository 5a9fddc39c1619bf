//! The fields that rules may ask about, each with its kind.

use std::collections::BTreeMap;
use std::fmt;

use minicbor::{Decode, Encode};

use super::decimal::Decimal;
use crate::name::Name;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum FieldKind {
    /// A [`Decimal`]: ordered.
    #[n(0)]
    Number,
    /// A [`Name`]: the same or not.
    #[n(1)]
    Text,
}

impl fmt::Display for FieldKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Number => "number",
            Self::Text => "text",
        })
    }
}

/// What a field holds, or is compared with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Value {
    /// A number.
    #[n(0)]
    Number(#[n(0)] Decimal),
    /// A short identifier, never text of a user or a model.
    #[n(1)]
    Text(#[n(0)] Name),
}

impl Value {
    /// What it is.
    pub const fn kind(&self) -> FieldKind {
        match self {
            Self::Number(_) => FieldKind::Number,
            Self::Text(_) => FieldKind::Text,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

/// The fields that there are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FieldKinds(BTreeMap<Name, FieldKind>);

impl FieldKinds {
    /// What decisions of tasks know: the text `subject` (`plan`, `tool` or `publication`) and the numbers
    /// `cost_usd` (spent so far), `subtasks` and `lowest_score` (of what was accepted, 0 to 10).
    pub fn standard() -> Self {
        let text = ["subject"].map(|field| (field, FieldKind::Text));
        let numbers = ["cost_usd", "subtasks", "lowest_score"].map(|field| (field, FieldKind::Number));
        text.into_iter().chain(numbers).map(|(field, kind)| (Name::from_static(field), kind)).collect()
    }

    /// The kind of a field.
    pub fn get(&self, field: &Name) -> Option<FieldKind> {
        self.0.get(field).copied()
    }

    /// The fields by name.
    pub fn names(&self) -> impl Iterator<Item = &Name> {
        self.0.keys()
    }
}

impl FromIterator<(Name, FieldKind)> for FieldKinds {
    fn from_iter<I: IntoIterator<Item = (Name, FieldKind)>>(fields: I) -> Self {
        Self(fields.into_iter().collect())
    }
}
