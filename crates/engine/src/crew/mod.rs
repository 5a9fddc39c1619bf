//! Crews: agent types, prompts, limits, policy and routes of a vertical, as one file.
//!
//! A crew is read once ([`parse`]), pinned in a task by its [`Crew::digest`] and kept there as
//! [`Crew::canonical_bytes`], so that a later edit of the file changes no task that runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use divisi_domain::blob::Digest;
use divisi_domain::limits::Limits;
use divisi_domain::model_step::Purpose;
use divisi_domain::name::Name;
use divisi_llm::inputs::AgentTypeBrief;
use serde::{Deserialize, Serialize};

mod agents;
mod cache;
mod compact;
mod fault;
mod file;
mod limits;
mod material;
mod parse;
mod patience;
mod policy;
mod prompt;
mod routing;
pub(crate) mod samples;
mod schema;
mod shipped;
#[cfg(test)]
mod tests;
mod text;

pub use divisi_domain::approval::Mode;
pub use divisi_domain::task::OnBudget;
pub use divisi_llm::policy::{CachePolicy, RoutePriority};
pub use fault::{CrewFault, CrewFaults};
pub use parse::parse;
pub use policy::{AutomationRule, Policy, RuleCondition, RuleValue, rules};
pub(crate) use prompt::Compiled;
pub use prompt::{RenderError, Rendered, Wording, purpose_of};
pub use routing::{Asked, ModelChoice, Routing};
pub use schema::schema_json;
pub use shipped::{DEFAULT_CREW, Shipped, shipped};

/// The agent type that analyses, selects, plans and reviews.
pub const MANAGER: &str = "manager";
/// The agent type that collects what specialists found.
pub const COORDINATOR: &str = "coordinator";
/// The agent type that writes the report.
pub const ANALYST: &str = "analyst";
/// The specialist that takes what nobody else can.
pub const GENERALIST: &str = "generalist";

/// A crew with everything resolved: no default is looked up later.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crew {
    /// By which it is chosen.
    pub name: Name,
    /// As its author counts.
    pub version: String,
    /// What it is good for.
    pub description: String,
    /// In the order of the file.
    pub agents: Vec<AgentType>,
    /// For every purpose.
    pub prompts: BTreeMap<Purpose, Prompt>,
    /// Pieces that prompts include, by name.
    pub fragments: BTreeMap<String, String>,
    /// Written into the stream when a pass starts.
    pub limits: Limits,
    /// What is asked of people.
    pub policy: Policy,
    /// For every purpose, one to three targets.
    pub routes: BTreeMap<Purpose, Vec<RouteTarget>>,
    /// For which purposes answers of other tasks are taken.
    #[serde(default, skip_serializing_if = "CachePolicy::is_empty")]
    pub cache: CachePolicy,
    /// Whether its author chose models; where not, whoever takes the crew chooses.
    #[serde(skip)]
    pub routed: bool,
    /// The templates as the engine of templates has them, from the first call on.
    #[serde(skip)]
    pub(crate) compiled: Compiled,
}

/// A kind of worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentType {
    /// Unique in the crew.
    pub name: Name,
    /// What it is good at.
    pub description: String,
    /// What it can do.
    pub capabilities: Vec<Name>,
    /// The tools it may call.
    pub tools: Vec<Name>,
    /// Subtasks at a time, at least one.
    pub slots: u16,
    /// Its own instructions.
    pub prompt: Option<String>,
    /// Targets of its own turns; empty means the route of the purpose.
    pub route: Vec<RouteTarget>,
}

/// The two templates of a purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prompt {
    /// Instructions.
    pub system: String,
    /// The material.
    pub user: String,
}

/// A model of a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteTarget {
    /// Name of the provider.
    pub provider: Name,
    /// The provider's own name of the model.
    pub model: Name,
}

impl Crew {
    /// The bytes that the digest is of: JSON in the order of the types.
    pub fn canonical_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }

    /// BLAKE3 of the canonical bytes: two crews that would act alike have one digest.
    pub fn digest(&self) -> Result<Digest, serde_json::Error> {
        Ok(Digest(*blake3::hash(&self.canonical_bytes()?).as_bytes()))
    }

    /// The canonical bytes and their digest, as tasks pin them: made once. A crew is not changed after it.
    pub(crate) fn pinned(&self) -> Result<(Arc<[u8]>, Digest), serde_json::Error> {
        if let Some(known) = self.compiled.pinned.get() {
            return Ok(known.clone());
        }
        let made = (self.canonical_bytes()?.into(), self.digest()?);
        Ok(self.compiled.pinned.get_or_init(|| made).clone())
    }

    /// The agent type of this name.
    pub fn agent(&self, name: &str) -> Option<&AgentType> {
        self.agents.iter().find(|agent| agent.name.as_str() == name)
    }

    /// The types that work on subtasks: all but manager, coordinator and analyst.
    pub fn specialists(&self) -> impl Iterator<Item = &AgentType> {
        self.agents.iter().filter(|agent| !agents::is_fixed(agent.name.as_str()))
    }

    /// The capabilities of the specialists, each once, sorted.
    pub fn capabilities(&self) -> Vec<Name> {
        let mut names: Vec<Name> = self.specialists().flat_map(|agent| agent.capabilities.clone()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// The targets of a call: those of the agent type for its own turns, else those of the purpose.
    pub fn route(&self, purpose: Purpose, agent_type: Option<&str>) -> &[RouteTarget] {
        let own = agent_type.filter(|_| purpose == Purpose::Work).and_then(|name| self.agent(name));
        match own {
            Some(agent) if !agent.route.is_empty() => &agent.route,
            _ => self.routes.get(&purpose).map_or(&[], Vec::as_slice),
        }
    }

    /// What the machines obey of this crew, as it is pinned when a task is submitted.
    pub fn task_policy(&self) -> divisi_domain::task::Policy {
        let targets =
            |purpose| self.routes.get(purpose).map_or(1, |route| u8::try_from(route.len()).unwrap_or(1));
        divisi_domain::task::Policy {
            limits: self.limits.clone(),
            route_targets: Purpose::ALL.iter().map(targets).collect(),
            on_budget: self.policy.on_budget,
            // A crew that was parsed has rules that resolve; one that was not asks a person each time.
            rules: self.policy.rules().unwrap_or_default(),
            agent_targets: self
                .specialists()
                .filter(|agent| !agent.route.is_empty())
                .map(|agent| (agent.name.clone(), u8::try_from(agent.route.len()).unwrap_or(u8::MAX)))
                .collect(),
        }
    }

    /// Tools and providers that the crew names and this machine does not have, as sentences.
    pub fn missing(&self, tools: &[Name], providers: &[Name]) -> Vec<String> {
        let mut missing = Vec::new();
        for agent in &self.agents {
            for tool in agent.tools.iter().filter(|tool| !tools.contains(tool)) {
                missing.push(format!(
                    "Agent type '{}' uses the tool '{tool}', which does not exist here.",
                    agent.name
                ));
            }
        }
        let routes = self.routes.values().chain(self.agents.iter().map(|agent| &agent.route));
        let mut named: Vec<&Name> = routes.flatten().map(|target| &target.provider).collect();
        named.sort();
        named.dedup();
        for provider in named.into_iter().filter(|name| !providers.contains(name)) {
            missing.push(format!("A route names the provider '{provider}', which is not configured here."));
        }
        missing
    }
}

impl From<&AgentType> for AgentTypeBrief {
    fn from(agent: &AgentType) -> Self {
        Self {
            name: agent.name.clone(),
            description: agent.description.clone(),
            capabilities: agent.capabilities.clone(),
            tools: agent.tools.clone(),
        }
    }
}
