//! How scripts set the behaviour and read the ledger: `/control`, `/ledger`, `/release`, `/advance`.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Shared;
use super::http::HttpRequest;
use crate::Behaviour;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Release {
    count: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    ms: u64,
}

/// Status and body, where the path is one of these.
pub(super) fn answer(shared: &Shared, request: &HttpRequest) -> Option<(u16, Value)> {
    let done = (200, json!({"ok": true}));
    let answer = match (request.method.as_str(), request.path()) {
        ("GET", "/control") => Ok((200, json!(&*shared.behaviour.lock()))),
        ("POST", "/control") => read(request).map(|behaviour: Behaviour| {
            *shared.behaviour.lock() = behaviour;
            done
        }),
        ("GET", "/ledger") => Ok((200, json!(shared.ledger.book()))),
        ("DELETE", "/ledger") => {
            shared.ledger.clear();
            Ok(done)
        }
        ("POST", "/release") => read(request).map(|Release { count }| {
            shared.gate.add_permits(count);
            done
        }),
        ("POST", "/advance") => read(request).map(|Advance { ms }| {
            shared.advance(ms);
            done
        }),
        _ => return None,
    };
    Some(answer.unwrap_or_else(|sentence| (400, json!({ "error": sentence }))))
}

fn read<T: serde::de::DeserializeOwned>(request: &HttpRequest) -> Result<T, String> {
    serde_json::from_slice(&request.body).map_err(|error| error.to_string())
}
