//! Which declared transitions happened; an undeclared one breaks at once.

use std::collections::BTreeSet;

use divisi_domain::approval;
use divisi_domain::model_step::{self, StepState};
use divisi_domain::subtask;
use divisi_domain::task::{Step, TRANSITIONS, Task, TaskState};

use super::{Broken, rule};

/// Transitions of the four machines, each by the names of its two states.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Of tasks.
    pub task: BTreeSet<(TaskState, TaskState)>,
    /// Of subtasks.
    pub subtask: BTreeSet<(&'static str, &'static str)>,
    /// Of model steps.
    pub model_step: BTreeSet<(&'static str, &'static str)>,
    /// Of approvals.
    pub approval: BTreeSet<(&'static str, &'static str)>,
}

impl Seen {
    /// Adds what another run saw.
    pub fn merge(&mut self, other: &Self) {
        self.task.extend(&other.task);
        self.subtask.extend(&other.subtask);
        self.model_step.extend(&other.model_step);
        self.approval.extend(&other.approval);
    }

    /// Declared transitions that did not happen, as lines.
    pub fn missing(&self) -> Vec<String> {
        let task = TRANSITIONS.iter().filter(|pair| !self.task.contains(pair));
        let task = task.map(|(from, to)| format!("task {} → {}", from.as_str(), to.as_str()));
        let subtask = subtask::TRANSITIONS.iter().map(|(from, to)| (from.as_str(), to.as_str()));
        let step = model_step::TRANSITIONS.iter().map(|(from, to)| (from.as_str(), to.as_str()));
        let approval = approval::TRANSITIONS.iter().copied();
        let left = |name, seen: &BTreeSet<(&str, &str)>, pairs: Vec<(&'static str, &'static str)>| {
            let left = pairs.into_iter().filter(|pair| !seen.contains(pair));
            left.map(|(from, to)| format!("{name} {from} → {to}")).collect::<Vec<String>>()
        };
        let mut lines: Vec<String> = task.collect();
        lines.extend(left("subtask", &self.subtask, subtask.collect()));
        lines.extend(left("model step", &self.model_step, step.collect()));
        lines.extend(left("approval", &self.approval, approval.collect()));
        lines
    }

    pub(super) fn batch(&mut self, before: Option<&Task>, after: &Task) -> Result<(), Broken> {
        before.map_or(Ok(()), |before| self.task_moved(before, after))
    }

    pub(super) fn event(&mut self, before: Option<&Task>, after: &Task) -> Result<(), Broken> {
        let Some(before) = before else { return Ok(()) };
        self.task_moved(before, after)?;
        self.subtasks_moved(before, after)?;
        self.steps_moved(before, after)?;
        self.approvals_moved(before, after)
    }

    fn task_moved(&mut self, before: &Task, after: &Task) -> Result<(), Broken> {
        let pair = (before.state(), after.state());
        if pair.0 == pair.1 {
            return Ok(());
        }
        self.task.insert(pair);
        let declared = TRANSITIONS.contains(&pair);
        rule(declared, || format!("undeclared: task {} → {}", pair.0.as_str(), pair.1.as_str()))
    }

    fn subtasks_moved(&mut self, before: &Task, after: &Task) -> Result<(), Broken> {
        for (number, subtask) in &after.subtasks {
            let Some(old) = before.subtasks.get(number).filter(|old| old.phase != subtask.phase) else {
                continue;
            };
            let declared = subtask::TRANSITIONS.contains(&(old.phase, subtask.phase));
            let pair = (old.phase.as_str(), subtask.phase.as_str());
            self.subtask.insert(pair);
            rule(declared, || format!("undeclared: subtask {number} {} → {}", pair.0, pair.1))?;
        }
        Ok(())
    }

    fn steps_moved(&mut self, before: &Task, after: &Task) -> Result<(), Broken> {
        if before.pass != after.pass {
            return Ok(());
        }
        for (node, step) in &before.steps {
            let (Some(from), to) = (state_of(step), after.steps.get(node).and_then(state_of)) else {
                continue;
            };
            let pair = (from, to.unwrap_or(StepState::Over));
            if pair.0 == pair.1 {
                continue;
            }
            self.model_step.insert((pair.0.as_str(), pair.1.as_str()));
            let declared = model_step::TRANSITIONS.contains(&pair);
            rule(declared, || format!("undeclared: step {node:?} {pair:?}"))?;
        }
        Ok(())
    }

    fn approvals_moved(&mut self, before: &Task, after: &Task) -> Result<(), Broken> {
        for (old, new) in before.approvals.iter().zip(&after.approvals) {
            let pair = (old.state.as_str(), new.state.as_str());
            if pair.0 == pair.1 {
                continue;
            }
            self.approval.insert(pair);
            let declared = approval::TRANSITIONS.contains(&pair);
            rule(declared, || format!("undeclared: approval {} {} → {}", new.number, pair.0, pair.1))?;
        }
        Ok(())
    }
}

fn state_of(step: &Step) -> Option<StepState> {
    match step {
        Step::Model(step) => Some(step.state()),
        Step::Tool(_) => None,
    }
}
