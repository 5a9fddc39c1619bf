use std::collections::BTreeMap;

use divisi_api::{PlanView, SubtaskStatus, SubtaskView};
use divisi_domain::approval::ApprovalSubject;
use divisi_domain::plan::{critical_path, phases};
use divisi_domain::subtask::{Subtask, SubtaskPhase};
use divisi_domain::task::Task;
use divisi_domain::time::Millis;
use divisi_engine::content::{Contents, or_told};
use divisi_engine::core::{Loaded, TermsTable};
use divisi_engine::view;
use divisi_store::UsageRow;

use crate::problem::Failure;

/// The plan of a task.
pub(crate) fn view(
    loaded: &Loaded,
    contents: &Contents<'_>,
    usage: &[UsageRow],
    terms: &TermsTable,
) -> Result<PlanView, Failure> {
    let task = &loaded.task;
    let texts = or_told(view::subtask_texts(contents, task), &mut Vec::new())?.unwrap_or_default();
    let phase_of = phase_numbers(task);
    let mut subtasks = Vec::new();
    for subtask in task.planned() {
        let number = subtask.node.number;
        let text = texts.get(&number);
        let phase = phase_of.get(&number).copied().unwrap_or(0);
        let spent: u64 = usage.iter().filter(|row| row.subtask == Some(number)).map(|row| row.cost.0).sum();
        let view = SubtaskView {
            title: text.map(|text| text.title.clone()).unwrap_or_default(),
            description: text.map(|text| text.description.clone()).unwrap_or_default(),
            phase,
            spent_micro_usd: spent,
            ..bare(task, subtask)
        };
        subtasks.push(view);
    }
    let asked =
        task.asked(ApprovalSubject::Plan).filter(|_| task.stage == divisi_domain::task::Stage::PlanApproval);
    Ok(PlanView {
        task_id: task.id,
        phases: phase_of.values().max().map_or(0, |last| last + 1),
        critical_path: critical(task),
        worst_case_micro_usd: view::worst_case(task, &loaded.crew, terms).map(|cost| cost.0),
        approval: asked.map(|approval| approval.number),
        digest: asked.map(|approval| approval.digest.to_string()),
        draft: asked.map(|_| view::plan_content(contents, task)).transpose()?.flatten(),
        subtasks,
    })
}

fn bare(task: &Task, subtask: &Subtask) -> SubtaskView {
    let (node, run) = (&subtask.node, subtask.run());
    let review = run.and_then(|run| run.review.as_ref());
    SubtaskView {
        number: node.number,
        title: String::new(),
        description: String::new(),
        agent_type: node.agent_type.to_string(),
        agent: run.and_then(|run| run.agent).map(|agent| agent.to_string()),
        status: status(subtask),
        phase: 0,
        dependencies: node.dependencies.iter().map(|edge| edge.on).collect(),
        runs: u32::try_from(subtask.runs.len()).unwrap_or(u32::MAX),
        turn: run
            .filter(|_| subtask.phase == SubtaskPhase::Running)
            .map(|run| u32::try_from(run.turns.len()).unwrap_or(0) + 1),
        activity: view::activity(task, node.number),
        score_hundredths: review.map(|review| review.scores.hundredths()),
        spent_micro_usd: 0,
        estimated_tokens: node.estimate.tokens,
        estimated_seconds: node.estimate.seconds,
        estimated_micro_usd: node.estimate.cost.0,
        started_at: subtask.runs.first().map(|run| run.started_at),
        completed_at: None,
    }
}

fn status(subtask: &Subtask) -> SubtaskStatus {
    let again = subtask.runs.len() > 1;
    match subtask.phase {
        SubtaskPhase::Waiting if subtask.runs.is_empty() => SubtaskStatus::Pending,
        SubtaskPhase::Waiting => SubtaskStatus::Revising,
        SubtaskPhase::Running if again => SubtaskStatus::Revising,
        SubtaskPhase::Running => SubtaskStatus::Running,
        SubtaskPhase::Reviewing => SubtaskStatus::InReview,
        SubtaskPhase::Accepted => SubtaskStatus::Accepted,
        SubtaskPhase::FinallyFailed => SubtaskStatus::Failed,
        SubtaskPhase::Skipped => SubtaskStatus::Skipped,
    }
}

fn phase_numbers(task: &Task) -> BTreeMap<u16, u16> {
    let Some(pinned) = &task.plan else { return BTreeMap::new() };
    let numbered = (0_u16..).zip(phases(&pinned.plan));
    numbered.flat_map(|(phase, numbers)| numbers.into_iter().map(move |number| (number, phase))).collect()
}

fn critical(task: &Task) -> Vec<u16> {
    let Some(pinned) = &task.plan else { return Vec::new() };
    let seconds = |number| pinned.plan.node(number).map_or(0, |node| node.estimate.seconds);
    critical_path(&pinned.plan, |number| Millis(seconds(number).saturating_mul(1_000))).numbers
}
