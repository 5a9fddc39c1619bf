//! Projections: the rows that events of a task make of its state. Rebuilt from the log, they come out the same.

use std::collections::BTreeMap;

use divisi_domain::approval::ApprovalState as Asked;
use divisi_domain::approval::ApprovalSubject;
use divisi_domain::budget::AttemptKey;
use divisi_domain::id::{AgentId, WorkspaceId};
use divisi_domain::model_step::Purpose;
use divisi_domain::name::Name;
use divisi_domain::plan::{PlanNode, phases};
use divisi_domain::scheduling::Registration;
use divisi_domain::stats::AgentStats;
use divisi_domain::subtask::{Run, Subtask, SubtaskPhase};
use divisi_domain::task::{Event, Flying, Outcome, Recorded, Stage, Task, WaitKind};
use divisi_domain::time::Timestamp;
use divisi_store::rows::{
    AgentRow, ApprovalRow, ApprovalState, Completion, ProjectionChange, SolutionKind, SolutionRow,
    SubtaskRow, TaskRow, UsageRow, Waiting,
};

use crate::core::TaskKey;

/// Preview texts, which events do not hold.
#[derive(Debug, Clone, Copy)]
pub struct Titles<'a> {
    /// Of the task.
    pub task: &'a str,
    /// Of its subtasks.
    pub subtasks: &'a BTreeMap<u16, String>,
}

/// Every row that `events` changed, each once.
pub fn rows(
    key: TaskKey,
    before: Option<&Task>,
    after: &Task,
    events: &[&Event],
    titles: Titles<'_>,
    at: Timestamp,
) -> Vec<ProjectionChange> {
    let mut rows = vec![ProjectionChange::Task(task_row(key, after, titles.task, at))];
    rows.extend(subtask_rows(key, before, after, titles, at));
    rows.extend(replaced_rows(key, before, after, events, at));
    rows.extend(solution_rows(key, before, after, at));
    rows.extend(approval_rows(key, before, after));
    rows.extend(usage_rows(key, before, events, at));
    rows
}

/// The row of a task.
pub fn task_row(key: TaskKey, task: &Task, title: &str, at: Timestamp) -> TaskRow {
    let ending = task.ending.as_ref().filter(|_| task.is_terminal());
    let completion = |missing: &Vec<u16>, reason: bool| {
        if missing.is_empty() && !reason { Completion::Full } else { Completion::Partial }
    };
    let completed = ending.filter(|_| task.stage == Stage::Completed);
    TaskRow {
        workspace: key.workspace,
        task: key.task,
        title: if task.erased { String::new() } else { preview(title) },
        state: task.state().code(),
        priority: task.submission.priority as u8,
        mode: task.submission.mode as u8,
        crew: task.submission.crew.clone(),
        progress: task.progress,
        created_at: task.created_at,
        updated_at: task.updated_at,
        completed_at: ending.map(|ending| ending.at),
        completion: completed.map(|ending| completion(&ending.missing, ending.reason.is_some())),
        waiting: task.waiting_for(at).map(|wait| Waiting { kind: wait_code(wait.kind), since: wait.since }),
        reason: ending.and_then(|ending| ending.reason).map(|reason| Name::from_static(reason.code())),
        cap: task.ledger.cap(),
        spent: task.ledger.spent(),
        reserved: task.ledger.reserved(),
        pass: task.pass,
        open: !task.is_terminal(),
        last_seq: task.seq,
    }
}

fn preview(title: &str) -> String {
    title.chars().take(500).collect()
}

/// The code of a wait in tables.
pub const fn wait_code(kind: WaitKind) -> u8 {
    match kind {
        WaitKind::Queued => 1,
        WaitKind::Parked => 2,
        WaitKind::Approval => 3,
        WaitKind::Budget => 4,
        WaitKind::Quota => 5,
        WaitKind::Provider => 6,
        WaitKind::Store => 7,
        WaitKind::OutcomeUnknown => 8,
    }
}

/// The name of a wait's code in tables.
pub const fn wait_name(code: u8) -> &'static str {
    match code {
        1 => WaitKind::Queued.as_str(),
        2 => WaitKind::Parked.as_str(),
        3 => WaitKind::Approval.as_str(),
        4 => WaitKind::Budget.as_str(),
        5 => WaitKind::Quota.as_str(),
        6 => WaitKind::Provider.as_str(),
        7 => WaitKind::Store.as_str(),
        8 => WaitKind::OutcomeUnknown.as_str(),
        _ => "unknown",
    }
}

/// Statuses of a subtask in tables: 1 waiting, 2 running, 3 reviewing, 4 accepted, 5 failed, 6 skipped; 7 is
/// [`SUBTASK_REPLACED`].
pub const fn subtask_code(phase: &SubtaskPhase) -> u8 {
    match phase {
        SubtaskPhase::Waiting => 1,
        SubtaskPhase::Running => 2,
        SubtaskPhase::Reviewing => 3,
        SubtaskPhase::Accepted => 4,
        SubtaskPhase::FinallyFailed => 5,
        SubtaskPhase::Skipped => 6,
    }
}

/// The status of a subtask that was never begun and that the plan does not have any more: it was rejected or edited.
pub const SUBTASK_REPLACED: u8 = 7;

fn subtask_rows<'a>(
    key: TaskKey,
    before: Option<&'a Task>,
    after: &'a Task,
    titles: Titles<'a>,
    at: Timestamp,
) -> impl Iterator<Item = ProjectionChange> + 'a {
    let phase_of = phase_numbers(after);
    let changed = after.subtasks.iter().filter(move |(number, subtask)| {
        let old = before.and_then(|before| before.subtasks.get(*number));
        old.is_none_or(|old| row_facts(old) != row_facts(subtask))
    });
    changed.map(move |(number, subtask)| {
        let run = subtask.run();
        let score = run.and_then(|run| run.review.as_ref()).map(|review| review.scores.hundredths());
        let title = titles.subtasks.get(number).filter(|_| !after.erased);
        let title = title.map(|title| preview(title)).unwrap_or_default();
        ProjectionChange::Subtask(SubtaskRow {
            workspace: key.workspace,
            task: key.task,
            number: *number,
            title,
            agent_type: subtask.node.agent_type.clone(),
            agent: run.and_then(|run| run.agent),
            status: subtask_code(&subtask.phase),
            score_hundredths: score,
            cycles: u8::try_from(subtask.runs.len()).unwrap_or(u8::MAX),
            phase: phase_of.get(number).copied().unwrap_or(0),
            started_at: subtask.runs.first().map(|run| run.started_at),
            completed_at: subtask.settled().map(|_| at),
        })
    })
}

/// Subtasks that a plan brought and that are no more. Their titles went with their plan.
fn replaced_rows(
    key: TaskKey,
    before: Option<&Task>,
    after: &Task,
    events: &[&Event],
    at: Timestamp,
) -> Vec<ProjectionChange> {
    let known = before.into_iter().flat_map(|before| before.subtasks.values()).map(|subtask| &subtask.node);
    let planned = events.iter().flat_map(|event| match event {
        Event::PlanEdited { plan, .. }
        | Event::EffectEnded { outcome: Outcome::Answered(Recorded::Plan { plan, .. }), .. } => {
            &plan.nodes[..]
        }
        _ => &[],
    });
    let gone: BTreeMap<u16, &PlanNode> = known
        .chain(planned)
        .filter(|node| !after.subtasks.contains_key(&node.number))
        .map(|node| (node.number, node))
        .collect();
    let row = |node: &PlanNode| {
        ProjectionChange::Subtask(SubtaskRow {
            workspace: key.workspace,
            task: key.task,
            number: node.number,
            title: String::new(),
            agent_type: node.agent_type.clone(),
            agent: None,
            status: SUBTASK_REPLACED,
            score_hundredths: None,
            cycles: 0,
            phase: 0,
            started_at: None,
            completed_at: Some(at),
        })
    };
    gone.into_values().map(row).collect()
}

fn phase_numbers(task: &Task) -> BTreeMap<u16, u16> {
    let Some(pinned) = &task.plan else { return BTreeMap::new() };
    let phases = phases(&pinned.plan);
    let numbered = (0_u16..).zip(phases);
    numbered.flat_map(|(phase, numbers)| numbers.into_iter().map(move |number| (number, phase))).collect()
}

fn row_facts(subtask: &Subtask) -> (u8, usize, Option<AgentId>, bool) {
    let run = subtask.run();
    let reviewed = run.is_some_and(|run| run.review.is_some());
    (subtask_code(&subtask.phase), subtask.runs.len(), run.and_then(|run| run.agent), reviewed)
}

fn solution_rows(key: TaskKey, before: Option<&Task>, after: &Task, at: Timestamp) -> Vec<ProjectionChange> {
    let mut rows = Vec::new();
    for (number, subtask) in &after.subtasks {
        let old = before.and_then(|before| before.subtasks.get(number));
        for (place, run) in subtask.runs.iter().enumerate() {
            let known = old.and_then(|old| old.runs.get(place));
            if known.is_none_or(|known| known.solution != run.solution || known.review != run.review) {
                rows.extend(run_row(key, *number, run, at));
            }
        }
    }
    let coordination = before.and_then(|before| before.coordination);
    if let Some(blob) = after.coordination.filter(|blob| Some(*blob) != coordination) {
        let made = (key, SolutionKind::Coordination, 0, after.pass, at);
        rows.push(solution(made, 0, blob, None));
    }
    for (place, draft) in after.drafts.iter().enumerate() {
        let known = before.and_then(|before| before.drafts.get(place));
        if known != Some(draft) {
            let accepted = draft.review.as_ref().map(|review| review.approved);
            // What a person wrote instead has the round of the draft before it: drafts are numbered within their pass.
            let earlier = after.drafts[..place].iter().filter(|earlier| earlier.pass == draft.pass).count();
            let version = u8::try_from(earlier).unwrap_or(u8::MAX);
            let made = (key, SolutionKind::Synthesis, version, draft.pass, at);
            rows.push(solution(made, 0, draft.content, accepted));
        }
    }
    let fresh_end = before.is_some_and(|before| !before.is_terminal()) && after.stage == Stage::Completed;
    let result = after.ending.as_ref().filter(|_| fresh_end);
    if let Some((blob, approved)) = result.and_then(|ending| Some((ending.content?, ending.approved))) {
        let made = (key, SolutionKind::Final, 0, after.pass, at);
        rows.push(solution(made, 0, blob, Some(approved)));
    }
    rows
}

fn run_row(key: TaskKey, number: u16, run: &Run, at: Timestamp) -> Option<ProjectionChange> {
    let scores = run.review.as_ref().map(|review| review.scores);
    let accepted = scores.map(|scores| scores.verdict() == divisi_domain::review::Verdict::Accepted);
    Some(ProjectionChange::Solution(SolutionRow {
        workspace: key.workspace,
        task: key.task,
        kind: SolutionKind::Subtask,
        subtask: number,
        version: run.cycle,
        pass: run.pass,
        agent: run.agent,
        blob: run.solution?,
        accepted,
        score_hundredths: scores.map(|scores| scores.hundredths()),
        at,
    }))
}

type Made = (TaskKey, SolutionKind, u8, u16, Timestamp);

fn solution(
    (key, kind, version, pass, at): Made,
    subtask: u16,
    blob: divisi_domain::blob::BlobRef,
    accepted: Option<bool>,
) -> ProjectionChange {
    ProjectionChange::Solution(SolutionRow {
        workspace: key.workspace,
        task: key.task,
        kind,
        subtask,
        version,
        pass,
        agent: None,
        blob,
        accepted,
        score_hundredths: None,
        at,
    })
}

fn approval_rows(key: TaskKey, before: Option<&Task>, after: &Task) -> Vec<ProjectionChange> {
    let known = |place: usize| before.and_then(|before| before.approvals.get(place));
    let changed =
        after.approvals.iter().enumerate().filter(|(place, approval)| known(*place) != Some(*approval));
    let row = |(_, approval): (usize, &divisi_domain::approval::Approval)| {
        ProjectionChange::Approval(ApprovalRow {
            workspace: key.workspace,
            task: key.task,
            number: u16::try_from(approval.number).unwrap_or(u16::MAX),
            kind: approval_code(approval.subject),
            digest: approval.digest,
            asked_at: approval.asked_at,
            state: approval_state(&approval.state),
            decided_at: approval.settled_at,
        })
    };
    changed.map(row).collect()
}

/// Kinds of approvals in tables: 1 plan, 2 tool call, 3 publication.
pub const fn approval_code(subject: ApprovalSubject) -> u8 {
    match subject {
        ApprovalSubject::Plan => 1,
        ApprovalSubject::Tool(_) => 2,
        ApprovalSubject::Publication => 3,
    }
}

const fn approval_state(state: &Asked) -> ApprovalState {
    match state {
        Asked::Pending => ApprovalState::Open,
        Asked::Approved => ApprovalState::Approved,
        Asked::Rejected => ApprovalState::Rejected,
        Asked::Edited { .. } => ApprovalState::Edited,
        Asked::Void => ApprovalState::Withdrawn,
    }
}

/// Code of the health of an agent that nobody took out: 1 in tables.
const HEALTH_AVAILABLE: u8 = 1;

/// The row of an agent.
pub fn agent_row(
    workspace: WorkspaceId,
    registration: &Registration,
    position: u32,
    stats: AgentStats,
) -> AgentRow {
    AgentRow {
        workspace,
        agent: registration.id,
        agent_type: registration.agent_type.clone(),
        capabilities: registration.capabilities.iter().cloned().collect(),
        slots: u32::from(registration.slots),
        status: HEALTH_AVAILABLE,
        stats,
        registered: position,
    }
}

/// One row for each model attempt that ended: what it was for, where it went, what it cost.
fn usage_rows(
    key: TaskKey,
    before: Option<&Task>,
    events: &[&Event],
    at: Timestamp,
) -> Vec<ProjectionChange> {
    let mut started = before.map(|before| before.flying.clone()).unwrap_or_default();
    let mut rows = Vec::new();
    for event in events {
        match event {
            Event::EffectStarted { path, attempt, target: Some(target), agent, .. } => {
                let flying = Flying { target: target.clone(), agent: *agent };
                started.insert(AttemptKey { path: *path, attempt: *attempt }, flying);
            }
            Event::EffectEnded { path, attempt, usage, booked, from_cache, .. } => {
                let key_of = AttemptKey { path: *path, attempt: *attempt };
                let Some(Flying { target, agent }) = started.get(&key_of) else { continue };
                let Some(purpose) = Purpose::of(path.node) else { continue };
                rows.push(ProjectionChange::Usage(UsageRow {
                    workspace: key.workspace,
                    task: key.task,
                    path: *path,
                    attempt: *attempt,
                    agent: *agent,
                    subtask: path.node.subtask(),
                    purpose: Name::from_static(purpose.as_str()),
                    provider: target.provider.clone(),
                    model: target.model.clone(),
                    usage: usage.unwrap_or_default(),
                    cost: booked.charged,
                    estimated: booked.estimated,
                    excess: booked.excess,
                    from_cache: *from_cache,
                    at,
                }));
            }
            _ => {}
        }
    }
    rows
}
