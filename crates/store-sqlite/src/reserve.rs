//! Disk space held back, so that on a full disk people can still cancel and delete.

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;

const CHUNK_BYTES: usize = 1 << 13;

/// The reserve file. Without a size it does nothing.
#[derive(Debug)]
pub(crate) struct Reserve {
    path: PathBuf,
    bytes: u64,
    held: bool,
}

impl Reserve {
    pub(crate) const fn new(path: PathBuf, bytes: u64) -> Self {
        Self { path, bytes, held: false }
    }

    /// Holds the space if it can. `false`: there is not enough.
    pub(crate) fn hold(&mut self) -> bool {
        if self.bytes == 0 || self.held {
            return true;
        }
        self.held =
            fs::metadata(&self.path).is_ok_and(|found| found.len() == self.bytes) || self.fill().is_ok();
        if !self.held {
            let _ = fs::remove_file(&self.path);
        }
        self.held
    }

    /// Gives the space back to the file system. `false`: there was none.
    pub(crate) fn release(&mut self) -> bool {
        let released = self.held && self.bytes > 0 && fs::remove_file(&self.path).is_ok();
        self.held = false;
        released
    }

    /// Real bytes, not a hole.
    fn fill(&self) -> std::io::Result<()> {
        let mut file = File::create(&self.path)?;
        let chunk = [0x5a_u8; CHUNK_BYTES];
        let mut left = self.bytes;
        while left > 0 {
            let count = left.min(CHUNK_BYTES as u64);
            file.write_all(&chunk[..usize::try_from(count).unwrap_or(CHUNK_BYTES)])?;
            left -= count;
        }
        file.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reserve_is_held_released_and_held_again() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("reserve");
        let mut reserve = Reserve::new(path.clone(), 100_000);
        assert!(!reserve.release());
        assert!(reserve.hold());
        assert_eq!(fs::metadata(&path).unwrap().len(), 100_000);
        assert!(reserve.release());
        assert!(!path.exists());
        assert!(reserve.hold());
        let mut again = Reserve::new(path, 100_000);
        assert!(again.hold());
    }

    #[test]
    fn without_room_nothing_is_held() {
        let mut reserve = Reserve::new(PathBuf::from("/proc/no/such/place"), 10);
        assert!(!reserve.hold());
        assert!(!reserve.release());
    }
}
