use std::time::Duration;

use divisi_api::{Code, Problem};

/// A call that brought no answer of its kind.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The server says why.
    #[error("{0}")]
    Problem(Box<Problem>),
    /// There is a connection, and nothing comes.
    #[error(
        "the process that runs tasks here does not answer, for {} s now: wait for it, or stop it and try again",
        .0.as_secs()
    )]
    Silent(Duration),
    /// No connection, or it broke.
    #[error("the process that runs tasks here does not answer: {0}")]
    Connection(String),
    /// The answer is not of the contract.
    #[error("the answer cannot be understood ({0}): is the other process of another version?")]
    Shape(String),
}

impl ClientError {
    /// The code of the problem, where the server named one.
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Problem(problem) => Some(problem.code),
            Self::Silent(_) | Self::Connection(_) | Self::Shape(_) => None,
        }
    }
}

impl From<hyper::Error> for ClientError {
    fn from(error: hyper::Error) -> Self {
        Self::Connection(error.to_string())
    }
}

impl From<std::io::Error> for ClientError {
    fn from(error: std::io::Error) -> Self {
        Self::Connection(error.to_string())
    }
}
