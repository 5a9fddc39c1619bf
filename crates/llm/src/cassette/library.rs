//! The exchanges of a cassette, and which of them answers a call.

use std::collections::{BTreeMap, BTreeSet};

use divisi_domain::name::Name;

use super::difference::word;
use super::{Exchange, Kept, KeptRequest, KeptRoom, Miss, Place, first_difference};
use crate::Purpose;

/// Paths that a miss names.
const NEAREST_MAX: usize = 3;

/// All exchanges, by path; of each path in the order of the attempts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cassette {
    paths: BTreeMap<String, Vec<Exchange>>,
}

impl Cassette {
    /// A cassette of these exchanges. Of two at the same place the later one counts.
    pub fn new(exchanges: impl IntoIterator<Item = Exchange>) -> Self {
        let mut places: BTreeMap<Place, Exchange> = BTreeMap::new();
        places.extend(exchanges.into_iter().map(|exchange| (exchange.place.clone(), exchange)));
        let mut paths: BTreeMap<String, Vec<Exchange>> = BTreeMap::new();
        for (place, exchange) in places {
            paths.entry(place.path).or_default().push(exchange);
        }
        paths.values_mut().for_each(without_lost);
        Self { paths }
    }

    /// The exchanges, in the order of their places.
    pub fn exchanges(&self) -> impl Iterator<Item = &Exchange> {
        self.paths.values().flatten()
    }

    /// Providers that were asked.
    pub fn providers(&self) -> BTreeSet<Name> {
        self.exchanges().filter_map(|exchange| exchange.provider.parse().ok()).collect()
    }

    /// Providers with their models, as routes named them.
    pub fn models(&self) -> BTreeSet<(Name, Name)> {
        self.exchanges().filter_map(target).collect()
    }

    /// The room that each model had; of a model without, none is known.
    pub fn rooms(&self) -> BTreeMap<(Name, Name), KeptRoom> {
        let room = |exchange: &Exchange| Some((target(exchange)?, exchange.room?));
        self.exchanges().filter_map(room).collect()
    }

    /// The models of each purpose, in the order in which they were asked: one that another was asked after comes before it.
    pub fn routes(&self) -> BTreeMap<Purpose, Vec<(Name, Name)>> {
        let mut steps: BTreeMap<Purpose, Vec<Vec<(Name, Name)>>> = BTreeMap::new();
        for attempts in self.paths.values() {
            let Some(first) = attempts.first() else { continue };
            let purpose = Purpose::ALL.into_iter().find(|it| it.as_str() == first.request.purpose);
            let asked = attempts.iter().filter_map(target).collect();
            if let Some(purpose) = purpose {
                steps.entry(purpose).or_default().push(asked);
            }
        }
        steps.into_iter().map(|(purpose, steps)| (purpose, in_order(&steps))).collect()
    }

    /// The exchange that answers a call of `provider` with `request` at `place`.
    ///
    /// Attempts may be counted otherwise than when it was recorded, since only those that were answered are there: of the
    /// exchanges with the same request the one of the same attempt answers, else the next one, else the last answer.
    pub fn find(&self, place: &Place, provider: &Name, request: &KeptRequest) -> Result<&Exchange, Miss> {
        let none = || Miss::NoPath { place: place.clone(), nearest: self.nearest(&place.path) };
        let there = self.paths.get(&place.path).ok_or_else(none)?;
        let same = |exchange: &&Exchange| same_call(exchange, provider, request);
        let of = |exchange: &&Exchange| exchange.place.attempt;
        let next = there.iter().filter(same).find(|exchange| of(exchange) >= place.attempt);
        let last = || there.iter().rfind(same).filter(|last| matches!(last.kept, Kept::Answer(_)));
        if let Some(exchange) = next.or_else(last) {
            return Ok(exchange);
        }
        if there.iter().any(|exchange| same(&exchange)) {
            let recorded = there.iter().map(|exchange| exchange.place.attempt).collect();
            return Err(Miss::NoAttempt { place: place.clone(), recorded });
        }
        let compared = there.iter().find(|exchange| of(exchange) >= place.attempt).or(there.last());
        let difference = compared.and_then(|recorded| difference(recorded, provider, request));
        Err(Miss::Differs { place: place.clone(), difference: difference.unwrap_or_default() })
    }

    /// Recorded paths that begin most like `path`.
    fn nearest(&self, path: &str) -> Vec<String> {
        let mut paths: Vec<&String> = self.paths.keys().collect();
        paths.sort_by_key(|known| std::cmp::Reverse(likeness(known, path)));
        paths.into_iter().take(NEAREST_MAX).cloned().collect()
    }
}

fn target(exchange: &Exchange) -> Option<(Name, Name)> {
    Some((exchange.provider.parse().ok()?, exchange.request.model.parse().ok()?))
}

/// All that were asked, each before those that were asked after it more often than before it.
fn in_order(steps: &[Vec<(Name, Name)>]) -> Vec<(Name, Name)> {
    let all: BTreeSet<&(Name, Name)> = steps.iter().flatten().collect();
    let first_in = |step: &[(Name, Name)], one| step.iter().position(|asked| asked == one);
    let before = |one, other| {
        let is_before = |step: &&Vec<(Name, Name)>| match (first_in(step, one), first_in(step, other)) {
            (Some(one), Some(other)) => one < other,
            _ => false,
        };
        steps.iter().filter(is_before).count()
    };
    let begun = |one| steps.iter().filter(|step| step.first() == Some(one)).count();
    let mut order: Vec<&(Name, Name)> = all.into_iter().collect();
    // The most often first asked come first; then each is put before what it preceded.
    order.sort_by_key(|one| std::cmp::Reverse(begun(*one)));
    let mut sorted: Vec<&(Name, Name)> = Vec::new();
    for one in order {
        let at = sorted.iter().position(|other| before(one, *other) > before(*other, one));
        sorted.insert(at.unwrap_or(sorted.len()), one);
    }
    sorted.into_iter().cloned().collect()
}

/// How many parts in which place are the same: what comes first counts most.
fn likeness(known: &str, path: &str) -> (usize, usize) {
    let pairs = || known.split('/').zip(path.split('/'));
    let first = pairs().take_while(|(known, path)| known == path).count();
    (first, pairs().filter(|(known, path)| known == path).count())
}

fn same_call(exchange: &Exchange, provider: &Name, request: &KeptRequest) -> bool {
    exchange.provider == provider.as_str() && exchange.request.fits(request)
}

fn difference(recorded: &Exchange, provider: &Name, request: &KeptRequest) -> Option<String> {
    first_difference(&recorded.request, request)
        .or_else(|| word("provider", &recorded.provider, provider.as_str()))
}

/// Leaves out answers that the recorded task never got: the process died after they were kept, and asked the same once
/// more. An answer that could not be used is followed by another request, or said nothing.
fn without_lost(attempts: &mut Vec<Exchange>) {
    let lost = |at: usize, attempts: &[Exchange]| {
        let exchange = &attempts[at];
        let usable = matches!(&exchange.kept, Kept::Answer(answer) if answer.says_something());
        let again =
            |later: &Exchange| later.provider == exchange.provider && later.request.fits(&exchange.request);
        usable && attempts[at + 1..].iter().any(again)
    };
    let kept: Vec<bool> = (0..attempts.len()).map(|at| !lost(at, attempts)).collect();
    let mut kept = kept.into_iter();
    attempts.retain(|_| kept.next().unwrap_or(true));
}
