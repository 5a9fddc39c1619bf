use std::path::PathBuf;

use crate::args::Cli;
use crate::compose::{Need, Places, Session, SessionError, Shelf, places};
use crate::config::{CassetteUse, Settings, load};
use crate::failure::Failure;
use crate::render::Terminal;

/// What every command has at hand.
#[derive(Debug, Clone)]
pub(crate) struct World {
    /// Where things lie.
    pub(crate) places: Places,
    /// The settings in force.
    pub(crate) settings: Settings,
    /// The configuration file that was looked for, and whether it was there.
    pub(crate) config_file: Option<(PathBuf, bool)>,
    /// The configuration file that was asked for.
    pub(crate) named_config: Option<PathBuf>,
    /// What standard input, output and error are.
    pub(crate) terminal: Terminal,
    /// The folder that relative paths start from.
    pub(crate) base: PathBuf,
}

impl World {
    /// Reads settings and looks around.
    pub(crate) fn of(cli: &Cli) -> Result<Self, Failure> {
        let usual = places(cli.data_dir.as_deref()).and_then(|places| places.config);
        let named = cli.config.clone().or_else(named_config);
        let loaded = load(named.as_deref(), usual.as_deref())?;
        let mut settings = loaded.settings;
        if let Some(log) = &cli.log {
            settings.log.clone_from(log);
        }
        let data_dir = cli.data_dir.clone().or_else(|| settings.data_dir.clone());
        let nowhere =
            || Failure::setup("There is no home folder to keep data in. Name a folder with --data-dir.");
        let places = places(data_dir.as_deref()).ok_or_else(nowhere)?;
        let base = std::env::current_dir()
            .map_err(|error| Failure::setup(format!("The present folder cannot be read: {error}.")))?;
        Ok(Self {
            places: Places { data: base.join(&places.data), keys: base.join(&places.keys), ..places },
            terminal: Terminal::detect(settings.color, settings.width, no_color()),
            named_config: named.map(|named| base.join(named)),
            config_file: loaded.file.map(|file| (file, loaded.file_found)),
            settings,
            base,
        })
    }

    /// Where crews are found.
    pub(crate) fn shelf(&self) -> Shelf {
        Shelf::of(&self.settings, &self.places)
    }

    /// The same, with a cassette.
    pub(crate) fn with_cassette(&self, cassette: CassetteUse) -> Self {
        let mut world = self.clone();
        world.settings.cassette = cassette;
        world
    }

    /// A way to the data.
    pub(crate) async fn session(&self, need: Need) -> Result<Session, SessionError> {
        Session::open(&self.places, &self.settings, need).await
    }
}

#[expect(clippy::disallowed_methods, reason = "the composition root reads the environment, once")]
fn named_config() -> Option<PathBuf> {
    std::env::var_os("DIVISI_CONFIG").filter(|name| !name.is_empty()).map(PathBuf::from)
}

#[expect(clippy::disallowed_methods, reason = "the composition root reads the environment, once")]
fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}
