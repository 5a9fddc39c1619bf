//! A bound on what is taken in at once: the body of a submission may have all of a task's documents, and is in memory several
//! times before they are in the store.

use std::sync::Arc;

use axum::body::HttpBody;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use divisi_api::limits::BODY_BYTES_MAX;
use tokio::sync::Semaphore;

/// Large submissions that are taken in at once; more wait before their bodies are read.
const UPLOADS_MAX: usize = 4;

/// Places for large submissions.
#[derive(Debug, Clone)]
pub(crate) struct Uploads(Arc<Semaphore>);

impl Default for Uploads {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(UPLOADS_MAX)))
    }
}

/// Lets small requests through, and large ones few at a time.
pub(crate) async fn few_at_once(State(uploads): State<Uploads>, request: Request, next: Next) -> Response {
    let small = request.body().size_hint().upper().is_some_and(|bytes| bytes <= BODY_BYTES_MAX as u64);
    // Nobody closes it.
    let _place = if small { None } else { uploads.0.acquire().await.ok() };
    next.run(request).await
}
