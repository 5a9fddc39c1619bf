//! Flipped bits in the full-text index: they are found, and the index is made anew from what it is an index of.

use std::fs;
use std::path::Path;

use divisi_store::conformance::sample::{at, home};
use divisi_store::{DocumentIndex, IndexEntry, IndexKey, IndexKind, Search};
use divisi_store_sqlite::{DataFolder, IndexOrigin, SqliteIndex};

use crate::chance::Chance;

use super::tally::{Broken, Extent, Tally};

const ENTRIES: u8 = 40;
const KINDS: [&str; 2] = ["bit flipped in the index", "index made anew"];

/// Flips one bit of the index a case.
pub fn flipped_index(extent: Extent, seed: u64) -> Result<Tally, Broken> {
    let mut tally = Tally::expecting(&KINDS);
    let whole = tempfile::tempdir().map_err(|error| Broken::at("a folder", error))?;
    let folder = DataFolder::open(whole.path()).map_err(|error| Broken::at("a folder", error))?;
    let expected = {
        let (index, _) = open(&folder)?;
        index.rebuild(&mut entries()).map_err(|error| Broken::at("filling the index", error))?;
        hits(&index).map_err(|error| Broken::at("searching", error))?
    };
    let bytes = fs::read(folder.index()).map_err(|error| Broken::at("reading the index", error))?;
    for case in extent.range() {
        let mut chance = Chance::seeded(seed ^ case.rotate_left(31));
        let (byte, bit) = (chance.below(bytes.len()), chance.below(8));
        let mut flipped = bytes.clone();
        flipped[byte] ^= 1 << bit;
        one(&flipped, &expected, &mut tally)
            .map_err(|error| Broken::at(format!("case {case}: bit {bit} of byte {byte}"), error))?;
        tally.inject(KINDS[0], 1);
    }
    Ok(tally)
}

fn open(folder: &DataFolder) -> Result<(SqliteIndex, IndexOrigin), Broken> {
    SqliteIndex::open(folder).map_err(|error| Broken::at("opening the index", error))
}

fn entries() -> impl Iterator<Item = IndexEntry> {
    (0..ENTRIES).map(|number| IndexEntry {
        key: IndexKey { workspace: home(), kind: IndexKind::Task, id: [number; 16] },
        title: format!("Title zq{number}x"),
        text: format!("Text of entry zq{number}x, as everybody knows it: {}", "some more words ".repeat(20)),
        at: at(i64::from(number)),
    })
}

fn hits(index: &SqliteIndex) -> divisi_store::Result<Vec<Vec<IndexKey>>> {
    (0..ENTRIES).map(|number| index.find(home(), &format!("zq{number}x"), 100)).collect()
}

fn one(flipped: &[u8], expected: &[Vec<IndexKey>], tally: &mut Tally) -> Result<(), Broken> {
    let root = tempfile::tempdir().map_err(|error| Broken::at("a folder", error))?;
    let folder = DataFolder::open(root.path()).map_err(|error| Broken::at("a folder", error))?;
    fs::write(folder.index(), flipped).map_err(|error| Broken::at("writing the index", error))?;
    let (index, origin) = open(&folder)?;
    if origin == IndexOrigin::Fresh {
        tally.see("found when it was opened", 1);
        drop(index);
        return anew(root.path(), expected, tally);
    }
    let found = hits(&index);
    if index.verify().is_ok_and(|whole| whole) {
        let found =
            found.map_err(|error| Broken::at("searching an index that was said to be whole", error))?;
        if found != expected {
            return Err(Broken("the index was said to be whole, and finds something else".into()));
        }
        tally.see("nothing that is read was hit", 1);
        return Ok(());
    }
    tally.see("found when it was verified", 1);
    drop(index);
    anew(root.path(), expected, tally)
}

/// The next start makes it anew.
fn anew(root: &Path, expected: &[Vec<IndexKey>], tally: &mut Tally) -> Result<(), Broken> {
    let folder = DataFolder::open(root).map_err(|error| Broken::at("a folder", error))?;
    let (index, _) = open(&folder)?;
    index.rebuild(&mut entries()).map_err(|error| Broken::at("making it anew", error))?;
    let found = hits(&index).map_err(|error| Broken::at("searching", error))?;
    if found != expected || !index.verify().is_ok_and(|whole| whole) {
        return Err(Broken("made anew, the index is not what it was".into()));
    }
    tally.inject(KINDS[1], 1);
    Ok(())
}
