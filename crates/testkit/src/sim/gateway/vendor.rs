//! Three model services with weather: each minute is fair, or brings one kind of trouble to nearly every call.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use divisi_domain::model_step::FailureClass;
use divisi_domain::money::Usage;
use divisi_domain::name::Name;
use divisi_domain::time::{Millis, Timestamp};
use divisi_llm::{CallContext, Provider, ProviderError, Request, Response, TokenSink};
use divisi_providers::Scripted;
use futures::FutureExt;
use futures::future::BoxFuture;

use super::Overruns;
use crate::chance::number_of;

/// How long one kind of weather lasts.
const SPELL_MILLIS: i64 = 60_000;
/// Of 100 calls in bad weather, how many meet it.
const MET_PERCENT: u64 = 85;
/// Far more than any reservation pays for.
const OVERRUN: Usage = Usage {
    input_tokens: 5_000_000,
    output_tokens: 10,
    cached_tokens: 0,
    reasoning_tokens: 0,
    cache_write_tokens: 0,
};

/// What a spell brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weather {
    Fair,
    /// 429, with or without a word on how long.
    Storm {
        retry_after: Option<Millis>,
    },
    /// This refusal, before anything came.
    Refusal(FailureClass),
    /// The answer breaks off.
    Cut,
    /// An answer without a word.
    Empty,
    /// An answer that is none.
    Nonsense,
    /// More is used than was allowed.
    Overrun,
    /// No usage is told.
    Uncounted,
}

/// One model service.
pub(super) struct Vendor {
    pub(super) seed: u64,
    pub(super) name: Name,
    pub(super) inner: Scripted,
    /// The world's time.
    pub(super) clock: Arc<AtomicI64>,
    pub(super) calm: Arc<AtomicBool>,
    pub(super) overruns: Overruns,
}

impl Vendor {
    fn draw(&self, what: &str) -> u64 {
        number_of(&format!("{}/{}/{what}", self.seed, self.name))
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.clock.load(Ordering::Relaxed))
    }

    fn weather(&self, context: &CallContext) -> Weather {
        if self.calm.load(Ordering::Relaxed) {
            return Weather::Fair;
        }
        let met = self.draw(&format!("{}/{}", context.idempotency_key, context.attempt)) % 100 < MET_PERCENT;
        let spell = self.draw(&format!("spell {}", self.now().as_millis() / SPELL_MILLIS));
        if met { weather(spell) } else { Weather::Fair }
    }
}

fn weather(spell: u64) -> Weather {
    use FailureClass::{
        BadRequest, Connection, ContextTooLong, Overloaded, QuotaSpent, Refused, TimedOut, Unauthorized,
        UnknownModel,
    };
    let retry_after = Millis((spell >> 16) % 40_000);
    match spell % 24 {
        0..8 => Weather::Fair,
        8 | 9 => Weather::Storm { retry_after: Some(retry_after) },
        10 => Weather::Storm { retry_after: None },
        11 | 12 => Weather::Refusal(Overloaded),
        13 => Weather::Refusal(Connection),
        14 => Weather::Refusal(TimedOut),
        15 => Weather::Refusal(Unauthorized),
        16 => Weather::Refusal(UnknownModel),
        17 => Weather::Refusal(QuotaSpent),
        18 => Weather::Refusal(ContextTooLong),
        19 => Weather::Refusal(if spell & 32 == 0 { BadRequest } else { Refused }),
        20 => Weather::Cut,
        21 => Weather::Empty,
        22 => Weather::Nonsense,
        _ if spell & 32 == 0 => Weather::Overrun,
        _ => Weather::Uncounted,
    }
}

impl Vendor {
    async fn answer(
        &self,
        request: Request,
        context: &CallContext,
        sink: &mut dyn TokenSink,
    ) -> Result<Response, ProviderError> {
        let trouble = |class| Err(ProviderError::new(class, "a spell of bad weather".to_owned()));
        let model = request.model.clone();
        let said = |text: &str| Ok(Response::new(text.to_owned(), Vec::new(), None, model.clone()));
        match self.weather(context) {
            Weather::Fair => self.inner.call(request, context, sink).await,
            Weather::Storm { retry_after } => trouble(FailureClass::RateLimited)
                .map_err(|error: ProviderError| ProviderError { retry_after, ..error }),
            Weather::Refusal(class) => trouble(class),
            Weather::Cut => {
                sink.push("It was a dark and");
                trouble(FailureClass::Connection).map_err(|error| ProviderError { generated: true, ..error })
            }
            Weather::Empty => said(""),
            Weather::Nonsense => said("I would rather talk about the weather."),
            Weather::Overrun => {
                let answered = self.inner.call(request, context, sink).await?;
                self.overruns.note(context);
                Ok(Response { usage: Some(OVERRUN), ..answered })
            }
            Weather::Uncounted => {
                let answered = self.inner.call(request, context, sink).await?;
                Ok(Response { usage: None, ..answered })
            }
        }
    }
}

impl Provider for Vendor {
    fn name(&self) -> &Name {
        &self.name
    }

    fn call<'a>(
        &'a self,
        request: Request,
        context: &'a CallContext,
        sink: &'a mut dyn TokenSink,
    ) -> BoxFuture<'a, Result<Response, ProviderError>> {
        self.answer(request, context, sink).boxed()
    }
}
