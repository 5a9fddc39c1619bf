//! The limiter of one (provider, key): requests and tokens per minute as waiting reservations. Who does
//! not fit now stands in line: workspaces take turns, within one it goes by priority and arrival. Each is told when to ask
//! again, and is served in that order, so that nobody starves and nobody stampedes.

mod bucket;
mod line;
mod queue;
#[cfg(test)]
mod tests;

use divisi_domain::id::WorkspaceId;
use divisi_domain::plan::Priority;
use divisi_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use bucket::Bucket;
use line::Line;

/// What a provider allows. `None` is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RateLimits {
    /// Requests per minute, at least 1.
    pub requests_per_minute: Option<u32>,
    /// Tokens per minute, input and output, at least 1.
    pub tokens_per_minute: Option<u32>,
    /// Calls in flight at once, at least 1. Kept by the gateway, since it knows what ended.
    pub calls_in_flight_max: Option<u16>,
}

/// Names a call that wants to go, the same each time that it asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// The call.
    pub ticket: Ticket,
    /// Whose it is: each has its share of what is allowed, however much others want.
    pub workspace: WorkspaceId,
    /// Orders the calls of a workspace.
    pub priority: Priority,
}

/// What the limiter answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It may go; this many tokens are set aside for it.
    Admit {
        /// Hand this back with the real use.
        tokens: u64,
    },
    /// It stands in line: ask again then, not much later.
    Wait {
        /// When its turn may come.
        until: Timestamp,
    },
}

/// The limiter of one (provider, key).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limiter {
    requests: Option<Bucket>,
    tokens: Option<Bucket>,
    paused_until: Option<Timestamp>,
    line: Line,
}

impl Limiter {
    /// A limiter with full buckets.
    pub fn new(limits: RateLimits, now: Timestamp) -> Self {
        let bucket = |per_minute: Option<u32>| per_minute.map(|per_minute| Bucket::full(per_minute, now));
        Self {
            requests: bucket(limits.requests_per_minute),
            tokens: bucket(limits.tokens_per_minute),
            paused_until: None,
            line: Line::default(),
        }
    }

    /// Asks for a call of at most `tokens` tokens.
    pub fn ask(&mut self, now: Timestamp, caller: &Caller, tokens: u64) -> Turn {
        self.refill(now);
        self.line.drop_absent(now);
        let place = self.line.place(now, caller);
        let ahead = self.line.ahead(caller.workspace, place);
        let tokens_ahead = u64::try_from(ahead.tokens).unwrap_or(u64::MAX);
        let until = self.turn_of(now, ahead.count, tokens_ahead, tokens);
        if until > now || ahead.count > 0 {
            self.line.stand(place, caller, self.charge(tokens), until);
            return Turn::Wait { until: until.max(now + line::ASK_AGAIN_MILLIS_MIN) };
        }
        self.line.leave(caller.ticket);
        self.line.had_turn(caller.workspace);
        Turn::Admit { tokens: self.take(tokens) }
    }

    /// A call that stood in line does not want to go any more.
    pub fn leave(&mut self, ticket: Ticket) {
        self.line.leave(ticket);
    }

    /// A call that was admitted at `taken` used `used` tokens; what it did not use is there for the next.
    pub fn settle(&mut self, now: Timestamp, taken: Timestamp, reserved: u64, used: u64) {
        self.refill(now);
        if let Some(bucket) = &mut self.tokens {
            bucket.give_back(taken, reserved, used);
        }
    }

    /// A call that was admitted at `taken` was never sent.
    pub fn undo(&mut self, now: Timestamp, taken: Timestamp, reserved: u64) {
        self.settle(now, taken, reserved, 0);
        if let Some(bucket) = &mut self.requests {
            bucket.give_back(taken, 1, 0);
        }
    }

    /// The provider said that it is too much (429): nothing goes before `until`.
    pub fn pause(&mut self, until: Timestamp) {
        self.paused_until = self.paused_until.max(Some(until));
    }

    /// The provider allows something else from now on. What was used stays used.
    pub fn set_limits(&mut self, limits: RateLimits, now: Timestamp) {
        self.refill(now);
        set_limit(&mut self.requests, limits.requests_per_minute, now);
        set_limit(&mut self.tokens, limits.tokens_per_minute, now);
    }

    /// Who is first in line.
    pub fn first(&self) -> Option<Ticket> {
        self.line.first()
    }

    /// Calls that stand in line.
    pub fn waiting(&self) -> usize {
        self.line.len()
    }

    fn refill(&mut self, now: Timestamp) {
        for bucket in [&mut self.requests, &mut self.tokens].into_iter().flatten() {
            bucket.refill(now);
        }
        self.paused_until = self.paused_until.filter(|until| *until > now);
    }

    fn turn_of(&self, now: Timestamp, ahead: u64, tokens_ahead: u64, tokens: u64) -> Timestamp {
        let requests = self.requests.as_ref().map(|bucket| bucket.ready_at(now, ahead, 1));
        let charge = self.charge(tokens);
        let tokens = self.tokens.as_ref().map(|bucket| bucket.ready_at(now, tokens_ahead, charge));
        [requests, tokens, self.paused_until].into_iter().flatten().fold(now, Timestamp::max)
    }

    fn charge(&self, tokens: u64) -> u64 {
        self.tokens.as_ref().map_or(tokens, |bucket| bucket.charge(tokens))
    }

    fn take(&mut self, tokens: u64) -> u64 {
        let charge = self.charge(tokens);
        if let Some(bucket) = &mut self.requests {
            bucket.take(1);
        }
        if let Some(bucket) = &mut self.tokens {
            bucket.take(charge);
        }
        charge
    }
}

fn set_limit(bucket: &mut Option<Bucket>, per_minute: Option<u32>, now: Timestamp) {
    match (bucket.as_mut(), per_minute) {
        (Some(bucket), Some(per_minute)) => bucket.set_rate(per_minute),
        (None, Some(per_minute)) => *bucket = Some(Bucket::full(per_minute, now)),
        (_, None) => *bucket = None,
    }
}
