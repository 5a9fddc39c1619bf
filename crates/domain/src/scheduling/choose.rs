//! The rule as written, over any agents in the order of their registration.

use super::agent::{Agent, Wanted};

/// Position of the free agent that fits with the lowest score; of equal ones the first registered.
pub fn choose<'a>(agents: impl IntoIterator<Item = &'a Agent>, wanted: &Wanted) -> Option<usize> {
    let candidates = agents.into_iter().enumerate().filter(|(_, agent)| agent.free() && agent.fits(wanted));
    candidates.min_by_key(|(at, agent)| (agent.score(), *at)).map(|(at, _)| at)
}
