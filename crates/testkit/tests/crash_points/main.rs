//! A whole task, with the process dying at every one of its commits: the report is the one that nothing disturbed.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod host;

use std::sync::Arc;

use divisi_domain::model_step::Purpose;
use divisi_domain::money::Price;
use divisi_domain::name::Name;
use divisi_engine::core::{Terms, TermsTable};
use divisi_engine::crew::{Crew, RouteTarget};
use divisi_llm::Provider;
use divisi_providers::scripted::Script;
use divisi_providers::{Extractive, Scripted, extractive, scripted};
use divisi_testkit::app::TestApp;

use host::{Death, Host, Job, Outcome};

const LICENCE: &str = "PREAMBLE\n\nThis licence protects the freedom to share software.\n\n1. Source code.\n\nYou may \
convey verbatim copies of the source code, provided that you publish an appropriate copyright notice on each copy.\n\n\
2. Modified versions.\n\nYou may convey a work based on the program, provided that you state that you changed it and \
give the relevant date. You must license the entire work under this licence to anyone who comes into possession of a copy.\n";
const QUESTION: &str = "What must someone do who conveys modified versions?";

/// The offline provider with its tool loop over a document.
fn offline() -> Job {
    let name = Name::from_static(extractive::PROVIDER);
    let mut terms = TermsTable::default();
    terms.set(name, Name::from_static(extractive::MODEL), Terms::of(Price::default(), u32::MAX));
    let crew = TestApp::crew("research").unwrap();
    Job { question: QUESTION, text: LICENCE, crew, provider: Arc::new(Extractive::default()), terms }
}

/// A scripted model that costs something, three subtasks at once, solutions that are sent back.
fn priced() -> Job {
    let price = Price { input_per_million: 3_000_000, output_per_million: 15_000_000, ..Price::default() };
    let script = Script { price, seed: 5, revise_percent: 50, ..Script::default() };
    let (provider, model) = (Name::from_static(scripted::PROVIDER), Name::from_static("model"));
    let mut crew: Crew = (*TestApp::crew("research").unwrap()).clone();
    for purpose in Purpose::ALL {
        let target = RouteTarget { provider: provider.clone(), model: model.clone() };
        crew.routes.insert(purpose, vec![target]);
    }
    for agent in &mut crew.agents {
        agent.route.clear();
    }
    let mut terms = TermsTable::default();
    terms.set(provider, model, Terms { measured: true, ..Terms::of(price, 20_000) });
    let provider: Arc<dyn Provider> = Arc::new(Scripted::new(script));
    Job { question: QUESTION, text: LICENCE, crew: Arc::new(crew), provider, terms }
}

fn undisturbed(job: &Job) -> Outcome {
    Host::new(job, &[]).run().unwrap()
}

/// Dies as planned; the report is `plain`'s, and exactly the attempts that the deaths cut off were performed again.
fn check(job: &Job, plain: &Outcome, deaths: &[Death]) -> Outcome {
    let outcome = Host::new(job, deaths).run().unwrap_or_else(|what| panic!("{deaths:?}: {what}"));
    assert!(
        outcome.report == plain.report,
        "{deaths:?} changed the report:\n{}\n---\n{}",
        String::from_utf8_lossy(&outcome.report),
        String::from_utf8_lossy(&plain.report),
    );
    let extra = outcome.attempts - plain.attempts;
    assert_eq!(extra, outcome.interrupted, "{deaths:?}: attempts more than needed, attempts interrupted");
    assert_eq!(outcome.commits.len(), deaths.len() + 1, "{deaths:?}");
    outcome
}

/// Every commit, applied or not; and at each the first commits of the recovery as well.
fn check_all(job: &Job) {
    let plain = undisturbed(job);
    let mut interrupted = 0;
    assert!(plain.commits[0] > 10 && !plain.report.is_empty(), "{:?}", plain.commits);
    for commit in 1..=plain.commits[0] {
        for applied in [false, true] {
            let first = Death { commit, applied };
            let outcome = check(job, &plain, &[first]);
            interrupted += outcome.interrupted;
            // The last commit leaves nothing to recover.
            if outcome.commits[1] == 0 {
                continue;
            }
            for again in [false, true] {
                check(job, &plain, &[first, Death { commit: 1, applied: again }]);
            }
        }
    }
    assert!(interrupted > 0, "no death interrupted an attempt: nothing was shown");
}

#[test]
fn the_offline_job_survives_a_death_at_every_commit() {
    check_all(&offline());
}

#[test]
fn a_priced_job_survives_a_death_at_every_commit() {
    check_all(&priced());
}

#[test]
fn the_host_is_deterministic() {
    for job in [offline(), priced()] {
        assert_eq!(undisturbed(&job), undisturbed(&job));
    }
}
