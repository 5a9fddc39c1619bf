//! What a task remembers over its passes.

use std::sync::Arc;

use divisi_domain::approval::{ApprovalState, Mode};
use divisi_domain::id::InputId;
use divisi_domain::model_step::FailureClass;
use divisi_domain::money::MicroUsd;
use divisi_domain::task::{
    Envelope, FailureReason, Input, OnBudget, RULES, Refusal, RevisionScope, Task, TaskState, WaitKind,
    decide,
};
use divisi_domain::time::Millis;
use divisi_testkit::plain_host;
use divisi_testkit::scenarios::{Deed, Reply, Row, START, Scenario, When, reads};

use crate::driver::Driver;

const ONE: &[Row] = &[("a", &[])];
const TWO: &[Row] = &[("a", &[]), ("b", &[])];
const RING: &[Row] = &[("a", &["b"]), ("b", &["a"])];
const DONE: When = When::In(TaskState::Completed);
const FAILED: When = When::In(TaskState::Failed);
const APPROVAL: When = When::Waits(WaitKind::Approval);

fn last(scenario: &Scenario) -> Task {
    plain_host::run(scenario).unwrap().task
}

#[test]
fn refused_plans_are_told_to_a_resumed_pass_and_forgotten_by_a_revision() {
    let invalid = Scenario::new("", ONE).on("p1/decompose/round0", vec![Reply::Plan(RING); 1]);
    let resumed = invalid
        .clone()
        .on("p1/decompose/round1", vec![Reply::Plan(RING)])
        .on("p1/decompose/round2", vec![Reply::Plan(RING)])
        .then(FAILED, Deed::Resume);
    let task = last(&resumed);
    assert_eq!((task.refused_plans.len(), task.refused_of_pass().count()), (3, 0));
    let revised = last(&invalid.then(DONE, Deed::Revise(RevisionScope::FullTask)));
    assert!(revised.refused_plans.is_empty());
}

#[test]
fn a_resumed_pass_works_on_what_the_failed_one_worked_on() {
    let revised = Scenario::new("", ONE)
        .on("p2/coordinate", vec![Reply::Fails(FailureClass::Refused); 2])
        .then(DONE, Deed::Revise(RevisionScope::SpecificSubtasks(vec![1])))
        .then(FAILED, Deed::Resume);
    let task = last(&revised);
    assert_eq!((task.pass, task.first_pass()), (3, 2));
    assert_eq!(task.revision().map(|revision| revision.pass), Some(2));
}

#[test]
fn the_draft_of_a_failed_pass_is_the_result_where_the_cap_ends_the_resumed_one() {
    let late = Scenario::new("", ONE)
        .on("p1/final_review/round0", vec![Reply::Hangs])
        .cap(600, OnBudget::Finish)
        .then(FAILED, Deed::Resume)
        .ends("completed partial unapproved report because budget_exhausted");
    let task = last(&late);
    let ending = task.ending.as_ref().unwrap();
    assert_eq!(ending.content, Some(task.drafts[0].content));
    assert!(ending.is_partial());
}

#[test]
fn the_report_that_is_being_revised_is_not_the_result_of_its_revision() {
    let scenario =
        Scenario::new("", ONE).cap(900, OnBudget::Finish).then(DONE, Deed::Revise(RevisionScope::FullTask));
    let task = last(&scenario);
    assert_eq!(task.state(), TaskState::Completed);
    assert_eq!(task.drafts.iter().filter(|draft| draft.pass == 1).count(), 1, "it stays readable");
    assert_eq!(task.present_draft(), None);
    assert_eq!(task.ending.unwrap().content, None);
}

#[test]
fn quarantined_effects_are_named() {
    let five = |path| Scenario::new("", TWO).on(path, vec![Reply::Fails(FailureClass::Panicked); 5]);
    let rows = ["p1/analyse", "p1/execute/s1/cycle0/turn1/model", "p1/review/s2/cycle0", "p1/coordinate"];
    for path in rows {
        let quarantined: Vec<String> =
            last(&five(path)).quarantined.iter().map(ToString::to_string).collect();
        assert_eq!(quarantined, [path]);
    }
}

#[test]
fn what_a_revision_brought_stands_where_a_later_one_changes_nothing_it_was_built_on() {
    const BUILT: &[Row] = &[("a", &["b"]), ("b", &[])];
    let revise = |number| Deed::Revise(RevisionScope::SpecificSubtasks(vec![number]));
    let mut scenario = Scenario::new("", BUILT).then(DONE, revise(1)).then(DONE, revise(2));
    for path in ["p3/review/s2/cycle0", "p3/review/s2/cycle1", "p3/review/s2/cycle2", "p3/review/s2/cycle3"] {
        scenario = scenario.on(path, vec![Reply::Score(30)]);
    }
    let task = last(&scenario);
    let accepted = |number: u16| task.subtasks[&number].accepted.as_ref().map(|accepted| accepted.pass);
    let runs = |number: u16| task.subtasks[&number].runs_of(3).count();
    assert_eq!((task.pass, task.state()), (3, TaskState::Completed));
    assert_eq!([accepted(1), accepted(2)], [Some(2), Some(1)]);
    assert_eq!([runs(1), runs(2)], [0, 4]);
}

#[test]
fn what_the_coordinator_found_holds_until_solutions_are_to_change() {
    let rows = [
        (RevisionScope::SpecificSubtasks(vec![1]), "p2/execute/s1/cycle0/turn1/model", false),
        (RevisionScope::FinalAnswer, "p2/synthesise/round0", true),
    ];
    for (scope, path, holds) in rows {
        let scenario = Scenario::new("", ONE)
            .on(path, vec![Reply::Hangs])
            .then(DONE, Deed::Revise(scope))
            .then(When::InFlight(path), Deed::Cancel);
        assert_eq!(last(&scenario).coordination.is_some(), holds, "{path}");
    }
}

#[test]
fn a_completed_task_is_revised_and_not_resumed() {
    let task = last(&Scenario::new("", ONE));
    let input = Input::Resume { rules: RULES };
    let envelope = Envelope { id: InputId([9; 16]), at: task.updated_at, entropy: 0, input };
    let (id, mut task) = (task.id, Some(Arc::new(task)));
    let refused = decide(id, &mut task, &envelope).unwrap_err();
    assert_eq!(refused, Refusal::NothingToResume { state: "Completed" });
}

#[test]
fn an_end_is_partial_where_a_subtask_or_the_report_is_missing() {
    let ended = |scenario: Scenario| last(&scenario).ending.unwrap().is_partial();
    let unanswered = vec![Reply::Fails(FailureClass::Panicked); 5];
    assert!(!ended(Scenario::new("", TWO)));
    assert!(ended(Scenario::new("", TWO).on("p1/execute/s2/cycle0/turn1/model", unanswered)));
    assert!(ended(Scenario::new("", ONE).cap(400, OnBudget::Finish)), "before the report");
}

#[test]
fn only_what_did_the_damage_is_quarantined() {
    let mut driver = Driver::executing(TWO, |_| {});
    driver.start("p1/execute/s2/cycle0/turn1/model");
    driver.make("p1/execute/s1/cycle0/turn1/model", &Reply::Calls(vec![reads("search"), reads("read")]));
    for _ in 0..5 {
        driver.make("p1/execute/s1/cycle0/turn1/tool1", &Reply::Fails(FailureClass::Panicked));
    }
    let quarantined: Vec<String> = driver.task().quarantined.iter().map(ToString::to_string).collect();
    assert_eq!(quarantined, ["p1/execute/s1/cycle0/turn1/tool1"]);
}

#[test]
fn a_person_s_word_on_the_result_is_kept_with_the_draft() {
    let asked = Scenario::new("", ONE).mode(Mode::Manual).then(APPROVAL, Deed::Approve);
    let rejected = last(&asked.clone().then(APPROVAL, Deed::Reject).then(APPROVAL, Deed::Approve));
    let review = |place: usize| rejected.drafts[place].review.as_ref().unwrap();
    assert!(!review(0).approved && review(0).content.is_some(), "the comment is what the next round is told");
    assert!(review(1).approved);
    let edited = last(&asked.then(APPROVAL, Deed::EditResult));
    let ending = edited.ending.as_ref().unwrap();
    let contents: Vec<_> = edited.drafts.iter().map(|draft| Some(draft.content)).collect();
    assert_eq!((contents.len(), ending.approved), (2, true), "the analyst's draft stays readable");
    assert!(ending.content == contents[1] && contents[0] != contents[1], "the edit is the result");
}

#[test]
fn a_revision_names_what_is_missing_by_what_was_ever_accepted() {
    let scenario = Scenario::new("", TWO)
        .cap(900, OnBudget::Finish)
        .on("p2/execute/s1/cycle0/turn1/model", vec![Reply::Hangs])
        .then(DONE, Deed::Revise(RevisionScope::SpecificSubtasks(vec![1])))
        .then(When::InFlight("p2/execute/s1/cycle0/turn1/model"), Deed::Cancel);
    let task = last(&scenario);
    assert!(task.missing().is_empty(), "the earlier solution of subtask 1 stands");
    assert!(task.any_accepted());
}

#[test]
fn rejected_questions_and_moot_ones_are_told_apart() {
    let scenario = Scenario::new("", ONE)
        .mode(Mode::Assisted)
        .then(APPROVAL, Deed::Reject)
        .then(APPROVAL, Deed::EditPlan(TWO))
        .then(APPROVAL, Deed::Cancel);
    let states: Vec<ApprovalState> =
        last(&scenario).approvals.iter().map(|approval| approval.state).collect();
    assert_eq!(states, [ApprovalState::Rejected, ApprovalState::Void, ApprovalState::Void]);
}

#[test]
fn the_user_s_deadline_does_not_hold_for_who_resumes_after_it() {
    let mut driver = Driver::submitted(ONE, |submission| submission.deadline = Some(START + Millis(1_000)));
    driver.later(Millis(1_000));
    assert_eq!(driver.lines(Input::TimerDue), ["failed deadline_exceeded"]);
    driver.tell(Input::Resume { rules: RULES }).unwrap();
    assert_eq!(driver.task().deadline(), None);
    assert!(driver.tell(Input::TimerDue).unwrap().is_empty());
    assert_eq!(driver.startable(), ["p2/analyse"]);
}

#[test]
fn the_user_s_deadline_holds_for_who_resumes_before_it() {
    let deadline = START + Millis::from_mins(60);
    let mut driver = Driver::submitted(ONE, |submission| submission.deadline = Some(deadline));
    driver.tell(Input::Admit).unwrap();
    driver.make("p1/analyse", &Reply::Fails(FailureClass::Refused));
    driver.make("p1/analyse", &Reply::Fails(FailureClass::Refused));
    driver.tell(Input::Resume { rules: RULES }).unwrap();
    assert_eq!(driver.task().deadline(), Some(deadline));
}

#[test]
fn passes_adopt_the_rules_of_the_binary_that_opens_them() {
    let mut driver = Driver::submitted(ONE, |submission| submission.deadline = Some(START + Millis(1)));
    driver.later(Millis(1));
    driver.tell(Input::TimerDue).unwrap();
    driver.tell(Input::Resume { rules: 7 }).unwrap();
    assert_eq!((driver.task().rules, driver.task().pass), (7, 2));
}

#[test]
fn money_is_counted_over_all_passes() {
    let once = last(&Scenario::new("", ONE)).ledger.spent();
    let twice =
        last(&Scenario::new("", ONE).then(DONE, Deed::Revise(RevisionScope::FullTask))).ledger.spent();
    assert_eq!((once, twice), (MicroUsd(480), MicroUsd(960)));
    let task = last(&Scenario::new("", ONE).then(DONE, Deed::Revise(RevisionScope::FinalAnswer)));
    assert_eq!(
        (task.ledger.spent(), task.pass_spent()),
        (MicroUsd(600), MicroUsd(120)),
        "a report and its review"
    );
}

#[test]
fn what_a_provider_took_beyond_its_reservation_is_shown() {
    let task = last(&Scenario::new("", ONE).on("p1/analyse", vec![Reply::Dear]));
    assert_eq!(task.ledger.excess(), MicroUsd(100));
    let task = last(&Scenario::new("", ONE).on("p1/analyse", vec![Reply::Unmetered]));
    assert_eq!((task.ledger.estimated(), task.ledger.spent()), (MicroUsd(100), MicroUsd(520)));
}

#[test]
fn the_reason_of_a_failure_is_kept() {
    let task = last(&Scenario::new("", ONE).queued().deadline(Millis(5)).ends("failed deadline_exceeded"));
    let ending = task.ending.unwrap();
    assert_eq!((ending.reason, ending.at), (Some(FailureReason::DeadlineExceeded), START + Millis(5)));
}
