//! Every path with its handlers, in one list.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, Uri};
use axum::routing::{get, post};
use divisi_api::limits::{BODY_BYTES_MAX, CREATE_BODY_BYTES_MAX};
use divisi_api::{BASE, Code};

use crate::api::Api;
use crate::problem::Failure;
use crate::routes::{agents, approvals, health, tasks};
use crate::trace::traced;
use crate::uploads::{Uploads, few_at_once};

/// The contract over `api`.
pub fn router(api: Api) -> Router {
    let large = DefaultBodyLimit::max(CREATE_BODY_BYTES_MAX);
    let few = axum::middleware::from_fn_with_state(Uploads::default(), few_at_once);
    let routes = Router::new()
        .route("/tasks", post(tasks::create::create).layer(large).layer(few).get(tasks::list::list))
        .route("/tasks/{id}", get(tasks::show::show).delete(tasks::cancel::cancel))
        .route("/tasks/{id}/result", get(tasks::result::result))
        .route("/tasks/{id}/plan", get(tasks::plan::plan).put(tasks::edit_plan::edit))
        .route("/tasks/{id}/events", get(tasks::events::events))
        .route("/tasks/{id}/usage", get(tasks::usage::usage))
        .route("/tasks/{id}/agents", get(tasks::agents::agents))
        .route("/tasks/{id}/approvals", get(approvals::list::of_task))
        .route("/tasks/{id}/revise", post(tasks::revise::revise))
        .route("/tasks/{id}/resume", post(tasks::resume::resume))
        .route("/tasks/{id}/rating", post(tasks::rate::rate))
        .route("/tasks/{id}/resolve", post(tasks::resolve::resolve))
        .route("/tasks/{id}/park", post(tasks::park::park))
        .route("/tasks/{id}/budget", post(tasks::budget::budget))
        .route("/approvals", get(approvals::list::list))
        .route("/approvals/{id}", get(approvals::show::show).post(approvals::decide::decide))
        .route("/agents/status", get(agents::status::status))
        .route("/health", get(health::health));
    Router::new()
        .nest(BASE, routes)
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(axum::middleware::from_fn_with_state(api.clone(), traced))
        .with_state(api)
}

async fn no_such_path(uri: Uri) -> Failure {
    Failure::new(Code::NotFound, format!("There is nothing at {}.", uri.path()))
}

async fn no_such_method(method: Method, uri: Uri) -> Failure {
    Failure::new(Code::MethodNotAllowed, format!("{method} is nothing that can be done at {}.", uri.path()))
}
