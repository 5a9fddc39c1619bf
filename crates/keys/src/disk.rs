use std::fmt::Debug;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// What a private file may be for its user, and for nobody else.
#[cfg(unix)]
const PRIVATE: u32 = 0o600;
/// The same of a folder.
#[cfg(unix)]
const PRIVATE_FOLDER: u32 = 0o700;

/// The steps by which files change. The system's disk is [`SystemDisk`]; a test may end between any two of them.
pub trait Disk: Debug {
    /// Writes a private file from its beginning and makes its bytes durable.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;

    /// Gives a file another name, in place of what had it.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file; one that is not there is no error.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes new names, renames and removals in a folder durable.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;
}

/// The system's disk.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemDisk;

impl Disk for SystemDisk {
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, PRIVATE);
        let mut file = options.open(path)?;
        // One that was left by a process that died keeps its mode.
        #[cfg(unix)]
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(PRIVATE))?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        match fs::remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }
}

/// Puts a file in its place: whole or not at all, whenever the power goes.
pub(crate) fn replace(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let (folder, name) = match (path.parent(), path.file_name()) {
        (Some(folder), Some(name)) => (folder, name.to_string_lossy()),
        _ => return Err(io::ErrorKind::InvalidInput.into()),
    };
    let fresh = folder.join(format!(".{name}.new"));
    disk.write(&fresh, bytes)?;
    disk.rename(&fresh, path)?;
    disk.sync_folder(folder)
}

/// Makes a private folder with what is missing above it.
pub(crate) fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, PRIVATE_FOLDER);
    builder.create(path)
}
