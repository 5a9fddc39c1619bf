//! Workspace budgets.

use divisi_domain::money::MicroUsd;

use super::list;
use super::sample::{Bench, home, workspace};
use crate::batch::Batch;
use crate::budget::{BudgetRow, Reservation};
use crate::error::Result;
use crate::outcome::{CommitOutcome, Refusal};

list![
    without_a_cap_everything_is_allowed,
    reservations_count_against_the_cap,
    a_settlement_frees_the_rest,
    a_settlement_is_never_refused,
    reserving_again_replaces,
    a_batch_settles_and_reserves_in_order,
    a_cap_can_be_changed_and_removed,
    budgets_are_per_workspace,
    what_was_reserved_before_the_cap_does_not_count,
];

fn reserve(key: &str, micro: u64) -> Reservation {
    Reservation::Reserve { workspace: home(), key: key.into(), amount: MicroUsd(micro) }
}

fn settle(key: &str, micro: u64) -> Reservation {
    Reservation::Settle { workspace: home(), key: key.into(), spent: MicroUsd(micro) }
}

fn cap(micro: Option<u64>) -> Reservation {
    Reservation::SetCap { workspace: home(), cap: micro.map(MicroUsd) }
}

fn change(bench: &Bench<'_>, reservations: Vec<Reservation>) -> Result<bool> {
    match bench.commit(Batch { reservations, ..Batch::default() })? {
        CommitOutcome::Committed { .. } => Ok(true),
        other => {
            assert_eq!(other, CommitOutcome::Refused(Refusal::ReservationRefused { workspace: home() }));
            Ok(false)
        }
    }
}

fn budget(cap: u64, spent: u64, reserved: u64) -> BudgetRow {
    BudgetRow { cap: MicroUsd(cap), spent: MicroUsd(spent), reserved: MicroUsd(reserved) }
}

fn without_a_cap_everything_is_allowed(bench: &Bench<'_>) -> Result<()> {
    assert!(change(bench, vec![reserve("a", u64::MAX), settle("a", 3), settle("b", 4)])?);
    assert_eq!(bench.store.budget(home())?, None);
    Ok(())
}

fn reservations_count_against_the_cap(bench: &Bench<'_>) -> Result<()> {
    assert!(change(bench, vec![cap(Some(10))])?);
    assert!(change(bench, vec![reserve("a", 6)])?);
    assert!(!change(bench, vec![reserve("b", 5)])?);
    assert!(change(bench, vec![reserve("b", 4)])?);
    assert!(!change(bench, vec![reserve("c", 1)])?);
    assert!(change(bench, vec![reserve("c", 0)])?);
    assert_eq!(bench.store.budget(home())?, Some(budget(10, 0, 10)));
    Ok(())
}

fn a_settlement_frees_the_rest(bench: &Bench<'_>) -> Result<()> {
    assert!(change(bench, vec![cap(Some(10)), reserve("a", 10)])?);
    assert!(change(bench, vec![settle("a", 3)])?);
    assert_eq!(bench.store.budget(home())?, Some(budget(10, 3, 0)));
    assert!(change(bench, vec![reserve("b", 7)])?);
    Ok(())
}

fn a_settlement_is_never_refused(bench: &Bench<'_>) -> Result<()> {
    assert!(change(bench, vec![cap(Some(10)), reserve("a", 10)])?);
    assert!(change(bench, vec![settle("a", 15), settle("never-reserved", 2)])?);
    assert_eq!(bench.store.budget(home())?, Some(budget(10, 17, 0)));
    assert!(!change(bench, vec![reserve("b", 0)])?);
    Ok(())
}

fn reserving_again_replaces(bench: &Bench<'_>) -> Result<()> {
    assert!(change(bench, vec![cap(Some(10)), reserve("a", 8)])?);
    assert!(change(bench, vec![reserve("a", 9)])?);
    assert_eq!(bench.store.budget(home())?, Some(budget(10, 0, 9)));
    assert!(!change(bench, vec![reserve("a", 11)])?);
    assert_eq!(bench.store.budget(home())?, Some(budget(10, 0, 9)));
    Ok(())
}

fn a_batch_settles_and_reserves_in_order(bench: &Bench<'_>) -> Result<()> {
    assert!(change(bench, vec![cap(Some(10)), reserve("a", 10)])?);
    assert!(change(bench, vec![settle("a", 1), reserve("b", 9)])?);
    assert!(!change(bench, vec![reserve("c", 1), settle("b", 0)])?);
    assert_eq!(bench.store.budget(home())?, Some(budget(10, 1, 9)));
    Ok(())
}

fn a_cap_can_be_changed_and_removed(bench: &Bench<'_>) -> Result<()> {
    assert!(change(bench, vec![cap(Some(10)), reserve("a", 5), settle("b", 2)])?);
    assert!(change(bench, vec![cap(Some(6))])?);
    assert_eq!(bench.store.budget(home())?, Some(budget(6, 2, 5)));
    assert!(!change(bench, vec![reserve("c", 1)])?);
    assert!(change(bench, vec![cap(None), reserve("c", 100)])?);
    assert_eq!(bench.store.budget(home())?, None);
    assert!(change(bench, vec![cap(Some(4)), cap(None), cap(Some(7)), reserve("d", 1)])?);
    assert_eq!(bench.store.budget(home())?, Some(budget(7, 0, 1)));
    Ok(())
}

fn budgets_are_per_workspace(bench: &Bench<'_>) -> Result<()> {
    bench.open(2);
    assert!(change(bench, vec![cap(Some(1))])?);
    let other = Reservation::Reserve { workspace: workspace(2), key: "a".into(), amount: MicroUsd(50) };
    assert!(change(bench, vec![other])?);
    assert_eq!(bench.store.budget(workspace(2))?, None);
    assert_eq!(bench.store.budget(home())?, Some(budget(1, 0, 0)));
    Ok(())
}

fn what_was_reserved_before_the_cap_does_not_count(bench: &Bench<'_>) -> Result<()> {
    assert!(change(bench, vec![reserve("a", 3), settle("b", 4), cap(Some(10)), reserve("c", 1)])?);
    assert_eq!(bench.store.budget(home())?, Some(budget(10, 0, 1)));
    assert!(change(bench, vec![settle("a", 2), reserve("d", 5), cap(None), cap(Some(8))])?);
    assert_eq!(bench.store.budget(home())?, Some(budget(8, 0, 0)));
    Ok(())
}
