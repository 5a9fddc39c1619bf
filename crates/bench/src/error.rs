use divisi_engine::driver::{CommandError, ReadError, StartError};
use divisi_store::StoreError;

/// A measurement that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A task was not taken.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// A task could not be read back.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A file or process of the measurement failed.
    #[error("{context}: {cause}")]
    System {
        /// What was tried.
        context: String,
        /// Why it failed.
        #[source]
        cause: std::io::Error,
    },
    /// What was measured is not what should have been: the figure would be wrong.
    #[error("this measurement is not valid: {0}")]
    Invalid(String),
}

impl BenchError {
    /// For `map_err`: a failure of the system at `context`.
    pub(crate) fn system(context: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let context = context.into();
        move |cause| Self::System { context, cause }
    }
}

impl From<tokio::task::JoinError> for BenchError {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::Invalid(format!("a part of it panicked: {error}"))
    }
}
