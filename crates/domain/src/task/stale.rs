//! What a person's revision of some subtasks makes of the others: an accepted answer stands for as long as nobody asked
//! for it again and nothing that it was built on has changed.

use std::collections::BTreeSet;

use super::event::RevisionScope;
use super::past::Revision;
use super::state::Task;
use crate::subtask::Subtask;

impl Task {
    /// Whether what an earlier pass accepted of a subtask stands without another run.
    pub(super) fn stands(&self, subtask: &Subtask) -> bool {
        let Some(accepted) = &subtask.accepted else { return false };
        let number = subtask.node.number;
        let named = |revision: &Revision| match &revision.scope {
            RevisionScope::SpecificSubtasks(numbers) => {
                revision.pass > accepted.pass && numbers.contains(&number)
            }
            RevisionScope::FullTask | RevisionScope::FinalAnswer => false,
        };
        let changed = |on: u16| {
            let now = self.subtasks.get(&on).and_then(|on| on.accepted.as_ref());
            now.is_some_and(|now| now.pass > accepted.pass)
        };
        !self.revisions.iter().any(named) && !subtask.node.dependencies.iter().any(|edge| changed(edge.on))
    }

    /// These subtasks with all that were built on them, directly or not.
    pub(super) fn with_dependents(&self, numbers: &BTreeSet<u16>) -> BTreeSet<u16> {
        let mut found = numbers.clone();
        loop {
            let depends =
                |subtask: &&Subtask| subtask.node.dependencies.iter().any(|edge| found.contains(&edge.on));
            let more: Vec<u16> = self.planned().filter(depends).map(|subtask| subtask.node.number).collect();
            let before = found.len();
            found.extend(more);
            if found.len() == before {
                return found;
            }
        }
    }
}
