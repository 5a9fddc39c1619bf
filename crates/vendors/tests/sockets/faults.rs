//! Wire × fault, streamed and not.

use divisi_vendors::{Answer, Behaviour, Ended, Ending as Cut, Fault, Place, Refusal, Server, Vendor, Wait};
use serde_json::json;

use crate::client::{Client, Ending, Got, ask, question};

const TEXT: &str = "Grüße → 漢字 and a long tail of plain words";

async fn with(fault: Fault, vendor: Vendor, stream: bool) -> (Server, Got) {
    let server =
        Server::start(Behaviour::always(fault).saying([Answer::text(TEXT).charged(11, 7)])).await.unwrap();
    let got = ask(&server, vendor, stream).await;
    (server, got)
}

/// The marks by which a client knows that an answer is complete.
fn final_mark(vendor: Vendor, stream: bool) -> &'static str {
    match (vendor, stream) {
        (Vendor::Chat, _) => "\"finish_reason\":\"stop\"",
        (Vendor::Responses, _) => "\"status\":\"completed\",\"store\"",
        (Vendor::Messages, _) => "\"stop_reason\":\"end_turn\"",
        (Vendor::Gemini, _) => "\"finishReason\":\"STOP\"",
    }
}

fn usage_mark(vendor: Vendor) -> &'static str {
    match vendor {
        Vendor::Chat => "\"completion_tokens\":",
        Vendor::Responses | Vendor::Messages => "\"output_tokens\":",
        Vendor::Gemini => "\"candidatesTokenCount\":",
    }
}

#[tokio::test]
async fn refusals_have_the_status_the_envelope_and_the_headers_of_the_vendor() {
    let limited = Refusal::RateLimited { retry_after_seconds: Some(7) };
    let unwaited = Refusal::RateLimited { retry_after_seconds: None };
    for (refusal, statuses, marks) in [
        (
            limited,
            [429, 429, 429, 429],
            ["rate_limit_exceeded", "rate_limit_exceeded", "rate_limit_error", "\"retryDelay\":\"7s\""],
        ),
        (
            unwaited,
            [429, 429, 429, 429],
            ["rate_limit_exceeded", "rate_limit_exceeded", "rate_limit_error", "RESOURCE_EXHAUSTED"],
        ),
        (
            Refusal::QuotaSpent,
            [429, 429, 400, 429],
            ["insufficient_quota", "insufficient_quota", "credit balance", "PerDay"],
        ),
        (Refusal::Internal, [500; 4], ["server_error", "server_error", "api_error", "INTERNAL"]),
        (Refusal::Traceback, [500; 4], ["Traceback"; 4]),
        (Refusal::PlainText, [500; 4], ["Internal Server Error"; 4]),
        (Refusal::NoSchemas, [500; 4], ["'input': 'json_schema'"; 4]),
        (Refusal::ProxyKey, [400; 4], ["no_db_connection"; 4]),
        (Refusal::ProxyLimit, [429; 4], ["throttling_error"; 4]),
        (Refusal::BadGateway, [502; 4], ["<html>"; 4]),
        (Refusal::Unavailable, [503; 4], ["overloaded", "overloaded", "api_error", "UNAVAILABLE"]),
        (Refusal::Overloaded, [529; 4], ["server_error", "server_error", "overloaded_error", "\"code\":503"]),
        (
            Refusal::Unauthorized,
            [401, 401, 401, 400],
            ["invalid_api_key", "invalid_api_key", "authentication_error", "API_KEY_INVALID"],
        ),
        (Refusal::Forbidden, [403; 4], ["permission", "permission", "permission_error", "PERMISSION_DENIED"]),
        (
            Refusal::BadRequest,
            [400; 4],
            ["unsupported_value", "unsupported_value", "invalid_request", "INVALID_ARGUMENT"],
        ),
        (
            Refusal::UnknownModel,
            [404; 4],
            ["model_not_found", "model_not_found", "not_found_error", "NOT_FOUND"],
        ),
        (
            Refusal::ContextTooLong,
            [400; 4],
            ["context_length_exceeded", "context_length_exceeded", "prompt is too long", "input token count"],
        ),
    ] {
        for (at, vendor) in Vendor::ALL.into_iter().enumerate() {
            for stream in [true, false] {
                let (server, got) = with(Fault::Refuse { with: refusal }, vendor, stream).await;
                let text = got.text();
                assert_eq!((got.status, got.ending), (statuses[at], Ending::Whole), "{refusal:?} {vendor:?}");
                assert!(text.contains(marks[at]), "{refusal:?} {vendor:?}: {text}");
                let waits = (refusal == limited && vendor != Vendor::Gemini).then_some("7");
                assert_eq!(got.header("retry-after"), waits, "{refusal:?} {vendor:?}");
                let left = ["x-ratelimit-remaining-requests", "anthropic-ratelimit-requests-remaining"];
                let left = left.into_iter().find_map(|name| got.header(name));
                assert_eq!(left, waits.map(|_| "0"), "{refusal:?} {vendor:?}");
                let entry = server.ledger().book().entries.remove(0);
                assert!(entry.refused.is_some() && entry.charged.output == 0, "{entry:?}");
            }
        }
    }
}

#[tokio::test]
async fn an_answer_without_fault_has_all_its_marks() {
    for vendor in Vendor::ALL {
        for stream in [true, false] {
            let server =
                Server::start(Behaviour::default().saying([Answer::text("plain words")])).await.unwrap();
            let got = ask(&server, vendor, stream).await;
            let text = got.text();
            assert_eq!((got.status, got.ending), (200, Ending::Whole));
            assert!(text.contains(final_mark(vendor, stream)) && text.contains(usage_mark(vendor)), "{text}");
            let kind = if stream { "text/event-stream; charset=utf-8" } else { "application/json" };
            assert_eq!(got.header("content-type"), Some(kind));
        }
    }
}

#[tokio::test]
async fn each_fault_leaves_out_or_puts_in_what_it_says() {
    for vendor in Vendor::ALL {
        for stream in [true, false] {
            let (_server, got) = with(Fault::NoFinish, vendor, stream).await;
            assert!(!got.text().contains(final_mark(vendor, stream)), "{vendor:?}: {}", got.text());
            let (_server, got) = with(Fault::NoUsage, vendor, stream).await;
            assert!(!got.text().contains(usage_mark(vendor)), "{vendor:?}: {}", got.text());
            let (_server, got) = with(Fault::EmptyAnswer, vendor, stream).await;
            assert!(
                !got.text().contains("long") && got.text().contains(final_mark(vendor, stream)),
                "{}",
                got.text()
            );
            let (_server, got) = with(Fault::EmptyBody, vendor, stream).await;
            assert_eq!((got.status, got.body.len(), got.ending), (200, 0, Ending::Whole));
            let (_server, got) = with(Fault::WrongContentType, vendor, stream).await;
            assert_eq!((got.status, got.header("content-type")), (200, Some("text/html; charset=utf-8")));
            let (server, got) = with(Fault::WrongUsage, vendor, stream).await;
            assert!(
                got.text().contains(&format!("{}3000", usage_mark(vendor))),
                "{vendor:?}: {}",
                got.text()
            );
            assert_eq!(server.ledger().book().charged().output, 3_000);
            let (_server, got) = with(Fault::HalfText, vendor, stream).await;
            assert!(!got.text().contains("words") && got.text().contains(final_mark(vendor, stream)));
            let (_server, got) = with(Fault::HugeLine { bytes: 300_000 }, vendor, stream).await;
            let longest = got.text().lines().map(str::len).max().unwrap();
            assert!(longest > 300_000 && got.ending == Ending::Whole, "{longest}");
        }
    }
}

#[tokio::test]
async fn a_malformed_or_broken_off_stream_is_just_that() {
    for vendor in Vendor::ALL {
        let (_server, got) = with(Fault::MalformedChunk, vendor, true).await;
        let text = got.text();
        let broken = |line: &&str| {
            let data = line.strip_prefix("data: ").filter(|data| *data != "[DONE]");
            data.is_some_and(|data| serde_json::from_str::<serde_json::Value>(data).is_err())
        };
        assert_eq!(text.lines().filter(broken).count(), 1, "{text}");
        let (_server, got) = with(Fault::MalformedChunk, vendor, false).await;
        assert!(
            got.ending == Ending::Whole && serde_json::from_slice::<serde_json::Value>(&got.body).is_err()
        );
        let (_server, got) = with(Fault::StreamError, vendor, true).await;
        let text = got.text();
        assert!(
            text.to_lowercase().contains("overloaded") && !text.contains(final_mark(vendor, true)),
            "{text}"
        );
        assert!(got.status == 200 && got.ending == Ending::Whole && !text.contains("[DONE]"));
        let (_server, got) = with(Fault::StreamError, vendor, false).await;
        assert_eq!(got.status, 529);
    }
}

#[tokio::test]
async fn shaping_changes_the_pieces_and_not_the_bytes() {
    for vendor in Vendor::ALL {
        let (_server, plain) =
            with(Fault::Delay { at: Place::Chunks, wait: Wait::Millis(0) }, vendor, true).await;
        for fault in [Fault::OneByteChunks, Fault::SplitUtf8] {
            let (_server, got) = with(fault.clone(), vendor, true).await;
            assert_eq!(got.text().len(), plain.text().len(), "{vendor:?} {fault:?}");
        }
        let (_server, twice) = with(Fault::DuplicateChunks, vendor, true).await;
        assert_eq!(twice.body.len(), 2 * plain.body.len(), "{vendor:?}");
        let (_server, pinged) = with(Fault::Pings, vendor, true).await;
        assert_eq!(pinged.text().replace(": ping\n\n", "").len(), plain.text().len(), "{vendor:?}");
    }
}

#[tokio::test]
async fn a_cut_leaves_exactly_so_many_bytes_and_ends_as_it_says() {
    for vendor in Vendor::ALL {
        for stream in [true, false] {
            for at_byte in [0, 1, 150] {
                let (server, got) = with(Fault::Cut { at_byte, how: Cut::Close }, vendor, stream).await;
                assert_eq!((got.body.len(), got.ending), (at_byte, Ending::Closed), "{vendor:?} {stream}");
                let book = server.ledger().wait_for(|book| book.open == 0).await;
                assert_eq!(book.entries[0].ended, Some(Ended::Cut));
                // A reset may overtake what was sent before it.
                let (_server, got) = with(Fault::Cut { at_byte, how: Cut::Reset }, vendor, stream).await;
                assert!(got.body.len() <= at_byte && got.ending == Ending::Reset, "{vendor:?} {got:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_delay_waits_for_its_signal_and_a_stall_for_ever() {
    for (place, before) in [(Place::Headers, ""), (Place::FirstToken, "\r\n\r\n"), (Place::Chunks, "Gr")] {
        for vendor in Vendor::ALL {
            let delay = Behaviour::always(Fault::Delay { at: place, wait: Wait::Signal });
            let server = Server::start(delay.saying([Answer::text("Grand")])).await.unwrap();
            server.change(|behaviour| behaviour.delta_chars = 3);
            let mut client = Client::connect(&server).await;
            let (path, body) = question(vendor, true);
            client.send("POST", &path, "k", &body.to_string()).await;
            server.ledger().wait_for(|book| book.open == 1).await;
            client.read_until(before).await;
            assert_eq!(server.ledger().book().open, 1, "{place:?} {vendor:?}");
            server.release(1);
            client.read_until("nd").await;

            server.behave(Behaviour::always(Fault::Stall { at: place }).saying([Answer::text("Grand")]));
            server.change(|behaviour| behaviour.delta_chars = 3);
            let mut client = Client::connect(&server).await;
            client.send("POST", &path, "k", &body.to_string()).await;
            let stalled = server.ledger().wait_for(|book| book.entries.len() == 2).await;
            assert_eq!(stalled.entries[1].ended, None);
            drop(client);
            let left = server.ledger().wait_for(|book| book.entries[1].ended.is_some()).await;
            assert_eq!(left.entries[1].ended, Some(Ended::ClientClosed), "{place:?} {vendor:?}");
        }
    }
}

#[tokio::test]
async fn a_local_server_repeats_the_names_of_tools() {
    let calls = Answer::calls([("get_weather", json!({"city": "Wien, an der Donau"}))]);
    let server = Server::start(Behaviour::always(Fault::RepeatedToolNames).saying([calls])).await.unwrap();
    let text = ask(&server, Vendor::Chat, true).await.text();
    let pieces = text.matches("\"arguments\":").count();
    assert!(pieces > 1 && text.matches("\"name\":\"get_weather\"").count() == pieces, "{text}");
}
