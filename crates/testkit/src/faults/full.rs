//! Full disks: intake stops with a clear sentence, reads go on, nothing is lost, and work goes on when there is space.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use divisi_store::conformance::sample::{append, batch, input, stream};
use divisi_store::{Batch, CommitOutcome, Expected, StoreError, commit_blocking};
use divisi_store_sqlite::{Disk, SqliteStore};

use crate::chance::Chance;

use super::disk::{FaultDisk, Mounted};
use super::tally::{Broken, Extent, Tally};
use super::work::{Expectation, FOLDER, Opening, begin, commit, hold};

/// Space kept for what people must be able to do on a full disk.
const RESERVE_BYTES: u64 = 1 << 20;
/// Steps before the space becomes scarce, at most.
const STEPS_BEFORE_MAX: usize = 12;
/// Bytes left then, at most.
const LEFT_BYTES_MAX: usize = 1 << 20;
/// Steps that are tried on the full disk, and those that must go through once there is space.
const STEPS_REFUSED: u32 = 4;
const STEPS_AFTER: u32 = 6;
const STEPS_MAX: u32 = 60;

const KINDS: [&str; 4] =
    ["write refused for want of space", "commit refused", "essential commit on a full disk", "work resumed"];

/// Fills one disk a case, to a level of its own.
pub fn full_disks(extent: Extent, seed: u64) -> Result<Tally, Broken> {
    let mut tally = Tally::expecting(&KINDS);
    let expected =
        Expectation::of(STEPS_MAX + STEPS_AFTER + 2).map_err(|error| Broken::at("the model", error))?;
    for case in extent.range() {
        let mut chance = Chance::seeded(seed ^ case.rotate_left(17));
        fill(&mut chance, &expected, &mut tally)
            .map_err(|error| Broken::at(format!("case {case}"), error))?;
    }
    Ok(tally)
}

/// Fills a real volume that lies at `root`, once a case.
pub fn full_volume(root: &Path, extent: Extent, seed: u64) -> Result<Tally, Broken> {
    let mut tally = Tally::expecting(&KINDS[1..]);
    let expected =
        Expectation::of(STEPS_MAX + STEPS_AFTER + 2).map_err(|error| Broken::at("the model", error))?;
    for case in extent.range() {
        let mut chance = Chance::seeded(seed ^ case.rotate_left(17));
        let root = tempfile::tempdir_in(root).map_err(|error| Broken::at("a folder", error))?;
        let volume = Volume { root: root.path().to_owned() };
        one(&volume, &mut chance, &expected, &mut tally)
            .map_err(|error| Broken::at(format!("case {case}"), error))?;
    }
    Ok(tally)
}

/// What can become full.
trait Scarce {
    fn root(&self) -> &Path;
    fn open(&self, opening: Opening) -> divisi_store::Result<SqliteStore>;
    /// Leaves that many bytes free.
    fn limit(&self, left: usize) -> std::io::Result<()>;
    /// As many as there are again.
    fn free(&self) -> std::io::Result<()>;
    fn write(&self, path: &Path, bytes: &[u8]) -> std::io::Result<()>;
}

impl Scarce for Arc<FaultDisk> {
    fn root(&self) -> &Path {
        FaultDisk::root(self)
    }

    fn open(&self, opening: Opening) -> divisi_store::Result<SqliteStore> {
        opening.on(self)
    }

    fn limit(&self, left: usize) -> std::io::Result<()> {
        self.set_space(Some(self.used() + left as u64));
        Ok(())
    }

    fn free(&self) -> std::io::Result<()> {
        self.set_space(None);
        Ok(())
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
        Mounted(Self::clone(self)).create(path)?.write_all(bytes)
    }
}

/// A folder on a small volume, which a ballast fills.
struct Volume {
    root: PathBuf,
}

impl Scarce for Volume {
    fn root(&self) -> &Path {
        &self.root
    }

    fn open(&self, opening: Opening) -> divisi_store::Result<SqliteStore> {
        opening.after(&self.root)
    }

    fn limit(&self, left: usize) -> std::io::Result<()> {
        let mut ballast = std::fs::File::create(self.root.join("ballast"))?;
        let (chunk, mut length) = ([7; 4_096], 0);
        while let Ok(count) = ballast.write(&chunk) {
            length += count as u64;
        }
        ballast.set_len(length.saturating_sub(left as u64))
    }

    fn free(&self) -> std::io::Result<()> {
        std::fs::remove_file(self.root.join("ballast"))
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
        std::fs::write(path, bytes)
    }
}

fn fill(chance: &mut Chance, expected: &Expectation, tally: &mut Tally) -> Result<(), Broken> {
    let root = tempfile::tempdir().map_err(|error| Broken::at("a folder", error))?;
    let disk = FaultDisk::new(root.path());
    disk.forget_log();
    one(&disk, chance, expected, tally)?;
    tally.inject(KINDS[0], disk.refused());
    Ok(())
}

fn one(
    disk: &dyn Scarce,
    chance: &mut Chance,
    expected: &Expectation,
    tally: &mut Tally,
) -> Result<(), Broken> {
    let opening = Opening { reserve_bytes: RESERVE_BYTES, planted: None };
    let opened = || disk.open(opening).map_err(|error| Broken::at("opening", error));
    drop(opened()?);
    // The reserve as an earlier process left it: a store makes it when it has nothing else to do.
    let reserve = disk.root().join(FOLDER).join("reserve");
    let length = usize::try_from(RESERVE_BYTES).unwrap_or(0);
    disk.write(&reserve, &vec![1; length]).map_err(|error| Broken::at("the reserve", error))?;
    let store = opened()?;
    begin(&store).map_err(|error| Broken::at("opening the workspace", error))?;
    let before = u32::try_from(chance.below(STEPS_BEFORE_MAX)).unwrap_or(0);
    for number in 1..=before {
        commit(&store, number).map_err(|error| Broken::at("working without faults", error))?;
    }
    disk.limit(chance.below(LEFT_BYTES_MAX)).map_err(|error| Broken::at("filling the disk", error))?;
    let acknowledged = until_full(&store, before)?;
    refuses(&store, expected, acknowledged, tally)?;
    essential(&store, tally)?;
    disk.free().map_err(|error| Broken::at("making space", error))?;
    for number in acknowledged + 1..=acknowledged + STEPS_AFTER {
        commit(&store, number)
            .map_err(|error| Broken::at("there is space again, and a commit fails", error))?;
    }
    tally.inject(KINDS[3], 1);
    drop(store);
    let again = Opening::default().after(disk.root()).map_err(|error| Broken::at("opening again", error))?;
    hold(&again, expected, acknowledged + STEPS_AFTER, acknowledged + STEPS_AFTER)
}

/// Commits until there is no space; the last step acknowledged.
fn until_full(store: &SqliteStore, before: u32) -> Result<u32, Broken> {
    for number in before + 1..=STEPS_MAX {
        match commit(store, number) {
            Ok(_) => {}
            Err(error @ StoreError::Full) if error.to_string().contains("full") => return Ok(number - 1),
            Err(error) => return Err(Broken(format!("on a full disk commit {number} came to: {error}"))),
        }
    }
    Err(Broken("the disk never became full".into()))
}

/// Large commits are refused again and again; everything can be read.
fn refuses(
    store: &SqliteStore,
    expected: &Expectation,
    acknowledged: u32,
    tally: &mut Tally,
) -> Result<(), Broken> {
    for _ in 0..STEPS_REFUSED {
        match commit(store, acknowledged + 1) {
            Err(StoreError::Full) => tally.inject(KINDS[1], 1),
            other => return Err(Broken(format!("on a full disk the same commit came to {other:?}"))),
        }
        let steps = expected.steps_of(store)?;
        if steps != acknowledged {
            return Err(Broken(format!("{acknowledged} commits were acknowledged, {steps} can be read")));
        }
    }
    Ok(())
}

/// Cancelling goes through, out of the reserve if need be.
fn essential(store: &SqliteStore, tally: &mut Tally) -> Result<(), Broken> {
    let small = batch(append(stream(50), Expected::At(0), input(1), &["cancelled"]));
    match commit_blocking(store, Batch { essential: true, ..small }) {
        Ok(CommitOutcome::Committed { .. }) => {
            tally.inject(KINDS[2], 1);
            Ok(())
        }
        other => Err(Broken(format!("on a full disk an essential commit came to {other:?}"))),
    }
}
