//! A question at the terminal.

use std::io::BufReader;

use crate::common::seat::Seat;
use crate::common::{Home, Ran, signal, wait_for};

const ASSISTED: [&str; 6] = ["run", "May I sell copies?", "--file", "licence.txt", "--mode", "assisted"];

/// Somebody is asked about a plan.
fn asked(home: &Home) -> Seat {
    let mut seat = Seat::take(home.command(&ASSISTED));
    seat.sees("Approve the plan?");
    seat
}

fn approve_elsewhere(home: &Home) -> Ran {
    let open = home.run(&["approvals", "list", "--json"]).exits(0).json();
    home.run(&["approvals", "approve", open[0]["approval_id"].as_str().unwrap()]).exits(0)
}

#[test]
fn an_answer_is_taken_at_the_terminal() {
    let home = Home::new();
    let mut seat = asked(&home);
    seat.types("n");
    seat.sees("What should be different?");
    seat.types("Look at the warranty.");
    seat.sees("Approve the plan?");
    seat.types("y");
    assert!([Some(0), Some(3)].contains(&seat.leaves()));
}

#[test]
fn a_question_that_is_answered_elsewhere_goes_away() {
    let home = Home::new();
    let mut seat = asked(&home);
    approve_elsewhere(&home);
    seat.sees("decided elsewhere");
    assert!([Some(0), Some(3)].contains(&seat.leaves()));
}

#[test]
fn an_answer_that_comes_too_late_is_no_failure() {
    let home = Home::new();
    let mut owner = home.command(&["up"]).spawn().unwrap();
    let mut said = BufReader::new(owner.stderr.take().unwrap());
    wait_for(&mut said, "Running the tasks");
    let mut seat = asked(&home);
    signal(&seat.child, "-STOP");
    approve_elsewhere(&home);
    seat.types("y");
    signal(&seat.child, "-CONT");
    seat.sees("decided elsewhere");
    assert!([Some(0), Some(3)].contains(&seat.leaves()));
    signal(&owner, "-TERM");
    assert_eq!(owner.wait().unwrap().code(), Some(0));
}

#[test]
fn signals_are_heard_at_the_question() {
    for (sent, code) in [("-INT", 6), ("-TERM", 130), ("-HUP", 130)] {
        let home = Home::new();
        let seat = asked(&home);
        signal(&seat.child, sent);
        assert_eq!(seat.leaves(), Some(code), "{sent}");
    }
}
