//! A vendor's limits: requests and tokens of one key in any 60 seconds.

use std::collections::{HashMap, VecDeque};

use crate::Behaviour;

const WINDOW_MS: u64 = 60_000;

/// What was admitted lately, by key.
#[derive(Debug, Default)]
pub(crate) struct Limiter {
    admitted: HashMap<Option<String>, VecDeque<(u64, u64)>>,
}

/// Where a key stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Standing {
    /// Requests allowed in the window, where they are limited.
    pub(crate) requests: Option<Allowance>,
    /// Tokens allowed in the window, where they are limited.
    pub(crate) tokens: Option<Allowance>,
}

/// One limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Allowance {
    /// In the window.
    pub(crate) limit: u32,
    /// Still allowed.
    pub(crate) left: u32,
    /// Until one more is allowed; 0 where some are left.
    pub(crate) reset_ms: u64,
}

impl Standing {
    /// How long to wait, where a limit is reached.
    pub(crate) fn wait_ms(&self) -> Option<u64> {
        let limits = [self.requests, self.tokens].into_iter().flatten();
        limits.filter(|limit| limit.left == 0).map(|limit| limit.reset_ms.max(1)).max()
    }
}

impl Limiter {
    /// Admits a request of so many tokens, or says how long to wait. What is refused is not counted.
    pub(crate) fn admit(
        &mut self,
        behaviour: &Behaviour,
        key: Option<&str>,
        now_ms: u64,
        tokens: u64,
    ) -> Result<Standing, Standing> {
        let admitted = self.admitted.entry(key.map(str::to_owned)).or_default();
        while admitted.front().is_some_and(|(at, _)| at.saturating_add(WINDOW_MS) <= now_ms) {
            admitted.pop_front();
        }
        let standing = standing(behaviour, admitted, now_ms);
        if standing.wait_ms().is_some() {
            return Err(standing);
        }
        if behaviour.requests_per_minute.is_some() || behaviour.tokens_per_minute.is_some() {
            admitted.push_back((now_ms, tokens));
        }
        Ok(self::standing(behaviour, admitted, now_ms))
    }
}

fn standing(behaviour: &Behaviour, admitted: &VecDeque<(u64, u64)>, now_ms: u64) -> Standing {
    let used_requests = u32::try_from(admitted.len()).unwrap_or(u32::MAX);
    let used_tokens =
        u32::try_from(admitted.iter().map(|(_, tokens)| tokens).sum::<u64>()).unwrap_or(u32::MAX);
    let reset_ms = admitted.front().map_or(0, |(at, _)| at.saturating_add(WINDOW_MS).saturating_sub(now_ms));
    let allowance = |limit: u32, used: u32| Allowance { limit, left: limit.saturating_sub(used), reset_ms };
    Standing {
        requests: behaviour.requests_per_minute.map(|limit| allowance(limit, used_requests)),
        tokens: behaviour.tokens_per_minute.map(|limit| allowance(limit, used_tokens)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limited(requests: Option<u32>, tokens: Option<u32>) -> Behaviour {
        Behaviour { requests_per_minute: requests, tokens_per_minute: tokens, ..Behaviour::default() }
    }

    #[test]
    fn more_than_the_limit_waits_until_the_oldest_is_a_minute_old() {
        let behaviour = limited(Some(2), None);
        let mut limiter = Limiter::default();
        let mut ask =
            |at: u64| limiter.admit(&behaviour, Some("k"), at, 5).map_err(|standing| standing.wait_ms());
        assert_eq!(ask(0).unwrap().requests.unwrap().left, 1);
        assert_eq!(ask(10_000).unwrap().requests.unwrap().left, 0);
        assert_eq!(ask(20_000).unwrap_err(), Some(40_000));
        assert_eq!(ask(59_999).unwrap_err(), Some(1));
        assert!(ask(60_000).is_ok());
        assert_eq!(ask(60_000).unwrap_err(), Some(10_000));
    }

    #[test]
    fn tokens_are_counted_by_key() {
        let behaviour = limited(None, Some(100));
        let mut limiter = Limiter::default();
        assert!(limiter.admit(&behaviour, Some("a"), 0, 100).is_ok());
        assert!(limiter.admit(&behaviour, Some("a"), 1, 1).is_err());
        assert!(limiter.admit(&behaviour, Some("b"), 1, 1).is_ok());
        assert!(limiter.admit(&behaviour, None, 1, 1).is_ok());
    }

    #[test]
    fn without_limits_nothing_is_remembered() {
        let mut limiter = Limiter::default();
        for at in 0..100 {
            let admitted = limiter.admit(&Behaviour::default(), None, at, 1_000_000);
            assert_eq!(admitted, Ok(Standing::default()));
        }
        assert!(limiter.admitted.values().all(VecDeque::is_empty));
    }
}
