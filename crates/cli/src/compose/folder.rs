//! Where things lie on this machine.

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

/// Folders and files of this user.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    /// All data.
    pub(crate) data: PathBuf,
    /// The usual configuration file.
    pub(crate) config: Option<PathBuf>,
    /// The usual folder of crews.
    pub(crate) crews: Option<PathBuf>,
    /// Keys of model services, sealed. In the data folder that was asked for, also where a replay has one of its own.
    pub(crate) keys: PathBuf,
    /// The usual folder of master keys: a copy of the data folder opens no key.
    pub(crate) masters: Option<PathBuf>,
}

impl Places {
    /// The local API of the data folder.
    pub(crate) fn socket(&self) -> PathBuf {
        self.data.join("socket")
    }

    /// Marks of the tasks that were left to the background.
    pub(crate) fn detached(&self) -> PathBuf {
        self.data.join("detached")
    }

    /// What the process in the background says.
    pub(crate) fn background_log(&self) -> PathBuf {
        self.data.join("background.log")
    }
}

/// The places of this platform, with the data folder that was asked for. `None`: there is no home to put it.
pub(crate) fn places(data_dir: Option<&Path>) -> Option<Places> {
    let base = etcetera::choose_base_strategy().ok();
    let config = base.as_ref().map(|base| base.config_dir().join("divisi"));
    let data = data_dir.map(Path::to_owned).or_else(|| base.map(|base| base.data_dir().join("divisi")))?;
    Some(Places {
        keys: data.join("keys.sealed"),
        data,
        config: config.as_ref().map(|folder| folder.join("config.toml")),
        crews: config.as_ref().map(|folder| folder.join("crews")),
        masters: config.map(|folder| folder.join("master-keys")),
    })
}
