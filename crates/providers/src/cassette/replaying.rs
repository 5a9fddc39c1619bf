//! Providers that say what was recorded. Nothing is sent to anybody.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use divisi_domain::model_step::FailureClass;
use divisi_domain::name::Name;
use divisi_domain::time::Millis;
use divisi_llm::cassette::{Cassette, KeptRequest, Place, Redaction};
use divisi_llm::{CallContext, Provider, ProviderError, RateSeen, Request, Response, TokenSink};
use futures::FutureExt;
use futures::future::BoxFuture;

use super::{CassetteError, folder};

/// A cassette that is played.
#[derive(Debug, Clone)]
pub struct Replay {
    cassette: Arc<Cassette>,
    redaction: Arc<Redaction>,
}

/// A provider of a cassette.
#[derive(Debug, Clone)]
pub struct Replaying {
    name: Name,
    replay: Replay,
}

impl Replay {
    /// Reads the cassette in `folder`. Requests are compared without what `redaction` takes out.
    pub fn open(folder: &Path, redaction: Redaction) -> Result<Self, CassetteError> {
        Ok(Self::new(folder::read(folder)?, redaction))
    }

    /// Plays a cassette.
    pub fn new(cassette: Cassette, redaction: Redaction) -> Self {
        Self { cassette: Arc::new(cassette), redaction: Arc::new(redaction) }
    }

    /// The cassette.
    pub fn cassette(&self) -> &Cassette {
        &self.cassette
    }

    /// Every provider that was recorded, and one for each of `others`, which a route may name: a call of them is a miss.
    pub fn providers(&self, others: impl IntoIterator<Item = Name>) -> BTreeMap<Name, Arc<dyn Provider>> {
        let mut names: BTreeSet<Name> = self.cassette.providers();
        names.extend(others);
        let provider = |name: Name| {
            let replaying = Replaying { name: name.clone(), replay: self.clone() };
            (name, Arc::new(replaying) as Arc<dyn Provider>)
        };
        names.into_iter().map(provider).collect()
    }
}

impl Replaying {
    fn play(
        &self,
        request: &Request,
        context: &CallContext,
        sink: &mut dyn TokenSink,
    ) -> Result<Response, ProviderError> {
        let asked = KeptRequest::of(request, &self.replay.redaction).map_err(|error| ProviderError {
            sent: false,
            ..ProviderError::new(
                FailureClass::BadRequest,
                format!("The request cannot be compared with the cassette: {error}."),
            )
        })?;
        let place = Place::of(context);
        let found = self.replay.cassette.find(&place, &self.name, &asked);
        let exchange = found.map_err(|miss| miss.error())?;
        for piece in &exchange.stream {
            sink.push(piece);
        }
        in_no_hurry(exchange.outcome(&request.model))
    }
}

/// Nobody is there who wants to be left alone: nothing is waited for, and no allowance is learnt.
fn in_no_hurry(outcome: Result<Response, ProviderError>) -> Result<Response, ProviderError> {
    let rate = RateSeen::default();
    match outcome {
        Ok(response) => Ok(Response { rate, ..response }),
        Err(error) => Err(ProviderError { rate, retry_after: error.retry_after.map(|_| Millis(0)), ..error }),
    }
}

impl Provider for Replaying {
    fn name(&self) -> &Name {
        &self.name
    }

    fn call<'a>(
        &'a self,
        request: Request,
        context: &'a CallContext,
        sink: &'a mut dyn TokenSink,
    ) -> BoxFuture<'a, Result<Response, ProviderError>> {
        futures::future::lazy(move |_| self.play(&request, context, sink)).boxed()
    }
}
