use std::collections::BTreeMap;

use divisi_api::{Activity, AgentView, TaskAgent};
use divisi_domain::id::AgentId;
use divisi_domain::name::Name;
use divisi_domain::subtask::{Run, SubtaskPhase};
use divisi_domain::task::{Task, TaskState};
use divisi_domain::time::Timestamp;
use divisi_engine::crew::{ANALYST, AgentType, COORDINATOR, MANAGER};
use divisi_store::AgentRow;

/// An agent of the workspace.
pub(crate) fn row(row: &AgentRow, leases: usize) -> AgentView {
    let known = row.stats.outcomes > 0;
    let status = match (row.status, leases) {
        (2, _) => "error",
        (3, _) => "maintenance",
        (_, 0) => "idle",
        _ => "busy",
    };
    AgentView {
        agent_id: row.agent.to_string(),
        agent_type: row.agent_type.to_string(),
        capabilities: row.capabilities.iter().map(ToString::to_string).collect(),
        status: status.to_owned(),
        current_tasks: u32::try_from(leases).unwrap_or(u32::MAX),
        max_concurrent_tasks: row.slots,
        completed: row.stats.outcomes,
        success_milli: known.then_some(u16::try_from(row.stats.success_ppm / 1_000).unwrap_or(1_000)),
        avg_response_ms: known
            .then_some(u32::try_from(row.stats.response_micros / 1_000).unwrap_or(u32::MAX)),
    }
}

/// An agent that has done nothing yet.
pub(crate) fn of_crew(agent_id: String, agent: &AgentType) -> AgentView {
    AgentView {
        agent_id,
        agent_type: agent.name.to_string(),
        capabilities: agent.capabilities.iter().map(ToString::to_string).collect(),
        status: "idle".to_owned(),
        current_tasks: 0,
        max_concurrent_tasks: agent.slots.into(),
        completed: 0,
        success_milli: None,
        avg_response_ms: None,
    }
}

/// The type of the agent that leads the task now, beside those that work on its subtasks. `None`: it waits or has ended.
pub(crate) fn leads(task: &Task, now: Timestamp) -> Option<&'static str> {
    if task.waiting_for(now).is_some() {
        return None;
    }
    match task.state() {
        TaskState::TaskAnalysis
        | TaskState::SpecialistSelection
        | TaskState::TaskDecomposition
        | TaskState::ManagerReview
        | TaskState::ManagerFinalReview => Some(MANAGER),
        TaskState::Coordination => Some(COORDINATOR),
        TaskState::Synthesis => Some(ANALYST),
        TaskState::SpecialistExecution | TaskState::RevisionRequired => {
            let reviewed = task.planned().any(|subtask| subtask.phase == SubtaskPhase::Reviewing);
            reviewed.then_some(MANAGER)
        }
        TaskState::Pending | TaskState::Completed | TaskState::Failed | TaskState::Cancelled => None,
    }
}

/// Agents that worked on a task, in the order in which they came in. `types` are those of the workspace's agents; one
/// that is not known any more has the type that the plan wanted.
pub(crate) fn of_task(task: &Task, types: &BTreeMap<AgentId, Name>) -> Vec<TaskAgent> {
    let mut runs: Vec<(&Run, u16, &str)> = Vec::new();
    for subtask in task.subtasks.values() {
        let number = subtask.node.number;
        runs.extend(subtask.runs.iter().map(|run| (run, number, subtask.node.agent_type.as_str())));
    }
    runs.sort_by_key(|(run, number, _)| (run.started_at, *number));
    let mut places: BTreeMap<AgentId, usize> = BTreeMap::new();
    let mut agents: Vec<TaskAgent> = Vec::new();
    for (run, number, agent_type) in runs {
        let Some(agent) = run.agent else { continue };
        let place = *places.entry(agent).or_insert_with(|| {
            agents.push(TaskAgent {
                agent_id: agent.to_string(),
                agent_type: types.get(&agent).map_or(agent_type, Name::as_str).to_owned(),
                subtasks: Vec::new(),
                activities: Vec::new(),
            });
            agents.len() - 1
        });
        let Some(row) = agents.get_mut(place) else { continue };
        if !row.subtasks.contains(&number) {
            row.subtasks.push(number);
        }
        row.activities.push(Activity {
            timestamp: run.started_at,
            action: "run_started".to_owned(),
            description: describe(run, number),
        });
    }
    agents
}

fn describe(run: &Run, number: u16) -> String {
    let nth = u16::from(run.cycle) + 1;
    let ended = match (&run.review, &run.failure, &run.solution) {
        (Some(review), _, _) => format!("reviewed with {:.2}", f64::from(review.scores.hundredths()) / 100.0),
        (None, Some(failure), _) => format!("ended: {}", failure.code()),
        (None, None, Some(_)) => "handed in".to_owned(),
        (None, None, None) => format!("{} turns so far", run.turns.len()),
    };
    format!("Run {nth} of subtask {number}, {ended}.")
}

#[cfg(test)]
mod tests {
    use divisi_domain::id::WorkspaceId;
    use divisi_domain::stats::AgentStats;

    use super::*;

    #[test]
    fn health_is_the_rows_and_load_is_that_of_the_leases() {
        let agent = |status| AgentRow {
            workspace: WorkspaceId::from_bytes([1; 16]),
            agent: AgentId::from_bytes([2; 16]),
            agent_type: Name::from_static("reader"),
            capabilities: Vec::new(),
            slots: 4,
            status,
            stats: AgentStats::default(),
            registered: 0,
        };
        let rows = [(1, 0, "idle"), (1, 2, "busy"), (2, 1, "error"), (3, 0, "maintenance")];
        for (health, leases, status) in rows {
            let view = row(&agent(health), leases);
            assert_eq!((view.status.as_str(), view.current_tasks as usize), (status, leases), "{health}");
            assert_eq!((view.completed, view.success_milli, view.avg_response_ms), (0, None, None));
        }
    }
}
