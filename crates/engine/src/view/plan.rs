//! A plan as people edit it.

use divisi_domain::model_step::Purpose;
use divisi_domain::name::Name;
use divisi_domain::plan::{PlanDraft, PlanRules, validate};
use divisi_domain::task::Task;
use divisi_llm::outputs::{Analysis, Decomposition};
use serde_json::Value;

use crate::content::{ContentError, Contents};
use crate::crew::Crew;
use crate::perform::plan::{plan_draft, plan_rules};
use crate::requests::parse_output;

/// A plan that a person wrote and that may run.
#[derive(Debug, Clone, PartialEq)]
pub struct EditedPlan {
    /// With its texts, as it is kept.
    pub text: String,
    /// Its graph.
    pub draft: PlanDraft,
    /// What it was checked against.
    pub rules: PlanRules,
}

/// The plan as the manager wrote it or a person left it; `None` where there is none or where it was erased.
pub fn plan_content(contents: &Contents<'_>, task: &Task) -> Result<Option<Value>, ContentError> {
    let pinned = task.plan.as_ref().filter(|_| !task.erased);
    pinned.map(|pinned| contents.json(pinned.content)).transpose()
}

/// Checks what a person wrote like the plan of a manager. Every error is a sentence.
pub fn edited_plan(
    contents: &Contents<'_>,
    task: &Task,
    crew: &Crew,
    written: &str,
) -> Result<EditedPlan, Vec<String>> {
    let plan: Decomposition = parse_output(Purpose::Decompose, written)?;
    let told = |error: &dyn ToString| vec![error.to_string()];
    let required = required(contents, task).map_err(|error| told(&error))?;
    let (draft, rules) = (plan_draft(&plan), plan_rules(task, crew, required));
    validate(&draft, &rules)
        .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<String>>())?;
    let text = serde_json::to_string(&plan).map_err(|error| told(&error))?;
    Ok(EditedPlan { text, draft, rules })
}

/// Capabilities that the analysis asks for, as far as they are names.
pub(crate) fn required(contents: &Contents<'_>, task: &Task) -> Result<Vec<Name>, ContentError> {
    let Some(content) = task.analysis.filter(|_| !task.erased) else { return Ok(Vec::new()) };
    let analysis: Analysis = contents.json(content)?;
    Ok(analysis.required_capabilities.iter().filter_map(|name| name.parse().ok()).collect())
}
