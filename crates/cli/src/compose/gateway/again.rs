//! Model servers that were not there when this process began.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use divisi_domain::name::Name;
use divisi_providers::http::{Transport, host_port};

use super::probe::{ask, listening};
use super::service::{Probed, Service};
use super::{Models, environment, network};
use crate::compose::folder::Places;
use crate::compose::session::SessionError;
use crate::config::{CassetteUse, Settings};

/// How long a machine of one's own may take to say that somebody listens.
const CONNECTED_WITHIN: Duration = Duration::from_millis(500);

/// Rounds after which something that listens and is no model server is asked again, at most.
const ROUNDS_MAX: u32 = 32;

/// What listens at a usual port may be anybody's, or a server that is still loading: it is asked again, and ever less often.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    round: u32,
    /// When each is asked next, and how many rounds were let go by before that.
    next: BTreeMap<Name, (u32, u32)>,
}

impl Patience {
    fn begin(&mut self) {
        self.round = self.round.saturating_add(1);
    }

    fn is_due(&self, name: &Name) -> bool {
        self.next.get(name).is_none_or(|(due, _)| *due <= self.round)
    }

    fn wait(&mut self, name: &Name) {
        let gap = self.next.get(name).map_or(1, |(_, gap)| gap.saturating_mul(2).min(ROUNDS_MAX));
        self.next.insert(name.clone(), (self.round.saturating_add(gap), gap));
    }
}

impl Models {
    /// Whether there is anything to look for: only servers of one's own come and go.
    pub(crate) fn may_grow(&self, settings: &Settings) -> bool {
        let looks = settings.detect_local_servers || self.services.iter().any(is_away);
        looks && settings.look_again_seconds > 0 && settings.cassette == CassetteUse::None
    }

    /// All models, where a server answers that did not before; what is known of the others stays as it is.
    pub(crate) async fn again(
        &self,
        places: &Places,
        settings: &Settings,
        patience: &mut Patience,
    ) -> Result<Option<Self>, SessionError> {
        let mut found =
            if settings.detect_local_servers { listening(&self.services).await } else { Vec::new() };
        for service in self.services.iter().filter(|service| is_away(service)) {
            if listens(service).await {
                found.push(service.clone());
            }
        }
        patience.begin();
        found.retain(|service| patience.is_due(&service.name));
        if found.is_empty() {
            return Ok(None);
        }
        let transport = network(&environment(places, settings))?;
        ask(&mut found, transport.as_ref(), false).await;
        let others = found.iter().filter(|service| !service.is_ready());
        others.for_each(|service| patience.wait(&service.name));
        found.retain(Service::is_ready);
        if found.is_empty() {
            return Ok(None);
        }
        self.with(settings, found, &transport).map(Some)
    }

    fn with(
        &self,
        settings: &Settings,
        found: Vec<Service>,
        transport: &Arc<dyn Transport>,
    ) -> Result<Self, SessionError> {
        let mut kept = self.providers.clone();
        let mut services = self.services.clone();
        for service in found {
            kept.remove(&service.name);
            match services.iter_mut().find(|known| known.name == service.name) {
                Some(known) => *known = service,
                None => services.push(service),
            }
        }
        let mut models = Self::of(settings, services, Some(transport))?;
        // They know by now what their servers refuse.
        models.providers.extend(kept);
        Ok(models)
    }
}

/// Whether it is a server of one's own that did not answer as one.
fn is_away(service: &Service) -> bool {
    service.is_own() && service.wants_probe() && matches!(service.probed, Probed::Failed(_))
}

async fn listens(service: &Service) -> bool {
    let Some(base_url) = &service.base_url else { return false };
    let connecting = tokio::net::TcpStream::connect(host_port(base_url));
    let connected = tokio::time::timeout(CONNECTED_WITHIN, connecting).await;
    connected.is_ok_and(|connected| connected.is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_no_model_server_is_asked_ever_less_often() {
        let (mut patience, name) = (Patience::default(), Name::from_static("web"));
        let mut asked = Vec::new();
        for round in 1..=150 {
            patience.begin();
            if patience.is_due(&name) {
                asked.push(round);
                patience.wait(&name);
            }
        }
        assert_eq!(asked, [1, 2, 4, 8, 16, 32, 64, 96, 128]);
        assert!(patience.is_due(&Name::from_static("other")));
    }
}
