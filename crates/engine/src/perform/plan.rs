//! From the plan as the manager wrote it to the graph that is checked.

use std::collections::{BTreeMap, BTreeSet};

use divisi_domain::money::MicroUsd;
use divisi_domain::name::Name;
use divisi_domain::plan::{
    DraftDependency, DraftSubtask, DroppedSpecialist, Estimate, PlanDraft, PlanError, PlanRules,
    Priority as PlanPriority, validate,
};
use divisi_domain::task::{Answer, Task};
use divisi_llm::outputs::{Decomposition, Priority, SubtaskDraft};

use super::answers::complexity;
use super::cover::made_possible;
use super::mend::mended;
use super::{Kept, Performing};
use crate::crew::{Crew, GENERALIST};

impl Performing<'_> {
    /// The plan with what is wrong with it. In the last round what can be mended is, rather than end the task over it.
    pub(super) fn plan(&self, mut plan: Decomposition, kept: &mut Kept) -> Result<Answer, Vec<String>> {
        let task = &self.order.state;
        let rules = plan_rules(task, &self.order.crew, self.required()?);
        let check = |plan: &Decomposition| validate(&plan_draft(plan), &rules).err().unwrap_or_default();
        let mut errors = check(&plan);
        if !errors.is_empty() && is_last_round(task) {
            let whole = mended(&plan, &rules);
            if check(&whole).is_empty() {
                tracing::info!(errors = %sentences(&errors).join(" "), "the last plan was mended");
                (plan, errors) = (whole, Vec::new());
            }
        }
        kept.titles = plan.subtasks.iter().map(|subtask| subtask.title.clone()).collect();
        let draft = plan_draft(&plan);
        let errors = kept.keep_json(&sentences(&errors));
        Ok(Answer::Plan { content: kept.keep_json(&plan), draft, rules, errors })
    }
}

fn sentences(errors: &[PlanError]) -> Vec<String> {
    errors.iter().map(ToString::to_string).collect()
}

/// Whether a plan with errors would end the task.
fn is_last_round(task: &Task) -> bool {
    task.faulty_plans() >= usize::from(task.submission.policy.limits.plan_repair_rounds_max)
}

/// What a plan of `task` is checked against.
pub fn plan_rules(task: &Task, crew: &Crew, required: Vec<Name>) -> PlanRules {
    let skills =
        |agent: &crate::crew::AgentType| (agent.name.clone(), agent.capabilities.iter().cloned().collect());
    let agent_types: BTreeMap<Name, BTreeSet<Name>> = crew.specialists().map(skills).collect();
    let limits = &task.submission.policy.limits;
    let mut rules = PlanRules {
        specialists: task.specialists.clone(),
        required_capabilities: required,
        agent_types,
        generalist: Some(Name::from_static(GENERALIST)),
        subtasks_max: limits.plan_subtasks_max,
        depth_max: limits.plan_depth_max,
        first_number: task.next_subtask(),
    };
    made_possible(&mut rules);
    rules
}

/// The graph of a plan as written.
pub fn plan_draft(decomposition: &Decomposition) -> PlanDraft {
    let dropped = decomposition.dropped_specialists.iter().map(|dropped| DroppedSpecialist {
        agent_type: dropped.agent_type.clone(),
        reason: dropped.reason.clone(),
    });
    PlanDraft {
        subtasks: decomposition.subtasks.iter().map(draft_subtask).collect(),
        dropped: dropped.collect(),
    }
}

fn draft_subtask(subtask: &SubtaskDraft) -> DraftSubtask {
    let required = |id: &String| subtask.required_dependencies.contains(id);
    let edge = |id: &String| DraftDependency::Edge { id: id.clone(), required: required(id) };
    let extra = subtask.required_dependencies.iter().filter(|id| !subtask.dependencies.contains(id));
    DraftSubtask {
        id: subtask.id.clone(),
        assigned_specialist: subtask.assigned_specialist.clone(),
        capability: None,
        dependencies: subtask.dependencies.iter().chain(extra).map(edge).collect(),
        priority: match subtask.priority {
            Priority::High => PlanPriority::High,
            Priority::Medium => PlanPriority::Medium,
            Priority::Low => PlanPriority::Low,
        },
        complexity: complexity(subtask.complexity),
        estimate: Estimate {
            tokens: subtask.estimate.tokens,
            seconds: subtask.estimate.seconds,
            cost: MicroUsd(subtask.estimate.cost_micro_usd),
        },
    }
}
