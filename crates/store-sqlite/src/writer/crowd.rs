//! Whether so many write at once that a group does well to wait for more: it syncs once, and writes the pages once that all of
//! them change. Who writes alone never waits.

use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::Duration;

use super::Job;

/// Batches of a group, on the average of the last ones, from which on there is a crowd.
const CROWD_BATCHES: usize = 2;
/// How long the next batch of a crowd is waited for.
const GAP: Duration = Duration::from_micros(150);
/// Batches of a group that waits for more.
const WAITING_GROUP_MAX: usize = 64;
/// Groups that the average looks back on.
const LOOKS_BACK: usize = 8;
/// Batches of a group that count in the average.
const COUNTED_MAX: usize = 64;

/// How many batches the last groups had.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    /// The average, times [`LOOKS_BACK`].
    average: usize,
}

impl Crowd {
    /// The next job of a group that has `batches`, where one is there or comes soon.
    pub(super) fn next(&self, jobs: &Receiver<Job>, batches: usize) -> Result<Job, TryRecvError> {
        match jobs.try_recv() {
            Err(TryRecvError::Empty) if self.is_there() && batches < WAITING_GROUP_MAX => {
                jobs.recv_timeout(GAP).map_err(|_| TryRecvError::Empty)
            }
            job => job,
        }
    }

    /// A group of so many is complete.
    pub(super) fn note(&mut self, batches: usize) {
        self.average = self.average - self.average / LOOKS_BACK + batches.min(COUNTED_MAX);
    }

    fn is_there(&self) -> bool {
        self.average >= CROWD_BATCHES * LOOKS_BACK
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_writes_alone_never_waits_and_a_crowd_comes_and_goes() {
        let mut crowd = Crowd::default();
        for _ in 0..1_000 {
            crowd.note(1);
            assert!(!crowd.is_there());
        }
        for _ in 0..20 {
            crowd.note(5);
        }
        assert!(crowd.is_there());
        crowd.note(usize::MAX);
        let ends = (0..).find(|_| {
            crowd.note(1);
            !crowd.is_there()
        });
        assert!(ends.is_some_and(|groups| groups < 40), "{ends:?}");
    }

    #[test]
    fn what_is_there_is_taken_and_a_full_group_waits_for_nothing() {
        let (sender, jobs) = std::sync::mpsc::channel();
        let mut crowd = Crowd::default();
        assert_eq!(crowd.next(&jobs, 1).err(), Some(TryRecvError::Empty));
        sender.send(Job::Stop).unwrap();
        assert!(matches!(crowd.next(&jobs, 1), Ok(Job::Stop)));
        for _ in 0..20 {
            crowd.note(5);
        }
        sender.send(Job::Stop).unwrap();
        assert!(matches!(crowd.next(&jobs, 1), Ok(Job::Stop)));
        assert_eq!(crowd.next(&jobs, WAITING_GROUP_MAX).err(), Some(TryRecvError::Empty));
        assert_eq!(crowd.next(&jobs, 1).err(), Some(TryRecvError::Empty), "nothing came in time");
        drop(sender);
        assert_eq!(crowd.next(&jobs, WAITING_GROUP_MAX).err(), Some(TryRecvError::Disconnected));
    }
}
