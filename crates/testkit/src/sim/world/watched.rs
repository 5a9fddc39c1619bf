//! Whoever watches the gateway is told of every call.

use std::collections::BTreeMap;
use std::sync::Arc;

use divisi_domain::name::Name;
use divisi_engine::core::TermsTable;
use divisi_engine::crew::Crew;
use divisi_llm::Provider;
use divisi_providers::scripted::Script;
use divisi_store::Reads;

use super::{Options, START, Violation, World};
use crate::sim::gateway::{self, Watch};
use crate::sim::oracle::Check;
use crate::sim::report::Summary;

/// What a history begins with.
pub(super) struct Ground {
    pub(super) providers: BTreeMap<Name, Arc<dyn Provider>>,
    pub(super) terms: TermsTable,
    pub(super) crew: Crew,
    pub(super) watch: Option<Watch>,
}

impl Ground {
    /// The same with the services that the gateway is watched at, where it is.
    pub(super) fn watched(
        self,
        seed: u64,
        options: &Options,
        script: &Script,
        calm: &Arc<std::sync::atomic::AtomicBool>,
    ) -> Self {
        if !options.gateway {
            return self;
        }
        let setting = gateway::setting(seed, script, calm);
        let (crew, watch) = (gateway::staff(self.crew), Some(setting.watch));
        Self { providers: setting.providers, terms: setting.terms, crew, watch }
    }
}

impl World {
    /// The terms, with what the log says of models that did not keep within theirs.
    pub(super) fn terms_now(&self) -> Result<TermsTable, Violation> {
        let exceeded = self.store.exceeded(START).map_err(|error| self.violation(error.to_string()))?;
        let mut terms = self.terms.clone();
        terms.exceed(exceeded);
        Ok(terms)
    }

    /// No step was tried too often.
    pub(super) fn series_are_short(&self) -> Check {
        self.people.tasks.iter().try_for_each(|known| gateway::check_series(self.store.as_ref(), known.key))
    }

    pub(super) fn watched(
        &mut self,
        tell: impl FnOnce(&mut Watch, &mut Summary) -> Check,
    ) -> Result<(), Violation> {
        let told = self.watch.as_mut().map(|watch| tell(watch, &mut self.summary));
        told.unwrap_or(Ok(())).map_err(|what| self.violation(what))
    }

    pub(super) fn saw(&mut self, tell: impl FnOnce(&mut Watch, &mut Summary)) {
        if let Some(watch) = &mut self.watch {
            tell(watch, &mut self.summary);
        }
    }
}
