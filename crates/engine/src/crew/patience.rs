//! Time for models on machines of one's own: where a service writes fifty tokens a second, they may write two.

use std::collections::BTreeSet;

use divisi_domain::limits::StageMillis;
use divisi_domain::model_step::Purpose;
use divisi_domain::name::Name;
use divisi_domain::time::Millis;

use super::{Crew, RouteTarget};

/// How much longer a stage may take whose model is on a machine of one's own.
const TIMES: u64 = 15;

/// Active time of each stage: as the crew says, and where it says nothing more than usual if one of `own` may be asked.
pub(super) fn stages(crew: &Crew, own: &BTreeSet<Name>) -> StageMillis {
    let is_own = |route: &[RouteTarget]| route.iter().any(|target| own.contains(&target.provider));
    let slow = |purpose| is_own(crew.route(purpose, None));
    let agents = crew.agents.iter().any(|agent| is_own(&agent.route));
    let (said, usual) = (crew.limits.stage_millis, StageMillis::default());
    let time = |purpose, said: Millis, usual: Millis| {
        let is_slow = slow(purpose) || (purpose == Purpose::Work && agents);
        if is_slow && said == usual { Millis(usual.0.saturating_mul(TIMES)) } else { said }
    };
    StageMillis {
        analyse: time(Purpose::Analyse, said.analyse, usual.analyse),
        select: time(Purpose::Select, said.select, usual.select),
        decompose: time(Purpose::Decompose, said.decompose, usual.decompose),
        subtask: time(Purpose::Work, said.subtask, usual.subtask),
        review: time(Purpose::Review, said.review, usual.review),
        coordinate: time(Purpose::Coordinate, said.coordinate, usual.coordinate),
        synthesise: time(Purpose::Synthesise, said.synthesise, usual.synthesise),
        final_review: time(Purpose::FinalReview, said.final_review, usual.final_review),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crew::{parse, shipped};

    #[test]
    fn machines_of_ones_own_are_given_time_where_nobody_says_otherwise() {
        let own: BTreeSet<Name> = [Name::from_static("box")].into();
        let target = |provider| RouteTarget { provider, model: Name::from_static("m") };
        let mut crew = parse(shipped()[0].source).unwrap();
        crew.routes.clear();
        for agent in &mut crew.agents {
            agent.route.clear();
        }
        let usual = StageMillis::default();
        assert_eq!(stages(&crew, &own), crew.limits.stage_millis, "no model of the own");
        crew.limits.stage_millis = StageMillis { decompose: Millis::from_mins(4), ..usual };
        for purpose in Purpose::ALL {
            let provider = if purpose == Purpose::Synthesise { "vendor" } else { "box" };
            crew.routes.insert(purpose, vec![target(provider.parse().unwrap())]);
        }
        let given = stages(&crew, &own);
        assert_eq!((given.select, given.final_review), (Millis::from_mins(15), Millis::from_mins(45)));
        assert_eq!((given.decompose, given.synthesise), (Millis::from_mins(4), usual.synthesise));
        crew.routes.clear();
        crew.agents[0].route = vec![target(Name::from_static("vendor")), target(Name::from_static("box"))];
        assert_eq!(stages(&crew, &own).subtask, Millis::from_mins(225));
    }
}
