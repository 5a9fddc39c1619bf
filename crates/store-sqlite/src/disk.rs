use std::ffi::CStr;
use std::fmt::Debug;
use std::fs::{self, DirBuilder, File};
use std::io;
use std::path::Path;

/// What a data folder lies on: everything that the store writes goes through here or through the SQLite VFS named here.
/// The system's own is [`SystemDisk`]; a test may put one underneath that loses, refuses or fails what it is given.
///
/// Paths are absolute or relative to the working folder. Nothing is durable before it was synced: a file's bytes by
/// [`DiskFile::sync`], its name by [`Disk::sync_folder`] of the folder that holds it.
pub trait Disk: Debug + Send + Sync {
    /// The SQLite VFS that databases are opened with; `None`: the default one.
    fn vfs(&self) -> Option<&CStr>;

    /// Creates the file, or empties it.
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;

    /// Gives a file another name, in place of what had it.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Creates a folder that only its user may read; what holds it must be there.
    fn create_folder(&self, path: &Path) -> io::Result<()>;

    /// Makes new names, renames and removals in a folder durable.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;
}

/// A file open for writing.
pub trait DiskFile: io::Write + Debug {
    /// Makes its bytes durable.
    fn sync(&mut self) -> io::Result<()>;

    /// Makes the file so long with space of the disk that is its own from then on, whatever it holds. `false`: this file
    /// can't, and has to be written.
    fn allocate(&mut self, _bytes: u64) -> io::Result<bool> {
        Ok(false)
    }
}

/// The system's disk.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemDisk;

impl Disk for SystemDisk {
    fn vfs(&self) -> Option<&CStr> {
        None
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(File::create(path)?))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }
}

impl DiskFile for File {
    /// On macOS this is `F_FULLFSYNC`: the drive's own cache too.
    fn sync(&mut self) -> io::Result<()> {
        self.sync_all()
    }

    #[cfg(target_os = "linux")]
    fn allocate(&mut self, bytes: u64) -> io::Result<bool> {
        use rustix::fs::{FallocateFlags, fallocate};
        use rustix::io::Errno;
        match fallocate(&*self, FallocateFlags::empty(), 0, bytes) {
            Ok(()) => Ok(true),
            Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}
