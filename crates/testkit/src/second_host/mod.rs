//! The second host: at-least-once delivery in a seeded order.
//!
//! Every result arrives once or several times, in any order, some of them long after the pass that asked for
//! them; starts and timers come in between, more often than is needed. Driven by the same three functions it
//! must come to the same final state as the straightforward host, and per effect path to the same events.

mod compare;

use divisi_domain::id::InputId;
use divisi_domain::task::{Input, effects};

use crate::chance::Chance;
use crate::machine::{Broken, Committed, rule};
use crate::plain_host::{Journey, Started};
use crate::scenarios::{Run, Scenario};

pub use compare::{agree, comparable};

/// A message on its way.
#[derive(Debug, Clone)]
struct Message {
    /// Redelivered, it has the id that it had before.
    id: InputId,
    input: Input,
    /// Deliveries that are left.
    copies: usize,
}

/// Drives a scenario to its end, with the order of delivery of `seed`.
pub fn run(scenario: &Scenario, seed: u64) -> Result<Run, Broken> {
    let mut journey = Journey::begin(scenario)?;
    let mut chance = Chance::seeded(seed);
    let mut undelivered: Vec<Message> = Vec::new();
    let mut old: Vec<Message> = Vec::new();
    loop {
        repeat_something(&mut journey, &mut chance, &old)?;
        let startable = journey.startable()?;
        let start_next = scenario.ordered || undelivered.is_empty() || chance.happens(50);
        let wanted = if scenario.ordered { startable.first() } else { chance.pick(&startable) };
        let started = match wanted.filter(|_| start_next) {
            Some(wanted) => journey.start(wanted)?,
            None => Started::Nothing,
        };
        match started {
            Started::Attempt(path, attempt) => {
                let id = journey.fresh_input();
                let copies = 1 + chance.below(3);
                let message = |input| Message { id, input, copies };
                undelivered.extend(journey.result(path, attempt).map(message));
            }
            Started::Nothing if !undelivered.is_empty() => {
                let place = if scenario.ordered { 0 } else { chance.below(undelivered.len()) };
                deliver(&mut journey, &mut undelivered, &mut old, place)?;
            }
            Started::Nothing if !journey.pause()? => break,
            Started::Something | Started::Nothing => {}
        }
    }
    for late in old {
        journey.tell_as(late.id, late.input)?;
    }
    journey.end()
}

fn deliver(
    journey: &mut Journey<'_>,
    undelivered: &mut Vec<Message>,
    old: &mut Vec<Message>,
    place: usize,
) -> Result<(), Broken> {
    let message = undelivered.remove(place);
    journey.tell_as(message.id, message.input.clone())?;
    if message.copies > 1 {
        old.push(message);
    }
    Ok(())
}

/// A redelivery, a second report of the same end under another id, or a timer that is not due: nothing may
/// come of any of them.
fn repeat_something(journey: &mut Journey<'_>, chance: &mut Chance, old: &[Message]) -> Result<(), Broken> {
    let before = journey.stream.entries().len();
    let committed = match (chance.below(8), chance.pick(old)) {
        (0, Some(message)) => {
            let again = journey.tell_as(message.id, message.input.clone())?;
            rule(again == Committed::Repeated, || format!("a redelivery gives {again:?}"))?;
            Some(again)
        }
        (1, Some(message)) => Some(journey.tell(message.input.clone())?),
        (2, _) if !timer_is_due(journey)? => Some(journey.tell(Input::TimerDue)?),
        (3, _) if journey.scenario.admitted => Some(journey.tell(Input::Admit)?),
        _ => None,
    };
    let after = journey.stream.entries().len();
    rule(before == after, || format!("a repetition is recorded: {committed:?}"))
}

fn timer_is_due(journey: &Journey<'_>) -> Result<bool, Broken> {
    Ok(effects(journey.task()?, journey.now).overdue)
}
