use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use divisi_api::AgentView;
use divisi_domain::id::WorkspaceId;
use divisi_domain::time::Timestamp;
use divisi_engine::core::{TaskKey, agent_id};
use divisi_engine::driver::{ReadTask, read_shown};
use divisi_store::{Reads, StoreError, TaskQuery};

use crate::api::Api;
use crate::problem::Failure;
use crate::views;

/// The newest tasks, whose crews are shown.
const TASKS_LOOKED_AT: u32 = 50;

/// Every agent of the workspace: those that have worked, and those of the crews of the newest tasks.
pub(crate) async fn status(State(api): State<Api>) -> Result<Json<Vec<AgentView>>, Failure> {
    let (now, workspace) = (api.now(), api.workspace());
    let agents = api
        .read(move |reads| {
            let rows = reads.agents(workspace)?;
            let mut agents = Vec::with_capacity(rows.len());
            for row in &rows {
                agents.push(views::agent::row(row, reads.leases(workspace, row.agent)?.len()));
            }
            for task in newest(reads, workspace)? {
                add(&mut agents, workspace, &task, now);
            }
            Ok(agents)
        })
        .await?;
    Ok(Json(agents))
}

/// The newest unfinished tasks, and the newest finished one of each other crew.
fn newest(reads: &dyn Reads, workspace: WorkspaceId) -> Result<Vec<ReadTask>, StoreError> {
    let query = TaskQuery { limit: TASKS_LOOKED_AT, ..TaskQuery::default() };
    let mut crews = BTreeSet::new();
    let mut tasks = Vec::new();
    for row in reads.tasks(workspace, &query)?.rows {
        if !row.open && crews.contains(&row.crew) {
            continue;
        }
        // One that cannot be read has nothing to show.
        if let Ok(Some(task)) = read_shown(reads, TaskKey::new(workspace, row.task))
            && !task.task.erased
        {
            crews.insert(row.crew);
            tasks.push(task);
        }
    }
    Ok(tasks)
}

/// The agents of the task's crew that are not there yet, and what those do for it that hold no slot.
fn add(agents: &mut Vec<AgentView>, workspace: WorkspaceId, task: &ReadTask, now: Timestamp) {
    let leads = views::agent::leads(&task.task, now);
    for agent in &task.crew.agents {
        let id = agent_id(workspace, &task.task.submission.crew, &agent.name).to_string();
        let place = agents.iter().position(|known| known.agent_id == id).unwrap_or_else(|| {
            agents.push(views::agent::of_crew(id, agent));
            agents.len() - 1
        });
        if let Some(known) = agents.get_mut(place).filter(|_| leads == Some(agent.name.as_str())) {
            known.current_tasks += 1;
            "busy".clone_into(&mut known.status);
        }
    }
}
