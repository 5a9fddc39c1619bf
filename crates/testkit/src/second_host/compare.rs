use divisi_domain::task::Task;

use crate::machine::{Broken, rule};
use crate::scenarios::Run;

/// A final state without what may depend on the order in which side by side work ended: the most progress
/// that was seen on the way to an end without a result, and the numbers of questions asked side by side.
pub fn comparable(task: &Task) -> Task {
    let mut task = task.clone();
    task.progress = 0;
    task.approvals.sort_by_key(|approval| (approval.subject, approval.asked_at));
    for approval in &mut task.approvals {
        approval.number = 0;
    }
    task
}

/// Whether two hosts made the same of a scenario.
pub fn agree(one: &Run, other: &Run) -> Result<(), Broken> {
    let (left, right) = (one.by_path(), other.by_path());
    for (path, events) in &left {
        let others = right.get(path);
        rule(others == Some(events), || format!("{path}:\n  {events:?}\n  {others:?}"))?;
    }
    let more = right.keys().find(|path| !left.contains_key(path));
    rule(more.is_none(), || format!("only one host has {more:?}"))?;
    let (left, right) = (comparable(&one.task), comparable(&other.task));
    rule(left == right, || format!("the final states differ:\n  {left:?}\n  {right:?}"))
}
