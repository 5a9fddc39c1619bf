//! Model servers come and go while a process runs: what came since is offered to tasks.

use std::sync::Arc;
use std::time::Duration;

use divisi_domain::name::Name;
use divisi_engine::driver::Handle;
use divisi_server::Offers;
use tokio::sync::{mpsc, watch};

use super::folder::Places;
use super::gateway::{Models, Patience};
use super::held::Broken;
use crate::config::Settings;

/// What is told of servers that are found.
pub(super) struct Growing {
    pub(super) models: Models,
    pub(super) handle: Handle,
    pub(super) offers: watch::Sender<Arc<Offers>>,
    /// Who tells a person, if somebody does.
    pub(super) found: mpsc::Sender<Vec<Name>>,
}

impl Growing {
    /// Looks again and again, as long as the process runs.
    pub(super) async fn run(mut self, places: Places, settings: Settings) -> Result<(), Broken> {
        let rest = Duration::from_secs(settings.look_again_seconds.into());
        let mut patience = Patience::default();
        loop {
            pause(rest).await;
            match self.models.again(&places, &settings, &mut patience).await {
                Ok(None) => {}
                Ok(Some(models)) => self.offer(models).await,
                Err(error) => tracing::warn!(%error, "model servers cannot be looked for"),
            }
        }
    }

    /// The engine first: a task may be submitted as soon as the API knows.
    async fn offer(&mut self, models: Models) {
        let (providers, terms) = (models.providers.clone(), models.terms.clone());
        if self.handle.renew_models(providers, terms).await.is_err() {
            return;
        }
        self.offers.send_replace(Arc::new(models.offers()));
        let were = std::mem::replace(&mut self.models, models);
        // Whoever does not listen is told nothing.
        let _ = self.found.try_send(new(&were, &self.models));
    }
}

/// Services that answer now and did not before.
fn new(were: &Models, are: &Models) -> Vec<Name> {
    let answered = |name: &Name| were.services.iter().any(|known| known.name == *name && known.is_ready());
    let ready = are.services.iter().filter(|service| service.is_ready());
    ready.map(|service| service.name.clone()).filter(|name| !answered(name)).collect()
}

#[expect(clippy::disallowed_methods, reason = "nobody tells when a server comes up: it is looked for")]
async fn pause(rest: Duration) {
    tokio::time::sleep(rest).await;
}
