//! Parts of a request, with our own problems where they are not as they should be.

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use divisi_api::Code;
use divisi_domain::id::TaskId;
use serde::de::DeserializeOwned;

use crate::problem::Failure;

/// A JSON body of exactly this shape. An empty body is an empty object.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let bytes = Bytes::from_request(request, state).await.map_err(|refused| too_large(&refused))?;
        let json: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        serde_json::from_slice(json).map(Body).map_err(|error| {
            Failure::new(Code::InvalidRequest, format!("The body is not what this call takes: {error}."))
        })
    }
}

fn too_large(refused: &BytesRejection) -> Failure {
    if refused.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Failure::new(
            Code::BodyTooLarge,
            "The body is larger than its limit: 1 MiB, and 100 MiB of files for a task.",
        );
    }
    Failure::new(Code::InvalidRequest, "The body could not be read to its end.")
}

/// The task of the path.
#[derive(Debug)]
pub(crate) struct OfTask(pub(crate) TaskId);

impl<S: Send + Sync> FromRequestParts<S> for OfTask {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let path: Result<Path<String>, PathRejection> = Path::from_request_parts(parts, state).await;
        let Ok(Path(text)) = path else { return Err(not_there("the path")) };
        text.parse().map(Self).map_err(|_| not_there(&text))
    }
}

fn not_there(text: &str) -> Failure {
    let shown: String = text.chars().take(100).collect();
    Failure::new(
        Code::NotFound,
        format!("There is no task '{shown}' here. Ids look like task_ and 26 characters."),
    )
}

/// The query of exactly this shape.
#[derive(Debug)]
pub(crate) struct Asked<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let query: Result<Query<T>, QueryRejection> = Query::from_request_parts(parts, state).await;
        query.map(|Query(asked)| Self(asked)).map_err(|error| {
            Failure::new(
                Code::InvalidRequest,
                format!("The query is not what this call takes: {}.", error.body_text()),
            )
        })
    }
}

/// The caller's key for repeating a request safely.
#[derive(Debug)]
pub(crate) struct Key(pub(crate) Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let key = parts.headers.get("idempotency-key").and_then(|value| value.to_str().ok());
        match key {
            Some(key) if key.is_empty() || key.len() > 255 => {
                Err(Failure::new(Code::InvalidRequest, "An Idempotency-Key has 1 to 255 characters."))
            }
            key => Ok(Self(key.map(str::to_owned))),
        }
    }
}

/// Whether the caller asks for this type first.
pub(crate) fn accepts(headers: &HeaderMap, wanted: &str) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept
        .is_some_and(|accept| accept.split(',').next().is_some_and(|first| first.trim().starts_with(wanted)))
}
