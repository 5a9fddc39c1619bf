//! Why a document cannot be read. One document's failure never stops the others.

use minicbor::{Decode, Encode};

use super::limits::size;

/// What is wrong with a document, as a sentence that says what to do. Crosses the process boundary.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, thiserror::Error)]
pub enum ParseError {
    /// The content breaks the rules of its format.
    #[n(0)]
    #[error("It is damaged: {detail}. Open it in its own program and save or export it again.")]
    Corrupt {
        /// What is broken, and where.
        #[n(0)]
        detail: String,
    },
    /// It opens with a password only.
    #[n(1)]
    #[error("It is encrypted and needs a password. Save a copy without one.")]
    Encrypted,
    /// Nothing to read in it.
    #[n(2)]
    #[error("There is no text in it{hint}.")]
    Empty {
        /// Why that may be, with its leading punctuation; empty where there is nothing to say.
        #[n(0)]
        hint: String,
    },
    /// The file is larger than a document may be.
    #[n(3)]
    #[error("It has {}, more than the {} a document may have. Split it or give the part that matters.", size(*.bytes), size(*.bytes_max))]
    TooLarge {
        /// Bytes of the file.
        #[n(0)]
        bytes: u64,
        /// The limit.
        #[n(1)]
        bytes_max: u64,
    },
    /// A format without a reader.
    #[n(4)]
    #[error("It is {what}. Readable are text, Markdown, HTML, CSV, JSON and PDF.")]
    Unsupported {
        /// What it is and what to do.
        #[n(0)]
        what: String,
    },
    /// Bytes that are no text.
    #[n(5)]
    #[error("It is not text: it holds binary data. Readable are text, Markdown, HTML, CSV, JSON and PDF.")]
    NotText,
    /// The parser took too long and was stopped.
    #[n(6)]
    #[error("Reading it took longer than {seconds} s and was stopped. Split it or convert it to text.")]
    TimedOut {
        /// The limit.
        #[n(0)]
        seconds: u32,
    },
    /// The parser wanted more memory than it may have.
    #[n(7)]
    #[error("Reading it needed more than {} of memory and was stopped. Split it or convert it to text.", size(*.bytes_max))]
    OutOfMemory {
        /// The limit.
        #[n(0)]
        bytes_max: u64,
    },
    /// It expands or nests beyond what an honest document does.
    #[n(8)]
    #[error("It was refused: {detail}.")]
    Hostile {
        /// Which limit it breaks.
        #[n(0)]
        detail: String,
    },
    /// The parser died.
    #[n(9)]
    #[error("The parser stopped unexpectedly ({detail}). Convert the document to text.")]
    Crashed {
        /// How it died.
        #[n(0)]
        detail: String,
    },
    /// No parser could be started; nothing is known of the document.
    #[n(10)]
    #[error(
        "The parser could not be started ({detail}). Try again, or see the diagnosis of this installation."
    )]
    NoParser {
        /// What the system says.
        #[n(0)]
        detail: String,
    },
    /// Whoever submitted the task could not or would not give it.
    #[n(11)]
    #[error("{why}")]
    LeftOut {
        /// Why, as a sentence.
        #[n(0)]
        why: String,
    },
}

impl ParseError {
    pub(crate) fn corrupt(detail: impl Into<String>) -> Self {
        Self::Corrupt { detail: detail.into() }
    }

    pub(crate) fn hostile(detail: impl Into<String>) -> Self {
        Self::Hostile { detail: detail.into() }
    }

    /// The stable code of the variant.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Corrupt { .. } => "document_corrupt",
            Self::Encrypted => "document_encrypted",
            Self::Empty { .. } => "document_empty",
            Self::TooLarge { .. } => "document_too_large",
            Self::Unsupported { .. } => "document_unsupported",
            Self::NotText => "document_not_text",
            Self::TimedOut { .. } => "document_timed_out",
            Self::OutOfMemory { .. } => "document_out_of_memory",
            Self::Hostile { .. } => "document_hostile",
            Self::Crashed { .. } => "document_parser_crashed",
            Self::NoParser { .. } => "document_no_parser",
            Self::LeftOut { .. } => "document_left_out",
        }
    }
}
