//! Errors instead of answers: class, wait, sentence.

use divisi_domain::model_step::FailureClass;
use divisi_domain::money::Usage;
use divisi_domain::time::Millis;
use divisi_vendors::{Behaviour, Fault, Refusal, Vendor};

use crate::harness::{KEY, PATIENT, asked};

#[tokio::test]
async fn every_refusal_of_every_vendor_has_its_class_and_a_clean_sentence() {
    let limited = |retry_after_seconds| Refusal::RateLimited { retry_after_seconds };
    for (refusal, class, wait_s) in [
        (limited(Some(7)), FailureClass::RateLimited, Some(7)),
        (limited(None), FailureClass::RateLimited, None),
        (Refusal::QuotaSpent, FailureClass::QuotaSpent, None),
        (Refusal::Internal, FailureClass::Overloaded, None),
        (Refusal::Traceback, FailureClass::Overloaded, None),
        (Refusal::PlainText, FailureClass::Overloaded, None),
        (Refusal::NoSchemas, FailureClass::Overloaded, None),
        (Refusal::ProxyKey, FailureClass::Unauthorized, None),
        (Refusal::ProxyLimit, FailureClass::RateLimited, None),
        (Refusal::BadGateway, FailureClass::Overloaded, None),
        (Refusal::Unavailable, FailureClass::Overloaded, None),
        (Refusal::Overloaded, FailureClass::Overloaded, None),
        (Refusal::Unauthorized, FailureClass::Unauthorized, None),
        (Refusal::Forbidden, FailureClass::Unauthorized, None),
        (Refusal::BadRequest, FailureClass::BadRequest, None),
        (Refusal::UnknownModel, FailureClass::UnknownModel, None),
        (Refusal::ContextTooLong, FailureClass::ContextTooLong, None),
    ] {
        for vendor in Vendor::ALL {
            let outcome = asked(vendor, Behaviour::always(Fault::Refuse { with: refusal }), PATIENT).await;
            let error = outcome.error();
            let row = format!("{refusal:?} {vendor:?}: {error}");
            // It is about a field that the Chat wire can do without: it is asked in another way next.
            let another_way = refusal == Refusal::BadRequest && vendor == Vendor::Chat;
            let class = if another_way { FailureClass::Overloaded } else { class };
            assert_eq!(error.class, class, "{row}");
            assert_eq!(error.retry_after, wait_s.map(|seconds| Millis(seconds * 1_000)), "{row}");
            let told = wait_s.is_some() && vendor != Vendor::Gemini;
            assert_eq!(error.rate.requests_left, told.then_some(0), "{row}");
            assert_eq!(
                error.usage,
                another_way.then(Usage::default),
                "{row}: what is turned away costs nothing"
            );
            assert!(error.sent && !error.generated && outcome.heard.is_empty(), "{row}");
            for never in [KEY, "<html", "/opt/server", "Traceback"] {
                assert!(!error.message.contains(never), "{row}");
            }
        }
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_was_sent_nothing() {
    for vendor in Vendor::ALL {
        let url = crate::harness::serving(Behaviour::default()).await.url();
        let provider = crate::harness::provider(vendor, &url, PATIENT);
        let outcome = crate::harness::call_by(provider.as_ref(), &crate::harness::question(vendor)).await;
        let error = outcome.error();
        assert!(error.class == FailureClass::Connection && !error.sent, "{vendor:?}: {error:?}");
    }
}
