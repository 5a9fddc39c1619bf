use std::path::{Path, PathBuf};

use divisi_llm::cassette::{CASSETTE_BYTES_MAX, EXCHANGES_MAX, ExchangeError, HeaderError};

/// A folder that cannot be used as a cassette.
#[derive(Debug, thiserror::Error)]
pub enum CassetteError {
    /// It is not there.
    #[error("There is no cassette in '{}': `divisi run --record` makes one.", .0.display())]
    None(PathBuf),
    /// It holds something else.
    #[error("The folder '{}' holds other things and is no cassette: name an empty or a new one.", .0.display())]
    Other(PathBuf),
    /// Its header.
    #[error("The cassette '{}' cannot be used: {cause}.", .folder.display())]
    Header {
        /// The folder.
        folder: PathBuf,
        /// Why.
        cause: HeaderError,
    },
    /// One of its files.
    #[error(
        "The exchange '{}' of the cassette cannot be read: {cause}. Restore the file, or record the cassette again.",
        .file.display()
    )]
    Exchange {
        /// The file.
        file: PathBuf,
        /// Why.
        cause: ExchangeError,
    },
    /// It holds too much.
    #[error(
        "The cassette '{}' has more than {EXCHANGES_MAX} exchanges or {CASSETTE_BYTES_MAX} bytes: record tasks into folders of their own.",
        .0.display()
    )]
    TooLarge(PathBuf),
    /// The file system.
    #[error("'{}' cannot be {deed}: {cause}.", .path.display())]
    Io {
        /// What was tried.
        deed: &'static str,
        /// With what.
        path: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
}

impl CassetteError {
    pub(super) fn io(deed: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |cause| Self::Io { deed, path: path.to_owned(), cause }
    }
}
