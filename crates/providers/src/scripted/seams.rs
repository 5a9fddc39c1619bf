//! What a scripted provider is given from outside: how to wait, and whom to tell of attempts.

use divisi_domain::time::Millis;
use futures::FutureExt;
use futures::future::BoxFuture;

/// Waits, by whatever clock its owner has.
pub trait Sleeper: Send + Sync {
    /// Done once `span` has passed.
    fn sleep(&self, span: Millis) -> BoxFuture<'_, ()>;
}

/// Does not wait: latency is left out.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSleep;

impl Sleeper for NoSleep {
    fn sleep(&self, _: Millis) -> BoxFuture<'_, ()> {
        futures::future::ready(()).boxed()
    }
}

/// Is told of every attempt before anything else happens in it: the witness of a crash test.
pub trait EffectSink: Send + Sync {
    /// The attempt has begun. An error ends the attempt as a failed connection.
    fn attempt_started(&self, idempotency_key: &str, attempt: u16) -> std::io::Result<()>;
}
