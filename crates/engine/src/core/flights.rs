//! Attempts in flight: what they hold, and what happens when they end.

use divisi_domain::model_step::{FailureClass, Target};
use divisi_domain::money::{MicroUsd, Price};
use divisi_domain::path::Node;
use divisi_domain::task::{Input, Report, Task, Wanted, effects};
use divisi_llm::policy::{Admitted as Call, CallOutcome};

use super::Core;
use super::admission::Grant;
use super::live::Pending;
use super::slots::Exchange;
use super::terms::TermsTable;
use super::types::{FlightKey, Result, TaskKey};

/// An attempt in flight.
#[derive(Debug, Clone)]
pub(super) struct Flight {
    pub(super) attempt: u16,
    alone: bool,
    /// Who was asked; `None` for a tool.
    target: Option<Target>,
    /// What the gateway let through.
    call: Option<Box<Call>>,
}

impl Core {
    /// Books what the attempt holds.
    pub(super) fn take_off(&mut self, key: TaskKey, wanted: &Wanted, grant: &Grant, exchange: &mut Exchange) {
        let flight = FlightKey { task: key, path: wanted.path };
        if let Some(seat) = grant.seat {
            self.take_slot((flight, wanted.attempt), seat, exchange);
        }
        self.calls.started(flight, wanted.attempt);
        let (attempt, alone, call) = (wanted.attempt, wanted.alone, grant.call.clone());
        let target = grant.target.clone();
        self.shares.take(key.workspace);
        self.flights.insert(flight, Flight { attempt, alone, target, call });
    }

    /// Gives back the attempt's room among those in flight: it was cut, or never sent. Its slot it holds until its end is
    /// durable.
    pub(super) fn land(&mut self, key: FlightKey, outcome: CallOutcome) {
        let Some(flight) = self.flights.remove(&key) else { return };
        if let Some(call) = &flight.call {
            self.not_called(call, outcome);
        }
        self.landed(key, &flight);
    }

    fn landed(&mut self, key: FlightKey, flight: &Flight) {
        self.shares.give_back(key.task.workspace);
        if flight.alone {
            self.quiet_over();
        }
        self.room_made();
    }

    pub(super) fn ended(&mut self, key: FlightKey, attempt: u16, result: Result) {
        let known = self.flights.get(&key).is_some_and(|flight| flight.attempt == attempt);
        if !known {
            return;
        }
        let again = self.learns_room(key, &result);
        let free = self.is_free(key);
        let price = self.price(key);
        if let Some(flight) = self.flights.remove(&key) {
            if let Some(call) = &flight.call {
                self.called(call, &result);
            }
            self.landed(key, &flight);
        }
        let result = if again { asked_again(result) } else { result };
        let cost = result.usage.zip(price).map(|(usage, price)| price.cost(&usage));
        let id = self.fresh_input();
        let input = Input::Ended {
            path: key.path,
            attempt,
            report: result.report,
            usage: result.usage,
            // What costs nothing is settled exactly, also where no usage was told.
            cost: cost.or((free && result.sent).then_some(MicroUsd::ZERO)),
            sent: result.sent,
            generated: result.generated,
        };
        let Some(live) = self.live.get_mut(&key.task) else {
            // It is being read again: the result is taken in then.
            if let Some(waiting) = self.loading.get_mut(&key.task) {
                waiting.push(Pending { id, input, sides: result.sides, reply: None });
            }
            return;
        };
        if !result.titles.is_empty() {
            live.plan_titles.push((key.path, result.titles));
        }
        live.inbox.push_back(Pending { id, input, sides: result.sides, reply: None });
        self.pump(key.task);
    }

    /// Takes in how much the model has room for, where its provider said so in refusing the request. Whether the request
    /// was made for more room than is known of now: then the same model is asked again, with less.
    fn learns_room(&mut self, key: FlightKey, result: &Result) -> bool {
        let too_long = matches!(result.report, Report::Failed { class: FailureClass::ContextTooLong, .. });
        let Some(context_tokens) = result.context_tokens.filter(|_| too_long) else { return false };
        let call = self.flights.get(&key).and_then(|flight| flight.call.as_ref());
        let Some(target) = call.map(|call| call.target.clone()) else { return false };
        let room = |terms: &TermsTable| {
            terms.get(&target.provider, &target.model).map(|terms| terms.input_tokens_max)
        };
        // What was sent before something was learnt says no more than that.
        if room(&self.terms) == Some(target.input_tokens_max) {
            self.terms.lower(&target.provider, &target.model, context_tokens);
        }
        room(&self.terms).is_some_and(|room| room < target.input_tokens_max)
    }

    /// What the model costs; nothing where nobody told the price: there is no cap then.
    fn price(&self, key: FlightKey) -> Option<Price> {
        Some(self.terms_of(key)?.price.unwrap_or_default())
    }

    fn is_free(&self, key: FlightKey) -> bool {
        matches!(key.path.node, Node::Tool { .. })
            || self.terms_of(key).is_some_and(|terms| terms.price.unwrap_or_default() == Price::default())
    }

    fn terms_of(&self, key: FlightKey) -> Option<&super::Terms> {
        let target = self.flights.get(&key)?.target.as_ref()?;
        self.terms.get(&target.provider, &target.model)
    }

    /// The attempts in flight of a task, with their numbers.
    pub(super) fn flights_of(&self, key: TaskKey) -> impl Iterator<Item = (FlightKey, u16)> {
        let from = self.flights.range(FlightKey { task: key, path: FIRST_PATH }..);
        let of_task = from.take_while(move |(flight, _)| flight.task == key);
        of_task.map(|(flight, state)| (*flight, state.attempt))
    }

    /// Stops every attempt of the task that its state does not want any more.
    pub(super) fn abort_unwanted(&mut self, key: TaskKey, task: &Task) {
        let of_task: Vec<(FlightKey, u16)> = self.flights_of(key).collect();
        if of_task.is_empty() {
            return;
        }
        let wanted = effects(task, self.now).in_flight;
        for (flight, attempt) in of_task {
            if !wanted.contains(&(flight.path, attempt)) {
                self.land(flight, CallOutcome::Cancelled);
                self.abort(flight);
            }
        }
    }
}

/// Sorts before every path of a task.
pub(super) const FIRST_PATH: divisi_domain::path::EffectPath =
    divisi_domain::path::EffectPath { pass: 0, node: Node::Analyse };

/// What was refused as too long, as a failure that the same model is asked again after.
fn asked_again(mut result: Result) -> Result {
    if let Report::Failed { class, .. } = &mut result.report {
        *class = FailureClass::Overloaded;
    }
    // What was turned away before anything was generated costs nothing.
    if !result.generated {
        result.usage.get_or_insert_default();
    }
    result
}

#[cfg(test)]
mod tests {
    use divisi_domain::money::Usage;

    use super::*;
    use crate::perform::failed;

    #[test]
    fn what_is_asked_again_is_free_unless_something_was_generated() {
        for (generated, usage) in [(false, Some(Usage::default())), (true, None)] {
            let result = asked_again(Result { generated, ..failed(FailureClass::ContextTooLong) });
            assert!(matches!(result.report, Report::Failed { class: FailureClass::Overloaded, .. }));
            assert_eq!(result.usage, usage);
        }
        let told = Usage { input_tokens: 7, ..Usage::default() };
        let result = Result { usage: Some(told), ..failed(FailureClass::ContextTooLong) };
        assert_eq!(asked_again(result).usage, Some(told));
    }
}
