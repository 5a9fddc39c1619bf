use divisi_domain::money::Usage;
use divisi_domain::time::Millis;
use proptest::prelude::*;

use super::*;
use crate::{FinishReason, RateSeen};

fn any_outcome() -> impl Strategy<Value = Result<Response, ProviderError>> {
    let usage = || {
        proptest::option::of(any::<(u32, u32)>()).prop_map(|tokens| {
            tokens.map(|(input, output)| Usage {
                input_tokens: input.into(),
                output_tokens: output.into(),
                cache_write_tokens: u64::from(input) / 3,
                ..Usage::default()
            })
        })
    };
    let finish = prop_oneof![
        Just(FinishReason::Stop),
        Just(FinishReason::ToolCalls),
        Just(FinishReason::Length),
        Just(FinishReason::Filtered)
    ];
    let call = (".{0,8}", ".{0,8}", any::<f64>(), any::<i64>()).prop_map(|(id, tool, float, int)| ToolCall {
        id,
        tool,
        arguments: json!({"float": float, "int": int}),
    });
    let calls = proptest::collection::vec(call, 0..3);
    let answered = ("(?s).{0,40}", calls, finish, usage(), any::<bool>()).prop_map(
        |(text, tool_calls, finish, usage, estimated)| {
            let rate = RateSeen { requests_left: Some(3), ..RateSeen::default() };
            Ok(Response { text, tool_calls, finish, usage, estimated, model: name("gpt-x"), rate })
        },
    );
    let failed = ("(?s).{0,40}", usage(), any::<bool>(), proptest::option::of(any::<u32>())).prop_map(
        |(message, usage, sent, retry)| {
            let retry_after = retry.map(|millis| Millis(millis.into()));
            let error = ProviderError::new(FailureClass::RateLimited, message);
            Err(ProviderError { retry_after, usage, sent, ..error })
        },
    );
    prop_oneof![answered, failed]
}

proptest! {
    #[test]
    fn what_was_said_is_said_again(
        outcome in any_outcome(),
        stream in proptest::collection::vec("(?s).{0,9}", 0..5),
        question in "(?s).{0,60}",
    ) {
        let mut request = request();
        request.messages[0] = Message::User { text: question };
        let redaction = Redaction::default();
        let at = place("p1/analyse", 3);
        let whole =
            Exchange::new(at, &name("openai"), kept(&request), &stream, &outcome, &redaction).unwrap();
        let read = Exchange::parse(&whole.text().unwrap()).unwrap();
        prop_assert_eq!(&read, &whole);
        prop_assert!(read.request.fits(&kept(&request)));
        prop_assert_eq!(&read.stream, &stream);
        prop_assert_eq!(read.outcome(&request.model), outcome);
    }
}

#[test]
fn a_file_can_be_read_and_compared_line_by_line() {
    let text = exchange("p1/analyse", 1, &request(), &answer("{\n  \"a\": 1\n}")).text().unwrap();
    let keys: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("  \""))
        .map(|line| line.split('"').nth(1).unwrap())
        .collect();
    assert_eq!(keys, ["answer", "place", "provider", "request", "stream"]);
    for line in ["\"{\",", "\"Which tax?\",", "\"Of 2024.\"", "\"Be exact.\"", "\"path\": \"p1/analyse\""] {
        assert!(text.lines().any(|known| known.trim() == line), "{line}\n{text}");
    }
    assert!(text.ends_with("}\n"));
}

#[test]
fn what_is_no_exchange_is_refused_with_the_reason() {
    let whole = exchange("p1/analyse", 1, &request(), &answer("{}")).text().unwrap();
    let rows = [
        (whole[..whole.len() / 2].to_owned(), "it is no exchange (EOF"),
        (String::new(), "it is no exchange"),
        (whole.replace("\"answer\"", "\"reply\""), "it is no exchange"),
        (whole.replace("\"attempt\": 1", "\"attempt\": -1"), "it is no exchange"),
        (" ".repeat(super::super::EXCHANGE_BYTES_MAX + 1), "more than the"),
    ];
    for (text, says) in rows {
        let error = Exchange::parse(&text).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    let long = exchange("p", 1, &request(), &answer(&"x".repeat(super::super::EXCHANGE_BYTES_MAX)));
    assert!(long.text().unwrap_err().to_string().contains("more than the"));
}
