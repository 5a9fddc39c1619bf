//! A saved set of rules and its decision.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};

use super::fields::{FieldKinds, Value};
use super::rule::{Action, Rule, RuleError};
use crate::limits::AUTOMATION_RULES_MAX;
use crate::name::Name;

/// What is known when a decision is due. A field that is not there matches no rule.
pub type Facts = BTreeMap<Name, Value>;

/// Rules that were checked when they were saved.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(transparent)]
pub struct Rules(#[n(0)] Vec<Rule>);

/// A decision and the rule that made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// What happens.
    pub action: Action,
    /// Which rule says so; `None` where none matched.
    pub rule: Option<Name>,
}

impl Rules {
    /// Checks rules that are to be saved: every defect at once.
    pub fn save(rules: Vec<Rule>, kinds: &FieldKinds) -> Result<Self, Vec<RuleError>> {
        let mut errors: Vec<RuleError> = rules.iter().filter_map(|rule| rule.check(kinds).err()).collect();
        let mut names = BTreeSet::new();
        let again = rules.iter().filter(|rule| !names.insert(&rule.name));
        errors.extend(again.map(|rule| RuleError::DuplicateName { rule: rule.name.clone() }));
        if rules.len() > AUTOMATION_RULES_MAX {
            errors.push(RuleError::TooMany { count: rules.len(), max: AUTOMATION_RULES_MAX });
        }
        if errors.is_empty() { Ok(Self(rules)) } else { Err(errors) }
    }

    /// The rules as saved.
    pub fn as_slice(&self) -> &[Rule] {
        &self.0
    }

    /// What the rules say about `facts`. Of matching rules with the highest priority, one that asks a
    /// person wins over one that does not; of equal ones the first saved is named.
    pub fn decide(&self, facts: &Facts) -> Decided {
        let matches = |rule: &&Rule| {
            rule.active && facts.get(&rule.when.field).is_some_and(|found| rule.when.holds(found))
        };
        let matching = self.0.iter().filter(matches);
        match matching.min_by_key(|rule| (std::cmp::Reverse(rule.priority), rule.then)) {
            Some(rule) => Decided { action: rule.then, rule: Some(rule.name.clone()) },
            None => Decided { action: Action::RequireApproval, rule: None },
        }
    }
}
