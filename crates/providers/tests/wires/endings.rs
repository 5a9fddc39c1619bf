//! Answers that break off or never come: class, what was heard, and that the socket is closed.

use std::sync::Arc;
use std::time::Duration;

use divisi_domain::model_step::FailureClass;
use divisi_llm::CallContext;
use divisi_providers::http::Deadlines;
use divisi_vendors::{Answer, Behaviour, Ended, Ending, Fault, FaultRule, Place, Vendor, Wait};

use crate::harness::{HASTY, Heard, PATIENT, RESTLESS, asked, call, call_by, provider, question, serving};

const TEXT: &str = "{\"text\":\"one two three four five six\"}";

/// Nothing here takes so long, whatever the machine.
const GIVEN_UP: Duration = Duration::from_secs(20);

fn behaving(fault: Fault) -> Behaviour {
    let mut behaviour = Behaviour::always(fault).saying([Answer::text(TEXT)]);
    behaviour.delta_chars = 6;
    behaviour
}

#[tokio::test]
async fn a_cut_at_any_byte_is_a_broken_connection() {
    for vendor in Vendor::ALL {
        for how in [Ending::Close, Ending::Reset] {
            for at_byte in [0, 1, 40, 333, 900] {
                let outcome = asked(vendor, behaving(Fault::Cut { at_byte, how }), PATIENT).await;
                let error = outcome.error();
                let row = format!("{vendor:?} {how:?} {at_byte}: {error:?}");
                assert_eq!(error.class, FailureClass::Connection, "{row}");
                assert!(error.sent && error.retry_after.is_none(), "{row}");
                assert!(TEXT.starts_with(&outcome.heard) && outcome.heard.len() < TEXT.len(), "{row}");
            }
        }
    }
}

#[tokio::test]
async fn what_never_begins_times_out_and_what_stops_is_truncated() {
    let (timed_out, truncated) = (FailureClass::TimedOut, FailureClass::Truncated);
    for (place, deadlines, classes) in [
        (Place::Headers, HASTY, [timed_out; 4]),
        // Events that say nothing of the answer are no beginning of it.
        (Place::FirstToken, RESTLESS, [timed_out; 4]),
        (Place::Chunks, RESTLESS, [truncated; 4]),
    ] {
        for (vendor, class) in Vendor::ALL.into_iter().zip(classes) {
            let mut deadlines = deadlines;
            if class == timed_out {
                deadlines.first_token = HASTY.first_token;
            }
            let server = serving(behaving(Fault::Stall { at: place })).await;
            let outcome = call(&server, vendor, &question(vendor), deadlines).await;
            let error = outcome.error();
            assert_eq!(error.class, class, "{place:?} {vendor:?}: {error:?}");
            assert!(error.sent, "{place:?} {vendor:?}: {error:?}");
            let heard = if place == Place::Chunks { &TEXT[..6] } else { "" };
            assert_eq!(outcome.heard, heard, "{place:?} {vendor:?}");
            let seen = server.ledger().wait_for(|book| book.entries[0].ended.is_some());
            let book = tokio::time::timeout(GIVEN_UP, seen).await.expect("the socket stays open");
            assert_eq!(book.entries[0].ended, Some(Ended::ClientClosed), "{place:?} {vendor:?}");
        }
    }
}

#[tokio::test]
async fn a_request_that_was_sent_is_let_go_before_the_answer_comes() {
    for vendor in Vendor::ALL {
        let server = serving(behaving(Fault::Stall { at: Place::Headers })).await;
        let provider = provider(vendor, &server.url(), PATIENT);
        let (request, mut heard) = (question(vendor), Heard::default());
        let inputs = Arc::downgrade(&request.inputs);
        let context = CallContext { idempotency_key: "k".to_owned(), attempt: 1 };
        let mut calling = provider.call(request, &context, &mut heard);
        let begun = server.ledger().wait_for(|book| book.open == 1);
        tokio::select! {
            outcome = &mut calling => panic!("{vendor:?}: {outcome:?}"),
            book = tokio::time::timeout(GIVEN_UP, begun) => drop(book.expect("nothing was asked")),
        }
        assert!(inputs.upgrade().is_none(), "{vendor:?}");
        drop(calling);
    }
}

#[tokio::test]
async fn a_call_that_is_dropped_closes_its_socket() {
    for vendor in Vendor::ALL {
        for place in [Place::Headers, Place::FirstToken, Place::Chunks] {
            let server = serving(behaving(Fault::Stall { at: place })).await;
            let provider = provider(vendor, &server.url(), PATIENT);
            let (request, mut heard) = (question(vendor), Heard::default());
            let context = CallContext { idempotency_key: "k".to_owned(), attempt: 1 };
            let calling = provider.call(request, &context, &mut heard);
            let begun = server.ledger().wait_for(|book| match place {
                Place::Headers => book.open == 1,
                Place::FirstToken => book.entries.first().is_some_and(|entry| entry.status.is_some()),
                Place::Chunks => book.entries.first().is_some_and(|entry| entry.charged.output > 0),
            });
            tokio::select! {
                outcome = calling => panic!("{vendor:?} {place:?}: {outcome:?}"),
                book = tokio::time::timeout(GIVEN_UP, begun) => drop(book.expect("nothing was asked")),
            }
            let left = server.ledger().wait_for(|book| book.entries[0].ended.is_some());
            let book = tokio::time::timeout(GIVEN_UP, left).await.expect("the socket stays open");
            assert_eq!(book.entries[0].ended, Some(Ended::ClientClosed), "{vendor:?} {place:?}");
            assert!(book.entries[0].charged.output < 10, "{vendor:?} {place:?}");
        }
    }
}

#[tokio::test]
async fn comments_of_a_server_with_a_queue_are_no_answer_yet() {
    for vendor in Vendor::ALL {
        let queue = |wait| Fault::Queue { pings: 3, wait };
        let outcome = asked(vendor, behaving(queue(Wait::Millis(10))), PATIENT).await;
        assert_eq!(outcome.response().text, TEXT, "{vendor:?}");
        // One comment, then nothing: the deadline of the first token, not the longer one between pieces.
        let server = serving(behaving(queue(Wait::Signal))).await;
        server.release(1);
        let outcome = call(&server, vendor, &question(vendor), HASTY).await;
        assert_eq!(outcome.error().class, FailureClass::TimedOut, "{vendor:?}");
    }
}

/// A local server loads its model at the first call, and says nothing meanwhile.
#[tokio::test]
async fn a_first_answer_that_is_slow_is_waited_for() {
    for vendor in Vendor::ALL {
        for place in [Place::Headers, Place::FirstToken] {
            let loading = FaultRule::on(Fault::Delay { at: place, wait: Wait::Signal }, [1]);
            let answers = [Answer::text(TEXT), Answer::text(TEXT)];
            let behaviour = Behaviour { faults: vec![loading], ..Behaviour::default() }.saying(answers);
            let server = serving(behaviour).await;
            let provider = provider(vendor, &server.url(), Deadlines::LOCAL);
            let request = question(vendor);
            let loaded = async {
                server.ledger().wait_for(|book| book.open == 1).await;
                server.release(1);
            };
            let (first, ()) = futures::future::join(call_by(provider.as_ref(), &request), loaded).await;
            assert_eq!(first.response().text, TEXT, "{vendor:?} {place:?}");
            assert_eq!(call_by(provider.as_ref(), &request).await.response().text, TEXT);
            assert_eq!(server.ledger().book().entries.len(), 2, "{vendor:?}: nothing is asked twice");
        }
    }
}

#[tokio::test]
async fn slow_is_not_broken() {
    for vendor in Vendor::ALL {
        for place in [Place::Headers, Place::FirstToken, Place::Chunks] {
            let outcome =
                asked(vendor, behaving(Fault::Delay { at: place, wait: Wait::Millis(20) }), PATIENT).await;
            assert_eq!(outcome.response().text, TEXT, "{vendor:?} {place:?}");
        }
    }
}
