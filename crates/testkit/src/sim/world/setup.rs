//! What every simulated history begins with: models with their terms, and the crew that works on them.

use divisi_domain::model_step::Purpose;
use divisi_domain::money::Price;
use divisi_domain::name::Name;
use divisi_engine::core::{Terms, TermsTable};
use divisi_engine::crew::{Crew, RouteTarget};
use divisi_llm::policy::RateLimits;

use super::MODELS;
use crate::app::TestApp;

/// What the simulated models cost, whether their prompts are measured, and what their provider allows.
pub(super) fn terms_of(seed: u64, provider: &Name, price: Price) -> TermsTable {
    let mut terms = TermsTable::default();
    let measured = seed.is_multiple_of(2);
    for model in MODELS {
        let priced = Terms { measured, ..Terms::of(price, if measured { 200_000 } else { 2_000 }) };
        terms.set(provider.clone(), Name::from_static(model), priced);
    }
    terms.limit(provider.clone(), Name::from_static("default"), limits_of(seed));
    terms
}

/// What the simulated provider allows: of eight seeds two are kept to calls a minute, one to calls at once.
fn limits_of(seed: u64) -> RateLimits {
    match seed % 8 {
        1 | 6 => RateLimits { requests_per_minute: Some(120), ..RateLimits::default() },
        4 => RateLimits { calls_in_flight_max: Some(2), ..RateLimits::default() },
        _ => RateLimits::default(),
    }
}

/// The research crew on the three simulated models, with the tool that has side effects.
pub(super) fn crew() -> Crew {
    let mut crew = TestApp::crew("research").map_or_else(fallback, |crew| (*crew).clone());
    let target = |model: &str| RouteTarget {
        provider: Name::from_static("simulated"),
        model: model.parse().unwrap_or_else(|_| Name::from_static("dear")),
    };
    for purpose in Purpose::ALL {
        crew.routes.insert(purpose, MODELS.iter().map(|model| target(model)).collect());
    }
    for agent in &mut crew.agents {
        agent.route.clear();
        agent.tools.push(Name::from_static(crate::sim::tool::POST_NOTE));
        agent.slots = 2;
    }
    crew
}

#[expect(clippy::panic, reason = "the shipped crew is parsed by its own tests")]
fn fallback() -> Crew {
    panic!("the shipped crew 'research' does not parse")
}
