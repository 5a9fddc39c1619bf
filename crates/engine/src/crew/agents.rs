//! The agent types of a crew file.

use std::collections::BTreeSet;

use divisi_domain::name::Name;
use toml::Spanned;

use super::file::AgentFile;
use super::text::Text;
use super::{ANALYST, AgentType, COORDINATOR, GENERALIST, MANAGER};

/// Agent types of one crew.
const AGENT_TYPES_MAX: usize = 64;
/// Slots of one agent.
const SLOTS_MAX: u16 = 64;
/// Bytes of an agent type's own instructions.
const AGENT_PROMPT_BYTES_MAX: usize = 16 * 1024;

/// Whether the type has a fixed part in the workflow, and so takes no subtasks.
pub(super) fn is_fixed(name: &str) -> bool {
    matches!(name, MANAGER | COORDINATOR | ANALYST)
}

/// The agent types, with every fault told to `text`.
pub(super) fn resolve(files: &[AgentFile], text: &mut Text<'_>) -> Vec<AgentType> {
    if files.len() > AGENT_TYPES_MAX {
        text.fault(None, format!("The crew has {} agent types; it may have {AGENT_TYPES_MAX}.", files.len()));
    }
    let mut seen = BTreeSet::new();
    let mut agents = Vec::with_capacity(files.len());
    for file in files {
        let Some(agent) = agent(file, text) else { continue };
        if !seen.insert(agent.name.clone()) {
            text.fault_at(
                &file.name,
                format!("The agent type '{}' is defined twice. Rename one.", agent.name),
            );
        }
        agents.push(agent);
    }
    require_fixed_and_specialists(&agents, text);
    agents
}

fn agent(file: &AgentFile, text: &mut Text<'_>) -> Option<AgentType> {
    let name = text.name(&file.name);
    let shown = file.name.get_ref();
    if file.description.get_ref().trim().is_empty() {
        text.fault_at(&file.description, format!("'{shown}' has no description; the manager selects by it."));
    }
    let slots = *file.slots.get_ref();
    if slots == 0 || slots > SLOTS_MAX {
        text.fault_at(&file.slots, format!("'{shown}' has {slots} slots; it may have 1 to {SLOTS_MAX}."));
    }
    let capabilities = text.names(&file.capabilities, "capability");
    if capabilities.is_empty() && !is_fixed(shown) {
        text.fault_at(
            &file.name,
            format!("The specialist '{shown}' has no capability. Give it at least one."),
        );
    }
    Some(AgentType {
        name: name?,
        description: file.description.get_ref().trim().to_owned(),
        capabilities,
        tools: text.names(&file.tools, "tool"),
        slots,
        prompt: own_prompt(file.prompt.as_ref(), text),
        route: text.route(&file.route),
    })
}

fn own_prompt(prompt: Option<&Spanned<String>>, text: &mut Text<'_>) -> Option<String> {
    let prompt = prompt?;
    let length = prompt.get_ref().len();
    if length > AGENT_PROMPT_BYTES_MAX {
        text.fault_at(
            prompt,
            format!("This prompt has {length} bytes; it may have {AGENT_PROMPT_BYTES_MAX}."),
        );
    }
    Some(prompt.get_ref().trim().to_owned()).filter(|prompt| !prompt.is_empty())
}

fn require_fixed_and_specialists(agents: &[AgentType], text: &mut Text<'_>) {
    let has = |name: &str| agents.iter().any(|agent| agent.name.as_str() == name);
    for name in [MANAGER, COORDINATOR, ANALYST, GENERALIST].into_iter().filter(|name| !has(name)) {
        text.fault(None, format!("The agent type '{name}' is missing. Every crew needs it."));
    }
    let specialists: Vec<&AgentType> = agents.iter().filter(|agent| !is_fixed(agent.name.as_str())).collect();
    if !specialists.iter().any(|agent| agent.name.as_str() != GENERALIST) {
        text.fault(None, "The crew has no specialist besides the generalist. Add at least one.");
    }
    for (at, one) in specialists.iter().enumerate() {
        if let Some(twin) = specialists.iter().skip(at + 1).find(|other| same_skills(one, other)) {
            text.fault(
                None,
                format!(
                    "'{}' and '{}' have the same capabilities. Merge them or tell them apart.",
                    one.name, twin.name
                ),
            );
        }
    }
}

fn same_skills(one: &AgentType, other: &AgentType) -> bool {
    let set = |agent: &AgentType| agent.capabilities.iter().cloned().collect::<BTreeSet<Name>>();
    set(one) == set(other)
}
