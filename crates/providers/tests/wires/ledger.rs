//! What we count is what the provider charged, and its limits are read from its headers.

use divisi_domain::money::Usage;
use divisi_domain::time::Millis;
use divisi_llm::RateSeen;
use divisi_vendors::{Answer, Behaviour, Vendor, fingerprint};

use crate::harness::{KEY, PATIENT, call_by, model, provider, question, serving};

#[tokio::test]
async fn the_sum_of_what_is_reported_is_what_the_provider_charged() {
    for vendor in Vendor::ALL {
        let answers = (1..=5).map(|n| Answer::text(format!("{{\"text\":\"{n}\"}}")).charged(100 * n, 7 * n));
        let server = serving(Behaviour::default().saying(answers)).await;
        let provider = provider(vendor, &server.url(), PATIENT);
        let mut sum = Usage::default();
        for _ in 0..5 {
            let outcome = call_by(provider.as_ref(), &question(vendor)).await;
            let usage = outcome.response().usage.unwrap();
            sum.input_tokens += usage.input_tokens;
            sum.output_tokens += usage.output_tokens;
        }
        let book = server.ledger().wait_for(|book| book.open == 0).await;
        assert_eq!(
            (sum.input_tokens, sum.output_tokens),
            (book.charged().input, book.charged().output),
            "{vendor:?}"
        );
        assert_eq!((sum.input_tokens, sum.output_tokens), (1_500, 105), "{vendor:?}");
        assert_eq!(book.connections, 1, "{vendor:?}: one connection does for calls one after the other");
        for entry in &book.entries {
            assert!(entry.streamed, "{vendor:?}: what is not streamed goes on after it is closed");
            assert_eq!((entry.model.as_str(), &entry.key), (model(vendor), &Some(fingerprint(KEY))));
        }
    }
}

#[tokio::test]
async fn limits_are_read_from_the_headers_and_refusals_say_how_long() {
    for vendor in [Vendor::Chat, Vendor::Responses, Vendor::Messages] {
        let behaviour = Behaviour {
            requests_per_minute: Some(2),
            tokens_per_minute: Some(100_000),
            virtual_clock_ms: Some(1_795_292_170_000),
            ..Behaviour::default()
        };
        let server = serving(behaviour).await;
        let provider = provider(vendor, &server.url(), PATIENT);
        let first = call_by(provider.as_ref(), &question(vendor)).await;
        let rate = first.response().rate;
        let left = rate.tokens_left.unwrap();
        let minute = Some(Millis(60_000));
        let expected = RateSeen {
            requests_per_minute: Some(2),
            requests_left: Some(1),
            requests_reset: minute,
            tokens_per_minute: Some(100_000),
            tokens_left: Some(left),
            tokens_reset: minute,
        };
        assert_eq!(rate, expected, "{vendor:?}");
        server.advance(20_000);
        call_by(provider.as_ref(), &question(vendor)).await.response();
        let refused = call_by(provider.as_ref(), &question(vendor)).await;
        assert_eq!(refused.error().retry_after, Some(Millis(40_000)), "{vendor:?}");
        assert_eq!(refused.error().rate.requests_left, Some(0), "{vendor:?}");
        server.advance(40_000);
        call_by(provider.as_ref(), &question(vendor)).await.response();
    }
}
