//! Failures as problem documents.

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use divisi_api::{Code, FieldErrors, Problem};
use divisi_domain::id::TaskId;
use divisi_domain::task::Refusal;
use divisi_engine::content::ContentError;
use divisi_engine::core::Refused;
use divisi_engine::driver::CommandError;
use divisi_store::StoreError;

/// A route that did not do what was asked.
#[derive(Debug, Clone)]
pub struct Failure {
    problem: Box<Problem>,
    /// What only the log tells, beside the trace.
    cause: Option<String>,
}

impl Failure {
    /// A problem with its sentence.
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { problem: Box::new(Problem::new(code, detail)), cause: None }
    }

    pub(crate) fn fields(fields: FieldErrors) -> Self {
        Self { problem: Box::new(Problem::fields(fields)), cause: None }
    }

    pub(crate) fn no_task(task: TaskId) -> Self {
        Self::new(
            Code::NotFound,
            format!("There is no task {task} here. `divisi task list` shows those there are."),
        )
    }

    /// A defect, or data that cannot be read: the cause goes to the log, with the trace id to find it by.
    pub(crate) fn internal(cause: &str) -> Self {
        let failure = Self::new(
            Code::Internal,
            format!("The request failed: {cause}. `divisi doctor` checks the data folder."),
        );
        Self { cause: Some(cause.to_owned()), ..failure }
    }

    /// The problem document.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// Names the request in the answer, and logs the cause: once, at the boundary.
    pub(crate) fn traced(mut self, trace: &str, response: &mut Response) {
        if let Some(cause) = &self.cause {
            tracing::error!(cause, "a request failed");
        }
        trace.clone_into(&mut self.problem.trace_id);
        response.headers_mut().remove(header::CONTENT_LENGTH);
        *response.body_mut() = Body::from(self.json());
    }

    fn json(&self) -> String {
        // Plain data always encodes.
        serde_json::to_string(&self.problem).unwrap_or_default()
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = self.json();
        let mut response =
            (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
        if self.problem.code == Code::Unavailable {
            response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("5"));
        }
        // For whoever knows the name of the request.
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full => Self::new(
                Code::StorageFull,
                "The disk that holds the data folder is full. Make room; running tasks wait and lose nothing.",
            ),
            other => Self::internal(&other.to_string()),
        }
    }
}

impl From<ContentError> for Failure {
    fn from(error: ContentError) -> Self {
        Self::internal(&error.to_string())
    }
}

impl From<CommandError> for Failure {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::Refused(Refused::Machine(refusal)) => refused(&refusal),
            CommandError::Refused(Refused::NotFound) => {
                Self::new(Code::NotFound, "There is no such task here.")
            }
            CommandError::Refused(Refused::Unreadable(reason)) => Self::internal(&reason),
            CommandError::Refused(Refused::Store(error)) | CommandError::Store(error) => error.into(),
            CommandError::Refused(Refused::Draining) | CommandError::Stopped => {
                Self::new(Code::Unavailable, sentence(&error.to_string()))
            }
            CommandError::Submit(_) => Self::new(Code::CrewInvalid, sentence(&error.to_string())),
        }
    }
}

fn refused(refusal: &Refusal) -> Failure {
    let code = match refusal {
        Refusal::Terminal { .. } | Refusal::Cancelled => Code::TaskEnded,
        Refusal::NotCompleted { .. } => Code::TaskNotFinished,
        Refusal::NothingToResume { .. } => Code::NothingToResume,
        Refusal::Unknown | Refusal::NoSuchApproval { .. } | Refusal::NoSuchSubtask { .. } => Code::NotFound,
        Refusal::Decision(_) => Code::ApprovalStale,
        Refusal::PlanInvalid { .. } => Code::PlanInvalid,
        Refusal::Exists => Code::IdempotencyMismatch,
        _ => Code::Conflict,
    };
    let detail = match refusal {
        Refusal::PlanInvalid { errors } => {
            errors.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        }
        other => sentence(&other.to_string()),
    };
    Failure::new(code, detail)
}

/// The text with a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first: String = chars.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    let end = if text.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{first}{}{end}", chars.as_str())
}
