use super::World;
use crate::compose::Need;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::render::columns;

/// Prints the agents with load and record.
pub(super) async fn run(world: &World, json: bool) -> Result<Exit, Failure> {
    let session = world.session(Need::Read).await?;
    let agents = session.client.agents().await?;
    if json {
        output::print_json(&agents)?;
        return Ok(Exit::Done);
    }
    let mut rows = vec![
        ["type", "status", "load", "done", "success", "mean time", "capabilities"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for agent in &agents {
        let nothing = || "no data".to_owned();
        rows.push(vec![
            agent.agent_type.clone(),
            agent.status.clone(),
            format!("{}/{}", agent.current_tasks, agent.max_concurrent_tasks),
            agent.completed.to_string(),
            agent.success_milli.map_or_else(nothing, |milli| format!("{}.{} %", milli / 10, milli % 10)),
            agent.avg_response_ms.map_or_else(nothing, |millis| format!("{millis} ms")),
            agent.capabilities.join(", "),
        ]);
    }
    output::print(&columns(&rows, 6, world.terminal.list_width))?;
    Ok(Exit::Done)
}
