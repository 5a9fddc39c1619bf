use super::super::tests::{make, make_forced};
use crate::http::LINE_BYTES_MAX;
use crate::http::memory::Reply;
use crate::wire_check::{Make, call, conversation, cut_everywhere, request, shown, with_tools};

const MODEL: &str = "claude-haiku-4-5";

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../fixtures/", $name))
    };
}

#[tokio::test(start_paused = true)]
async fn streams_become_answers_and_failures() {
    let tools = r#"tools 'I look.' search_documents#toolu_01A{"query":"blå"} mcp/files.read#toolu_01B{}"#;
    let rows: Vec<(&str, Make, &str, String)> = vec![
        (
            "answer",
            make,
            fixture!("answer.sse"),
            r#"stop '{"text":"Blåbær 🫐"}' 126/17/100/6 claude-haiku-4-5-20251001"#.to_owned(),
        ),
        ("tools", make, fixture!("tools.sse"), format!("{tools} 131/40/105/0 claude-haiku-4-5-20251001")),
        (
            "forced tool",
            make_forced,
            fixture!("forced.sse"),
            r#"stop '{"text":"yes"}' 30/17/0/0 claude-3-5-haiku-20241022"#.to_owned(),
        ),
        (
            "forced tool, ignored",
            make_forced,
            fixture!("forced_ignored.sse"),
            r#"stop '{"text":"yes"}' 30/17/0/0 local"#.to_owned(),
        ),
        (
            "whole inputs, the same id twice",
            make,
            fixture!("whole_inputs.sse"),
            r#"tools '' search_documents#call_x{"query":"x"} search_documents#call_2{"query":"y"} 30/17/0/0 local"#
                .to_owned(),
        ),
        ("llama.cpp", make, fixture!("llama_cpp.sse"), "stop 'It is so.' 15/5/12/0 SmolLM2-135M".to_owned()),
        ("overloaded", make, fixture!("overloaded.sse"), "overloaded -".to_owned()),
        ("error of another", make, fixture!("error_of_another.sse"), "context_too_long -".to_owned()),
        ("empty", make, fixture!("empty.sse"), "truncated 126/17/100/0".to_owned()),
        ("no reason", make, fixture!("no_reason.sse"), "truncated -".to_owned()),
        ("no stop", make, fixture!("no_stop.sse"), "truncated 126/17/100/0".to_owned()),
        ("no usage", make, fixture!("no_usage.sse"), format!("stop 'It is.' - {MODEL}")),
        ("cut call", make, fixture!("cut_call.sse"), "unparsable 126/17/100/0".to_owned()),
        ("refusal", make, fixture!("refusal.sse"), "refused 126/17/100/0".to_owned()),
        (
            "limit",
            make,
            fixture!("ends_max_tokens.sse"),
            "length 'It is' 126/17/100/0 claude-haiku-4-5-20251001".to_owned(),
        ),
        (
            "context full",
            make,
            fixture!("ends_model_context_window_exceeded.sse"),
            "length 'It is' 126/17/100/0 claude-haiku-4-5-20251001".to_owned(),
        ),
        (
            "stop sequence",
            make,
            fixture!("ends_stop_sequence.sse"),
            "stop 'It is' 126/17/100/0 claude-haiku-4-5-20251001".to_owned(),
        ),
        ("pause", make, fixture!("ends_pause_turn.sse"), "truncated 126/17/100/0".to_owned()),
        ("unknown reason", make, fixture!("ends_never_seen.sse"), "truncated 126/17/100/0".to_owned()),
        ("a block twice", make, fixture!("twice.sse"), "truncated -".to_owned()),
        ("a stray piece", make, fixture!("stray.sse"), "truncated -".to_owned()),
        ("a piece of another kind", make, fixture!("mixed.sse"), "truncated -".to_owned()),
        ("no event at all", make, "", "truncated -".to_owned()),
        ("the proxy makes a block of every piece", make, fixture!("pieces_as_blocks.sse"), "unparsable 126/17/100/0".to_owned()),
        ("nothing but thoughts, at the limit", make, fixture!("thoughts_only.sse"), "unparsable 126/17/100/0".to_owned()),
        ("only the end", make, "data: {\"type\":\"message_stop\"}\n\n", "truncated -".to_owned()),
        ("no JSON", make, "data: It is\n\n", "truncated -".to_owned()),
        ("the end of another wire", make, "data: [DONE]\n\n", "truncated -".to_owned()),
    ];
    for (name, make, stream, expected) in rows {
        let (outcome, heard, memory) = call(make, &with_tools(request(MODEL)), Reply::stream(stream)).await;
        assert_eq!(shown(&outcome, &heard), expected, "{name}: {outcome:?}");
        assert_eq!(memory.open_bodies(), 0, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_part_of_a_stream_is_never_an_answer() {
    cut_everywhere(make, &request(MODEL), fixture!("answer.sse")).await;
    cut_everywhere(make, &conversation(MODEL, ["a", "b"]), fixture!("tools.sse")).await;
    cut_everywhere(make_forced, &request(MODEL), fixture!("forced.sse")).await;
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
