use super::super::tests::{make, make_forced};
use crate::http::LINE_BYTES_MAX;
use crate::http::memory::Reply;
use crate::wire_check::{Make, call, conversation, cut_everywhere, mangle, request, shown, with_tools};

const MODEL: &str = "claude-haiku-4-5";

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../fixtures/", $name))
    };
}

type Row = (&'static str, Make, &'static str, &'static str);

async fn check(rows: &[Row]) {
    for (name, make, stream, expected) in rows {
        let (outcome, heard, memory) = call(*make, &with_tools(request(MODEL)), Reply::stream(stream)).await;
        assert_eq!(shown(&outcome, &heard), *expected, "{name}: {outcome:?}");
        assert_eq!(memory.open_bodies(), 0, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn streams_become_answers() {
    let answer = r#"stop '{"text":"Blåbær 🫐"}' 126/17/100/6 claude-haiku-4-5-20251001"#;
    let tools = concat!(
        r#"tools 'I look.' search_documents#toolu_01A{"query":"blå"} mcp/files.read#toolu_01B{}"#,
        " 131/40/105/0 claude-haiku-4-5-20251001"
    );
    let forced = r#"stop '{"text":"yes"}' 30/17/0/0 claude-3-5-haiku-20241022"#;
    let ignored = r#"stop '{"text":"yes"}' 30/17/0/0 local"#;
    let inputs = concat!(
        r#"tools '' search_documents#call_x{"query":"x"} search_documents#call_2{"query":"y"}"#,
        " 30/17/0/0 local"
    );
    let length = "length 'It is' 126/17/100/0 claude-haiku-4-5-20251001";
    let stop = "stop 'It is' 126/17/100/0 claude-haiku-4-5-20251001";
    let rows: [Row; 12] = [
        ("answer", make, fixture!("answer.sse"), answer),
        ("tools", make, fixture!("tools.sse"), tools),
        ("forced tool", make_forced, fixture!("forced.sse"), forced),
        ("forced tool, ignored", make_forced, fixture!("forced_ignored.sse"), ignored),
        ("whole inputs, the same id twice", make, fixture!("whole_inputs.sse"), inputs),
        ("llama.cpp", make, fixture!("llama_cpp.sse"), "stop 'It is so.' 15/5/12/0 SmolLM2-135M"),
        ("pieces that are null", make, fixture!("null_pieces.sse"), "stop 'It is.' 30/17/0/0 m"),
        (
            "a text without its beginning",
            make,
            fixture!("no_beginning.sse"),
            "stop 'It is.' - claude-haiku-4-5",
        ),
        ("no usage", make, fixture!("no_usage.sse"), "stop 'It is.' - claude-haiku-4-5"),
        ("limit", make, fixture!("ends_max_tokens.sse"), length),
        ("context full", make, fixture!("ends_model_context_window_exceeded.sse"), length),
        ("stop sequence", make, fixture!("ends_stop_sequence.sse"), stop),
    ];
    check(&rows).await;
}

#[tokio::test(start_paused = true)]
async fn streams_without_an_answer_are_failures() {
    let truncated = "truncated 126/17/100/0";
    let unparsable = "unparsable 126/17/100/0";
    let rows: [Row; 20] = [
        ("overloaded", make, fixture!("overloaded.sse"), "overloaded -"),
        ("error of another", make, fixture!("error_of_another.sse"), "context_too_long -"),
        ("empty", make, fixture!("empty.sse"), truncated),
        ("no reason", make, fixture!("no_reason.sse"), "truncated -"),
        ("no stop", make, fixture!("no_stop.sse"), truncated),
        ("cut call", make, fixture!("cut_call.sse"), unparsable),
        ("refusal", make, fixture!("refusal.sse"), "refused 126/17/100/0"),
        ("pause", make, fixture!("ends_pause_turn.sse"), truncated),
        ("unknown reason", make, fixture!("ends_never_seen.sse"), truncated),
        ("a beginning twice", make, fixture!("begins_twice.sse"), "truncated -"),
        ("a block twice", make, fixture!("twice.sse"), "truncated -"),
        ("a stray piece", make, fixture!("stray.sse"), "truncated -"),
        ("a piece of another kind", make, fixture!("mixed.sse"), "truncated -"),
        ("the proxy makes a block of every piece", make, fixture!("pieces_as_blocks.sse"), unparsable),
        ("nothing but thoughts, at the limit", make, fixture!("thoughts_only.sse"), unparsable),
        ("the forced answer is empty", make_forced, fixture!("empty.sse"), truncated),
        ("no event at all", make, "", "truncated -"),
        ("only the end", make, "data: {\"type\":\"message_stop\"}\n\n", "truncated -"),
        ("no JSON", make, "data: It is\n\n", "truncated -"),
        ("the end of another wire", make, "data: [DONE]\n\n", "truncated -"),
    ];
    check(&rows).await;
}

#[tokio::test(start_paused = true)]
async fn a_part_of_a_stream_is_never_an_answer() {
    cut_everywhere(make, &request(MODEL), fixture!("answer.sse")).await;
    cut_everywhere(make, &conversation(MODEL, ["a", "b"]), fixture!("tools.sse")).await;
    cut_everywhere(make_forced, &request(MODEL), fixture!("forced.sse")).await;
}

#[tokio::test(start_paused = true)]
async fn mangled_streams_are_survived() {
    mangle(make, &with_tools(request(MODEL)), fixture!("answer.sse")).await;
    mangle(make, &with_tools(request(MODEL)), fixture!("tools.sse")).await;
    mangle(make_forced, &with_tools(request(MODEL)), fixture!("forced.sse")).await;
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_not_streamed_is_read_too() {
    let tools = r#"tools 'It is.' search_documents#toolu_01A{"query":"x"} 3/9/0/0 claude-haiku-4-5"#;
    let rows = [
        (fixture!("message.json"), tools),
        (r#"{"type":"error","error":{"type":"overloaded_error","message":"m"}}"#, "overloaded -"),
        (r#"{"content":[],"stop_reason":"end_turn"}"#, "truncated -"),
        (r#"{"content":[{"type":"text","text":"It is."}]}"#, "truncated -"),
        (r#"{"content":"#, "truncated -"),
    ];
    for (body, expected) in rows {
        let reply = Reply::of(200, "application/json", body);
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
