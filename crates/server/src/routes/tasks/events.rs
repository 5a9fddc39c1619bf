use std::convert::Infallible;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event as Message, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use divisi_api::limits::PAGE_EVENTS_MAX;
use divisi_api::{EventPage, Live};
use divisi_domain::id::TaskId;
use divisi_engine::driver::{LiveMessage, Subscription};
use futures::stream;
use serde::Deserialize;

use crate::api::Api;
use crate::extract::{Asked, OfTask, accepts};
use crate::problem::Failure;
use crate::views;

/// From where on.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct From {
    after: Option<u64>,
    limit: Option<usize>,
}

/// The log after a sequence number; as a live stream where `text/event-stream` is asked for.
pub(crate) async fn events(
    State(api): State<Api>,
    OfTask(task): OfTask,
    Asked(from): Asked<From>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(|id| id.parse().ok());
    let after = last.or(from.after).unwrap_or(0);
    if !accepts(&headers, "text/event-stream") {
        let limit = from.limit.unwrap_or(PAGE_EVENTS_MAX).clamp(1, PAGE_EVENTS_MAX);
        return page(&api, task, after, limit).await.map(IntoResponse::into_response);
    }
    let key = api.key(task);
    let last = api.read(move |reads| Ok(reads.last_seq(&key.stream())?)).await?;
    // Who has heard more than there is hears what comes.
    let after = after.min(last.ok_or_else(|| Failure::no_task(task))?);
    let listening = api.handle()?.subscribe(key, after);
    let messages = stream::unfold(listening, next_message);
    Ok(Sse::new(messages).keep_alive(KeepAlive::default()).into_response())
}

async fn next_message(mut listening: Subscription) -> Option<(Result<Message, Infallible>, Subscription)> {
    loop {
        let message = listening.next().await.ok()??;
        let Some(live) = live(message) else { continue };
        let seq = match &live {
            Live::Event(event) => Some(event.seq),
            Live::Token { .. } | Live::TokenReset { .. } => None,
        };
        let message = Message::default().json_data(&live).ok()?;
        let message = seq.map_or(message.clone(), |seq| message.id(seq.to_string()));
        return Some((Ok(message), listening));
    }
}

fn live(message: LiveMessage) -> Option<Live> {
    match message {
        LiveMessage::Event { seq, at, event } => Some(Live::Event(views::event::view(seq, at, &event))),
        LiveMessage::Token { path, attempt, offset, text } => Some(Live::Token {
            effect_id: path.to_string(),
            attempt,
            offset: offset as u64,
            text: text.to_string(),
        }),
        LiveMessage::TokenReset { path, attempt, reason } => {
            Some(Live::TokenReset { effect_id: path.to_string(), attempt, reason: reason.to_owned() })
        }
        LiveMessage::State(_) | LiveMessage::Held(_) => None,
    }
}

async fn page(api: &Api, task: TaskId, after: u64, limit: usize) -> Result<Json<EventPage>, Failure> {
    let key = api.key(task);
    let page = api
        .read(move |reads| {
            let last = reads.last_seq(&key.stream())?.ok_or_else(|| Failure::no_task(task))?;
            let stored = reads.events(&key.stream(), after, limit)?;
            let events: Vec<_> = stored.iter().map(views::event::stored).collect::<Result<_, _>>()?;
            let last_seq = events.last().map_or(after, |event| event.seq);
            Ok(EventPage { task_id: task, events, last_seq, more: last_seq < last })
        })
        .await?;
    Ok(Json(page))
}
