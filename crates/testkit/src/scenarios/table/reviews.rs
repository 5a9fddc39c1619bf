//! Reviews of solutions and of the report, gaps and partial results.

use divisi_domain::model_step::FailureClass;

use super::{CHAIN, ONE, REQUIRED, TWO};
use crate::scenarios::{Reply, Row, Scenario};

const REVISE: u8 = 60;
const REJECT: u8 = 30;

const DIAMOND: &[Row] = &[("a", &[]), ("b", &["a"]), ("c", &["a"]), ("d", &["b", "c"])];
const CASCADE: &[Row] = &[("a", &[]), ("b", &["a!"]), ("c", &["b!"]), ("d", &[])];

pub(super) fn rows() -> Vec<Scenario> {
    let mut rows = subtasks();
    rows.extend(gaps());
    rows.extend(report());
    rows
}

fn subtasks() -> Vec<Scenario> {
    vec![
        Scenario::new("the main job: every answer is good", DIAMOND).shows(&[
            "submitted",
            "enter analysis",
            "enter selection",
            "enter decomposition 0",
            "enter execution",
            "run s1 cycle0",
            "s1 accepted",
            "run s2 cycle0",
            "s2 accepted",
            "run s4 cycle0",
            "enter coordination",
            "enter synthesis 0",
            "enter final review 0",
        ]),
        Scenario::new("needs revision: the same specialist improves it", ONE)
            .on("p1/review/s1/cycle0", vec![Reply::Score(REVISE)])
            .shows(&["run s1 cycle1 same", "start p1/execute/s1/cycle1/turn1/model #1 First on 0 by 1"])
            .shows(&["s1 accepted"]),
        Scenario::new("rejected: another specialist runs", ONE)
            .on("p1/review/s1/cycle0", vec![Reply::Score(REJECT)])
            .shows(&["run s1 cycle1 other", "start p1/execute/s1/cycle1/turn1/model #1 First on 0 by 2"])
            .shows(&["s1 accepted"]),
        Scenario::new("two reruns, one more by a different specialist, then finally failed", ONE)
            .on("p1/review/s1/cycle0", vec![Reply::Score(REVISE)])
            .on("p1/review/s1/cycle1", vec![Reply::Score(REVISE)])
            .on("p1/review/s1/cycle2", vec![Reply::Score(REVISE)])
            .on("p1/review/s1/cycle3", vec![Reply::Score(REVISE)])
            .shows(&["run s1 cycle1 same", "run s1 cycle2 same", "run s1 cycle3 other", "s1 failed"])
            .never(&["run s1 cycle4"])
            .ends("failed no_accepted_solution"),
        Scenario::new("a rejected solution may be accepted at the last run", ONE)
            .on("p1/review/s1/cycle0", vec![Reply::Score(REJECT)])
            .on("p1/review/s1/cycle1", vec![Reply::Score(REJECT)])
            .on("p1/review/s1/cycle2", vec![Reply::Score(REJECT)])
            .shows(&["run s1 cycle1 other", "run s1 cycle2 other", "run s1 cycle3 other", "s1 accepted"]),
        Scenario::new("a score of exactly 7.00 is accepted", ONE)
            .on("p1/review/s1/cycle0", vec![Reply::Score(70)])
            .never(&["run s1 cycle1"]),
        Scenario::new("a rerun beside a first run does not wait for it", TWO)
            .on("p1/review/s1/cycle0", vec![Reply::Score(REVISE)])
            .shows(&["run s1 cycle1 same"]),
    ]
}

/// Four rejected runs of the first subtask.
fn hopeless(name: &'static str, plan: &'static [Row]) -> Scenario {
    Scenario::new(name, plan)
        .on("p1/review/s1/cycle0", vec![Reply::Score(REJECT)])
        .on("p1/review/s1/cycle1", vec![Reply::Score(REJECT)])
        .on("p1/review/s1/cycle2", vec![Reply::Score(REJECT)])
        .on("p1/review/s1/cycle3", vec![Reply::Score(REJECT)])
}

fn gaps() -> Vec<Scenario> {
    vec![
        hopeless("a dependent runs with the gap stated", CHAIN)
            .shows(&["s1 failed", "run s2 cycle0", "s2 accepted"])
            .ends("completed partial approved report missing s1"),
        hopeless("a required edge to a failed subtask skips the dependent", REQUIRED)
            .shows(&["s1 failed", "s2 skipped"])
            .never(&["run s2"])
            .ends("failed no_accepted_solution"),
        hopeless("required edges skip transitively, siblings go on", CASCADE)
            .shows(&["s1 failed", "s2 skipped", "s3 skipped"])
            .never(&["run s2", "run s3"])
            .ends("completed partial approved report missing s1 s2 s3"),
        hopeless("a last run without an answer leaves a gap", TWO)
            .on("p1/execute/s1/cycle3/turn1/model", vec![Reply::Fails(FailureClass::BadRequest); 2])
            .shows(&["s2 accepted", "run s1 cycle3 other", "run s1 failed bad_request", "s1 failed"])
            .ends("completed partial approved report missing s1"),
        hopeless("a failed branch does not discard its sibling", TWO)
            .shows(&["s1 failed", "enter coordination"])
            .ends("completed partial approved report missing s1"),
    ]
}

fn report() -> Vec<Scenario> {
    vec![
        Scenario::new("a final review that does not approve asks for another round", ONE)
            .on("p1/final_review/round0", vec![Reply::NotApproved])
            .shows(&[
                "enter synthesis 0",
                "enter final review 0",
                "enter synthesis 1",
                "enter final review 1",
            ]),
        Scenario::new("rounds used up: the draft is published, flagged", ONE)
            .on("p1/final_review/round0", vec![Reply::NotApproved])
            .on("p1/final_review/round1", vec![Reply::NotApproved])
            .on("p1/final_review/round2", vec![Reply::NotApproved])
            .shows(&["enter synthesis 1", "enter synthesis 2", "enter final review 2"])
            .never(&["enter synthesis 3"])
            .ends("completed full unapproved report"),
    ]
}
