//! What decisions never come to, made by hand: the machine says so instead of doing damage.

use std::sync::Arc;

use divisi_domain::id::InputId;
use divisi_domain::path::{EffectPath, Node};
use divisi_domain::subtask::{CallPhase, Run, SubtaskPhase};
use divisi_domain::task::{Envelope, Event, Input, Task, decide};
use divisi_testkit::machine::line;
use divisi_testkit::scenarios::{Reply, Row, TASK, reads};

use crate::driver::Driver;

const TWO: &[Row] = &[("a", &[]), ("b", &["a"])];
const WORK: &str = "p1/execute/s1/cycle0/turn1/model";

type Damage = fn(&mut Task);

fn executing(damage: impl FnOnce(&mut Task)) -> Task {
    let mut driver = Driver::executing(TWO, |_| {});
    driver.start(WORK);
    let mut task = driver.task().clone();
    damage(&mut task);
    task
}

/// spec/workflow.md: a graph in which nothing can run and nothing waits is a bug with its own reason, never completed.
#[test]
fn a_task_that_cannot_move_fails_with_a_reason_of_its_own() {
    let rows: [(&str, Damage); 3] = [
        ("running without a step", |_| {}),
        ("waiting with a run that did not end", |task| {
            task.subtasks.get_mut(&1).unwrap().phase = SubtaskPhase::Waiting;
        }),
        ("all run at once without a step", |task| {
            let at = task.updated_at;
            let other = task.subtasks.get_mut(&2).unwrap();
            other.phase = SubtaskPhase::Running;
            other.runs.push(Run::new(1, 0, false, at));
            other.node.dependencies.clear();
            task.plan.as_mut().unwrap().plan.nodes[1].dependencies.clear();
        }),
    ];
    for (name, damage) in rows {
        let mut task = executing(damage);
        task.steps.clear();
        let envelope =
            Envelope { id: InputId([9; 16]), at: task.updated_at, entropy: 0, input: Input::TimerDue };
        let decided = decide(TASK, &mut Some(Arc::new(task)), &envelope).unwrap();
        let lines: Vec<String> = decided.iter().map(line).collect();
        assert_eq!(lines, ["failed stuck"], "{name}");
    }
}

#[test]
fn what_is_recorded_of_another_run_changes_nothing_in_this_one() {
    let mut driver = Driver::executing(TWO, |_| {});
    driver.make(WORK, &Reply::Calls(vec![reads("search")]));
    let before = driver.task().clone();
    let node = Node::Tool { subtask: 1, cycle: 1, turn: 1, call: 0 };
    let event = Event::CallSettled { path: EffectPath { pass: 1, node }, phase: CallPhase::Skipped };
    let mut task = before.clone();
    task.apply(&event, before.updated_at);
    assert_eq!(task.subtasks, before.subtasks);
    assert_eq!((task.seq, &task.steps), (before.seq + 1, &before.steps));
}
