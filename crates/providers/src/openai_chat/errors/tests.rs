use divisi_domain::name::Name;

use FailureClass::{
    BadRequest, ContextTooLong, Overloaded, QuotaSpent, RateLimited, Refused, Unauthorized, UnknownModel,
};

use super::*;
use secrecy::SecretString;

fn asked() -> Asked {
    Asked { provider: Name::from_static("local"), model: Name::from_static("m-1") }
}

fn of(status: u16, body: &str) -> ProviderError {
    refused(
        &asked(),
        &Hidden::of(Some(&SecretString::from("plain words key")), &[]),
        &Refusal { status, headers: &[], body, host: "h:1" },
    )
}

const CLOUDFLARE: &str = "<!DOCTYPE html><html><head><title>h | 502: Bad gateway</title></head></html>";

type Row = (u16, &'static str, FailureClass);

const OPENAI: &[Row] = &[
    (
        401,
        r#"{"error":{"message":"Incorrect API key provided: sk-ab.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}"#,
        Unauthorized,
    ),
    (
        403,
        r#"{"error":{"message":"Country, region, or territory not supported","type":"request_forbidden","code":"unsupported_country_region_territory"}}"#,
        Unauthorized,
    ),
    (
        404,
        r#"{"error":{"message":"The model `m-1` does not exist or you do not have access to it.","type":"invalid_request_error","param":null,"code":"model_not_found"}}"#,
        UnknownModel,
    ),
    (
        429,
        r#"{"error":{"message":"You exceeded your current quota, please check your plan","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#,
        QuotaSpent,
    ),
    (
        429,
        r#"{"error":{"message":"Rate limit reached for m-1 on requests per min (RPM): Limit 3","type":"requests","param":null,"code":"rate_limit_exceeded"}}"#,
        RateLimited,
    ),
    (
        429,
        r#"{"error":{"message":"Request too large for m-1 on tokens per min (TPM): Limit 30000, Requested 50000.","type":"tokens","code":"rate_limit_exceeded"}}"#,
        ContextTooLong,
    ),
    (
        400,
        r#"{"error":{"message":"This model's maximum context length is 8192 tokens.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#,
        ContextTooLong,
    ),
    (
        400,
        r#"{"error":{"message":"Unsupported parameter: 'max_tokens'","type":"invalid_request_error","param":"max_tokens","code":"unsupported_parameter"}}"#,
        BadRequest,
    ),
    (
        400,
        r#"{"error":{"message":"flagged","type":"invalid_request_error","code":"content_policy_violation"}}"#,
        Refused,
    ),
    (
        500,
        r#"{"error":{"message":"The server had an error","type":"server_error","param":null,"code":null}}"#,
        Overloaded,
    ),
    (503, r#"{"error":{"message":"That model is currently overloaded","type":"server_error"}}"#, Overloaded),
];

const VLLM: &[Row] = &[
    (
        400,
        r#"{"object":"error","message":"This model's maximum context length is 2048 tokens. However, you requested 3000 tokens","type":"BadRequestError","param":null,"code":400}"#,
        ContextTooLong,
    ),
    (
        404,
        r#"{"error":{"message":"The model `m-1` does not exist.","type":"NotFoundError","param":"model","code":404}}"#,
        UnknownModel,
    ),
    (
        400,
        r#"{"error":{"message":"\"auto\" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set","type":"BadRequestError","code":400}}"#,
        BadRequest,
    ),
    (401, r#"{"error":"Unauthorized"}"#, Unauthorized),
];

const LLAMA_CPP: &[Row] = &[
    (
        400,
        r#"{"error":{"code":400,"message":"the request exceeds the available context size, try increasing it","type":"exceed_context_size_error","n_prompt_tokens":700,"n_ctx":512}}"#,
        ContextTooLong,
    ),
    (
        401,
        r#"{"error":{"code":401,"message":"Invalid API Key","type":"authentication_error"}}"#,
        Unauthorized,
    ),
    (503, r#"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#, Overloaded),
    (
        500,
        r#"{"error":{"code":500,"message":"Failed to parse input at pos 0","type":"server_error"}}"#,
        Overloaded,
    ),
];

const LLAMA_CPP_PYTHON: &[Row] = &[
    (
        400,
        r#"{"error":{"message":"This model's maximum context length is 512 tokens, however you requested 600 tokens","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#,
        ContextTooLong,
    ),
    (401, r#"{"detail":"Invalid API key"}"#, Unauthorized),
    (404, r#"{"detail":"Not Found"}"#, UnknownModel),
    (500, "Internal Server Error", Overloaded),
    (422, r#"{"detail":[{"type":"missing","loc":["body","messages"],"msg":"Field required"}]}"#, BadRequest),
];

const OLLAMA: &[Row] = &[
    (
        404,
        r#"{"error":{"message":"model \"m-1\" not found, try pulling it first","type":"api_error","param":null,"code":null}}"#,
        UnknownModel,
    ),
    (
        400,
        r#"{"error":{"message":"registry.ollama.ai/library/m-1 does not support tools","type":"api_error"}}"#,
        BadRequest,
    ),
    (
        503,
        r#"{"error":{"message":"server busy, please try again.  maximum pending requests exceeded","type":"api_error"}}"#,
        Overloaded,
    ),
];

const LM_STUDIO: &[Row] = &[
    (
        404,
        r#"{"error":{"message":"No models loaded. Please load a model in the developer page.","type":"invalid_request_error","param":"model","code":"model_not_found"}}"#,
        UnknownModel,
    ),
    (
        400,
        r#"{"error":"Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough."}"#,
        ContextTooLong,
    ),
];

const OPENROUTER: &[Row] = &[
    (
        402,
        r#"{"error":{"code":402,"message":"Insufficient credits. Add more using https://openrouter.ai/credits"}}"#,
        QuotaSpent,
    ),
    (401, r#"{"error":{"code":401,"message":"No auth credentials found"}}"#, Unauthorized),
    (
        403,
        r#"{"error":{"code":403,"message":"Input was flagged for moderation","metadata":{"reasons":["x"]}}}"#,
        Refused,
    ),
    (400, r#"{"error":{"code":400,"message":"m-1 is not a valid model ID"}}"#, UnknownModel),
    (400, r#"{"detail":"Server is pinned to 'x/y'; requested 'm-1'."}"#, UnknownModel),
    (502, r#"{"error":{"code":502,"message":"Provider returned error"}}"#, Overloaded),
];

const LITELLM: &[Row] = &[
    (
        400,
        r#"{"error":{"message":"No connected db.","type":"no_db_connection","param":null,"code":"400"}}"#,
        Unauthorized,
    ),
    (
        401,
        r#"{"error":{"message":"Authentication Error, LiteLLM Virtual Key expected.","type":"auth_error","param":"None","code":"401"}}"#,
        Unauthorized,
    ),
    (
        400,
        r#"{"error":{"message":"litellm.ContextWindowExceededError: litellm.BadRequestError: too long","type":null,"code":"400"}}"#,
        ContextTooLong,
    ),
    (
        400,
        r#"{"error":{"message":"Budget has been exceeded! Current cost: 1, Max budget: 0.5","type":"budget_exceeded","code":"400"}}"#,
        QuotaSpent,
    ),
    (
        400,
        r#"{"error":{"message":"/chat/completions: Invalid model name passed in model=m-1. Call `/v1/models`","type":"invalid_request_error","code":"400"}}"#,
        UnknownModel,
    ),
    (
        500,
        r#"{"error":{"message":"litellm.RateLimitError: RateLimitError: OpenAIException","type":"throttling_error","code":"429"}}"#,
        RateLimited,
    ),
];

const IN_FRONT: &[Row] = &[
    (502, CLOUDFLARE, Overloaded),
    (429, CLOUDFLARE, RateLimited),
    (403, CLOUDFLARE, BadRequest),
    (404, "<html><body>nginx</body></html>", BadRequest),
    (408, "", Overloaded),
    (413, "", ContextTooLong),
    (504, "upstream request timeout", Overloaded),
    (529, "", Overloaded),
];

#[test]
fn what_the_servers_really_say() {
    let servers =
        [OPENAI, VLLM, LLAMA_CPP, LLAMA_CPP_PYTHON, OLLAMA, LM_STUDIO, OPENROUTER, LITELLM, IN_FRONT];
    for (status, body, class) in servers.into_iter().flatten() {
        let error = of(*status, body);
        assert_eq!(error.class, *class, "{status} {body}");
        assert!(error.message.contains(&format!("{status}")) && !error.message.contains("sk-ab"), "{error}");
    }
}

#[test]
fn nothing_of_the_server_is_shown_raw() {
    let traceback = r#"{"error":{"message":"Traceback (most recent call last):\n  File \"/srv/app.py\", line 1","type":"internal_server_error"}}"#;
    let error = of(500, traceback);
    assert!(!error.message.contains("/srv") && !error.message.contains("Traceback"), "{error}");
    let echo = of(401, r#"{"error":{"message":"no such key: plain words key"}}"#);
    assert!(echo.message.contains("no such key: [key]"), "{echo}");
    assert!(of(502, CLOUDFLARE).message.contains("502: Bad gateway"));
    assert!(of(403, CLOUDFLARE).message.contains("base URL"));
}

#[test]
fn failures_within_the_stream() {
    let rows = [
        (r#"{"error":{"message":"x","type":"server_error","code":null}}"#, FailureClass::Overloaded),
        (r#"{"error":{"message":"slow","code":429}}"#, FailureClass::RateLimited),
        (r#"{"error":{"code":"insufficient_quota","message":"x"}}"#, FailureClass::QuotaSpent),
        (
            r#"{"error":{"code":500,"message":"the request exceeds the available context size"}}"#,
            FailureClass::ContextTooLong,
        ),
        ("no JSON", FailureClass::Overloaded),
    ];
    for (data, class) in rows {
        assert_eq!(in_stream(&asked(), &Hidden::default(), data).class, class, "{data}");
    }
}
