//! Ends that race: people cancel, resume and revise while the last results come in, some of them twice and some after a
//! crash. Each pass ends exactly once.

use divisi_domain::task::{Event, RevisionScope};

use super::{Chaos, Committed};
use crate::machine::{Broken, rule};
use crate::scenarios::Deed;

/// Steps before the race, at most.
const STEPS_BEFORE_MAX: usize = 90;
/// Racers at most, beyond three.
const RACERS_MAX: usize = 8;

/// What raced, and what came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Race {
    /// Cancellations that were taken.
    pub cancels: u64,
    /// Resumptions and revisions that were taken.
    pub retries: u64,
    /// Results that came in.
    pub results: u64,
    /// Inputs that were said again.
    pub repeats: u64,
    /// Commands that came too late or too early and were refused.
    pub refused: u64,
    /// Passes, each of which ended once.
    pub passes: u64,
}

/// Runs the race of a seed.
pub fn race(seed: u64) -> Result<Race, Broken> {
    let mut chaos = Chaos::begin(seed)?;
    let mut race = Race::default();
    for _ in 0..chaos.chance.below(STEPS_BEFORE_MAX) {
        chaos.start_something()?;
        chaos.end_something()?;
    }
    if chaos.chance.happens(50) {
        // The pass has ended: what comes next opens another, and races in it.
        chaos.calm_down()?;
        chaos.command(&Deed::Revise(RevisionScope::FullTask), &mut race)?;
        chaos.command(&Deed::Resume, &mut race)?;
    }
    for _ in 0..3 + chaos.chance.below(RACERS_MAX) {
        chaos.racer(&mut race)?;
    }
    chaos.calm_down()?;
    race.passes = ends_once(&chaos)?;
    Ok(race)
}

impl Chaos {
    fn racer(&mut self, race: &mut Race) -> Result<(), Broken> {
        match self.chance.below(10) {
            0..3 => self.command(&Deed::Cancel, race),
            3 => self.command(&Deed::Resume, race),
            4 => self.command(&Deed::Revise(RevisionScope::FullTask), race),
            5 => self.command(&Deed::Revise(RevisionScope::FinalAnswer), race),
            6 => {
                race.repeats += 1;
                self.say_again()
            }
            7 if self.chance.happens(30) => self.crash(),
            _ => {
                self.start_something()?;
                race.results += 1;
                self.end_something()
            }
        }
    }

    fn command(&mut self, deed: &Deed, race: &mut Race) -> Result<(), Broken> {
        let Some(input) = deed.input(self.task()?) else {
            race.refused += 1;
            return Ok(());
        };
        match self.tell(input)? {
            Committed::Done(_) if matches!(deed, Deed::Cancel) => race.cancels += 1,
            Committed::Done(_) => race.retries += 1,
            Committed::Refused(_) | Committed::Repeated => race.refused += 1,
        }
        Ok(())
    }
}

/// Counts the passes; each must have one end, and nothing may end that has not begun.
fn ends_once(chaos: &Chaos) -> Result<u64, Broken> {
    let (mut passes, mut ends) = (1, 0);
    for entry in chaos.stream.entries() {
        match entry.event()? {
            Event::Resumed { .. } | Event::RevisionRequested { .. } => {
                rule(ends == passes, || format!("pass {passes} was followed by another before its end"))?;
                passes += 1;
            }
            Event::Completed { .. } | Event::Failed { .. } | Event::Cancelled => {
                ends += 1;
                rule(ends == passes, || format!("{passes} passes have {ends} ends"))?;
            }
            _ => {}
        }
    }
    rule(ends == passes, || format!("{passes} passes came to {ends} ends"))?;
    Ok(passes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pass_ends_once() {
        let mut sum = Race::default();
        for seed in 0..200 {
            let one = race(seed).unwrap_or_else(|broken| panic!("seed {seed}: {broken}"));
            sum.cancels += one.cancels;
            sum.retries += one.retries;
            sum.passes += one.passes;
        }
        assert!(sum.cancels > 0 && sum.retries > 0 && sum.passes > 200, "{sum:?}");
    }
}
