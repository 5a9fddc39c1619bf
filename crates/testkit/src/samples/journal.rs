//! Events of the streams that outlive tasks.

use std::collections::BTreeSet;

use divisi_domain::id::{AgentId, TaskId};
use divisi_domain::journal::{AgentEvent, Spent, WorkspaceEvent};
use divisi_domain::money::MicroUsd;
use divisi_domain::name::Name;
use divisi_domain::scheduling::Registration;
use divisi_domain::stats::Outcome;
use divisi_domain::time::Millis;

/// The samples of every kind of an agent's stream, by kind.
pub fn agent_events() -> Vec<AgentEvent> {
    let registration = |capabilities: &[&'static str], slots| Registration {
        id: AgentId::from_bytes([0xa1; 16]),
        agent_type: Name::from_static("researcher"),
        capabilities: capabilities.iter().map(|name| Name::from_static(name)).collect::<BTreeSet<_>>(),
        slots,
    };
    let ended = |success, response| AgentEvent::Ended(Outcome { success, response: Millis(response) });
    vec![
        AgentEvent::Registered { registration: registration(&["law:licences", "read"], 2), position: 0 },
        AgentEvent::Registered { registration: registration(&[], u16::MAX), position: 70_000 },
        ended(true, 1_234),
        ended(false, u64::MAX),
    ]
}

/// The samples of every kind of a workspace's stream, by kind.
pub fn workspace_events() -> Vec<WorkspaceEvent> {
    let spent = |pass, micro| {
        WorkspaceEvent::Spent(Spent { task: TaskId::from_bytes([0xb2; 16]), pass, charged: MicroUsd(micro) })
    };
    vec![spent(1, 1), spent(300, u64::MAX)]
}
