//! When to kill, in terms of what happens, never of time.

use divisi_testkit::chance::Chance;

use super::counts::Counts;

/// Attempts of one life after which it is killed, at most.
const ATTEMPTS_MAX: usize = 30;
/// Answers of one life after which it is killed, at most.
const ACKS_MAX: usize = 12;
/// Attempts of a life that is killed while it recovers, at most.
const RECOVERY_ATTEMPTS_MAX: usize = 6;

/// Where a life ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kill {
    /// After so many attempts of it.
    AfterAttempts(u64),
    /// After so many submissions that it answered.
    AfterAcks(u64),
    /// While it takes up what the life before left: after so many attempts, which may be none.
    InRecovery(u64),
}

impl Kill {
    pub(super) fn draw(chance: &mut Chance, first: bool) -> Self {
        let below = |chance: &mut Chance, bound| chance.below(bound) as u64;
        match chance.below(10) {
            0..3 if !first => Self::InRecovery(below(chance, RECOVERY_ATTEMPTS_MAX)),
            3..6 => Self::AfterAcks(1 + below(chance, ACKS_MAX)),
            _ => Self::AfterAttempts(1 + below(chance, ATTEMPTS_MAX)),
        }
    }

    /// Whether it is time, for a life that began at `before`. Where all callers have their answers, attempts count.
    pub(super) fn is_due(self, before: &Counts, now: &Counts, submitted: u64) -> bool {
        let (attempts, acks) = (now.attempts - before.attempts, now.acks - before.acks);
        let all_answered = now.acks == submitted;
        let nothing_left = all_answered && now.finals == submitted;
        nothing_left
            || match self {
                Self::AfterAttempts(wanted) | Self::InRecovery(wanted) => attempts >= wanted,
                Self::AfterAcks(wanted) => {
                    if all_answered {
                        attempts >= wanted
                    } else {
                        acks >= wanted
                    }
                }
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kill_is_due_by_what_happened_in_its_life() {
        let before = Counts { attempts: 100, acks: 20, ..Counts::default() };
        let rows = [
            (Kill::AfterAttempts(3), 102, 30, 50, false),
            (Kill::AfterAttempts(3), 103, 20, 50, true),
            (Kill::InRecovery(0), 100, 20, 50, true),
            (Kill::AfterAcks(3), 130, 22, 50, false),
            (Kill::AfterAcks(3), 100, 23, 50, true),
            (Kill::AfterAcks(3), 103, 22, 22, true),
        ];
        for (kill, attempts, acks, submitted, due) in rows {
            let now = Counts { attempts, acks, ..before };
            assert_eq!(kill.is_due(&before, &now, submitted), due, "{kill:?} {now:?}");
        }
        let over = Counts { finals: 50, acks: 50, ..before };
        assert!(Kill::AfterAttempts(9).is_due(&before, &over, 50));
    }

    #[test]
    fn the_first_life_has_nothing_to_recover() {
        for seed in 0..200 {
            assert!(!matches!(Kill::draw(&mut Chance::seeded(seed), true), Kill::InRecovery(_)));
        }
    }
}
