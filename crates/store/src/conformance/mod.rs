//! What every back end must do, as library code: one function per promise. A back end's test calls [`run_all`] with a
//! way to make an empty store, or walks [`cases`] itself.

mod answers;
mod appends;
mod batches;
mod blobs;
mod budgets;
mod inputs;
mod isolation;
mod leases;
mod lists;
mod maintenance;
mod rows;
pub mod sample;
mod snapshots;

use std::sync::Arc;

use crate::error::Result;
use crate::maintenance::{Maintenance, Verified};
use sample::Bench;

/// One promise. It panics where the store breaks it, and gives an error where the store fails.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// Group and promise.
    pub name: &'static str,
    /// The check, on an empty store.
    pub run: fn(&Bench<'_>) -> Result<()>,
}

/// Names each function after its module and itself.
macro_rules! list {
    ($($case:ident),* $(,)?) => {
        pub(super) const CASES: &[$crate::conformance::Case] = &[$(
            $crate::conformance::Case { name: concat!(module_path!(), "::", stringify!($case)), run: $case },
        )*];
    };
}
use list;

/// All promises.
pub fn cases() -> Vec<Case> {
    let groups = [
        appends::CASES,
        inputs::CASES,
        batches::CASES,
        leases::CASES,
        budgets::CASES,
        blobs::CASES,
        rows::CASES,
        lists::CASES,
        snapshots::CASES,
        answers::CASES,
        isolation::CASES,
        maintenance::CASES,
    ];
    groups.concat()
}

/// Runs every case on a store of its own, which must verify as whole afterwards. Returns how many ran.
pub fn run_all(make: impl Fn() -> Arc<dyn Maintenance>) -> usize {
    let cases = cases();
    for case in &cases {
        let store = make();
        let ran = (case.run)(&Bench::new(&*store));
        assert_eq!(ran, Ok(()), "{}", case.name);
        let damage = store.verify().map(|verified: Verified| verified.damage);
        assert_eq!(damage, Ok(Vec::new()), "{} left damage", case.name);
    }
    cases.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::MemoryStore;

    #[test]
    fn the_store_in_memory_keeps_every_promise() {
        assert!(run_all(|| Arc::new(MemoryStore::new())) >= 60);
    }

    #[test]
    fn names_are_distinct() {
        let mut names: Vec<_> = cases().iter().map(|case| case.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), cases().len());
    }
}
