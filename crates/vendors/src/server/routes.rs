//! Which path is answered by what.

use serde_json::{Value, json};

use super::connection::{Connection, Gone, Received};
use super::http::{Framing, HttpRequest, head};
use super::{Shared, control, exchange};
use crate::fault::Ending;
use crate::wire::Vendor;

/// Models that are listed where a behaviour names none.
const MODELS_LISTED: [&str; 4] = ["gpt-4.1-mini", "claude-haiku-4-5", "gemini-2.5-flash", "local-model"];

/// Tokens of a slot, where there are slots.
const SLOT_TOKENS: u32 = 32_768;

/// What becomes of the connection after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// It takes another request.
    Stays,
    /// It ends so.
    Ends(Ending),
}

/// Answers request after request.
pub(super) async fn serve(mut connection: Connection, shared: &Shared) {
    loop {
        let next = match connection.receive().await {
            Ok(Received::Request(request)) => route(&mut connection, shared, &request).await,
            Ok(Received::Malformed(sentence)) => {
                let error = json!({"error": {"message": sentence, "type": "invalid_request_error"}});
                let said = whole(&mut connection, 400, &error).await;
                said.map(|()| Next::Ends(Ending::Close))
            }
            Err(Gone) => return,
        };
        match next {
            Ok(Next::Stays) => {}
            Ok(Next::Ends(Ending::Reset)) => return connection.reset(),
            Ok(Next::Ends(Ending::Close)) => return connection.close().await,
            Err(Gone) => return,
        }
    }
}

async fn route(connection: &mut Connection, shared: &Shared, request: &HttpRequest) -> Result<Next, Gone> {
    let (method, path) = (request.method.as_str(), request.path());
    if let ("POST", Some(vendor)) = (method, vendor(path)) {
        return exchange::exchange(connection, shared, request, vendor).await;
    }
    if let Some(answer) = control::answer(shared, request) {
        let (status, body) = answer;
        whole(connection, status, &body).await?;
        return Ok(Next::Stays);
    }
    shared.ledger.other(format!("{method} {path}"));
    let (status, body) = match method {
        "GET" => lists(shared, request).unwrap_or_else(not_found),
        _ if vendor(path).is_some() => {
            (405, json!({"error": {"message": "Method Not Allowed", "type": "invalid_request_error"}}))
        }
        _ => not_found(),
    };
    whole(connection, status, &body).await?;
    Ok(Next::Stays)
}

fn not_found() -> (u16, Value) {
    (
        404,
        json!({"error": {"message": "Invalid URL", "type": "invalid_request_error", "param": null, "code": null}}),
    )
}

/// The wire of a path under which answers are asked for.
fn vendor(path: &str) -> Option<Vendor> {
    match path {
        "/v1/chat/completions" => Some(Vendor::Chat),
        "/v1/responses" => Some(Vendor::Responses),
        "/v1/messages" => Some(Vendor::Messages),
        _ => {
            let rest = path.strip_prefix("/v1beta/models/").or_else(|| path.strip_prefix("/v1/models/"))?;
            let method = rest.split_once(':')?.1;
            matches!(method, "generateContent" | "streamGenerateContent").then_some(Vendor::Gemini)
        }
    }
}

/// Lists of models, and one of them.
fn lists(shared: &Shared, request: &HttpRequest) -> Option<(u16, Value)> {
    let mut models = shared.behaviour.lock().models.clone();
    if models.is_empty() {
        models = MODELS_LISTED.map(str::to_owned).to_vec();
    }
    let anthropic = request.header("anthropic-version").is_some();
    let google = request.header("x-goog-api-key").is_some() && !anthropic;
    let google = google || request.path().starts_with("/v1beta");
    let card = |name: &String| match (google, anthropic) {
        (true, _) => {
            json!({"name": format!("models/{name}"), "displayName": name, "inputTokenLimit": 1_048_576,
                            "outputTokenLimit": 65_536, "supportedGenerationMethods": ["generateContent"]})
        }
        (false, true) => json!({"type": "model", "id": name, "display_name": name, "lifecycle": "active",
                                "created_at": "2026-01-01T00:00:00Z"}),
        (false, false) => {
            json!({"id": name, "object": "model", "created": 1_700_000_000, "owned_by": "vendors"})
        }
    };
    let cards = || models.iter().map(card).collect::<Vec<_>>();
    let path = request.path();
    if let Some(name) = path.strip_prefix("/v1/models/").or_else(|| path.strip_prefix("/v1beta/models/")) {
        return models.iter().find(|known| *known == name).map(|known| (200, card(known)));
    }
    match path {
        "/props" => {
            let slots = shared.behaviour.lock().slots?;
            let each = json!({"n_ctx": SLOT_TOKENS});
            Some((200, json!({"total_slots": slots, "default_generation_settings": each})))
        }
        "/v1/models" | "/v1beta/models" if google => Some((200, json!({"models": cards()}))),
        "/v1/models" if anthropic => Some((
            200,
            json!({"data": cards(), "has_more": false, "first_id": models.first(), "last_id": models.last()}),
        )),
        "/v1/models" => Some((200, json!({"object": "list", "data": cards()}))),
        _ => None,
    }
}

async fn whole(connection: &mut Connection, status: u16, body: &Value) -> Result<(), Gone> {
    let body = body.to_string().into_bytes();
    let headers = [("content-type".to_owned(), "application/json".to_owned())];
    let mut bytes = head(status, &headers, Framing::Length(body.len()));
    bytes.extend(body);
    connection.send(&bytes).await
}
