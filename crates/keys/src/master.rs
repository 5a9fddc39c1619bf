//! The master key: 32 random bytes that open the store, kept apart from it.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use data_encoding::{BASE64, HEXLOWER, HEXLOWER_PERMISSIVE};
use secrecy::{ExposeSecret, SecretBox, SecretString};

use crate::error::KeyError;

/// Bytes of a master key.
pub(crate) const MASTER_BYTES: usize = 32;
/// The longest file that is looked into for one.
const FILE_BYTES_MAX: u64 = 1_024;
/// What the id of a master key is derived for.
const ID_CONTEXT: &str = "divisi 2026-11 key store: id of a master key";
/// Bits that let others in.
#[cfg(unix)]
const OTHERS: u32 = 0o077;

/// Tells one master key from another, and gives nothing of it away.
pub(crate) type MasterId = [u8; 8];

/// A master key.
pub struct Master(SecretBox<[u8; MASTER_BYTES]>);

/// Where the master key of a store is.
#[derive(Debug, Clone)]
pub enum MasterPlace {
    /// It was given as it is, in this variable.
    Given(SecretString, &'static str),
    /// In a file that somebody named.
    File(PathBuf),
    /// In a folder of ours, one file for each store.
    Folder(PathBuf),
    /// There is no place for it.
    Nowhere,
}

impl Master {
    /// From random bytes.
    pub fn new(bytes: [u8; MASTER_BYTES]) -> Self {
        Self(SecretBox::new(Box::new(bytes)))
    }

    /// The one that `text` spells; `place` is said where it spells none.
    fn parse(text: &str, place: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        let bytes = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).or_else(|_| BASE64.decode(text.as_bytes()));
        let bytes: Option<[u8; MASTER_BYTES]> = bytes.ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self::new).ok_or_else(|| KeyError::NotAMaster(place.to_owned()))
    }

    /// The one in a file that nobody else can read; `None`: there is no such file.
    pub fn read(path: &Path) -> Result<Option<Self>, KeyError> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(KeyError::io(path, "read")(error)),
        };
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = file.metadata().map_err(KeyError::io(path, "read"))?.permissions().mode() & 0o7777;
            if mode & OTHERS != 0 {
                return Err(KeyError::Exposed { path: path.to_owned(), mode });
            }
        }
        let mut text = String::new();
        let read = file.take(FILE_BYTES_MAX).read_to_string(&mut text);
        let text = SecretString::from(text);
        match read {
            Ok(_) => Self::parse(text.expose_secret(), &format!("'{}'", path.display())).map(Some),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                Err(KeyError::NotAMaster(format!("'{}'", path.display())))
            }
            Err(error) => Err(KeyError::io(path, "read")(error)),
        }
    }

    /// As it stands in a file.
    pub(crate) fn text(&self) -> SecretString {
        SecretString::from(HEXLOWER.encode(self.bytes()) + "\n")
    }

    pub(crate) fn bytes(&self) -> &[u8; MASTER_BYTES] {
        self.0.expose_secret()
    }

    pub(crate) fn id(&self) -> MasterId {
        let derived = blake3::derive_key(ID_CONTEXT, self.bytes());
        let mut id = MasterId::default();
        id.copy_from_slice(&derived[..size_of::<MasterId>()]);
        id
    }
}

impl fmt::Debug for Master {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Master({})", HEXLOWER.encode(&self.id()))
    }
}

impl MasterPlace {
    /// The master key there: of this store and id in our folder; elsewhere the one there is, whatever its id.
    pub(crate) fn find(&self, store: &[u8], id: MasterId) -> Result<Option<Master>, KeyError> {
        match self {
            Self::Given(text, variable) => Master::parse(text.expose_secret(), variable).map(Some),
            Self::File(path) => Master::read(path),
            Self::Folder(folder) => Master::read(&file_in(folder, store, id)),
            Self::Nowhere => Ok(None),
        }
    }

    /// The place in words.
    pub(crate) fn title(&self, store: &[u8], id: MasterId) -> String {
        match self {
            Self::Given(_, variable) => (*variable).to_owned(),
            Self::File(path) => format!("'{}'", path.display()),
            Self::Folder(folder) => format!("'{}'", file_in(folder, store, id).display()),
            Self::Nowhere => "no home folder, no DIVISI_MASTER_KEY_FILE".to_owned(),
        }
    }
}

/// The file of a store's master key: with the id in its name, so that the old and the new one lie side by side while the
/// store changes from one to the other.
pub(crate) fn file_in(folder: &Path, store: &[u8], id: MasterId) -> PathBuf {
    folder.join(format!("{}-{}", HEXLOWER.encode(store), HEXLOWER.encode(&id)))
}

/// Files in the folder that hold master keys of the store, other than the one in use.
pub(crate) fn left_over(folder: &Path, store: &[u8], in_use: Option<MasterId>) -> Vec<PathBuf> {
    let of_store = HEXLOWER.encode(store);
    let kept = in_use.map(|id| file_in(folder, store, id));
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let named = |path: &PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        name.trim_start_matches('.').starts_with(&of_store)
    };
    let mut found: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(|path| named(path) && kept.as_ref() != Some(path)).collect();
    found.sort();
    found
}
