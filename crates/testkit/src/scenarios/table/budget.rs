//! Money: the cap, what happens at it, and who raises it.

use divisi_domain::model_step::FailureClass;
use divisi_domain::task::{OnBudget, Refusal, RevisionScope, TaskState, WaitKind};

use super::{CHAIN, ONE, TWO};
use crate::scenarios::{Deed, Reply, Scenario, When};

const BUDGET: When = When::Waits(WaitKind::Budget);

/// Calls reserve 100 and cost 60: the first call of a run needs a cap of 280, its review 340, and so on by 60.
pub(super) fn rows() -> Vec<Scenario> {
    let mut rows = waiting();
    rows.extend(finishing());
    rows
}

fn waiting() -> Vec<Scenario> {
    vec![
        Scenario::new("on wait: the task waits, and goes on when the cap is raised", ONE)
            .cap(250, OnBudget::Wait)
            .refuses(BUDGET, Deed::Cap(Some(100)), |why| matches!(why, Refusal::CapTooLow(_)))
            .then(BUDGET, Deed::Cap(Some(1_000)))
            .waits(&[WaitKind::Budget])
            .shows(&["run s1 cycle0", "wait budget", "cap 1000", "wait budget over"])
            .shows(&["start p1/execute/s1/cycle0/turn1/model #1", "s1 accepted"]),
        Scenario::new("raised too little: it waits again; without a cap it goes on", ONE)
            .cap(250, OnBudget::Wait)
            .then(BUDGET, Deed::Cap(Some(270)))
            .then(BUDGET, Deed::Cap(None))
            .shows(&["cap 270", "wait budget over", "wait budget", "cap 0", "s1 accepted"]),
        Scenario::new("a person may try again without raising the cap", ONE)
            .cap(250, OnBudget::Wait)
            .then(BUDGET, Deed::Resume)
            .then(BUDGET, Deed::Cancel)
            .shows(&["wait budget", "wait budget over", "wait budget", "cancelled"])
            .ends("cancelled"),
        Scenario::new("no room while others are in flight: the call comes when they have settled", TWO)
            .cap(330, OnBudget::Finish)
            .ordered()
            .shows(&[
                "start p1/execute/s1/cycle0/turn1/model",
                "p1/execute/s1/cycle0/turn1/model #1 answered",
            ])
            .ends("failed budget_exhausted"),
        Scenario::new("an answer without usage settles at its whole reservation", ONE)
            .on("p1/analyse", vec![Reply::Unmetered])
            .cap(750, OnBudget::Finish),
        Scenario::new("calls that were turned away cost nothing", ONE)
            .on("p1/analyse", vec![Reply::Rejects(FailureClass::RateLimited); 5])
            .cap(520, OnBudget::Finish)
            .shows(&["start p1/analyse #6 Retry on 0", "enter selection"]),
        Scenario::new("calls that never left cost nothing", ONE)
            .on("p1/analyse", vec![Reply::Unsent; 5])
            .cap(520, OnBudget::Finish)
            .shows(&["start p1/analyse #6 Retry on 0", "enter selection"]),
        Scenario::new("calls that may have been answered cost their whole reservation", ONE)
            .on("p1/analyse", vec![Reply::Rejects(FailureClass::Connection); 5])
            .cap(520, OnBudget::Finish)
            .shows(&["start p1/analyse #5 Retry on 0"])
            .never(&["start p1/analyse #6"])
            .ends("failed budget_exhausted"),
        Scenario::new("an excess is booked", ONE)
            .on("p1/analyse", vec![Reply::Dear])
            .cap(900, OnBudget::Finish),
        Scenario::new("budget_exhausted, resumed: it waits for a higher cap instead of failing again", ONE)
            .cap(250, OnBudget::Finish)
            .then(When::In(TaskState::Failed), Deed::Resume)
            .then(BUDGET, Deed::Cap(Some(1_000)))
            .shows(&["failed budget_exhausted", "resumed", "enter execution", "wait budget", "cap 1000"])
            .shows(&["s1 accepted"])
            .never(&["start p2/analyse", "start p2/decompose"]),
    ]
}

fn finishing() -> Vec<Scenario> {
    vec![
        Scenario::new("on finish without a solution: budget_exhausted", ONE)
            .cap(250, OnBudget::Finish)
            .never(&["start p1/execute"])
            .ends("failed budget_exhausted"),
        Scenario::new("on finish with a solution: partial", CHAIN)
            .cap(380, OnBudget::Finish)
            .shows(&["s1 accepted", "run s2 cycle0"])
            .never(&["start p1/execute/s2"])
            .ends("completed partial unapproved solutions missing s2 because budget_exhausted"),
        Scenario::new("on finish in a rerun: partial", TWO)
            .on("p1/review/s2/cycle0", vec![Reply::Score(60)])
            .cap(480, OnBudget::Finish)
            .ordered()
            .shows(&["s1 accepted", "run s2 cycle1 same"])
            .ends("completed partial unapproved solutions missing s2 because budget_exhausted"),
        Scenario::new("on finish in a review: partial", TWO)
            .on("p1/review/s2/cycle0", vec![Reply::Fails(FailureClass::Overloaded)])
            .cap(420, OnBudget::Finish)
            .ordered()
            .ends("completed partial unapproved solutions missing s2 because budget_exhausted"),
        Scenario::new("on finish before the coordination: the solutions are the result", ONE)
            .cap(380, OnBudget::Finish)
            .ends("completed partial unapproved solutions because budget_exhausted"),
        Scenario::new("on finish before the synthesis", ONE)
            .cap(440, OnBudget::Finish)
            .shows(&["enter synthesis 0"])
            .ends("completed partial unapproved solutions because budget_exhausted"),
        Scenario::new("on finish before the final review: the draft is the result", ONE)
            .cap(500, OnBudget::Finish)
            .shows(&["enter final review 0"])
            .ends("completed partial unapproved report because budget_exhausted"),
        Scenario::new("completed in part before anything was collected: a new report begins with that", ONE)
            .cap(380, OnBudget::Finish)
            .then(When::In(TaskState::Completed), Deed::Revise(RevisionScope::FinalAnswer))
            .then(BUDGET, Deed::Cap(Some(5_000)))
            .shows(&[
                "revise final_answer",
                "enter coordination",
                "start p2/coordinate",
                "start p2/synthesise/round0",
            ])
            .never(&["start p2/execute"]),
    ]
}
