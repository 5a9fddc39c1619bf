//! A disk that writes down what it is given, and fails when it is told to.

use std::collections::BTreeMap;
use std::ffi::CStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use divisi_store_sqlite::{Disk, DiskFile, SystemDisk};

use super::vfs;

/// One thing that was done to the disk, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// A file came to be, empty.
    Create(PathBuf),
    /// Bytes were written.
    Write(PathBuf, u64, Arc<[u8]>),
    /// A file was cut or made longer.
    Truncate(PathBuf, u64),
    /// A file's bytes were synced.
    Sync(PathBuf),
    /// A file got another name.
    Rename(PathBuf, PathBuf),
    /// A file was removed.
    Remove(PathBuf),
    /// A folder came to be.
    Folder(PathBuf),
    /// The names in a folder were synced.
    SyncFolder(PathBuf),
    /// A caller was told that what it asked for, so numbered, is durable.
    Acknowledged(u64),
}

/// What a call comes to instead of being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The device does not answer.
    Io,
    /// There is no space.
    Full,
}

/// A disk under `root`. The bytes lie in real files; nothing is really synced, so that a run takes no time.
#[derive(Debug)]
pub struct FaultDisk {
    root: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    log: Vec<Op>,
    keeps_log: bool,
    calls: u64,
    fail_at: Option<u64>,
    failed: u64,
    space: Option<u64>,
    sizes: BTreeMap<PathBuf, u64>,
    refused: u64,
}

impl FaultDisk {
    /// A disk for everything under `root`, which exists.
    pub fn new(root: &Path) -> Arc<Self> {
        let state = Mutex::new(State { keeps_log: true, ..State::default() });
        let disk = Arc::new(Self { root: root.to_owned(), state });
        vfs::mount(&disk);
        disk
    }

    /// The folder that stands for the disk.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything done so far.
    pub fn log(&self) -> Vec<Op> {
        self.state().log.clone()
    }

    /// Writes nothing down any more: for runs that only fail.
    pub fn forget_log(&self) {
        let mut state = self.state();
        state.keeps_log = false;
        state.log.clear();
    }

    /// Notes that a caller was told so.
    pub fn acknowledge(&self, number: u64) {
        self.note(Op::Acknowledged(number));
    }

    /// Lets the `k`-th write or sync from now on fail, counted from 1, once.
    pub fn fail_at(&self, k: u64) {
        let mut state = self.state();
        state.fail_at = Some(state.calls + k);
    }

    /// How many calls have failed.
    pub fn failed(&self) -> u64 {
        self.state().failed
    }

    /// How many writes and syncs there were.
    pub fn calls(&self) -> u64 {
        self.state().calls
    }

    /// How many bytes all files may have together; `None`: as many as there are.
    pub fn set_space(&self, bytes: Option<u64>) {
        self.state().space = bytes;
    }

    /// How many bytes all files have together.
    pub fn used(&self) -> u64 {
        self.state().sizes.values().sum()
    }

    /// How many calls were refused for want of space.
    pub fn refused(&self) -> u64 {
        self.state().refused
    }

    /// What becomes of a write or sync. `grows`: the file and the length that it would have.
    pub(super) fn judge(&self, grows: Option<(&Path, u64)>) -> Result<(), Fault> {
        let mut state = self.state();
        state.calls += 1;
        if state.fail_at == Some(state.calls) {
            state.fail_at = None;
            state.failed += 1;
            return Err(Fault::Io);
        }
        let Some((path, length)) = grows else { return Ok(()) };
        let now = state.sizes.get(path).copied().unwrap_or(0);
        let used: u64 = state.sizes.values().sum();
        if length > now && state.space.is_some_and(|space| used + (length - now) > space) {
            state.refused += 1;
            return Err(Fault::Full);
        }
        Ok(())
    }

    /// Writes down what was done.
    pub(super) fn note(&self, op: Op) {
        let mut state = self.state();
        state.resize(&op);
        if state.keeps_log {
            state.log.push(op);
        }
    }
}

impl State {
    fn resize(&mut self, op: &Op) {
        match op {
            Op::Create(path) => drop(self.sizes.insert(path.clone(), 0)),
            Op::Write(path, offset, bytes) => {
                let size = self.sizes.entry(path.clone()).or_default();
                *size = (*size).max(offset + bytes.len() as u64);
            }
            Op::Truncate(path, length) => drop(self.sizes.insert(path.clone(), *length)),
            Op::Rename(from, to) => {
                let size = self.sizes.remove(from).unwrap_or(0);
                self.sizes.insert(to.clone(), size);
            }
            Op::Remove(path) => drop(self.sizes.remove(path)),
            Op::Sync(_) | Op::Folder(_) | Op::SyncFolder(_) | Op::Acknowledged(_) => {}
        }
    }
}

impl From<Fault> for io::Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Io => Self::other("the device does not answer"),
            Fault::Full => Self::from(io::ErrorKind::StorageFull),
        }
    }
}

/// The way in for the store: a [`FaultDisk`] that somebody holds.
#[derive(Debug, Clone)]
pub(super) struct Mounted(pub(super) Arc<FaultDisk>);

impl Disk for Mounted {
    fn vfs(&self) -> Option<&CStr> {
        Some(vfs::NAME)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file = SystemDisk.create(path)?;
        self.0.note(Op::Create(path.to_owned()));
        Ok(Box::new(Recorded { disk: Arc::clone(&self.0), path: path.to_owned(), file, offset: 0 }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        SystemDisk.rename(from, to)?;
        self.0.note(Op::Rename(from.to_owned(), to.to_owned()));
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        SystemDisk.remove(path)?;
        self.0.note(Op::Remove(path.to_owned()));
        Ok(())
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        SystemDisk.create_folder(path)?;
        self.0.note(Op::Folder(path.to_owned()));
        Ok(())
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.0.judge(None)?;
        self.0.note(Op::SyncFolder(path.to_owned()));
        Ok(())
    }
}

#[derive(Debug)]
struct Recorded {
    disk: Arc<FaultDisk>,
    path: PathBuf,
    file: Box<dyn DiskFile>,
    offset: u64,
}

impl io::Write for Recorded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.disk.judge(Some((&self.path, self.offset + bytes.len() as u64)))?;
        self.file.write_all(bytes)?;
        self.disk.note(Op::Write(self.path.clone(), self.offset, bytes.into()));
        self.offset += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl DiskFile for Recorded {
    fn sync(&mut self) -> io::Result<()> {
        self.disk.judge(None)?;
        self.disk.note(Op::Sync(self.path.clone()));
        Ok(())
    }
}
