use super::super::tests::make;
use crate::http::LINE_BYTES_MAX;
use crate::http::memory::{Piece, Reply};
use crate::wire_check::{call, conversation, cut_everywhere, mangle, request, shown, with_tools};

const MODEL: &str = "gemini-3-pro-preview";

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../fixtures/", $name))
    };
}

#[tokio::test(start_paused = true)]
async fn streams_become_answers_and_failures() {
    let used = format!("40/39/16/30 {MODEL}");
    let tools = concat!(
        r#"tools 'I look.' search_documents#call_1~gemini-3-pro-preview~Eo0+/A=={"query":"blå"}"#,
        r" mcp/files.read#call_2{} search_documents#fc-7{}"
    );
    let rows = [
        ("answer", fixture!("answer.sse"), format!(r#"stop '{{"text":"Blåbær 🫐"}}' {used}"#)),
        ("tools", fixture!("tools.sse"), format!("{tools} {used}")),
        ("usage after the end", fixture!("usage_after.sse"), format!("stop 'It is.' 6/3/0/0 {MODEL}")),
        ("no usage", fixture!("no_usage.sse"), format!("stop 'It is.' - {MODEL}")),
        ("two candidates", fixture!("two_candidates.sse"), format!("stop 'It is.' {used}")),
        ("blocked", fixture!("blocked.sse"), "refused 8/0/0/0".to_owned()),
        ("no reason", fixture!("no_reason.sse"), "truncated -".to_owned()),
        ("empty", fixture!("empty.sse"), "truncated 40/39/16/30".to_owned()),
        ("nothing but thoughts", fixture!("no_parts.sse"), "unparsable 40/39/16/30".to_owned()),
        ("more after the end", fixture!("after_end.sse"), "truncated 40/39/16/30".to_owned()),
        ("error", fixture!("error.sse"), "overloaded -".to_owned()),
        ("limit", fixture!("ends_max_tokens.sse"), format!("length 'It is' {used}")),
        ("safety", fixture!("ends_safety.sse"), "refused 40/39/16/30".to_owned()),
        ("recitation", fixture!("ends_recitation.sse"), "refused 40/39/16/30".to_owned()),
        ("prohibited", fixture!("ends_prohibited_content.sse"), "refused 40/39/16/30".to_owned()),
        ("other", fixture!("ends_other.sse"), "truncated 40/39/16/30".to_owned()),
        ("bad call", fixture!("ends_malformed_function_call.sse"), "unparsable 40/39/16/30".to_owned()),
        ("wrong call", fixture!("ends_unexpected_tool_call.sse"), "unparsable 40/39/16/30".to_owned()),
        ("unsigned", fixture!("ends_missing_thought_signature.sse"), "bad_request 40/39/16/30".to_owned()),
        ("unspecified", fixture!("ends_finish_reason_unspecified.sse"), "truncated -".to_owned()),
        ("unknown reason", fixture!("ends_never_seen.sse"), "truncated 40/39/16/30".to_owned()),
        ("no event at all", "", "truncated -".to_owned()),
        ("no JSON", "data: It is\n\n", "truncated -".to_owned()),
        ("only the end of another wire", "data: [DONE]\n\n", "truncated -".to_owned()),
    ];
    for (name, stream, expected) in rows {
        let (outcome, heard, memory) = call(make, &with_tools(request(MODEL)), Reply::stream(stream)).await;
        assert_eq!(shown(&outcome, &heard), expected, "{name}: {outcome:?}");
        assert_eq!(memory.open_bodies(), 0, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_part_of_a_stream_is_never_an_answer() {
    cut_everywhere(make, &request(MODEL), fixture!("answer.sse")).await;
    cut_everywhere(make, &conversation(MODEL, ["a", "b"]), fixture!("tools.sse")).await;
}

#[tokio::test(start_paused = true)]
async fn a_whole_answer_does_not_wait_for_a_server_that_keeps_the_connection() {
    let bytes = bytes::Bytes::from_static(fixture!("answer.sse").as_bytes());
    let reply = Reply::pieces(vec![Piece::Bytes(bytes), Piece::Hang]);
    let (outcome, _, memory) = call(make, &request(MODEL), reply).await;
    assert!(outcome.is_ok(), "{outcome:?}");
    assert_eq!(memory.open_bodies(), 0);
}

#[tokio::test(start_paused = true)]
async fn mangled_streams_are_survived() {
    mangle(make, &with_tools(request(MODEL)), fixture!("tools.sse")).await;
    mangle(make, &with_tools(request(MODEL)), fixture!("usage_after.sse")).await;
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_not_streamed_is_read_too() {
    let answer = "stop 'It is.' 40/39/16/30 gemini-3-pro-preview";
    let one = r#"{"candidates":[{"content":{"parts":[{"text":"It is."}]},"finishReason":"STOP"}]}"#;
    let rows = [
        (fixture!("whole.json"), answer),
        (one, "stop 'It is.' - gemini-3-pro-preview"),
        (r#"[{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED"}}]"#, "rate_limited -"),
        (r#"{"error":{"code":503,"message":"m","status":"UNAVAILABLE"}}"#, "overloaded -"),
        ("[]", "truncated -"),
        ("[{", "truncated -"),
    ];
    for (body, expected) in rows {
        let reply = Reply::of(200, "application/json; charset=UTF-8", body);
        let (outcome, heard, _) = call(make, &request(MODEL), reply).await;
        assert_eq!(shown(&outcome, &heard), expected, "{body}: {outcome:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_line_without_end_is_refused() {
    let stream = format!("data: {}", "x".repeat(LINE_BYTES_MAX + 1));
    let (outcome, heard, _) = call(make, &request(MODEL), Reply::stream(&stream)).await;
    assert_eq!(shown(&outcome, &heard), "truncated -");
}
