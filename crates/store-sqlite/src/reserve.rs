//! Disk space held back, so that on a full disk people can still cancel and delete.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use crate::disk::Disk;

const CHUNK_BYTES: usize = 1 << 13;

/// The reserve file. Without a size it does nothing.
#[derive(Debug)]
pub(crate) struct Reserve {
    path: PathBuf,
    bytes: u64,
    state: State,
    disk: Arc<dyn Disk>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nobody asked for it yet: it is made when there is nothing else to do.
    Unasked,
    /// The space is ours.
    Held,
    /// Given to an essential batch; until it is held again, only such batches go on.
    Out,
}

impl Reserve {
    /// Takes what an earlier process left; makes nothing.
    pub(crate) fn new(path: PathBuf, bytes: u64, disk: Arc<dyn Disk>) -> Self {
        let found = bytes > 0 && fs::metadata(&path).is_ok_and(|found| found.len() == bytes);
        Self { path, bytes, disk, state: if found { State::Held } else { State::Unasked } }
    }

    /// Holds the space if there is enough.
    pub(crate) fn hold(&mut self) {
        if self.bytes == 0 || self.state == State::Held {
            return;
        }
        match self.fill() {
            Ok(()) => self.state = State::Held,
            Err(_) => {
                let _ = self.disk.remove(&self.path);
            }
        }
    }

    /// Whether it was given out and there is still not enough space to hold it again.
    pub(crate) fn is_short(&mut self) -> bool {
        if self.state == State::Out {
            self.hold();
        }
        self.state == State::Out
    }

    /// Gives the space back to the file system. `false`: there was none.
    pub(crate) fn release(&mut self) -> bool {
        if self.state != State::Held || self.disk.remove(&self.path).is_err() {
            return false;
        }
        self.state = State::Out;
        true
    }

    /// Real bytes, not a hole.
    fn fill(&self) -> std::io::Result<()> {
        let mut file = self.disk.create(&self.path)?;
        let chunk = [0x5a_u8; CHUNK_BYTES];
        let mut left = self.bytes;
        while left > 0 {
            let count = left.min(CHUNK_BYTES as u64);
            file.write_all(&chunk[..usize::try_from(count).unwrap_or(CHUNK_BYTES)])?;
            left -= count;
        }
        file.sync()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::SystemDisk;

    #[test]
    fn a_reserve_is_held_released_and_held_again() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("reserve");
        let mut reserve = Reserve::new(path.clone(), 100_000, Arc::new(SystemDisk));
        assert!(!reserve.release(), "nothing is there yet");
        assert!(!reserve.is_short(), "and nobody minds");
        reserve.hold();
        assert_eq!(fs::metadata(&path).unwrap().len(), 100_000);
        assert!(reserve.release());
        assert!(!path.exists());
        assert!(!reserve.is_short(), "there is room again");
        assert!(path.exists());
        assert!(Reserve::new(path, 100_000, Arc::new(SystemDisk)).release(), "another process finds it");
    }

    #[test]
    fn it_is_short_until_there_is_room() {
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path().join("folder");
        fs::create_dir(&folder).unwrap();
        let mut reserve = Reserve::new(folder.join("reserve"), 10, Arc::new(SystemDisk));
        reserve.hold();
        assert!(reserve.release());
        fs::remove_dir(&folder).unwrap();
        assert!(reserve.is_short());
        fs::create_dir(&folder).unwrap();
        assert!(!reserve.is_short());
    }

    #[test]
    fn without_a_size_it_does_nothing() {
        let mut reserve = Reserve::new(PathBuf::from("/no/such/place"), 0, Arc::new(SystemDisk));
        reserve.hold();
        assert!(!reserve.release() && !reserve.is_short());
    }
}
