//! The most that the rest of a planned task can cost.

use divisi_domain::model_step::{Purpose, Target};
use divisi_domain::money::MicroUsd;
use divisi_domain::plan::{CallCeilings, PlanNode, worst_case_cost};
use divisi_domain::task::Task;

use crate::core::TermsTable;
use crate::crew::Crew;
use crate::requests::sampling;

/// The upper bound of a plan with every rerun, turn, attempt and round; `None` where there is no plan, where the task has
/// ended, or where the price of a model is not known.
pub fn worst_case(task: &Task, crew: &Crew, terms: &TermsTable) -> Option<MicroUsd> {
    let plan = &task.plan.as_ref().filter(|_| !task.is_terminal())?.plan;
    let limits = &task.submission.policy.limits;
    let dearest = |purpose, agent_type: Option<&str>| {
        let tokens = sampling(limits, purpose).output_tokens_max;
        let bounds = crew.route(purpose, agent_type).iter().map(|target| {
            let target = Target { index: 0, provider: target.provider.clone(), model: target.model.clone() };
            terms.bound(&target, tokens)
        });
        bounds.collect::<Option<Vec<MicroUsd>>>().and_then(|bounds| bounds.into_iter().max())
    };
    let turns: Option<Vec<MicroUsd>> =
        plan.nodes.iter().map(|node| dearest(Purpose::Work, Some(node.agent_type.as_str()))).collect();
    let turns = turns?;
    let ceilings = CallCeilings {
        review: dearest(Purpose::Review, None)?,
        coordinate: dearest(Purpose::Coordinate, None)?,
        synthesise: dearest(Purpose::Synthesise, None)?,
        final_review: dearest(Purpose::FinalReview, None)?,
    };
    let place = |node: &PlanNode| plan.nodes.iter().position(|known| known.number == node.number);
    let turn = |node: &PlanNode| place(node).and_then(|place| turns.get(place)).copied().unwrap_or_default();
    Some(worst_case_cost(plan, limits, &ceilings, turn))
}
