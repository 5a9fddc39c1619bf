//! Who waits, in order. Priority is a head start in time, so that a low one waits longer but not for
//! ever.

use std::collections::BTreeMap;

use divisi_domain::plan::Priority;
use divisi_domain::time::{Millis, Timestamp};

use super::Ticket;

/// Nobody is told to ask again sooner than this.
pub(super) const ASK_AGAIN_MILLIS_MIN: Millis = Millis(10);
/// Who did not ask again for so long after its turn is gone.
const ABSENT_MILLIS_MAX: Millis = Millis(5_000);
/// The head start of a medium priority over a low one, and of a high one over a medium one.
const HEAD_START_MILLIS: i64 = 30_000;

/// Arrival less head start, then the order of arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(i64, u64);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Waiting {
    ticket: Ticket,
    tokens: u64,
    until: Timestamp,
}

/// Those ahead of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ahead {
    pub(super) count: u64,
    pub(super) tokens: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Line {
    places: BTreeMap<Place, Waiting>,
    tickets: BTreeMap<Ticket, Place>,
    arrivals: u64,
}

impl Line {
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    pub(super) fn first(&self) -> Option<Ticket> {
        self.places.first_key_value().map(|(_, waiting)| waiting.ticket)
    }

    /// Where a call stands, or would stand.
    pub(super) fn place(&mut self, now: Timestamp, ticket: Ticket, priority: Priority) -> Place {
        if let Some(place) = self.tickets.get(&ticket) {
            return *place;
        }
        self.arrivals += 1;
        let steps = match priority {
            Priority::Low => 0,
            Priority::Medium => 1,
            Priority::High => 2,
        };
        Place(now.as_millis().saturating_sub(steps * HEAD_START_MILLIS), self.arrivals)
    }

    pub(super) fn ahead(&self, place: Place) -> Ahead {
        self.places.range(..place).fold(Ahead { count: 0, tokens: 0 }, |sum, (_, one)| Ahead {
            count: sum.count + 1,
            tokens: sum.tokens.saturating_add(one.tokens),
        })
    }

    pub(super) fn stand(&mut self, place: Place, ticket: Ticket, tokens: u64, until: Timestamp) {
        self.tickets.insert(ticket, place);
        self.places.insert(place, Waiting { ticket, tokens, until });
    }

    pub(super) fn leave(&mut self, ticket: Ticket) {
        if let Some(place) = self.tickets.remove(&ticket) {
            self.places.remove(&place);
        }
    }

    /// Whoever does not come when told to must not hold up the rest.
    pub(super) fn drop_absent(&mut self, now: Timestamp) {
        let Self { places, tickets, .. } = self;
        places.retain(|_, waiting| {
            let here = now.since(waiting.until) <= ABSENT_MILLIS_MAX;
            if !here {
                tickets.remove(&waiting.ticket);
            }
            here
        });
    }
}
