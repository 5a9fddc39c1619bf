//! Reservations and settlements of one stream, in integer micro-USD.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use crate::money::MicroUsd;
use crate::path::EffectPath;

/// One try of one effect: the key of its reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode)]
#[cbor(array)]
pub struct AttemptKey {
    /// The effect.
    #[n(0)]
    pub path: EffectPath,
    /// Its try, from 1.
    #[n(1)]
    pub attempt: u16,
}

/// Why nothing was reserved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReserveRefused {
    /// It does not fit under the cap.
    #[error(
        "This call may cost up to {asked}, but of the cap of {cap} only {left} is left ({spent} spent, {reserved} reserved). Raise the cap or let calls in flight end."
    )]
    OverCap {
        /// The upper bound of the call.
        asked: MicroUsd,
        /// The cap.
        cap: MicroUsd,
        /// Settled.
        spent: MicroUsd,
        /// Open reservations.
        reserved: MicroUsd,
        /// What could still be reserved.
        left: MicroUsd,
    },
    /// The sums do not fit into the number: nothing is admitted rather than something wrapped.
    #[error("The ledger cannot count {asked} more. Close this task and start another.")]
    Overflow {
        /// The upper bound of the call.
        asked: MicroUsd,
    },
    /// The attempt has its reservation already.
    #[error("Attempt {} of {} has a reservation already.", key.attempt, key.path)]
    AlreadyReserved {
        /// The attempt.
        key: AttemptKey,
    },
}

/// A cap that would lie below what is spent and reserved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("The cap cannot be {asked}: {committed} is spent or reserved already. Choose at least that.")]
pub struct CapRefused {
    /// The cap asked for.
    pub asked: MicroUsd,
    /// Spent and reserved.
    pub committed: MicroUsd,
}

/// What an attempt turned out to cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Settlement {
    /// The provider's final usage, priced.
    Actual(MicroUsd),
    /// It never reached the wire, or was turned away before anything was generated: nothing.
    Unused,
    /// Interrupted, cut, cancelled or answered without usage: the whole reservation, an estimate.
    Whole,
}

/// A settlement as it is booked; the body of the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Encode, Decode)]
pub struct Booked {
    /// What the account is charged.
    #[n(0)]
    pub charged: MicroUsd,
    /// The charge is the reservation, since no usage is known.
    #[n(1)]
    pub estimated: bool,
    /// The part of the charge beyond the reservation: the provider did not keep within the limits it
    /// was sent (`reservation_exceeded`), and its model may not be called under a cap any more.
    #[n(2)]
    pub excess: MicroUsd,
}

/// The account of a task.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Ledger {
    #[n(0)]
    cap: Option<MicroUsd>,
    #[n(1)]
    open: BTreeMap<AttemptKey, MicroUsd>,
    #[n(2)]
    spent: MicroUsd,
    #[n(3)]
    estimated: MicroUsd,
    #[n(4)]
    excess: MicroUsd,
}

impl Ledger {
    /// An empty account; `None` is no cap.
    pub fn new(cap: Option<MicroUsd>) -> Self {
        Self { cap, ..Self::default() }
    }

    /// The hard cap.
    pub const fn cap(&self) -> Option<MicroUsd> {
        self.cap
    }

    /// Settled so far, estimates and excesses included.
    pub const fn spent(&self) -> MicroUsd {
        self.spent
    }

    /// The part of [`Self::spent`] that is estimated.
    pub const fn estimated(&self) -> MicroUsd {
        self.estimated
    }

    /// The part of [`Self::spent`] beyond reservations.
    pub const fn excess(&self) -> MicroUsd {
        self.excess
    }

    /// The sum of the open reservations.
    pub fn reserved(&self) -> MicroUsd {
        self.open.values().copied().sum()
    }

    /// Spent and reserved.
    pub fn committed(&self) -> MicroUsd {
        self.spent + self.reserved()
    }

    /// What could still be reserved; `None` without a cap.
    pub fn left(&self) -> Option<MicroUsd> {
        self.cap.map(|cap| cap.saturating_sub(self.committed()))
    }

    /// The reservation of an attempt in flight.
    pub fn reservation(&self, key: &AttemptKey) -> Option<MicroUsd> {
        self.open.get(key).copied()
    }

    /// Attempts in flight with their reservations.
    pub fn open(&self) -> impl Iterator<Item = (&AttemptKey, MicroUsd)> {
        self.open.iter().map(|(key, amount)| (key, *amount))
    }

    /// Decides on a reservation: spent + reserved + `amount` ≤ cap.
    pub fn check(&self, key: &AttemptKey, amount: MicroUsd) -> Result<(), ReserveRefused> {
        if self.open.contains_key(key) {
            return Err(ReserveRefused::AlreadyReserved { key: *key });
        }
        let total = self.committed().checked_add(amount).ok_or(ReserveRefused::Overflow { asked: amount })?;
        match self.cap {
            Some(cap) if total > cap => Err(ReserveRefused::OverCap {
                asked: amount,
                cap,
                spent: self.spent,
                reserved: self.reserved(),
                left: cap.saturating_sub(self.committed()),
            }),
            _ => Ok(()),
        }
    }

    /// [`Self::check`] and [`Self::record_reserved`] in one.
    pub fn reserve(&mut self, key: AttemptKey, amount: MicroUsd) -> Result<(), ReserveRefused> {
        self.check(&key, amount)?;
        self.record_reserved(key, amount);
        Ok(())
    }

    /// Applies a recorded reservation. The first one of an attempt stands.
    pub fn record_reserved(&mut self, key: AttemptKey, amount: MicroUsd) {
        self.open.entry(key).or_insert(amount);
    }

    /// How a settlement would be booked; `None` where the attempt has no open reservation (a duplicate
    /// or a foreign result books nothing).
    pub fn booking(&self, key: &AttemptKey, settlement: Settlement) -> Option<Booked> {
        let reserved = self.reservation(key)?;
        Some(match settlement {
            Settlement::Actual(cost) => {
                Booked { charged: cost, estimated: false, excess: cost.saturating_sub(reserved) }
            }
            Settlement::Unused => {
                Booked { charged: MicroUsd::ZERO, estimated: false, excess: MicroUsd::ZERO }
            }
            Settlement::Whole => Booked { charged: reserved, estimated: true, excess: MicroUsd::ZERO },
        })
    }

    /// [`Self::booking`] and [`Self::record_settled`] in one.
    pub fn settle(&mut self, key: &AttemptKey, settlement: Settlement) -> Option<Booked> {
        let booked = self.booking(key, settlement)?;
        self.record_settled(key, &booked);
        Some(booked)
    }

    /// Applies a recorded settlement. Without an open reservation nothing happens.
    pub fn record_settled(&mut self, key: &AttemptKey, booked: &Booked) {
        if self.open.remove(key).is_none() {
            return;
        }
        self.spent += booked.charged;
        self.excess += booked.excess;
        if booked.estimated {
            self.estimated += booked.charged;
        }
    }

    /// Sets another cap. It may not lie below what is spent and reserved.
    pub fn set_cap(&mut self, cap: Option<MicroUsd>) -> Result<(), CapRefused> {
        self.check_cap(cap)?;
        self.record_cap(cap);
        Ok(())
    }

    /// Applies a recorded change of the cap.
    pub fn record_cap(&mut self, cap: Option<MicroUsd>) {
        self.cap = cap;
    }

    /// Decides on another cap.
    pub fn check_cap(&self, cap: Option<MicroUsd>) -> Result<(), CapRefused> {
        match cap {
            Some(asked) if asked < self.committed() => Err(CapRefused { asked, committed: self.committed() }),
            _ => Ok(()),
        }
    }
}
