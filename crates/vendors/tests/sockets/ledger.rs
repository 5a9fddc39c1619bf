//! What the provider writes down is what it did, and clients that leave are seen.

use divisi_vendors::{
    Answer, Behaviour, Ended, Fault, FaultRule, Finish, Server, Usage, Vendor, fingerprint,
};

use crate::client::{Client, Ending, ask, question};

#[tokio::test]
async fn entries_hold_what_was_asked_what_was_told_and_what_it_cost() {
    let usage = Usage { input: 100, output: 40, cached: 30, reasoning: 5, written: 0 };
    let answer = Answer { usage: Some(usage), finish: Some(Finish::Length), ..Answer::text("words") };
    for vendor in Vendor::ALL {
        for stream in [true, false] {
            let server = Server::start(Behaviour::default().saying([answer.clone()])).await.unwrap();
            let got = ask(&server, vendor, stream).await;
            assert_eq!((got.status, got.ending), (200, Ending::Whole));
            let book =
                server.ledger().wait_for(|book| book.entries.iter().all(|one| one.ended.is_some())).await;
            let entry = &book.entries[0];
            assert_eq!((entry.number, entry.vendor, entry.model.as_str()), (1, vendor, "m"));
            assert_eq!((entry.streamed, entry.status, entry.ended), (stream, Some(200), Some(Ended::Whole)));
            assert_eq!((entry.charged, entry.reported), (usage, Some(usage)));
            assert_eq!(entry.key, Some(fingerprint("k")));
            assert_eq!(entry.body_bytes, got.body.len());
            assert_eq!(entry.body, question(vendor, stream).1);
            assert!(!serde_json::to_string(&book).unwrap().contains("Bearer"));
        }
    }
}

#[tokio::test]
async fn a_stream_of_chat_tells_its_usage_only_when_it_is_asked_to() {
    let server = Server::start(Behaviour::default()).await.unwrap();
    let (path, mut body) = question(Vendor::Chat, true);
    body.as_object_mut().unwrap().remove("stream_options");
    let got = crate::client::post(&server, &path, &body).await;
    assert!(!got.text().contains("usage"), "{}", got.text());
    let book = server.ledger().wait_for(|book| book.open == 0).await;
    assert!(book.entries[0].reported.is_none() && book.entries[0].charged.output > 0);
}

#[tokio::test]
async fn who_leaves_in_the_middle_is_charged_for_what_came() {
    for vendor in Vendor::ALL {
        let stall = Fault::Stall { at: divisi_vendors::Place::Chunks };
        let long = Answer::text("0123456789".repeat(20)).charged(50, 100);
        let behaviour = Behaviour { delta_chars: 100, ..Behaviour::always(stall) };
        let server = Server::start(behaviour.saying([long])).await.unwrap();
        let mut client = Client::connect(&server).await;
        let (path, body) = question(vendor, true);
        client.send("POST", &path, "k", &body.to_string()).await;
        client.read_until("789").await;
        drop(client);
        let book = server.ledger().wait_for(|book| book.entries[0].ended.is_some()).await;
        let entry = &book.entries[0];
        assert_eq!(entry.ended, Some(Ended::ClientClosed));
        assert_eq!((entry.charged.input, entry.charged.output, entry.reported), (50, 50, None), "{vendor:?}");
    }
}

#[tokio::test]
async fn faults_by_number_hit_that_request_and_connections_are_kept() {
    let faults = vec![FaultRule::on(Fault::Refuse { with: divisi_vendors::Refusal::Overloaded }, [2])];
    let server = Server::start(Behaviour { faults, ..Behaviour::default() }).await.unwrap();
    let mut client = Client::connect(&server).await;
    let (path, body) = question(Vendor::Messages, true);
    let mut statuses = Vec::new();
    for _ in 0..3 {
        client.send("POST", &path, "k", &body.to_string()).await;
        statuses.push(client.read().await.status);
    }
    assert_eq!(statuses, [200, 529, 200]);
    let book = server.ledger().book();
    assert_eq!((book.connections, book.open_max, book.entries[1].faults.len()), (1, 1, 1));
}
