//! Which models a crew works with where its author did not choose, or the user chose otherwise.

use divisi_domain::model_step::Purpose;
use divisi_llm::policy::{RoutePriority, Routes};

use super::{Crew, RouteTarget};

/// What a task may say of its models.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ModelChoice {
    /// These and no others, in the order in which they are tried; empty for no choice.
    pub models: Vec<RouteTarget>,
    /// What matters most, where the crew's author chose no models.
    pub priority: Option<RoutePriority>,
}

/// The routes of a process.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Routing {
    /// By purpose and priority. Without any, crews keep the offline provider.
    pub routes: Routes,
    /// Where the task does not say what matters most.
    pub priority: RoutePriority,
}

impl Routing {
    /// The crew with its models: those of the task, else those that its author chose, else those of the process.
    #[must_use]
    pub fn apply(&self, mut crew: Crew, choice: &ModelChoice) -> Crew {
        if !choice.models.is_empty() {
            for agent in &mut crew.agents {
                agent.route.clear();
            }
        } else if crew.routed {
            return crew;
        }
        let priority = choice.priority.unwrap_or(self.priority);
        for purpose in Purpose::ALL {
            let route = match choice.models.as_slice() {
                [] => self.targets(purpose, priority),
                chosen => chosen.to_vec(),
            };
            if !route.is_empty() {
                crew.routes.insert(purpose, route);
            }
        }
        crew
    }

    fn targets(&self, purpose: Purpose, priority: RoutePriority) -> Vec<RouteTarget> {
        let targets = self.routes.targets(purpose, priority).iter();
        let target = |target: &divisi_llm::policy::RouteTarget| RouteTarget {
            provider: target.provider.clone(),
            model: target.model.clone(),
        };
        targets.map(target).collect()
    }
}

#[cfg(test)]
mod tests {
    use divisi_domain::name::Name;
    use divisi_llm::policy::{RouteEntry, RouteTarget as Configured};

    use super::*;
    use crate::crew::shipped;

    fn configured(model: &'static str) -> Configured {
        Configured {
            provider: Name::from_static("p"),
            model: Name::from_static(model),
            key: Name::from_static("k"),
            price: None,
            input_tokens_max: 1,
            output_tokens_max: 1,
        }
    }

    fn routing() -> Routing {
        let entry = |purpose, priority, model| RouteEntry { purpose, priority, targets: vec![configured(model)] };
        let routes = Routes::new(vec![
            entry(None, None, "any"),
            entry(None, Some(RoutePriority::Cheap), "small"),
            entry(Some(Purpose::Review), None, "judge"),
        ]);
        Routing { routes: routes.unwrap(), priority: RoutePriority::Best }
    }

    fn models(crew: &Crew) -> [String; 2] {
        [Purpose::Work, Purpose::Review].map(|purpose| crew.route(purpose, None)[0].model.to_string())
    }

    #[test]
    fn the_task_then_the_crew_then_the_process_chooses() {
        let unrouted = shipped()[0].parse().unwrap();
        assert!(!unrouted.routed);
        let routed = Crew { routed: true, ..unrouted.clone() };
        let asked = RouteTarget { provider: Name::from_static("p"), model: Name::from_static("asked") };
        let choice = |models: &[RouteTarget], priority| ModelChoice { models: models.to_vec(), priority };
        let own = "extractive-1";
        let rows = [
            (&unrouted, choice(&[], None), ["any", "judge"]),
            (&unrouted, choice(&[], Some(RoutePriority::Cheap)), ["small", "judge"]),
            (&unrouted, choice(std::slice::from_ref(&asked), None), ["asked", "asked"]),
            (&routed, choice(&[], Some(RoutePriority::Cheap)), [own, own]),
            (&routed, choice(&[asked.clone()], None), ["asked", "asked"]),
        ];
        for (crew, choice, expected) in rows {
            assert_eq!(models(&routing().apply(crew.clone(), &choice)), expected, "{choice:?}");
        }
        let kept = Routing::default().apply(unrouted.clone(), &ModelChoice::default());
        assert_eq!(models(&kept), [own, own], "without routes the offline provider stays");
    }
}
