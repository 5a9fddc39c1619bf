//! Deterministic simulation of the whole engine: virtual clock, seeded scheduler, a provider that fails, a store that
//! crashes, loses answers and fills up, people who cancel, approve and change their minds. A seed is a whole history:
//! the same seed gives the same trace, bit for bit.

mod chaos_provider;
mod deadline;
mod gateway;
mod oracle;
mod outliving;
mod people;
mod report;
mod tool;
mod world;

pub use gateway::SOMETIMES as GATEWAY_SOMETIMES;
pub use oracle::{Oracle, check_account, check_task};
pub use outliving::{check_agents, check_spending};
pub use report::{Injection, Summary};
pub use world::{Options, Violation, World};

/// Runs one seed to its end. An error names what broke and how to see it again.
pub fn run(seed: u64, options: &Options) -> Result<Summary, Violation> {
    World::new(seed, options).run()
}
