//! From a draft to a plan, or to every defect at once.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::{DraftDependency, DraftSubtask, PlanDraft};
use super::error::PlanError;
use super::graph::{cycles, levels};
use super::node::{Dependency, Plan, PlanNode};
use crate::limits::{PLAN_DEPTH_MAX, PLAN_SUBTASKS_MAX};
use crate::name::Name;

/// What a plan must keep to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanRules {
    /// Agent types selected for this task. Empty: any type of the crew, and none must be used.
    pub specialists: Vec<Name>,
    /// Capabilities that the analysis asks for.
    pub required_capabilities: Vec<Name>,
    /// Every agent type of the crew with its capabilities.
    pub agent_types: BTreeMap<Name, BTreeSet<Name>>,
    /// The type that covers what no type of the crew has.
    pub generalist: Option<Name>,
    /// Subtasks of one plan.
    pub subtasks_max: u16,
    /// Phases of one plan.
    pub depth_max: u16,
    /// Number of the first subtask; numbers of earlier plans of the task are never used again.
    pub first_number: u16,
}

impl Default for PlanRules {
    fn default() -> Self {
        Self {
            specialists: Vec::new(),
            required_capabilities: Vec::new(),
            agent_types: BTreeMap::new(),
            generalist: None,
            subtasks_max: PLAN_SUBTASKS_MAX,
            depth_max: PLAN_DEPTH_MAX,
            first_number: 1,
        }
    }
}

impl PlanRules {
    fn has(&self, agent_type: &Name, capability: &str) -> bool {
        let listed = |held: &BTreeSet<Name>| held.iter().any(|own| own.as_str() == capability);
        if self.agent_types.get(agent_type).is_some_and(listed) {
            return true;
        }
        self.generalist.as_ref() == Some(agent_type) && !self.agent_types.values().any(listed)
    }

    fn known(&self, agent_type: &str) -> Option<&Name> {
        self.agent_types.keys().find(|known| known.as_str() == agent_type)
    }
}

/// Checks a draft. The plan has the draft's subtasks in their order, numbered from
/// [`PlanRules::first_number`]; the errors are all that there are, worst first.
pub fn validate(draft: &PlanDraft, rules: &PlanRules) -> Result<Plan, Vec<PlanError>> {
    let mut errors = Vec::new();
    check_size(draft, rules, &mut errors);
    check_ids(draft, &mut errors);
    let labels = labels(draft);
    let edges = check_edges(draft, &labels, &mut errors);
    check_shape(draft, rules, &edges, &mut errors);
    for subtask in &draft.subtasks {
        check_specialist(subtask, rules, &mut errors);
    }
    check_use(draft, rules, &mut errors);
    check_coverage(draft, rules, &mut errors);
    if !errors.is_empty() {
        return Err(errors);
    }
    build(draft, rules, &labels).ok_or_else(|| vec![too_many(draft, rules)])
}

fn too_many(draft: &PlanDraft, rules: &PlanRules) -> PlanError {
    PlanError::TooMany { count: draft.subtasks.len(), max: rules.subtasks_max }
}

fn check_size(draft: &PlanDraft, rules: &PlanRules, errors: &mut Vec<PlanError>) {
    if draft.subtasks.is_empty() {
        errors.push(PlanError::Empty);
    }
    if draft.subtasks.len() > usize::from(rules.subtasks_max) {
        errors.push(too_many(draft, rules));
    }
}

fn check_ids(draft: &PlanDraft, errors: &mut Vec<PlanError>) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, subtask) in draft.subtasks.iter().enumerate() {
        if subtask.id.trim().is_empty() {
            errors.push(PlanError::MissingId { position: at + 1 });
        } else {
            *counts.entry(&subtask.id).or_default() += 1;
        }
    }
    let twice = counts.into_iter().filter(|&(_, count)| count > 1);
    errors.extend(twice.map(|(id, count)| PlanError::DuplicateId { id: id.to_owned(), count }));
}

/// Position of each label; of a duplicate, the first.
fn labels(draft: &PlanDraft) -> BTreeMap<&str, usize> {
    let mut labels = BTreeMap::new();
    for (at, subtask) in draft.subtasks.iter().enumerate() {
        labels.entry(subtask.id.as_str()).or_insert(at);
    }
    labels
}

/// The edges that can be followed; the others are errors.
fn check_edges(
    draft: &PlanDraft,
    labels: &BTreeMap<&str, usize>,
    errors: &mut Vec<PlanError>,
) -> Vec<Vec<usize>> {
    let mut edges = Vec::with_capacity(draft.subtasks.len());
    for subtask in &draft.subtasks {
        let mut own = Vec::new();
        let named: BTreeSet<&str> = subtask.dependencies.iter().map(DraftDependency::label).collect();
        for label in named {
            match labels.get(label) {
                _ if label == subtask.id => errors.push(PlanError::SelfEdge { id: subtask.id.clone() }),
                Some(&on) => own.push(on),
                None => errors.push(PlanError::UnknownReference {
                    id: subtask.id.clone(),
                    reference: label.to_owned(),
                }),
            }
        }
        edges.push(own);
    }
    edges
}

fn check_shape(draft: &PlanDraft, rules: &PlanRules, edges: &[Vec<usize>], errors: &mut Vec<PlanError>) {
    let id = |at: usize| draft.subtasks[at].id.clone();
    let rings = cycles(edges);
    errors.extend(rings.into_iter().map(|ring| PlanError::Cycle { ids: ring.into_iter().map(id).collect() }));
    let depth = levels(edges).into_iter().flatten().max().map_or(0, |deepest| deepest + 1);
    if depth > usize::from(rules.depth_max) {
        errors.push(PlanError::TooDeep { depth, max: rules.depth_max });
    }
}

fn check_specialist(subtask: &DraftSubtask, rules: &PlanRules, errors: &mut Vec<PlanError>) {
    let id = || subtask.id.clone();
    let Some(agent_type) = rules.known(&subtask.assigned_specialist) else {
        errors.push(PlanError::UnknownAgentType {
            id: id(),
            agent_type: subtask.assigned_specialist.clone(),
            known: usable(rules),
        });
        return;
    };
    if !rules.specialists.is_empty() && !rules.specialists.contains(agent_type) {
        errors.push(PlanError::NotSelected {
            id: id(),
            agent_type: agent_type.clone(),
            selected: rules.specialists.clone(),
        });
    }
    if let Some(capability) = subtask.capability.as_ref().filter(|wanted| !rules.has(agent_type, wanted)) {
        let capability = capability.clone();
        errors.push(PlanError::LacksCapability { id: id(), agent_type: agent_type.clone(), capability });
    }
}

fn usable(rules: &PlanRules) -> Vec<Name> {
    if rules.specialists.is_empty() {
        return rules.agent_types.keys().cloned().collect();
    }
    rules.specialists.clone()
}

fn check_use(draft: &PlanDraft, rules: &PlanRules, errors: &mut Vec<PlanError>) {
    let used = |name: &Name| draft.subtasks.iter().any(|one| one.assigned_specialist == name.as_str());
    let dropped = |name: &Name| {
        let reasoned = |one: &&super::DroppedSpecialist| !one.reason.trim().is_empty();
        draft.dropped.iter().filter(reasoned).any(|one| one.agent_type == name.as_str())
    };
    let idle = rules.specialists.iter().filter(|name| !used(name) && !dropped(name));
    errors.extend(idle.map(|name| PlanError::UnusedSpecialist { agent_type: name.clone() }));
}

fn check_coverage(draft: &PlanDraft, rules: &PlanRules, errors: &mut Vec<PlanError>) {
    let used: Vec<&Name> =
        draft.subtasks.iter().filter_map(|one| rules.known(&one.assigned_specialist)).collect();
    for capability in &rules.required_capabilities {
        if used.iter().any(|name| rules.has(name, capability.as_str())) {
            continue;
        }
        let able = |name: &Name| rules.has(name, capability.as_str());
        let who = usable(rules).into_iter().filter(able).collect();
        errors.push(PlanError::UncoveredCapability { capability: capability.clone(), who });
    }
}

/// `None` where the numbers of the task are used up.
fn build(draft: &PlanDraft, rules: &PlanRules, labels: &BTreeMap<&str, usize>) -> Option<Plan> {
    let number = |at: usize| u16::try_from(at).ok()?.checked_add(rules.first_number);
    let node = |(at, subtask): (usize, &DraftSubtask)| {
        let mut edges: BTreeMap<u16, bool> = BTreeMap::new();
        for edge in &subtask.dependencies {
            let on = number(*labels.get(edge.label())?)?;
            *edges.entry(on).or_default() |= edge.required();
        }
        Some(PlanNode {
            number: number(at)?,
            agent_type: rules.known(&subtask.assigned_specialist)?.clone(),
            capability: subtask.capability.as_ref().and_then(|name| name.parse().ok()),
            priority: subtask.priority,
            complexity: subtask.complexity,
            dependencies: edges.into_iter().map(|(on, required)| Dependency { on, required }).collect(),
            estimate: subtask.estimate,
        })
    };
    let nodes = draft.subtasks.iter().enumerate().map(node).collect::<Option<Vec<_>>>()?;
    Some(Plan { nodes })
}
