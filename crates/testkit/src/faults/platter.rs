//! What is really on the disk: the files as a power cut leaves them.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use divisi_store_sqlite::{Disk, SystemDisk};

use crate::chance::Chance;

use super::disk::Op;

/// Bytes that a device writes whole or not at all.
const SECTOR_BYTES: usize = 512;

/// What a power cut leaves of what was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Left {
    /// Nothing.
    Nothing,
    /// What was done first.
    Beginning,
    /// Some of it, in any order.
    Some,
    /// Some of it, and of that some sectors.
    Torn,
}

impl Left {
    /// Every way.
    pub const ALL: [Self; 4] = [Self::Nothing, Self::Beginning, Self::Some, Self::Torn];
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Node {
    Folder,
    File(usize),
}

/// Something done to a file's bytes.
#[derive(Debug, Clone)]
enum Change {
    Write(u64, std::sync::Arc<[u8]>),
    Truncate(u64),
}

/// Something done to a name.
#[derive(Debug, Clone)]
enum Naming {
    Link(PathBuf, Node),
    Unlink(PathBuf),
}

impl Naming {
    fn path(&self) -> &Path {
        match self {
            Self::Link(path, _) | Self::Unlink(path) => path,
        }
    }

    fn apply(&self, names: &mut BTreeMap<PathBuf, Node>) {
        match self {
            Self::Link(path, node) => drop(names.insert(path.clone(), *node)),
            Self::Unlink(path) => drop(names.remove(path)),
        }
    }
}

#[derive(Debug, Clone, Default)]
struct Content {
    synced: Vec<u8>,
    changes: Vec<Change>,
}

/// A disk as far as it has come: what is synced, and what is not yet.
#[derive(Debug, Clone, Default)]
pub struct Platter {
    contents: Vec<Content>,
    names: BTreeMap<PathBuf, Node>,
    synced_names: BTreeMap<PathBuf, Node>,
    namings: Vec<Naming>,
}

impl Platter {
    /// A disk on which everything under `root` is synced.
    pub fn of(root: &Path) -> io::Result<Self> {
        let mut platter = Self::default();
        platter.take(root)?;
        platter.synced_names = platter.names.clone();
        Ok(platter)
    }

    fn take(&mut self, folder: &Path) -> io::Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                self.names.insert(path.clone(), Node::Folder);
                self.take(&path)?;
            } else {
                let synced = std::fs::read(&path)?;
                self.names.insert(path, Node::File(self.contents.len()));
                self.contents.push(Content { synced, changes: Vec::new() });
            }
        }
        Ok(())
    }

    /// Does what was done.
    pub fn apply(&mut self, op: &Op) {
        match op {
            Op::Create(path) => self.create(path),
            Op::Write(path, offset, bytes) => self.change(path, Change::Write(*offset, bytes.clone())),
            Op::Truncate(path, length) => self.change(path, Change::Truncate(*length)),
            Op::Sync(path) => self.sync(path),
            Op::Rename(from, to) => {
                if let Some(node) = self.names.get(from).copied() {
                    self.name(Naming::Link(to.clone(), node));
                    self.name(Naming::Unlink(from.clone()));
                }
            }
            Op::Remove(path) => self.name(Naming::Unlink(path.clone())),
            Op::Folder(path) => self.name(Naming::Link(path.clone(), Node::Folder)),
            Op::SyncFolder(path) => self.sync_folder(path),
            Op::Acknowledged(_) => {}
        }
    }

    fn create(&mut self, path: &Path) {
        if let Some(Node::File(file)) = self.names.get(path) {
            self.contents[*file].changes.push(Change::Truncate(0));
            return;
        }
        self.contents.push(Content::default());
        self.name(Naming::Link(path.to_owned(), Node::File(self.contents.len() - 1)));
    }

    fn name(&mut self, naming: Naming) {
        naming.apply(&mut self.names);
        self.namings.push(naming);
    }

    fn change(&mut self, path: &Path, change: Change) {
        if let Some(Node::File(file)) = self.names.get(path) {
            self.contents[*file].changes.push(change);
        }
    }

    fn sync(&mut self, path: &Path) {
        if let Some(Node::File(file)) = self.names.get(path) {
            let content = &mut self.contents[*file];
            for change in content.changes.drain(..) {
                change.apply(&mut content.synced);
            }
        }
    }

    fn sync_folder(&mut self, folder: &Path) {
        for naming in std::mem::take(&mut self.namings) {
            if naming.path().parent() == Some(folder) {
                naming.apply(&mut self.synced_names);
            } else {
                self.namings.push(naming);
            }
        }
    }

    /// Changes to bytes and names that no sync has covered.
    pub fn unsynced(&self) -> usize {
        self.contents.iter().map(|content| content.changes.len()).sum::<usize>() + self.namings.len()
    }

    /// Writes the files under `root` of the disk to `into`, as a power cut now would leave them.
    pub fn cut(&self, left: Left, chance: &mut Chance, root: &Path, into: &Path) -> io::Result<()> {
        let mut names = self.synced_names.clone();
        for naming in kept(&self.namings, left, chance) {
            naming.apply(&mut names);
        }
        for (path, node) in &names {
            let Ok(rest) = path.strip_prefix(root) else { continue };
            let target = into.join(rest);
            // A folder sorts before what is in it; without it, its files cannot be reached.
            match node {
                Node::Folder if target.parent().is_some_and(Path::is_dir) => {
                    SystemDisk.create_folder(&target)?;
                }
                Node::File(file) if target.parent().is_some_and(Path::is_dir) => {
                    std::fs::write(&target, self.contents[*file].after_cut(left, chance))?;
                }
                Node::Folder | Node::File(_) => {}
            }
        }
        Ok(())
    }
}

/// Those that a power cut leaves.
fn kept<'c, T>(all: &'c [T], left: Left, chance: &mut Chance) -> Vec<&'c T> {
    match left {
        Left::Nothing => Vec::new(),
        Left::Beginning => all[..chance.below(all.len() + 1)].iter().collect(),
        Left::Some | Left::Torn => all.iter().filter(|_| chance.happens(50)).collect(),
    }
}

impl Content {
    fn after_cut(&self, left: Left, chance: &mut Chance) -> Vec<u8> {
        let mut bytes = self.synced.clone();
        for change in kept(&self.changes, left, chance) {
            match change {
                Change::Write(offset, data) if left == Left::Torn => tear(&mut bytes, *offset, data, chance),
                whole => whole.apply(&mut bytes),
            }
        }
        bytes
    }
}

/// Writes some of the sectors.
fn tear(bytes: &mut Vec<u8>, offset: u64, data: &[u8], chance: &mut Chance) {
    let start = usize::try_from(offset).unwrap_or(usize::MAX);
    let mut done = 0;
    while done < data.len() {
        let rest = SECTOR_BYTES - (start + done) % SECTOR_BYTES;
        let upto = data.len().min(done + rest);
        if chance.happens(50) {
            put(bytes, start + done, &data[done..upto]);
        }
        done = upto;
    }
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Write(offset, data) => put(bytes, usize::try_from(*offset).unwrap_or(usize::MAX), data),
            Self::Truncate(length) => bytes.resize(usize::try_from(*length).unwrap_or(usize::MAX), 0),
        }
    }
}

fn put(bytes: &mut Vec<u8>, start: usize, data: &[u8]) {
    if bytes.len() < start + data.len() {
        bytes.resize(start + data.len(), 0);
    }
    bytes[start..start + data.len()].copy_from_slice(data);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> PathBuf {
        PathBuf::from(text)
    }

    fn write(name: &str, text: &str) -> Op {
        Op::Write(path(name), 0, text.as_bytes().into())
    }

    /// The file `/d/f` after `ops` and a power cut; `None`: it is not there.
    fn left_of(ops: &[Op], left: Left) -> Option<String> {
        let mut platter = Platter::default();
        platter.apply(&Op::Folder(path("/d/x")));
        for op in ops {
            platter.apply(op);
        }
        let into = tempfile::tempdir().unwrap();
        platter.cut(left, &mut Chance::seeded(1), Path::new("/d"), into.path()).unwrap();
        std::fs::read_to_string(into.path().join("f")).ok()
    }

    #[test]
    fn only_what_was_synced_is_sure_to_be_there() {
        let new = [Op::Create(path("/d/f")), write("/d/f", "one")];
        let synced = [Op::Sync(path("/d/f")), Op::SyncFolder(path("/d"))];
        let again = [write("/d/f", "two")];
        let gone = [Op::Remove(path("/d/f"))];
        let moved = [Op::Create(path("/d/t")), write("/d/t", "new"), Op::Sync(path("/d/t"))];
        let into_place = [Op::Rename(path("/d/t"), path("/d/f"))];
        let folder = [Op::SyncFolder(path("/d"))];
        let rows: [(Vec<&[Op]>, Option<&str>); 8] = [
            (vec![&new], None),
            (vec![&new, &synced[..1]], None),
            (vec![&new, &synced[1..]], Some("")),
            (vec![&new, &synced], Some("one")),
            (vec![&new, &synced, &again], Some("one")),
            (vec![&new, &synced, &gone], Some("one")),
            (vec![&new, &synced, &moved, &into_place], Some("one")),
            (vec![&new, &synced, &moved, &into_place, &folder], Some("new")),
        ];
        for (ops, expected) in rows {
            let ops = ops.concat();
            assert_eq!(left_of(&ops, Left::Nothing).as_deref(), expected, "{ops:?}");
        }
    }

    #[test]
    fn a_torn_write_leaves_whole_sectors() {
        let mut bytes = vec![0; 4_096];
        tear(&mut bytes, 100, &[1; 3_000], &mut Chance::seeded(7));
        let sectors: Vec<_> = bytes
            .chunks(SECTOR_BYTES)
            .map(|sector| usize::from(sector.iter().map(|byte| u16::from(*byte == 1)).sum::<u16>()))
            .collect();
        assert!(sectors.iter().all(|count| [0, 512, 412, 28].contains(count)), "{sectors:?}");
        assert!(sectors.contains(&0) && sectors.contains(&512), "{sectors:?}");
    }
}
