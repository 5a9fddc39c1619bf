//! The shape of a crew file, as people write it. The JSON schema is generated from these types.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::cache::CacheFile;
use super::limits::LimitsFile;
use super::policy::PolicyFile;

/// A crew: who works on a task, by which instructions, within which limits.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Divisi crew")]
pub(super) struct CrewFile {
    /// Short name by which the crew is chosen: `a-z`, digits and `_`.
    #[schemars(with = "String", regex(pattern = "^[a-z][a-z0-9_]{0,63}$"))]
    pub name: Spanned<String>,
    /// Version of the crew, as in `1.0.0`. Raise it with every change.
    #[schemars(with = "String", regex(pattern = r"^[0-9]+(\.[0-9]+){0,2}$"))]
    pub version: Spanned<String>,
    /// What the crew is good for, in a sentence or two.
    #[schemars(with = "String", length(min = 1, max = 2000))]
    pub description: Spanned<String>,
    /// Agent types: `manager`, `coordinator`, `analyst`, `generalist` and at least one other specialist.
    pub agents: Vec<AgentFile>,
    /// Instructions by purpose; what is not given here is the built-in text.
    #[serde(default)]
    pub prompts: PromptsFile,
    /// Pieces of text for `{% include "…" %}` in prompts; they replace built-in pieces of the same name.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub fragments: BTreeMap<String, Spanned<String>>,
    /// Limits that differ from the defaults.
    #[serde(default)]
    pub limits: LimitsFile,
    /// What is asked of people, and what happens at the end of the money.
    #[serde(default)]
    pub policy: PolicyFile,
    /// Which models are called, by purpose.
    #[serde(default)]
    pub routes: RoutesFile,
    /// Answers that are taken from other tasks instead of asking a model again.
    #[serde(default)]
    pub cache: CacheFile,
}

/// One agent type.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AgentFile {
    /// Its name. `manager`, `coordinator` and `analyst` have their fixed parts; all others are specialists.
    #[schemars(with = "String", length(min = 1, max = 96))]
    pub name: Spanned<String>,
    /// What it is good at. The manager reads this when it selects specialists.
    #[schemars(with = "String", length(min = 1, max = 2000))]
    pub description: Spanned<String>,
    /// What it can do; subtasks are matched by these.
    #[schemars(with = "Vec<String>")]
    pub capabilities: Vec<Spanned<String>>,
    /// Tools that it may call.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub tools: Vec<Spanned<String>>,
    /// How many subtasks one such agent works on at a time.
    #[serde(default = "one_slot")]
    #[schemars(with = "u16", range(min = 1, max = 64))]
    pub slots: Spanned<u16>,
    /// Instructions of this type, added to those of the purpose. No template.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub prompt: Option<Spanned<String>>,
    /// Models for its own turns, as `provider/model`; the route of the purpose where none is given.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub route: Vec<Spanned<String>>,
}

fn one_slot() -> Spanned<u16> {
    Spanned::new(0..0, 1)
}

/// Instructions by purpose.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct PromptsFile {
    /// The manager analyses the task.
    pub analyse: PromptFile,
    /// The manager selects specialists.
    pub select: PromptFile,
    /// The manager writes the plan.
    pub decompose: PromptFile,
    /// A specialist works on a subtask.
    pub work: PromptFile,
    /// The manager reviews a solution.
    pub review: PromptFile,
    /// The coordinator collects.
    pub coordinate: PromptFile,
    /// The analyst writes the report.
    pub synthesise: PromptFile,
    /// The manager reviews the report.
    pub final_review: PromptFile,
}

/// The two templates (Jinja) of one purpose.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct PromptFile {
    /// Instructions. Sees `crew`, `agent` and `limits` only: never text of users, documents or tools.
    #[schemars(with = "Option<String>")]
    pub system: Option<Spanned<String>>,
    /// The material. Sees the typed inputs of the purpose; texts go through the `data` filter.
    #[schemars(with = "Option<String>")]
    pub user: Option<Spanned<String>>,
}

/// Ordered models by purpose, each as `provider/model`. At most three each.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RoutesFile {
    /// For every purpose that names none.
    #[schemars(with = "Vec<String>")]
    pub default: Vec<Spanned<String>>,
    /// The manager analyses the task.
    #[schemars(with = "Vec<String>")]
    pub analyse: Vec<Spanned<String>>,
    /// The manager selects specialists.
    #[schemars(with = "Vec<String>")]
    pub select: Vec<Spanned<String>>,
    /// The manager writes the plan.
    #[schemars(with = "Vec<String>")]
    pub decompose: Vec<Spanned<String>>,
    /// A specialist works on a subtask.
    #[schemars(with = "Vec<String>")]
    pub work: Vec<Spanned<String>>,
    /// The manager reviews a solution.
    #[schemars(with = "Vec<String>")]
    pub review: Vec<Spanned<String>>,
    /// The coordinator collects.
    #[schemars(with = "Vec<String>")]
    pub coordinate: Vec<Spanned<String>>,
    /// The analyst writes the report.
    #[schemars(with = "Vec<String>")]
    pub synthesise: Vec<Spanned<String>>,
    /// The manager reviews the report.
    #[schemars(with = "Vec<String>")]
    pub final_review: Vec<Spanned<String>>,
}
