use divisi_domain::name::Name;
use serde_json::json;

use super::*;
use crate::http::SseDecoder;
use crate::http::SseItem;

fn reader(calls_by_json: bool, limit: u32) -> ChatReader {
    let asked = Asked { provider: Name::from_static("p"), model: Name::from_static("m") };
    let encoded = Encoded {
        body: vec![b'x'; 400].into(),
        names: ToolNames::default(),
        calls_by_json,
        output_tokens_max: limit,
    };
    ChatReader::new(asked, Hidden::default(), encoded)
}

#[derive(Default)]
struct Heard(String);

impl TokenSink for Heard {
    fn push(&mut self, text: &str) {
        self.0.push_str(text);
    }
}

struct Read {
    outcome: Result<Response, Fault>,
    heard: String,
    step: Step,
}

fn read_by(mut reader: ChatReader, stream: &str) -> Read {
    let mut heard = Heard::default();
    let mut step = Step::More;
    let mut decoder = SseDecoder::default();
    let mut items = decoder.push(stream.as_bytes()).expect("a stream");
    items.extend(decoder.finish().expect("an end"));
    for item in items {
        let SseItem::Event(event) = item else { continue };
        match reader.event(&event, &mut heard) {
            Ok(next) => step = next,
            Err(fault) => return Read { outcome: Err(fault), heard: heard.0, step },
        }
        if step != Step::More {
            break;
        }
    }
    Read { outcome: reader.finish(), heard: heard.0, step }
}

fn read(stream: &str) -> Read {
    read_by(reader(false, 1_000), stream)
}

fn delta(delta: &serde_json::Value) -> String {
    format!(
        "data: {}\n\n",
        json!({"model": "real", "choices": [{"index": 0, "delta": delta, "finish_reason": null}]})
    )
}

fn said(text: &str) -> String {
    delta(&json!({"content": text}))
}

fn ended(reason: &str) -> String {
    format!("data: {}\n\n", json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}))
}

const DONE: &str = "data: [DONE]\n\n";
const USAGE: &str = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":3,\"total_tokens\":12,\
    \"prompt_tokens_details\":{\"cached_tokens\":4},\"completion_tokens_details\":{\"reasoning_tokens\":2}}}\n\n";

fn says_a(rows: Vec<(&str, String, FinishReason)>) {
    for (what, stream, finish) in rows {
        let read = read(&stream);
        let response = read.outcome.unwrap_or_else(|fault| panic!("{what}: {fault}"));
        assert_eq!((response.text.as_str(), response.finish), ("a", finish), "{what}");
        assert_eq!(read.heard, "a", "{what}");
    }
}

#[test]
fn chunks_as_servers_write_them() {
    let a = said("a");
    says_a(vec![
        (
            "as OpenAI",
            format!("{}{a}{}{DONE}", delta(&json!({"role": "assistant", "content": ""})), ended("stop")),
            FinishReason::Stop,
        ),
        (
            "null content first",
            format!("{}{a}{}{DONE}", delta(&json!({"role": "assistant", "content": null})), ended("stop")),
            FinishReason::Stop,
        ),
        ("no end of the stream", format!("{a}{}", ended("stop")), FinishReason::Stop),
        (
            "spaces after colons",
            format!(
                "data:  {{ \"choices\" : [ {{ \"delta\" : {{ \"content\" : \"a\" }} }} ] }}\n\n{}",
                ended("stop")
            ),
            FinishReason::Stop,
        ),
        ("a limit, by a gateway", format!("{a}{}", ended("MAX_TOKENS")), FinishReason::Length),
        ("done, by a gateway", format!("{a}{}", ended("STOP")), FinishReason::Stop),
        ("done, of another wire", format!("{a}{}", ended("end_turn")), FinishReason::Stop),
        (
            "the reason with the last text",
            "data: {\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n\n".to_owned(),
            FinishReason::Stop,
        ),
        (
            "an empty reason on the way",
            format!(
                "data: {{\"choices\":[{{\"delta\":{{\"content\":\"a\"}},\"finish_reason\":\"\"}}]}}\n\n{}",
                ended("stop")
            ),
            FinishReason::Stop,
        ),
        (
            "fields that nobody knows",
            format!(
                "data: {{\"id\":\"chatcmpl-1\",\"timings\":{{}},\"system_fingerprint\":null,\"choices\":[{{\"index\":0,\"logprobs\":null,\"delta\":{{\"content\":\"a\",\"function_call\":null,\"tool_calls\":null}}}}]}}\n\n{}",
                ended("stop")
            ),
            FinishReason::Stop,
        ),
        (
            "chunks without choices",
            format!(
                "data: {{\"choices\":[],\"prompt_filter_results\":[]}}\n\ndata: {{\"choices\":null}}\n\n{a}{}",
                ended("stop")
            ),
            FinishReason::Stop,
        ),
        (
            "other choices",
            format!(
                "data: {{\"choices\":[{{\"index\":1,\"delta\":{{\"content\":\"b\"}}}}]}}\n\n{a}{}",
                ended("stop")
            ),
            FinishReason::Stop,
        ),
        (
            "content in parts",
            format!("{}{}", delta(&json!({"content": [{"type": "text", "text": "a"}]})), ended("stop")),
            FinishReason::Stop,
        ),
    ]);
}

#[test]
fn endings_and_thoughts() {
    let a = said("a");
    says_a(vec![
        ("an end of sequence", format!("{a}{}", ended("eos_token")), FinishReason::Stop),
        ("the limit", format!("{a}{}{DONE}", ended("length")), FinishReason::Length),
        ("the limit by another name", format!("{a}{}", ended("model_length")), FinishReason::Length),
        ("a filter in the middle", format!("{a}{}", ended("content_filter")), FinishReason::Filtered),
        (
            "thoughts beside",
            format!("{}{a}{}", delta(&json!({"reasoning_content": "hm", "reasoning": "hm"})), ended("stop")),
            FinishReason::Stop,
        ),
        (
            "thoughts within",
            format!("{}{}{a}{}", said("<thi"), said("nk>hm</think>\n"), ended("stop")),
            FinishReason::Stop,
        ),
    ]);
}

#[test]
fn answers_that_are_none() {
    use FailureClass::{Overloaded, Refused, Truncated, Unparsable};
    let a = said("a");
    let rows = [
        ("done without a reason", format!("{a}{DONE}"), Truncated),
        ("cut off", a.clone(), Truncated),
        ("no event at all", String::new(), Truncated),
        ("only the end", DONE.to_owned(), Truncated),
        ("empty", format!("{}{DONE}", ended("stop")), Truncated),
        ("blank", format!("{}{}", said(" \n"), ended("stop")), Truncated),
        ("only thoughts", format!("{}{}", said("<think>hm"), ended("length")), Unparsable),
        ("half a chunk", format!("{a}data: {{\"choices\":[{{\"del\n\n"), Truncated),
        ("given up", format!("{a}{}", ended("abort")), Truncated),
        (
            "a call of nothing",
            format!(
                "{}{}",
                delta(&json!({"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]})),
                ended("tool_calls")
            ),
            Truncated,
        ),
        (
            "refused",
            format!(
                "{}{}{}",
                delta(&json!({"refusal": "I cannot "})),
                delta(&json!({"refusal": "do that."})),
                ended("stop")
            ),
            Refused,
        ),
        ("filtered before any text", ended("content_filter"), Refused),
        (
            "failed in the middle",
            format!("{a}data: {{\"error\":{{\"message\":\"x\",\"type\":\"server_error\"}}}}\n\n"),
            Overloaded,
        ),
        (
            "failed beside a choice",
            format!(
                "{a}data: {{\"error\":{{\"code\":502,\"message\":\"x\"}},\"choices\":[{{\"delta\":{{\"content\":\"\"}},\"finish_reason\":\"error\"}}]}}\n\n"
            ),
            Overloaded,
        ),
        (
            "failed as an object",
            format!("{a}data: {{\"object\":\"error\",\"message\":\"x\",\"code\":500}}\n\n"),
            Overloaded,
        ),
        ("failed by a named event", format!("{a}event: error\ndata: {{\"message\":\"x\"}}\n\n"), Overloaded),
        ("failed by a field", format!("{a}error: {{\"code\":500,\"message\":\"x\"}}\n\n"), Overloaded),
        ("failed by a reason", format!("{a}{}", ended("error")), Overloaded),
        ("given up", format!("{a}{}", ended("Cancelled")), Truncated),
        ("ended for a reason that nobody knows", format!("{a}{}", ended("cosmic_rays")), Truncated),
        ("filtered, by a gateway", ended("CONTENT_FILTER"), Refused),
    ];
    for (what, stream, class) in rows {
        let fault = read(&stream).outcome.expect_err(what);
        assert_eq!(fault.class, class, "{what}: {fault}");
    }
    let words = format!("{}{}", delta(&json!({"refusal": "I cannot do that."})), ended("stop"));
    assert!(read(&words).outcome.expect_err("refused").message.contains("I cannot do that"));
}

#[test]
fn usage_as_it_is_told_or_counted() {
    let told = Usage {
        input_tokens: 9,
        output_tokens: 3,
        cached_tokens: 4,
        reasoning_tokens: 2,
        ..Usage::default()
    };
    let counted = Usage { input_tokens: 100, output_tokens: 2, ..Usage::default() };
    let text = format!("{}{}", said("Hello,"), said(" w"));
    let end = ended("stop");
    let of = |usage: &serde_json::Value| format!("data: {}\n\n", json!({"choices": [], "usage": usage}));
    // Two conventions of what a completion is.
    let reasoning = json!({"reasoning_tokens": 386});
    let total_alone = json!({"prompt_tokens": 12, "completion_tokens": 1, "total_tokens": 399, "completion_tokens_details": reasoning});
    let within = json!({"prompt_tokens": 12, "completion_tokens": 387, "total_tokens": 399, "completion_tokens_details": reasoning});
    let thought = Usage { input_tokens: 12, output_tokens: 387, reasoning_tokens: 386, ..Usage::default() };
    let rows = [
        ("after the end", format!("{text}{end}{USAGE}{DONE}"), told, false),
        (
            "with the end",
            format!(
                "{text}data: {{\"choices\":[{{\"delta\":{{}},\"finish_reason\":\"stop\"}}],\"usage\":{{\"prompt_tokens\":9,\"completion_tokens\":3,\"prompt_tokens_details\":{{\"cached_tokens\":4}},\"completion_tokens_details\":{{\"reasoning_tokens\":2}}}}}}\n\n"
            ),
            told,
            false,
        ),
        ("on the way", format!("{text}{USAGE}{end}{DONE}"), told, false),
        ("with the first piece only", format!("{USAGE}{text}{end}{DONE}"), counted, true),
        (
            "without the input",
            format!("{text}{end}{}{DONE}", of(&json!({"completion_tokens": 3}))),
            counted,
            true,
        ),
        ("thoughts in the total alone", format!("{text}{end}{}", of(&total_alone)), thought, false),
        ("thoughts in the completion", format!("{text}{end}{}", of(&within)), thought, false),
        ("never", format!("{text}{end}{DONE}"), counted, true),
        ("null", format!("{text}{end}data: {{\"choices\":[],\"usage\":null}}\n\n{DONE}"), counted, true),
        (
            "nothing at all",
            format!(
                "{text}{end}data: {{\"choices\":[],\"usage\":{{\"prompt_tokens\":0,\"completion_tokens\":0}}}}\n\n"
            ),
            counted,
            true,
        ),
    ];
    for (what, stream, usage, estimated) in rows {
        let response = read(&stream).outcome.unwrap_or_else(|fault| panic!("{what}: {fault}"));
        assert_eq!((response.usage, response.estimated), (Some(usage), estimated), "{what}");
        assert_eq!(response.model.as_str(), "real", "{what}");
    }
    let mut cut = reader(false, 10);
    for data in [USAGE, end.as_str(), USAGE] {
        let event = SseEvent { event: String::new(), data: data.trim_start_matches("data: ").to_owned() };
        let known = cut.usage();
        cut.event(&event, &mut NoSink).expect("read");
        assert_eq!(known, None, "usage on the way is not final");
    }
    assert_eq!(cut.usage(), Some(told));
    assert!(cut.complete());
}

#[test]
fn tool_calls_come_back_under_our_names() {
    let part = |call: serde_json::Value| delta(&json!({"tool_calls": [call]}));
    let stream = [
        part(
            json!({"index": 0, "id": "x", "type": "function", "function": {"name": "look", "arguments": ""}}),
        ),
        part(json!({"index": 0, "function": {"arguments": "{\"a\":"}})),
        part(json!({"index": 1, "id": "x", "function": {"name": "look", "arguments": "{}"}})),
        part(json!({"index": 0, "function": {"arguments": "1}"}})),
        ended("tool_calls"),
    ];
    let response = read(&stream.concat()).outcome.expect("calls");
    assert_eq!(response.finish, FinishReason::ToolCalls);
    assert_eq!(response.tool_calls[0].arguments, json!({"a": 1}));

    let old = delta(&json!({"function_call": {"name": "look", "arguments": "{\"a\":1}"}}));
    let response = read(&format!("{old}{}", ended("function_call"))).outcome.expect("a call");
    assert_eq!(
        (response.tool_calls[0].tool.as_str(), response.tool_calls[0].id.as_str()),
        ("look", "call_1")
    );

    let both = delta(&json!({
        "function_call": {"name": "look", "arguments": "{}"},
        "tool_calls": [{"index": 0, "id": "y", "function": {"name": "look", "arguments": "{}"}}],
    }));
    let response = read(&format!("{both}{}", ended("stop"))).outcome.expect("one call");
    assert_eq!((response.tool_calls.len(), response.finish), (1, FinishReason::ToolCalls));

    let broken = part(json!({"index": 0, "id": "x", "function": {"name": "look", "arguments": "{\"a\":"}}));
    let fault = read(&format!("{broken}{}", ended("tool_calls"))).outcome.expect_err("half a call");
    assert_eq!(fault.class, FailureClass::Unparsable);
}

#[test]
fn calls_by_json_are_calls_and_not_shown() {
    let call = "{\"tool_calls\": [{\"name\": \"look\", \"parameters\": {\"a\": 1}}]}";
    for cut in 0..call.len() {
        let stream = format!("{}{}{}", said(&call[..cut]), said(&call[cut..]), ended("stop"));
        let read = read_by(reader(true, 1_000), &stream);
        let response = read.outcome.expect("a call");
        assert_eq!((response.text.as_str(), response.finish), ("", FinishReason::ToolCalls));
        assert_eq!(
            (response.tool_calls[0].tool.as_str(), &response.tool_calls[0].arguments),
            ("look", &json!({"a": 1}))
        );
        assert_eq!(read.heard, "", "cut at {cut}");
    }
    let answer = "{\"summary\": \"x\"}";
    for cut in 0..answer.len() {
        let stream = format!("{}{}{}", said(&answer[..cut]), said(&answer[cut..]), ended("stop"));
        let read = read_by(reader(true, 1_000), &stream);
        let response = read.outcome.expect("an answer");
        assert_eq!((response.text.as_str(), response.finish), (answer, FinishReason::Stop));
        assert_eq!(read.heard, answer, "cut at {cut}");
    }
    let half = format!("{}{}", said("{\"tool_calls\": [{\"na"), ended("length"));
    let response = read_by(reader(true, 1_000), &half).outcome.expect("a cut answer");
    assert_eq!((response.finish, response.tool_calls.len()), (FinishReason::Length, 0));
    let offered_none = format!("{}{}", said(call), ended("stop"));
    assert_eq!(read(&offered_none).outcome.expect("text").text, call, "where no tool is offered it is text");
}

#[test]
fn thoughts_without_a_beginning_are_cut_away_at_the_end() {
    let read = read(&format!("{}{}{}", said("hm, so\n"), said("</think>\n\n{\"a\":1}"), ended("stop")));
    assert_eq!(read.outcome.expect("answered").text, "{\"a\":1}");
}

#[test]
fn a_server_that_keeps_no_limit_is_closed() {
    let endless = said("word ").repeat(500);
    let read = read_by(reader(false, 100), &endless);
    assert_eq!(read.step, Step::Close);
    let response = read.outcome.expect("what there is");
    assert_eq!((response.finish, response.estimated), (FinishReason::Length, true));
    let tokens = response.usage.expect("counted").output_tokens;
    assert!((100..160).contains(&tokens), "{tokens}");

    let within = format!("{}{}", said("a").repeat(300), ended("stop"));
    let read = read_by(reader(false, 100), &within);
    assert_eq!(read.outcome.expect("many small pieces").finish, FinishReason::Stop);
}

#[test]
fn a_whole_answer() {
    let rows = [
        (
            json!({"model": "real", "choices": [{"index": 0, "message": {"role": "assistant", "content": "a", "tool_calls": null}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 9, "completion_tokens": 3}}),
            Ok("a"),
        ),
        (json!({"choices": [{"message": {"content": "a"}, "finish_reason": "stop"}]}), Ok("a")),
        (json!({"error": {"code": 429, "message": "slow"}}), Err(FailureClass::RateLimited)),
        (json!({"detail": "x"}), Err(FailureClass::Overloaded)),
        (json!({"choices": []}), Err(FailureClass::Truncated)),
        (json!([]), Err(FailureClass::Truncated)),
    ];
    for (body, expected) in rows {
        let mut reader = reader(false, 100);
        let outcome = reader.whole(&body.to_string(), &mut NoSink).and_then(|()| reader.finish());
        let seen = outcome.as_ref().map(|response| response.text.as_str()).map_err(|fault| fault.class);
        assert_eq!(seen, expected, "{body}");
    }
}

#[test]
fn an_answer_is_bounded() {
    let piece = said(&"x".repeat(1 << 19));
    let fault = read_by(reader(false, u32::MAX), &piece.repeat(9)).outcome.expect_err("too long");
    assert_eq!(fault.class, FailureClass::Truncated);
    let call = |index: usize| {
        delta(
            &json!({"tool_calls": [{"index": index, "id": index.to_string(), "function": {"name": "f", "arguments": "{}"}}]}),
        )
    };
    let many: String = (0..200).map(call).collect();
    assert_eq!(read(&many).outcome.expect_err("too many").class, FailureClass::Truncated);
}
