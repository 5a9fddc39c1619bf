//! A set of rules: checked when it is saved, asked when a decision is due.

use std::collections::BTreeSet;

use super::facts::Facts;
use super::fields::FieldKinds;
use super::rule::{Action, Rule, RuleError};
use crate::limits::AUTOMATION_RULES_MAX;
use crate::name::Name;

/// A decision and the rule that made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// What happens.
    pub action: Action,
    /// Which rule says so; `None` where none matched.
    pub rule: Option<Name>,
}

/// Two active rules of one priority with unlike actions. Where both match, a person is asked; the one
/// who saves them is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tie {
    /// The rule that wins where both match.
    pub wins: Name,
    /// The other one.
    pub over: Name,
    /// Their priority.
    pub priority: i32,
}

/// Checks rules that are to be saved: every defect at once.
pub fn check(rules: &[Rule], kinds: &FieldKinds) -> Result<(), Vec<RuleError>> {
    let mut errors: Vec<RuleError> = rules.iter().filter_map(|rule| rule.check(kinds).err()).collect();
    let mut names = BTreeSet::new();
    let again = rules.iter().filter(|rule| !names.insert(&rule.name));
    errors.extend(again.map(|rule| RuleError::DuplicateName { rule: rule.name.clone() }));
    if rules.len() > AUTOMATION_RULES_MAX {
        errors.push(RuleError::TooMany { count: rules.len(), max: AUTOMATION_RULES_MAX });
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// What the rules say about `facts`. Of matching rules with the highest priority, one that asks a
/// person wins over one that does not; of equal ones the first saved is named.
pub fn decide(rules: &[Rule], facts: &Facts) -> Decided {
    let matching = rules.iter().filter(|rule| rule.active && facts.satisfy(&rule.when));
    match matching.min_by_key(|rule| (std::cmp::Reverse(rule.priority), rule.then)) {
        Some(rule) => Decided { action: rule.then, rule: Some(rule.name.clone()) },
        None => Decided { action: Action::RequireApproval, rule: None },
    }
}

/// Pairs that could contradict each other, stated rather than refused.
pub fn ties(rules: &[Rule]) -> Vec<Tie> {
    let active = |wanted| rules.iter().filter(move |rule| rule.active && rule.then == wanted);
    let mut ties = Vec::new();
    for asks in active(Action::RequireApproval) {
        for proceeds in active(Action::AutoPublish).filter(|rule| rule.priority == asks.priority) {
            let (wins, over) = (asks.name.clone(), proceeds.name.clone());
            ties.push(Tie { wins, over, priority: asks.priority });
        }
    }
    ties
}
