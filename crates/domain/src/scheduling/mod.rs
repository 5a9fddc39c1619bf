//! Choosing an agent (spec/workflow.md): the free one with the lowest score. [`choose`] is the rule as
//! written; [`Roster`] keeps the same choice ready at any number of agents.

mod agent;
mod choose;
mod roster;
mod score;
#[cfg(test)]
mod tests;
mod tournament;

pub use agent::{Agent, Health, Registration, Status, Wanted};
pub use choose::choose;
pub use roster::{Desk, RegisterRefused, Roster, Seat};
pub use score::{Score, score};
