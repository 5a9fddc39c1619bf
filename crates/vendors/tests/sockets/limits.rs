//! Keys, models, contexts, and limits by a virtual clock.

use divisi_vendors::{Behaviour, Server, Vendor};
use serde_json::json;

use crate::client::{Client, ask, post, question};

#[tokio::test]
async fn keys_models_and_contexts_are_checked_as_a_vendor_does() {
    for (behaviour, statuses) in [
        (Behaviour { keys: vec!["k".into()], ..Behaviour::default() }, [200, 200, 200, 200]),
        (Behaviour { keys: vec!["other".into()], ..Behaviour::default() }, [401, 401, 401, 400]),
        (Behaviour { models: vec!["m".into()], ..Behaviour::default() }, [200; 4]),
        (Behaviour { models: vec!["other".into()], ..Behaviour::default() }, [404; 4]),
        (Behaviour { context_tokens: Some(1), ..Behaviour::default() }, [200; 4]),
        (Behaviour { context_tokens: Some(0), ..Behaviour::default() }, [400; 4]),
    ] {
        let server = Server::start(behaviour.clone()).await.unwrap();
        for (vendor, status) in Vendor::ALL.into_iter().zip(statuses) {
            let got = ask(&server, vendor, true).await;
            assert_eq!(got.status, status, "{vendor:?} {behaviour:?}: {}", got.text());
        }
    }
}

#[tokio::test]
async fn a_limit_answers_429_until_the_minute_is_over() {
    for vendor in Vendor::ALL {
        let behaviour =
            Behaviour { requests_per_minute: Some(2), virtual_clock_ms: Some(1_000), ..Behaviour::default() };
        let server = Server::start(behaviour).await.unwrap();
        let mut statuses = Vec::new();
        for _ in 0..3 {
            statuses.push(ask(&server, vendor, true).await.status);
        }
        assert_eq!(statuses, [200, 200, 429], "{vendor:?}");
        server.advance(45_000);
        let refused = ask(&server, vendor, true).await;
        let waits = refused.header("retry-after").map(str::to_owned).or_else(|| {
            refused.json()["error"]["details"]
                .as_array()?
                .iter()
                .find_map(|detail| Some(detail["retryDelay"].as_str()?.to_owned()))
        });
        assert_eq!(waits.unwrap().trim_end_matches('s'), "15", "{vendor:?}");
        server.advance(15_000);
        assert_eq!(ask(&server, vendor, true).await.status, 200, "{vendor:?}");
    }
}

#[tokio::test]
async fn headers_tell_what_is_left() {
    let behaviour = Behaviour {
        requests_per_minute: Some(10),
        tokens_per_minute: Some(1_000),
        virtual_clock_ms: Some(1_795_292_170_000),
        ..Behaviour::default()
    };
    for (vendor, expected) in [
        (
            Vendor::Chat,
            [
                ("x-ratelimit-limit-requests", "10"),
                ("x-ratelimit-remaining-requests", "9"),
                ("x-ratelimit-reset-requests", "1m0s"),
                ("x-ratelimit-remaining-tokens", "999"),
            ],
        ),
        (
            Vendor::Responses,
            [
                ("x-ratelimit-limit-tokens", "1000"),
                ("x-ratelimit-remaining-tokens", "999"),
                ("x-ratelimit-reset-tokens", "1m0s"),
                ("date", "Sat, 21 Nov 2026 20:16:10 GMT"),
            ],
        ),
        (
            Vendor::Messages,
            [
                ("anthropic-ratelimit-requests-limit", "10"),
                ("anthropic-ratelimit-requests-remaining", "9"),
                ("anthropic-ratelimit-requests-reset", "2026-11-21T20:17:10Z"),
                ("anthropic-ratelimit-tokens-remaining", "999"),
            ],
        ),
    ] {
        let server = Server::start(behaviour.clone()).await.unwrap();
        let got = ask(&server, vendor, false).await;
        for (name, value) in expected {
            assert_eq!(got.header(name), Some(value), "{vendor:?} {name}: {}", got.head);
        }
    }
}

#[tokio::test]
async fn malformed_requests_get_the_vendors_400_and_are_not_charged() {
    let server = Server::start(Behaviour::default()).await.unwrap();
    for (vendor, mark) in [
        (Vendor::Chat, "\"param\""),
        (Vendor::Responses, "\"param\""),
        (Vendor::Messages, "\"type\":\"error\""),
        (Vendor::Gemini, "INVALID_ARGUMENT"),
    ] {
        let (path, _) = question(vendor, false);
        let got = post(&server, &path, &json!({"model": "m", "nonsense": 1})).await;
        assert!(got.status == 400 && got.text().contains(mark), "{vendor:?}: {}", got.text());
    }
    let mut client = Client::connect(&server).await;
    client.send("POST", "/v1/chat/completions", "k", "{not json").await;
    assert_eq!(client.read().await.status, 400);
    let book = server.ledger().book();
    assert!(book.entries.len() == 5 && book.entries.iter().all(|entry| entry.charged.input == 0), "{book:?}");
    assert!(book.entries.iter().all(|entry| entry.refused.is_some()));
}
