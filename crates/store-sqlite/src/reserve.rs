//! Disk space held back, so that on a full disk people can still cancel and delete.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use crate::disk::Disk;

const CHUNK_BYTES: usize = 1 << 16;

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
    /// Not made yet: that is done when there is nothing else to do, or when that takes too long.
    Unasked,
    /// The space is ours.
    Held,
    /// Given to an essential batch; until it is held again, only such batches go on.
    Out,
}

impl Reserve {
    /// Takes what an earlier process left; makes nothing. A file of another length says that the space was given out.
    pub(crate) fn new(path: PathBuf, bytes: u64, disk: Arc<dyn Disk>) -> Self {
        let state = match fs::metadata(&path) {
            Ok(found) if bytes > 0 && found.len() == bytes => State::Held,
            Ok(_) if bytes > 0 => State::Out,
            _ => State::Unasked,
        };
        Self { path, bytes, state, disk }
    }

    /// Holds the space if there is enough.
    pub(crate) fn hold(&mut self) {
        if self.bytes == 0 || self.state == State::Held {
            return;
        }
        match self.fill() {
            Ok(()) => self.state = State::Held,
            Err(_) if self.state == State::Out => {
                let _ = self.empty();
            }
            Err(_) => {
                let _ = self.disk.remove(&self.path);
            }
        }
    }

    /// Makes it if that is still to be done.
    pub(crate) fn hold_first(&mut self) {
        if self.state == State::Unasked {
            self.hold();
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
        if self.state != State::Held || self.empty().is_err() {
            return false;
        }
        self.state = State::Out;
        true
    }

    /// What is left tells the next process that the space is out.
    fn empty(&self) -> std::io::Result<()> {
        self.disk.create(&self.path).map(drop)
    }

    /// Real space, not a hole. Allocating it takes no time in which others wait for the writer, where the file system can.
    fn fill(&self) -> std::io::Result<()> {
        let mut file = self.disk.create(&self.path)?;
        if file.allocate(self.bytes)? {
            return file.sync();
        }
        let chunk = vec![0x5a_u8; CHUNK_BYTES];
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
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            assert!(fs::metadata(&path).unwrap().blocks() * 512 >= 100_000, "it is no hole");
        }
        assert!(reserve.release());
        assert_eq!(fs::metadata(&path).unwrap().len(), 0);
        assert!(!reserve.is_short(), "there is room again");
        assert_eq!(fs::metadata(&path).unwrap().len(), 100_000);
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
        fs::remove_dir_all(&folder).unwrap();
        assert!(reserve.is_short());
        fs::create_dir(&folder).unwrap();
        assert!(!reserve.is_short());
    }

    #[test]
    fn what_was_given_out_is_known_to_the_next_process() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("reserve");
        let open = || Reserve::new(path.clone(), 10, Arc::new(SystemDisk));
        let mut reserve = open();
        reserve.hold_first();
        assert!(reserve.release());
        reserve.hold_first();
        assert_eq!(open().state, State::Out);
        assert!(!open().is_short(), "there is room");
        assert_eq!(open().state, State::Held);
        fs::write(&path, b"torn").unwrap();
        assert_eq!(open().state, State::Out, "filling it was cut short");
    }

    #[test]
    fn without_a_size_it_does_nothing() {
        let mut reserve = Reserve::new(PathBuf::from("/no/such/place"), 0, Arc::new(SystemDisk));
        reserve.hold();
        assert!(!reserve.release() && !reserve.is_short());
    }
}
