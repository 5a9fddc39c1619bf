//! The manager's choice of specialists: by capability, then by what they say they are good at.

use std::cmp::Reverse;

use divisi_llm::inputs::{AgentTypeBrief, SelectInput};
use divisi_llm::outputs::{Priority, Selection, Specialist};

use super::text::concept::concepts;
use super::text::real;
use super::text::word::stems;

const GENERALIST: &str = "generalist";

/// Chooses specialists: every required capability is covered, no two do the same, at most as many as allowed.
pub(super) fn select(input: &SelectInput) -> Selection {
    let mut chosen: Vec<&AgentTypeBrief> = Vec::new();
    let max = usize::from(input.specialists_max.max(1));
    while chosen.len() < max {
        let open: Vec<&AgentTypeBrief> = input
            .agent_types
            .iter()
            .filter(|agent| !chosen.iter().any(|known| known.name == agent.name))
            .collect();
        let best = open.into_iter().min_by_key(|agent| {
            let value = worth(agent, &chosen, input);
            (Reverse(value), agent.name.clone())
        });
        let Some(best) = best else { break };
        if !chosen.is_empty() && worth(best, &chosen, input) == 0 {
            break;
        }
        chosen.push(best);
    }
    cover_the_rest(&mut chosen, input, max);
    Selection {
        specialists: chosen.into_iter().enumerate().map(|(at, agent)| specialist(at, agent, input)).collect(),
    }
}

/// Newly covered required capabilities first, then words shared with the task, then anything new at all.
fn worth(agent: &AgentTypeBrief, chosen: &[&AgentTypeBrief], input: &SelectInput) -> usize {
    let known = |capability: &str| chosen.iter().any(|other| can(other, capability));
    let required = input.analysis.required_capabilities.iter();
    let covers = required.filter(|capability| can(agent, capability) && !known(capability)).count();
    let differs = agent.capabilities.iter().filter(|capability| !known(capability.as_str())).count();
    let searches = usize::from(agent.tools.iter().any(|tool| tool.as_str() == "search_documents"));
    let general = usize::from(agent.name.as_str() == GENERALIST);
    if differs == 0 && !chosen.is_empty() {
        return 0;
    }
    (covers * 1_000 + shared(agent, input) * 20 + searches * 100 + differs.min(3))
        .saturating_sub(general * 50)
}

fn can(agent: &AgentTypeBrief, capability: &str) -> bool {
    agent.capabilities.iter().any(|known| known.as_str() == capability)
}

fn shared(agent: &AgentTypeBrief, input: &SelectInput) -> usize {
    let words = stems(&format!("{} {}", agent.name.as_str().replace(['_', '-'], " "), agent.description));
    concepts(&input.task.description).iter().filter(|concept| words.contains(&concept.stem)).count()
}

/// A required capability that nobody chosen has is filled by the generalist, in the last place if need be.
fn cover_the_rest<'a>(chosen: &mut Vec<&'a AgentTypeBrief>, input: &'a SelectInput, max: usize) {
    let required = &input.analysis.required_capabilities;
    let open = required.iter().any(|wanted| !chosen.iter().any(|agent| can(agent, wanted)));
    let generalist = input.agent_types.iter().find(|agent| agent.name.as_str() == GENERALIST);
    let Some(generalist) = generalist.filter(|_| open) else { return };
    if chosen.iter().any(|agent| agent.name == generalist.name) {
        return;
    }
    if chosen.len() >= max && chosen.len() > 1 {
        chosen.pop();
    }
    chosen.push(generalist);
}

fn specialist(at: usize, agent: &AgentTypeBrief, input: &SelectInput) -> Specialist {
    let required = &input.analysis.required_capabilities;
    let covered: Vec<&str> =
        required.iter().map(String::as_str).filter(|wanted| can(agent, wanted)).collect();
    let rationale = if covered.is_empty() {
        format!("Adds {} to the others.", listed(agent))
    } else {
        format!("Has the required {}.", covered.join(" and "))
    };
    let relevance =
        if required.is_empty() { 0.5 } else { 0.5 + 0.5 * real(covered.len()) / real(required.len()) };
    Specialist {
        agent_type: agent.name.as_str().to_owned(),
        rationale,
        priority: if at == 0 { Priority::High } else { Priority::Medium },
        focus_areas: input
            .analysis
            .aspects
            .iter()
            .skip(at % input.analysis.aspects.len().max(1))
            .take(3)
            .cloned()
            .collect(),
        relevance,
    }
}

fn listed(agent: &AgentTypeBrief) -> String {
    agent.capabilities.iter().map(divisi_domain::name::Name::as_str).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use divisi_domain::name::Name;
    use divisi_llm::inputs::TaskBrief;
    use divisi_llm::outputs::Analysis;

    fn agent(name: &'static str, capabilities: &[&'static str]) -> AgentTypeBrief {
        AgentTypeBrief {
            name: Name::from_static(name),
            description: String::new(),
            capabilities: capabilities.iter().map(|one| Name::from_static(one)).collect(),
            tools: vec![Name::from_static("search_documents")],
        }
    }

    fn check(required: &[&str], max: u8, expected: &[&str]) {
        let agent_types = vec![
            agent("generalist", &["general"]),
            agent("researcher", &["research"]),
            agent("reader", &["research"]),
            agent("analyst", &["data", "comparison"]),
        ];
        let analysis = Analysis {
            required_capabilities: required.iter().map(|one| (*one).to_owned()).collect(),
            ..Analysis::default()
        };
        let input = SelectInput { task: TaskBrief::default(), analysis, agent_types, specialists_max: max };
        let chosen: Vec<String> = select(&input).specialists.into_iter().map(|one| one.agent_type).collect();
        assert_eq!(chosen, expected, "{required:?}");
    }

    #[test]
    fn capabilities_are_covered_by_different_specialists() {
        check(&["research"], 2, &["reader", "analyst"]);
        check(&["data", "research"], 2, &["analyst", "reader"]);
        check(&["flying"], 2, &["analyst", "generalist"]);
        check(&["comparison"], 1, &["analyst"]);
        check(&["general"], 1, &["generalist"]);
        check(&["research", "flying"], 2, &["reader", "generalist"]);
        check(&["data"], 0, &["analyst"]);
        check(&[], 1, &["analyst"]);
    }
}
