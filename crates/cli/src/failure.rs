//! Why a command ended without doing what it was asked.

use divisi_api::Code;
use divisi_client::ClientError;
use divisi_keys::KeyError;
use divisi_tools::documents::gather::GatherError;

use crate::compose::{Broken, SessionError};
use crate::config::ConfigError;
use crate::exit::{Exit, of_problem};

/// The field whose fault is that the time is over.
const DEADLINE_FIELD: &str = "context.deadline";

/// A failure for people: a sentence, and an exit code.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The other side says why.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The data folder cannot be used.
    #[error("{}", sentence(&.0.to_string()))]
    Session(#[from] SessionError),
    /// The settings cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The files cannot be used.
    #[error("{0} Nothing was submitted.")]
    Gather(#[from] GatherError),
    /// Keys cannot be read or kept.
    #[error("{}", sentence(&.0.to_string()))]
    Key(#[from] KeyError),
    /// The input cannot be used.
    #[error("{0}")]
    Input(String),
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// The state of the task does not allow it.
    #[error("{0}")]
    State(String),
    /// The owner stopped by itself.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// Something else.
    #[error("{0}")]
    Other(String),
}

impl Failure {
    /// Something that could not be set up.
    pub(crate) fn setup(sentence: impl Into<String>) -> Self {
        Self::Other(sentence.into())
    }

    /// The exit code.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Client(ClientError::Problem(problem)) if problem.details.contains_key(DEADLINE_FIELD) => {
                Exit::Deadline
            }
            Self::Client(ClientError::Silent(_)) => Exit::DataFolder,
            Self::Client(error) => error.code().map_or(Exit::Error, of_problem),
            Self::State(_) => Exit::Conflict,
            Self::Session(SessionError::Empty) | Self::NotFound(_) | Self::Key(KeyError::Empty) => {
                Exit::NotFound
            }
            Self::Gather(_) | Self::Input(_) | Self::Key(KeyError::NotAKey(_)) => Exit::InvalidInput,
            Self::Session(SessionError::Setup(_))
            | Self::Broken(Broken::Part(_))
            | Self::Key(_)
            | Self::Other(_) => Exit::Error,
            Self::Session(_) | Self::Broken(Broken::FolderGone(_)) => Exit::DataFolder,
            Self::Config(_) => Exit::Usage,
        }
    }

    /// Whether the connection to the owner broke: another process may take over.
    pub(crate) fn is_connection(&self) -> bool {
        matches!(self, Self::Client(ClientError::Connection(_)))
    }

    /// Whether the owner is leaving or has left: the next one may be told the same.
    pub(crate) fn is_passing(&self) -> bool {
        let leaving = |error: &ClientError| error.code() == Some(Code::Unavailable);
        self.is_connection() || matches!(self, Self::Client(error) if leaving(error))
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Other(format!("The output could not be written: {error}."))
    }
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first: String = chars.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    let end = if text.ends_with('.') { "" } else { "." };
    format!("{first}{}{end}", chars.as_str())
}
