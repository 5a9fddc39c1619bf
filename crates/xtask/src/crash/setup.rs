//! The folder of a run: data, configuration, crew and script.

use std::path::{Path, PathBuf};

use anyhow::Context;
use divisi_domain::id::WorkspaceId;
use divisi_domain::money::MicroUsd;
use divisi_engine::crew::shipped;
use divisi_store::{Batch, BlobKey, Reservation, Store, commit_blocking};
use divisi_store_sqlite::{DataFolder, Ownership, SqliteStore, StoreOptions};

use super::process::Binary;

/// How often a folder is asked for that is owned: about a second.
const OWNED_TRIES_MAX: u32 = 100_000;
/// The workspace of the run.
pub(super) const WORKSPACE: WorkspaceId = WorkspaceId::from_bytes([3; 16]);
/// Attempts in flight at once: the bound of what one kill cuts off.
const CALLS_IN_FLIGHT_MAX: usize = 16;
/// Milliseconds of one scripted call.
const LATENCY_MILLIS: u64 = 3;
/// A cap that nothing reaches: with it the workspace has an account that must balance.
const CAP: MicroUsd = MicroUsd(1 << 42);

/// Where things lie.
#[derive(Debug)]
pub(super) struct Folder {
    root: PathBuf,
}

impl Folder {
    pub(super) fn make(root: &Path) -> anyhow::Result<Self> {
        let folder = Self { root: root.to_owned() };
        std::fs::create_dir(folder.root.join("crews"))?;
        std::fs::write(folder.root.join("crews/research.toml"), crew()?)?;
        std::fs::write(folder.root.join("script.json"), script())?;
        std::fs::write(folder.config(), folder.configuration())?;
        let store = folder.store()?;
        store.open_workspace(WORKSPACE, BlobKey([5; 32]))?;
        let cap = Reservation::SetCap { workspace: WORKSPACE, cap: Some(CAP) };
        commit_blocking(&store, Batch { reservations: vec![cap], ..Batch::default() })?;
        Ok(folder)
    }

    pub(super) fn data(&self) -> anyhow::Result<DataFolder> {
        Ok(DataFolder::open(&self.root.join("data"))?)
    }

    /// The store, for this process alone.
    pub(super) fn store(&self) -> anyhow::Result<SqliteStore> {
        let data = self.data()?;
        let mut ownership = Ownership::acquire(&data)?;
        // A program that another thread starts at this moment holds the locks of this process until it runs.
        for _ in 0..OWNED_TRIES_MAX {
            if ownership.is_some() {
                break;
            }
            std::thread::yield_now();
            ownership = Ownership::acquire(&data)?;
        }
        let ownership = ownership.context("the data folder is still owned")?;
        Ok(SqliteStore::open(&data, ownership, StoreOptions::default())?)
    }

    /// The program, copied: a build that goes on meanwhile does not change what is tested.
    pub(super) fn binary(&self, program: &Path) -> anyhow::Result<Binary> {
        let copy = self.root.join("divisi");
        std::fs::copy(program, &copy).with_context(|| {
            format!("copying {}: `cargo build --package divisi-cli` makes it", program.display())
        })?;
        Ok(Binary { program: copy, data: self.root.join("data"), config: self.config() })
    }

    pub(super) fn witness(&self) -> PathBuf {
        self.root.join("witness")
    }

    pub(super) fn attempts(&self) -> PathBuf {
        self.root.join("attempts.log")
    }

    pub(super) fn acknowledgements(&self) -> PathBuf {
        self.root.join("acknowledged.log")
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.root.join("data/socket")
    }

    fn config(&self) -> PathBuf {
        self.root.join("config.toml")
    }

    fn configuration(&self) -> String {
        let at = |name: &str| self.root.join(name).display().to_string();
        let (crews, script, witness) = (at("crews"), at("script.json"), at("witness"));
        format!(
            "crews_dir = {crews:?}\nscript = {script:?}\nscript_witness = {witness:?}\n\
             calls_in_flight_max = {CALLS_IN_FLIGHT_MAX}\nlog = \"warn\"\n"
        )
    }
}

/// The research crew on the scripted model.
fn crew() -> anyhow::Result<String> {
    let research = shipped().iter().find(|crew| crew.name == "research").context("no crew 'research'")?;
    Ok(format!("{}\n[routes]\ndefault = [\"scripted/scripted\"]\n", research.source))
}

fn script() -> String {
    serde_json::json!({
        "model": "scripted",
        "latency_millis": LATENCY_MILLIS,
        "revise_percent": 20,
        "seed": 1,
        "price": { "input_per_million": 3_000_000, "output_per_million": 15_000_000, "cached_per_million": 0 },
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crew_and_script_are_understood() {
        let crew = divisi_engine::crew::parse(&crew().unwrap()).unwrap();
        assert!(crew.routes.values().flatten().all(|target| target.model.as_str() == "scripted"));
    }

    #[test]
    fn a_made_folder_has_an_account() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::make(root.path()).unwrap();
        let store = folder.store().unwrap();
        let account = divisi_store::Reads::budget(&store, WORKSPACE).unwrap().unwrap();
        assert_eq!(account.cap, CAP);
    }
}
