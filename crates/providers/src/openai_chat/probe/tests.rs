use std::time::Duration;

use serde_json::{Value, json};

use super::super::traits::{LimitField, SchemaMode, ToolMode, Traits};
use super::*;
use crate::http::Deadlines;
use crate::http::Method::{Get, Post};
use crate::http::memory::{Memory, Piece, Reply};

const ROOT: &str = "http://127.0.0.1:9";

fn settings(may_call: bool) -> ProbeSettings {
    let wait = Duration::from_secs(2);
    ProbeSettings {
        name: Name::from_static("own"),
        base_url: format!("{ROOT}/v1"),
        key: None,
        headers: Vec::new(),
        named: Vec::new(),
        deadlines: Deadlines { connect: wait, first_token: wait, idle: wait, quiet: wait, total: wait },
        may_call,
    }
}

fn ok(body: &Value) -> Reply {
    Reply::json(200, body)
}

fn list(models: &Value) -> Memory {
    get(Memory::default(), "/v1/models", &json!({"object": "list", "data": models}))
}

fn get(memory: Memory, path: &str, body: &Value) -> Memory {
    memory.on(Get, &format!("{ROOT}{path}"), ok(body))
}

fn stream(delta: &Value, reason: &str, usage: bool) -> Reply {
    let chunk = json!({"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]});
    let counted = json!({"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 4}});
    let usage = if usage { format!("data: {counted}\n\n") } else { String::new() };
    Reply::stream(&format!("data: {chunk}\n\n{usage}data: [DONE]\n\n"))
}

/// Answers calls whose body has a text.
fn call(memory: Memory, has: &str, reply: Reply) -> Memory {
    memory.on_body(Post, &format!("{ROOT}/v1/chat/completions"), has, reply)
}

fn held() -> Value {
    json!({"content": "{\"marsupial\": \"quokka-7\"}"})
}

fn called() -> Value {
    json!({"tool_calls": [{"index": 0, "id": "c", "function": {"name": "report_word", "arguments": "{\"word\":\"quokka-7\"}"}}]})
}

async fn probed(memory: &Memory, may_call: bool) -> ServerFacts {
    probe(memory, &settings(may_call)).await.expect("facts")
}

fn one(facts: &ServerFacts) -> (&str, Option<u32>, SchemaMode, ToolMode, bool) {
    let model = &facts.models[0];
    let traits = model.traits;
    assert_eq!(model.context_tokens, traits.context_tokens);
    (model.id.as_str(), model.context_tokens, traits.schema_mode, traits.tool_mode, traits.streams_usage)
}

fn says(facts: &ServerFacts, words: &str) -> bool {
    facts.lacks.iter().any(|lack| lack.contains(words))
}

#[tokio::test(start_paused = true)]
async fn llama_cpp() {
    let models = json!([{"id": "tiny.gguf", "object": "model", "owned_by": "llamacpp", "created": 1, "meta": {"n_ctx_train": 8192}}]);
    let props = json!({"default_generation_settings": {"n_ctx": 2048, "params": {}}, "total_slots": 4, "chat_template": "x"});
    let bare = |memory| get(memory, "/props", &props);
    let without_template =
        call(bare(list(&models)), "report_word", stream(&json!({"content": "hello"}), "stop", true));
    let facts = probed(&without_template, true).await;
    assert_eq!((facts.kind, facts.parallel_calls), (ServerKind::LlamaCpp, Some(4)));
    assert_eq!(one(&facts), ("tiny.gguf", Some(2048), SchemaMode::JsonSchema, ToolMode::ByJson, true));
    assert!(says(&facts, "little context") && says(&facts, "no tools of its own"), "{:?}", facts.lacks);

    let slots = json!([{"id": 0, "n_ctx": 16384, "is_processing": false}, {"id": 1, "n_ctx": 16384}]);
    let memory = get(list(&models), "/slots", &slots);
    let facts = probed(&call(memory, "report_word", stream(&called(), "tool_calls", true)), true).await;
    assert_eq!(facts.parallel_calls, Some(2));
    assert_eq!(one(&facts), ("tiny.gguf", Some(16384), SchemaMode::JsonSchema, ToolMode::Native, true));
    assert!(facts.lacks.is_empty(), "{:?}", facts.lacks);

    let facts = probed(&list(&models), false).await;
    assert_eq!(one(&facts), ("tiny.gguf", Some(8192), SchemaMode::JsonSchema, ToolMode::ByJson, true));
}

/// On another of its wires nothing but the slots of a server is asked for.
#[tokio::test(start_paused = true)]
async fn slots_are_told_without_a_list_of_models() {
    let props = |slots: Value| json!({"default_generation_settings": {"n_ctx": 2048}, "total_slots": slots});
    let two = json!([{"id": 0}, {"id": 1}]);
    let rows = [
        (get(Memory::default(), "/props", &props(json!(4))), Some(4)),
        (get(get(Memory::default(), "/props", &props(json!(null))), "/slots", &two), Some(2)),
        (get(Memory::default(), "/slots", &two), Some(2)),
        (get(Memory::default(), "/slots", &json!([])), None),
        (get(Memory::default(), "/props", &json!({"total_slots": 4})), None),
        (Memory::default(), None),
    ];
    for (memory, expected) in rows {
        assert_eq!(slots(&memory, &settings(false)).await, expected, "{:?}", memory.requests());
    }
}

#[tokio::test(start_paused = true)]
async fn llama_cpp_python_is_known_without_a_call() {
    let models = json!([{"id": "smol", "object": "model", "owned_by": "me", "permissions": []}]);
    let memory = list(&models);
    let facts = probed(&memory, true).await;
    assert_eq!((facts.kind, facts.parallel_calls), (ServerKind::LlamaCppPython, Some(1)));
    assert_eq!(one(&facts), ("smol", None, SchemaMode::JsonObjectWithSchema, ToolMode::ByJson, false));
    assert_eq!(facts.models[0].traits.limit_field, LimitField::MaxTokens, "it ignores the other");
    assert!(says(&facts, "one call at a time") && says(&facts, "estimated"), "{:?}", facts.lacks);
    assert_eq!(memory.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn ollama() {
    let models = json!([
        {"id": "llama3.2:3b", "object": "model", "created": 1, "owned_by": "library"},
        {"id": "gemma3:1b", "object": "model", "created": 1, "owned_by": "library"},
        {"id": "nomic-embed-text:latest", "object": "model", "created": 1, "owned_by": "library"},
        {"id": "large:cloud", "object": "model", "created": 1, "owned_by": "library"},
    ]);
    let ps = json!({"models": [{"name": "gemma3:1b", "model": "gemma3:1b", "context_length": 32768}]});
    let show = |capabilities: Value, parameters: &str| {
        ok(&json!({"capabilities": capabilities, "parameters": parameters, "details": {},
            "model_info": {"general.architecture": "llama", "llama.context_length": 131_072}}))
    };
    let url = format!("{ROOT}/api/show");
    let memory = get(list(&models), "/api/ps", &ps)
        .on_body(
            Post,
            &url,
            "llama3.2",
            show(json!(["completion", "tools"]), "stop \"x\"\nnum_ctx    2048\n"),
        )
        .on_body(Post, &url, "gemma3", show(json!(["completion", "vision"]), ""))
        .on_body(Post, &url, "nomic", show(json!(["embedding"]), ""))
        .on_body(
            Post,
            &url,
            "cloud",
            ok(&json!({"capabilities": ["completion"], "remote_host": "https://ollama.com:443", "remote_model": "x"})),
        );
    let facts = probed(&memory, true).await;
    assert_eq!(
        facts.models.len(),
        2,
        "what only measures texts answers nobody, and what is elsewhere is not here"
    );
    assert!(says(&facts, "large:cloud: Ollama passes on to https://ollama.com:443"), "{:?}", facts.lacks);
    assert_eq!((facts.kind, facts.parallel_calls), (ServerKind::Ollama, None));
    assert_eq!(one(&facts), ("llama3.2:3b", Some(2048), SchemaMode::JsonSchema, ToolMode::Native, true));
    let second = &facts.models[1];
    assert_eq!((second.context_tokens, second.traits.tool_mode), (Some(32768), ToolMode::ByJson));
    assert!(says(&facts, "llama3.2:3b: Ollama gives it 2048 of its 131072 tokens"), "{:?}", facts.lacks);
    assert!(!says(&facts, "gemma3:1b: Ollama"), "{:?}", facts.lacks);
}

/// Ollama says what a model has only once it is loaded, and cuts what is longer without a word.
#[tokio::test(start_paused = true)]
async fn the_context_of_ollama_is_that_of_its_version_until_a_model_is_loaded() {
    let models = json!([{"id": "m", "object": "model", "owned_by": "library"}]);
    let show = json!({"capabilities": ["completion"], "model_info": {"llama.context_length": 131_072}});
    for (version, context) in [
        ("0.17.4", 4096),
        ("0.7.0", 4096),
        ("0.6.5", 2048),
        ("0.1.20", 2048),
        ("0.0.0", 4096),
        ("1.6.0", 4096),
    ] {
        let memory = get(list(&models), "/api/version", &json!({"version": version}));
        let memory = memory.on_body(Post, &format!("{ROOT}/api/show"), "m", ok(&show));
        assert_eq!(probed(&memory, false).await.models[0].context_tokens, Some(context), "{version}");
        let ps = json!({"models": [{"name": "m", "context_length": 16384}]});
        let facts = probed(&get(memory, "/api/ps", &ps), false).await;
        assert_eq!(facts.models[0].context_tokens, Some(16384), "{version}");
    }
}

#[tokio::test(start_paused = true)]
async fn lm_studio() {
    let models = json!([{"id": "qwen2.5-7b", "object": "model", "owned_by": "organization_owner"}]);
    let studio = json!({"object": "list", "data": [
        {"id": "qwen2.5-7b", "type": "llm", "state": "loaded", "max_context_length": 32768, "loaded_context_length": 4096, "capabilities": ["tool_use"]},
        {"id": "phi", "type": "llm", "state": "not-loaded", "max_context_length": 16384},
        {"id": "nomic", "type": "embeddings", "max_context_length": 2048},
    ]});
    let facts = probed(&get(list(&models), "/api/v0/models", &studio), true).await;
    assert_eq!((facts.kind, facts.models.len()), (ServerKind::LmStudio, 2));
    assert_eq!(one(&facts), ("qwen2.5-7b", Some(4096), SchemaMode::JsonSchema, ToolMode::Native, true));
    assert_eq!(facts.models[1].context_tokens, Some(16384));
    let plain = probed(&list(&models), true).await;
    assert_eq!(one(&plain), ("qwen2.5-7b", None, SchemaMode::JsonSchema, ToolMode::ByJson, true));
}

#[tokio::test(start_paused = true)]
async fn vllm() {
    let models = json!([{"id": "Qwen/Qwen2.5-7B-Instruct", "object": "model", "owned_by": "vllm", "max_model_len": 32768}]);
    let refusal =
        json!({"error": {"message": "\"auto\" tool choice requires --enable-auto-tool-choice", "code": 400}});
    let rows = [
        (Reply::json(400, &refusal), ToolMode::ByJson),
        (stream(&called(), "tool_calls", true), ToolMode::Native),
    ];
    for (reply, tool_mode) in rows {
        let facts = probed(&call(list(&models), "report_word", reply), true).await;
        assert_eq!(facts.kind, ServerKind::Vllm);
        assert_eq!(
            one(&facts),
            ("Qwen/Qwen2.5-7B-Instruct", Some(32768), SchemaMode::JsonSchema, tool_mode, true)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn kinds_by_answers_that_only_one_has() {
    let models = json!([{"id": "m", "object": "model"}]);
    let rows = [
        ("/props", json!({"default_generation_settings": {}}), ServerKind::LlamaCpp),
        ("/api/tags", json!({"models": [{"name": "m"}]}), ServerKind::Ollama),
        ("/api/v0/models", json!({"data": []}), ServerKind::LmStudio),
        ("/props", json!({"something": "else"}), ServerKind::Unknown),
    ];
    for (path, body, kind) in rows {
        assert_eq!(probed(&get(list(&models), path, &body), false).await.kind, kind, "{path} {body}");
    }
    let headed = ok(&json!({"data": [{"id": "m", "created": 1}]}));
    let url = format!("{ROOT}/v1/models");
    let rows =
        [("x-litellm-version", "1.1", ServerKind::LiteLlm), ("server", "llama.cpp", ServerKind::LlamaCpp)];
    for (name, value, kind) in rows {
        let memory = Memory::default().on(Get, &url, headed.clone().with_header(name, value));
        assert_eq!(probed(&memory, false).await.kind, kind, "{name}");
    }
    let dated = list(&json!([{"id": "m", "owned_by": "openai", "created": 1_677_610_602}]));
    assert_eq!(probed(&dated, false).await.kind, ServerKind::LiteLlm);
    let of_another = list(&json!([{"id": "m", "owned_by": "llmock", "created": 1_677_610_602}]));
    assert_eq!(probed(&of_another, false).await.kind, ServerKind::Unknown);
}

#[tokio::test(start_paused = true)]
async fn openrouter_says_it_all_in_its_list() {
    let body = json!({"data": [
        {"id": "a/b:free", "context_length": 65536, "supported_parameters": ["tools", "structured_outputs", "temperature"]},
        {"id": "c/d", "context_length": 8192, "supported_parameters": ["max_tokens"]},
    ]});
    let memory = Memory::default().on(Get, "https://openrouter.ai/api/v1/models", ok(&body));
    let settings = ProbeSettings { base_url: "https://openrouter.ai/api/v1".to_owned(), ..settings(true) };
    let facts = probe(&memory, &settings).await.expect("facts");
    assert_eq!(facts.kind, ServerKind::OpenRouter);
    assert_eq!(one(&facts), ("a/b:free", Some(65536), SchemaMode::JsonSchema, ToolMode::Native, true));
    let second = facts.models[1].traits;
    assert_eq!(
        (second.schema_mode, second.tool_mode, second.temperature),
        (SchemaMode::Prompted, ToolMode::ByJson, false)
    );
}

/// An unknown server with one model.
fn unknown() -> Memory {
    list(&json!([{"id": "m", "object": "model", "owned_by": "somebody"}]))
}

#[tokio::test(start_paused = true)]
async fn an_unknown_server_is_tried() {
    use SchemaMode::{JsonObjectWithSchema, JsonSchema, Prompted};
    let failed = || Reply::of(500, "text/plain", "Internal Server Error");
    let chat = || stream(&json!({"content": "Hello!"}), "stop", false);
    let refuses_usage = Reply::json(400, &json!({"error": {"message": "unknown field stream_options"}}));
    let rows = [
        (
            "holds to json_schema",
            call(unknown(), "json_schema", stream(&held(), "stop", true)),
            JsonSchema,
            true,
        ),
        (
            "fails on json_schema, holds to json_object",
            call(call(unknown(), "json_schema", failed()), "json_object", stream(&held(), "stop", false)),
            JsonObjectWithSchema,
            false,
        ),
        ("holds to nothing", call(unknown(), "Say hello", chat()), Prompted, false),
        (
            "knows no stream_options",
            call(call(unknown(), "stream_options", refuses_usage), "Say hello", chat()),
            Prompted,
            false,
        ),
    ];
    for (what, memory, schema_mode, streams_usage) in rows {
        let memory = call(memory, "report_word", stream(&called(), "tool_calls", false));
        let facts = probed(&memory, true).await;
        assert_eq!(facts.kind, ServerKind::Unknown);
        let (_, _, schema, _, usage) = one(&facts);
        assert_eq!((schema, usage), (schema_mode, streams_usage), "{what}: {:?}", facts.lacks);
    }
}

#[tokio::test(start_paused = true)]
async fn trials_that_teach_or_fail() {
    let field = json!({"error": {"message": "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.", "code": "unsupported_parameter"}});
    let memory = call(unknown(), "\"max_tokens\"", Reply::json(400, &field));
    let memory = call(memory, "json_schema", stream(&held(), "stop", true));
    let memory = call(memory, "report_word", stream(&called(), "tool_calls", true));
    let facts = probed(&memory, true).await;
    assert_eq!(facts.models[0].traits.limit_field, LimitField::MaxCompletionTokens);

    let locked = call(unknown(), "", Reply::json(401, &json!({"error": {"message": "no key"}})));
    let facts = probed(&locked, true).await;
    assert_eq!(facts.models[0].traits, ServerKind::Unknown.traits());
    assert!(says(&facts, "m: it could not be tried."), "{:?}", facts.lacks);

    let broken = Reply::json(500, &json!({"error": {"message": "immutable"}}));
    let plain = json!({"choices": [{"message": {"content": "hello"}, "finish_reason": "stop"}]});
    let proxy = call(call(unknown(), "\"stream\":true", broken), "", Reply::json(200, &plain));
    let facts = probed(&proxy, true).await;
    assert!(says(&facts, "m: plain calls are answered, and streams fail"), "{:?}", facts.lacks);
    assert!(says(&facts, "immutable"), "{:?}", facts.lacks);

    let silent = call(unknown(), "", Reply::Silent);
    assert!(says(&probed(&silent, true).await, "did not begin to answer"));

    let many: Vec<Value> = (0..6).map(|at| json!({"id": format!("m{at}")})).collect();
    let memory = call(list(&json!(many)), "", stream(&held(), "stop", true));
    let facts = probed(&memory, true).await;
    let bodies = memory.bodies();
    let tried = (0..6).filter(|at| bodies.iter().any(|body| body["model"] == format!("m{at}"))).count();
    assert_eq!((facts.models.len(), tried), (6, TRIED_MODELS_MAX));

    let memory = unknown();
    probed(&memory, false).await;
    assert!(memory.requests().iter().all(|request| request.method == Get), "no call without leave");
}

/// An answer of so many pieces, each behind a pause of 50 ms.
fn spoken(pieces: usize, reason: &str) -> Reply {
    let text = |text: String| Piece::Bytes(bytes::Bytes::from(text));
    let said = json!({"choices": [{"index": 0, "delta": {"content": "one "}}]});
    let word = [Piece::Wait(Duration::from_millis(50)), text(format!("data: {said}\n\n"))];
    let mut all: Vec<Piece> = std::iter::repeat_n(word, pieces).flatten().collect();
    let end = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]});
    all.push(text(if reason.is_empty() {
        "data: [DONE]\n\n".to_owned()
    } else {
        format!("data: {end}\n\n")
    }));
    Reply::pieces(all)
}

/// A server that does not say how many calls it answers at once is sent two.
#[tokio::test(start_paused = true)]
async fn two_calls_at_once_tell_a_server_that_answers_one_at_a_time() {
    let after = |seconds, reply: Reply| Reply::After(Duration::from_secs(seconds), Box::new(reply));
    let at_once = || stream(&json!({"content": "one two"}), "stop", false);
    let refused = || Reply::json(503, &json!({"error": {"message": "no slot is free"}}));
    let rows = [
        ("the second waits for the first", spoken(16, "length"), after(1, spoken(16, "stop")), Some(1)),
        ("both come in turns", spoken(16, "length"), spoken(16, "length"), None),
        (
            "the second begins late and is not kept waiting",
            spoken(30, "length"),
            after(1, spoken(16, "stop")),
            None,
        ),
        ("the first is cut off by the second", spoken(3, ""), spoken(16, "stop"), Some(1)),
        ("the second is refused", spoken(16, "stop"), refused(), Some(1)),
        ("the second is never begun", spoken(16, "stop"), Reply::Silent, Some(1)),
        ("neither is answered", refused(), refused(), None),
        ("each comes in one piece", after(1, at_once()), after(2, at_once()), None),
        ("both are there before anybody waits", at_once(), at_once(), None),
    ];
    for (what, first, second, parallel) in rows {
        let memory = call(unknown(), "Say hello", stream(&held(), "stop", true));
        let memory = call(memory, "report_word", stream(&called(), "tool_calls", true));
        let memory = call(call(memory, "from one", first), "from two hundred", second);
        let facts = probed(&memory, true).await;
        assert_eq!(facts.parallel_calls, parallel, "{what}: {:?}", facts.lacks);
        assert_eq!(says(&facts, "calls_in_flight_max = 1"), parallel.is_some(), "{what}: {:?}", facts.lacks);
    }
    let silent = list(&json!([{"id": "m", "owned_by": "llamacpp"}]));
    let silent = call(silent, "report_word", stream(&called(), "tool_calls", true));
    let silent = call(call(silent, "from one", spoken(16, "stop")), "from two hundred", Reply::Reset);
    assert_eq!(probed(&silent, true).await.parallel_calls, Some(1), "llama.cpp without /props and /slots");
}

/// A service answers many at once, and takes money for each.
#[tokio::test(start_paused = true)]
async fn two_calls_at_once_are_for_servers_of_ones_own() {
    let url = "https://models.example/v1";
    let models = ok(&json!({"data": [{"id": "m"}]}));
    let memory = Memory::default().on(Get, &format!("{url}/models"), models).on(
        Post,
        &format!("{url}/chat/completions"),
        stream(&held(), "stop", true),
    );
    probe(&memory, &ProbeSettings { base_url: url.to_owned(), ..settings(true) }).await.expect("facts");
    let bodies = memory.bodies();
    assert!(!bodies.iter().any(|body| body.to_string().contains("Count in words")), "{bodies:?}");
}

#[tokio::test(start_paused = true)]
async fn lists_that_are_odd() {
    let facts = probed(&list(&json!([])), true).await;
    assert!(says(&facts, "It lists no model"), "{:?}", facts.lacks);
    let facts = probed(&list(&json!([{"id": "has space"}, {"id": "fine"}])), false).await;
    assert_eq!(facts.models.len(), 1);
    assert!(says(&facts, "'has space' is not a name"), "{:?}", facts.lacks);

    let rows = [
        ("/a/b c/tiny.gguf", "me", Some("tiny.gguf")),
        ("C:\\models\\tiny.gguf", "llamacpp", Some("tiny.gguf")),
        ("org/tiny", "me", Some("org/tiny")),
        ("/models/tiny", "vllm", Some("/models/tiny")),
        ("/a/b c", "me", None),
    ];
    for (id, owner, name) in rows {
        let facts = probed(&list(&json!([{"id": id, "owned_by": owner}])), false).await;
        assert_eq!(facts.models.first().map(|model| model.id.as_str()), name, "{id}");
    }

    let url = format!("{ROOT}/v1/models");
    for empty in [json!({"object": "list", "data": null}), json!({"object": "list", "data": []})] {
        let facts = probed(&Memory::default().on(Get, &url, ok(&empty)), false).await;
        assert!(facts.models.is_empty() && says(&facts, "It lists no model"), "{empty}: {:?}", facts.lacks);
    }
    let rows = [
        (Reply::of(200, "text/html", "<html>"), "gives no list of models"),
        (Reply::json(401, &json!({"detail": "Invalid API key"})), "does not accept the key"),
        (Reply::of(404, "text/html", "<html></html>"), "base URL"),
        (
            Reply::json(404, &json!({"detail": "Not Found"})),
            "say under [providers.NAME] which `models` it has",
        ),
        (Reply::json(405, &json!({"detail": "Method Not Allowed"})), "has no list of models"),
        (Reply::json(503, &json!({"error": "loading"})), "'own' cannot answer now"),
        (Reply::Silent, "within 2 s"),
        (Reply::Refused, "cannot be reached"),
    ];
    for (reply, words) in rows {
        let error = probe(&Memory::default().on(Get, &url, reply), &settings(true)).await.expect_err(words);
        assert!(error.message.contains(words), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_without_a_list_has_the_models_that_somebody_names() {
    let named = ["big", "small"].map(Name::from_static).to_vec();
    let settings = ProbeSettings { named, ..settings(false) };
    let url = format!("{ROOT}/v1/models");
    for status in [404, 405, 500, 501] {
        let memory = Memory::default().on(Get, &url, Reply::json(status, &json!({"detail": "no"})));
        let facts = probe(&memory, &settings).await.expect("facts");
        let names: Vec<&str> = facts.models.iter().map(|model| model.id.as_str()).collect();
        assert_eq!((names, facts.kind), (vec!["big", "small"], ServerKind::Unknown));
        assert!(says(&facts, "lists no models"), "{:?}", facts.lacks);
        let hinted = Traits { schema_mode: SchemaMode::JsonSchemaHinted, ..Traits::capable() };
        assert_eq!(facts.models[0].traits, hinted, "it may pass over the schema without a word");
    }
    let facts = probe(&list(&json!([])), &settings).await.expect("facts");
    assert_eq!(facts.models.len(), 2, "it lists what it has downloaded, and may have others");
    let locked = Memory::default().on(Get, &url, Reply::json(401, &json!({"detail": "no"})));
    assert!(probe(&locked, &settings).await.is_err(), "it has a list, for those who may see it");
    let listing = list(&json!([{"id": "other", "object": "model"}]));
    let facts = probe(&listing, &settings).await.expect("facts");
    assert_eq!(facts.models[0].id.as_str(), "other", "a list is the truth");
}

#[tokio::test(start_paused = true)]
async fn questions_wait_less_long_than_models() {
    let slow = ProbeSettings { deadlines: Deadlines::PROBE, ..settings(true) };
    let silent = Memory::replies([Reply::Silent]);
    let error = probe(&silent, &slow).await.expect_err("silence");
    assert!(error.message.contains("within 5 s"), "{error}");

    let late = Reply::After(Duration::from_secs(15), Box::new(stream(&held(), "stop", true)));
    let facts = probe(&call(unknown(), "json_schema", late), &slow).await.expect("facts");
    let (_, _, schema, tools, usage) = one(&facts);
    let without_a_trial_of_tools = (SchemaMode::JsonSchema, ToolMode::Native, true);
    assert_eq!((schema, tools, usage), without_a_trial_of_tools, "{:?}", facts.lacks);
}

#[tokio::test(start_paused = true)]
async fn detection_asks_this_machine_only() {
    let candidates = loopback_candidates();
    assert_eq!(candidates.len(), 5);
    assert!(candidates.iter().all(|candidate| crate::http::is_loopback(&candidate.base_url)));
    let models = json!({"data": [{"id": "smol", "owned_by": "me"}]});
    let memory = Memory::default()
        .on(Get, "http://127.0.0.1:8000/v1/models", ok(&models))
        .on(
            Get,
            "http://127.0.0.1:4000/v1/models",
            Reply::json(401, &json!({"error": {"message": "no key"}})),
        )
        .on(Get, "http://127.0.0.1:1234/v1/models", Reply::Silent);
    let elsewhere =
        Candidate { name: Name::from_static("far"), base_url: "http://far.example:8000/v1".to_owned() };
    let all = candidates.into_iter().chain([elsewhere]).collect();
    let found = detect(&memory, all, settings(false).deadlines, false).await;
    let seen: Vec<_> = found
        .iter()
        .map(|found| (found.candidate.name.as_str(), found.outcome.as_ref().ok().map(|facts| facts.kind)))
        .collect();
    assert_eq!(seen, [("lmstudio", None), ("vllm", Some(ServerKind::LlamaCppPython)), ("litellm", None)]);
    assert!(memory.requests().iter().all(|request| request.url.starts_with("http://127.0.0.1:")));
}
