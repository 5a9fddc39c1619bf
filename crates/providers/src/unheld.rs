//! Models whose server refuses to hold an answer to its schema, whatever their name lets expect: behind a proxy may be any server.
//! They are asked in words from then on.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use divisi_domain::money::Usage;
use divisi_domain::name::Name;
use divisi_llm::{ProviderError, Response, TokenSink};

use crate::http::{AnswerReader, Fault, Flow, Refusal, SseEvent, Step};
use crate::refusal::{SCHEMA_WORDS, Said, another_way, may_be_of_the_way};

/// Models that are remembered.
const REMEMBERED_MAX: usize = 1_000;

/// By model, as long as the process lives.
#[derive(Debug, Clone, Default)]
pub(crate) struct Unheld(Arc<Mutex<BTreeSet<Name>>>);

impl Unheld {
    pub(crate) fn has(&self, model: &Name) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(model)
    }

    /// Takes in that the schema was refused. The failure becomes one that the same model is asked again after.
    pub(crate) fn learn(&self, model: &Name, error: ProviderError) -> ProviderError {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !may_be_of_the_way(&error) || known.len() >= REMEMBERED_MAX || !known.insert(model.clone()) {
            return error;
        }
        another_way(error)
    }
}

/// Listens whether a refusal is one of the schema.
pub(crate) struct Listening {
    inner: Box<dyn AnswerReader>,
    pub(crate) refuses_schema: bool,
}

impl Listening {
    pub(crate) fn to(inner: Box<dyn AnswerReader>) -> Self {
        Self { inner, refuses_schema: false }
    }
}

impl AnswerReader for Listening {
    fn event(&mut self, event: &SseEvent, sink: &mut dyn TokenSink) -> Result<Step, Fault> {
        self.inner.event(event, sink)
    }

    fn whole(&mut self, body: &str, sink: &mut dyn TokenSink) -> Result<(), Fault> {
        self.inner.whole(body, sink)
    }

    fn finish(&mut self) -> Result<Response, Fault> {
        self.inner.finish()
    }

    fn complete(&self) -> bool {
        self.inner.complete()
    }

    fn flow(&self) -> Flow {
        self.inner.flow()
    }

    fn usage(&self) -> Option<Usage> {
        self.inner.usage()
    }

    fn refusal(&mut self, refusal: &Refusal<'_>) -> ProviderError {
        self.refuses_schema = Said::of(refusal.body).mentions(&SCHEMA_WORDS);
        self.inner.refusal(refusal)
    }
}
