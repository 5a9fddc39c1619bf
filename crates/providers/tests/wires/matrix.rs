//! Answers that come in odd pieces are read all the same; answers that are wrong are refused with their class.

use divisi_domain::model_step::FailureClass;
use divisi_domain::money::Usage;
use divisi_llm::FinishReason;
use divisi_vendors::{Answer, Behaviour, Fault, Finish, Vendor};
use serde_json::json;

use crate::harness::{PATIENT, asked, call, serving, with_tool};

const TEXT: &str = "{\"text\":\"Grüße → 漢字 and 🎼, then a tail of plain words\"}";

fn usage() -> Usage {
    Usage { input_tokens: 100, output_tokens: 40, cached_tokens: 30, ..Usage::default() }
}

fn said() -> Answer {
    let usage =
        divisi_vendors::Usage { input: 100, output: 40, cached: 30, ..divisi_vendors::Usage::default() };
    Answer { usage: Some(usage), ..Answer::text(TEXT) }
}

#[tokio::test]
async fn what_comes_in_odd_pieces_is_the_same_answer() {
    for faults in [
        vec![],
        vec![Fault::Pings],
        vec![Fault::SplitUtf8],
        vec![Fault::OneByteChunks],
        vec![Fault::OneByteChunks, Fault::Pings],
    ] {
        for vendor in Vendor::ALL {
            let mut behaviour = Behaviour::default().saying([said()]);
            behaviour.delta_chars = 5;
            behaviour.faults = faults.iter().cloned().map(divisi_vendors::FaultRule::always).collect();
            let outcome = asked(vendor, behaviour, PATIENT).await;
            let response = outcome.response();
            assert_eq!(
                (response.text.as_str(), outcome.heard.as_str()),
                (TEXT, TEXT),
                "{vendor:?} {faults:?}"
            );
            assert_eq!(
                (response.finish, response.usage, response.estimated),
                (FinishReason::Stop, Some(usage()), false)
            );
        }
    }
}

#[tokio::test]
async fn what_is_written_to_a_cache_is_told_where_the_wire_has_a_word_for_it() {
    for vendor in [Vendor::Messages, Vendor::Responses] {
        let usage = divisi_vendors::Usage { input: 100, output: 40, cached: 30, reasoning: 0, written: 25 };
        let said = Answer { usage: Some(usage), ..Answer::text(TEXT) };
        let outcome = asked(vendor, Behaviour::default().saying([said]), PATIENT).await;
        let expected = Usage { cache_write_tokens: 25, ..self::usage() };
        assert_eq!(outcome.response().usage, Some(expected), "{vendor:?}");
    }
}

#[tokio::test]
async fn what_is_wrong_has_its_class() {
    let all = |class: FailureClass| [Some(class); 4];
    let truncated = all(FailureClass::Truncated);
    for (fault, classes) in [
        (Fault::MalformedChunk, truncated),
        (Fault::NoFinish, truncated),
        (Fault::EmptyAnswer, truncated),
        (Fault::EmptyBody, truncated),
        (Fault::WrongContentType, truncated),
        (Fault::StreamError, all(FailureClass::Overloaded)),
        (Fault::HugeLine { bytes: 3 << 20 }, truncated),
        // Cut in the middle and called complete: the schema's check finds it, behind the provider.
        (Fault::HalfText, [None; 4]),
    ] {
        for (vendor, class) in Vendor::ALL.into_iter().zip(classes) {
            let mut behaviour = Behaviour::always(fault.clone()).saying([said()]);
            behaviour.delta_chars = 5;
            let outcome = asked(vendor, behaviour, PATIENT).await;
            let found = outcome.result.as_ref().err().map(|error| error.class);
            assert_eq!(found, class, "{fault:?} {vendor:?}: {outcome:?}");
            assert!(TEXT.starts_with(&outcome.heard), "{fault:?} {vendor:?}: {outcome:?}");
            if let Err(error) = &outcome.result {
                // What was heard may be charged, whatever the error is called.
                assert!(error.generated || outcome.heard.is_empty(), "{fault:?} {vendor:?}: {error:?}");
                assert!(error.sent && !error.message.contains("<html"), "{fault:?} {vendor:?}: {error:?}");
            }
        }
    }
}

#[tokio::test]
async fn events_that_come_twice_are_never_counted_twice() {
    for vendor in Vendor::ALL {
        let outcome =
            asked(vendor, Behaviour::always(Fault::DuplicateChunks).saying([said()]), PATIENT).await;
        let counted = match &outcome.result {
            Ok(response) => response.usage,
            Err(error) => error.usage,
        };
        assert!(counted.is_none_or(|counted| counted == usage()), "{vendor:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn usage_is_the_providers_own_or_marked() {
    for vendor in Vendor::ALL {
        let outcome = asked(vendor, Behaviour::always(Fault::WrongUsage).saying([said()]), PATIENT).await;
        let reported = outcome.response().usage.map(|usage| usage.output_tokens);
        assert_eq!(reported, Some(200 * 2 + 1_000), "{vendor:?}: an excess is told, not hidden");
        let outcome = asked(vendor, Behaviour::always(Fault::NoUsage).saying([said()]), PATIENT).await;
        let response = outcome.response();
        assert!(response.usage.is_none() || response.estimated, "{vendor:?}: {response:?}");
    }
}

#[tokio::test]
async fn reasons_to_stop_are_told_apart() {
    for (finish, expected) in [(Finish::Stop, FinishReason::Stop), (Finish::Length, FinishReason::Length)] {
        for vendor in Vendor::ALL {
            let answer = Answer { finish: Some(finish), ..said() };
            let outcome = asked(vendor, Behaviour::default().saying([answer]), PATIENT).await;
            assert_eq!(outcome.response().finish, expected, "{vendor:?}");
        }
    }
}

#[tokio::test]
async fn parallel_calls_of_tools_arrive_whole_even_where_names_are_repeated() {
    let cities = ["Wien", "Graz, am Fuß des Schöckls"];
    let calls = || Answer::calls(cities.map(|city| ("get_weather", json!({ "city": city }))));
    for vendor in Vendor::ALL {
        for fault in [Fault::Pings, Fault::RepeatedToolNames, Fault::OneByteChunks] {
            let server = serving(Behaviour::always(fault.clone()).saying([calls()])).await;
            let outcome = call(&server, vendor, &with_tool(vendor), PATIENT).await;
            let response = outcome.response();
            assert_eq!(response.finish, FinishReason::ToolCalls, "{vendor:?}");
            let found: Vec<_> =
                response.tool_calls.iter().map(|call| (call.tool.as_str(), &call.arguments)).collect();
            let expected = cities.map(|city| json!({ "city": city }));
            assert_eq!(
                found,
                [("get_weather", &expected[0]), ("get_weather", &expected[1])],
                "{vendor:?} {fault:?}"
            );
            let ids: Vec<_> = response.tool_calls.iter().map(|call| &call.id).collect();
            assert_ne!(ids[0], ids[1], "{vendor:?}");
        }
    }
}
