use std::io;
use std::path::{Path, PathBuf};

/// What helps where no master key will ever open the store again.
macro_rules! anew {
    () => {
        "else give up what it holds with `divisi keys remove --all` and set the keys anew"
    };
}

/// Why keys cannot be read or kept. No variant holds a key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A file or folder refuses.
    #[error("'{path}' cannot be {what}: {source}. Check its permissions and the space on its disk")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried, as in `read`.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// The file is not as it was written.
    #[error(
        "the key store '{0}' is damaged: its content does not fit its checksum. Restore it from a backup, {anew}",
        anew = anew!()
    )]
    Damaged(PathBuf),
    /// The file is of a newer version of this program.
    #[error(
        "the key store '{0}' was written by a newer version of divisi. Use that version, or {anew}",
        anew = anew!().trim_start_matches("else ")
    )]
    Newer(PathBuf),
    /// No master key is to be found.
    #[error(
        "the key store '{store}' is sealed, and its master key is not there ({place}). Put it back, or give it in \
         DIVISI_MASTER_KEY_FILE or DIVISI_MASTER_KEY; {anew}",
        anew = anew!()
    )]
    NoMaster {
        /// The sealed file.
        store: PathBuf,
        /// Where the master key was looked for.
        place: String,
    },
    /// There is a master key, and it is another one.
    #[error(
        "the key store '{store}' is sealed with another master key ({sealed}) than that of {place} ({found}). Give it the \
         one it was sealed with, {anew}",
        anew = anew!()
    )]
    WrongMaster {
        /// The sealed file.
        store: PathBuf,
        /// Where the master key came from.
        place: String,
        /// Id of the master key that fits.
        sealed: String,
        /// Id of the master key that is there.
        found: String,
    },
    /// What should be a master key is none.
    #[error(
        "{0} holds no master key: it is 32 random bytes, written as 64 hexadecimal digits or in base64, as \
         `openssl rand -hex 32` makes them"
    )]
    NotAMaster(String),
    /// Others can read the master key.
    #[error(
        "the master key '{path}' can be read by others (mode {mode:04o}), and is not used. If nobody has: chmod 600 '{path}'; else \
         rotate it as well (`divisi keys rotate`) and change the keys",
        path = .path.display()
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// There is no folder of this user where a master key could be kept.
    #[error(
        "there is no home folder to keep a master key in. Name a file for it with DIVISI_MASTER_KEY_FILE"
    )]
    Nowhere,
    /// A sealed key is not in its own place.
    #[error(
        "the key {name} in '{store}' was sealed for another place or was changed since. Set it again: `divisi keys set \
         {name}`"
    )]
    Misplaced {
        /// Its name.
        name: String,
        /// The sealed file.
        store: PathBuf,
    },
    /// A value that can be no key.
    #[error("this is no key: {0}. Nothing was kept")]
    NotAKey(&'static str),
    /// More keys than are kept.
    #[error("the key store holds {0} keys, and no more. Remove one with `divisi keys remove`")]
    Full(usize),
    /// The master key is the caller's: another one has to be named.
    #[error(
        "the master key is your own ({0}), so that no other is made in its place. Name the file of the new one: `divisi \
         keys rotate --to FILE`"
    )]
    OwnMaster(String),
    /// There is nothing to rotate.
    #[error("there is no key store yet. `divisi keys set NAME` begins")]
    Empty,
}

impl KeyError {
    pub(crate) fn io(path: &Path, what: &'static str) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io { path, what, source }
    }
}
