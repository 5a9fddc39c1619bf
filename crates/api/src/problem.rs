//! Errors on the wire: RFC 9457 problems with a code each.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// What is wrong with each field, as sentences.
pub type FieldErrors = BTreeMap<String, String>;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:literal, $title:literal;)+) => {
        /// Every kind of problem. Each has a page `docs/errors/<code>.md`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Code {
            $($(#[$doc])* #[serde(rename = $code)] $name,)+
        }

        impl Code {
            /// All codes.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The word on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// The HTTP status.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)+ }
            }

            /// What it is, in a few words.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }
        }
    };
}

codes! {
    /// The request is no JSON of the right shape.
    InvalidRequest = "invalid_request", 400, "The request cannot be read";
    /// Fields are outside their limits.
    ValidationFailed = "validation_failed", 400, "Some fields are not valid";
    /// An attachment or all of them are too large, or none of them can be taken.
    AttachmentRefused = "attachment_refused", 400, "An attachment was not taken";
    /// The crew is unknown or its file has faults.
    CrewInvalid = "crew_invalid", 400, "The crew cannot be used";
    /// The plan has errors.
    PlanInvalid = "plan_invalid", 400, "The plan has errors";
    /// No such thing in this workspace.
    NotFound = "not_found", 404, "There is no such thing";
    /// The method does not exist for the path.
    MethodNotAllowed = "method_not_allowed", 405, "This cannot be done there";
    /// The task has ended already.
    TaskEnded = "task_ended", 409, "The task has ended";
    /// The task has not ended yet.
    TaskNotFinished = "task_not_finished", 409, "The task has not finished";
    /// There is no result to show.
    NoResult = "no_result", 409, "There is no result";
    /// There is nothing to resume.
    NothingToResume = "nothing_to_resume", 409, "There is nothing to resume";
    /// The approval is settled or asks about something else by now.
    ApprovalStale = "approval_stale", 409, "The approval has moved on";
    /// Another reason of the state forbids it.
    Conflict = "conflict", 409, "The state of the task forbids it";
    /// The body is larger than its limit.
    BodyTooLarge = "body_too_large", 413, "The request is too large";
    /// The same key came with another body.
    IdempotencyMismatch = "idempotency_mismatch", 422, "The key was used for something else";
    /// A defect of ours.
    Internal = "internal", 500, "Something went wrong here";
    /// Only the owner of the data folder can do that, and there is none.
    NoOwner = "no_owner", 503, "Nothing runs in this data folder";
    /// New tasks are not taken at the moment.
    Unavailable = "unavailable", 503, "Not at the moment";
    /// The disk is full.
    StorageFull = "storage_full", 507, "The disk is full";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The page that explains it.
    #[serde(rename = "type")]
    pub page: String,
    /// What it is, in a few words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened, why, and what to do.
    pub detail: String,
    /// For programs.
    pub code: Code,
    /// For finding the request in logs.
    pub trace_id: String,
    /// The code again, as older clients read it.
    pub error: String,
    /// The detail again, as older clients read it.
    pub message: String,
    /// What is wrong with each field.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub details: FieldErrors,
}

impl Problem {
    /// A problem without fields and trace.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self {
            page: format!("docs/errors/{code}.md"),
            title: code.title().to_owned(),
            status: code.status(),
            message: detail.clone(),
            detail,
            code,
            trace_id: String::new(),
            error: code.as_str().to_owned(),
            details: FieldErrors::new(),
        }
    }

    /// All fields that are not valid, at once.
    pub fn fields(details: FieldErrors) -> Self {
        let sentences: Vec<String> =
            details.iter().map(|(field, sentence)| format!("{field}: {sentence}")).collect();
        Self { details, ..Self::new(Code::ValidationFailed, sentences.join(" ")) }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_page_with_its_status() {
        let folder = "../../docs/errors";
        for code in Code::ALL {
            let page = std::fs::read_to_string(format!("{folder}/{code}.md")).unwrap();
            let status = format!("HTTP {}", code.status());
            assert!(page.contains(&status), "{code}: the page names {status}");
        }
    }

    #[test]
    fn a_problem_says_its_code_twice_and_its_fields_once() {
        let fields = FieldErrors::from([("title".to_owned(), "It is empty.".to_owned())]);
        let json = serde_json::to_value(Problem::fields(fields)).unwrap();
        assert_eq!(json["code"], "validation_failed");
        assert_eq!(json["error"], "validation_failed");
        assert_eq!(json["status"], 400);
        assert_eq!(json["details"]["title"], "It is empty.");
        assert_eq!(json["type"], "docs/errors/validation_failed.md");
        assert_eq!(serde_json::from_value::<Problem>(json).unwrap().code, Code::ValidationFailed);
    }
}
