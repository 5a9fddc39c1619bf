//! Crews by name: those of the user's folder, then those of the binary.

use std::path::PathBuf;
use std::sync::Arc;

use divisi_engine::crew::{CachePolicy, Crew, parse, shipped};
use divisi_server::CrewShelf;

use super::folder::Places;
use crate::config::{CassetteUse, Settings};

/// Where crews are found.
#[derive(Debug, Clone)]
pub(crate) struct Shelf {
    /// The user's folder, where there is one.
    pub(crate) folder: Option<PathBuf>,
    /// Whether exchanges are recorded or replayed: then models are asked for all that a task asks.
    pub(crate) cassette: bool,
}

/// A crew that is there, with its text.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) name: String,
    pub(crate) origin: String,
    pub(crate) source: String,
}

impl Shelf {
    /// Where the settings say.
    pub(crate) fn of(settings: &Settings, places: &Places) -> Self {
        let folder = settings.crews_dir.clone().or_else(|| places.crews.clone());
        Self { folder, cassette: settings.cassette != CassetteUse::None }
    }

    /// All crews: a file of the user's folder hides a shipped crew of the same name.
    pub(crate) fn all(&self) -> Vec<Found> {
        let mut found = self.own();
        for crew in shipped() {
            if !found.iter().any(|own| own.name == crew.name) {
                let (name, source) = (crew.name.to_owned(), crew.source.to_owned());
                found.push(Found { name, origin: "shipped".to_owned(), source });
            }
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found
    }

    fn own(&self) -> Vec<Found> {
        let Some(entries) = self.folder.as_ref().and_then(|folder| std::fs::read_dir(folder).ok()) else {
            return Vec::new();
        };
        let toml = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "toml");
        entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(toml)
            .filter_map(|path| {
                let name = path.file_stem()?.to_str()?.to_owned();
                let source = std::fs::read_to_string(&path).ok()?;
                Some(Found { name, origin: path.display().to_string(), source })
            })
            .collect()
    }

    /// The text of a crew by name.
    pub(crate) fn source(&self, name: &str) -> Option<Found> {
        self.all().into_iter().find(|found| found.name == name)
    }
}

impl CrewShelf for Shelf {
    fn crew(&self, name: &str) -> Result<Arc<Crew>, String> {
        let Some(found) = self.source(name) else {
            let names: Vec<String> = self.all().into_iter().map(|found| found.name).collect();
            let shown: String = name.chars().take(100).collect();
            return Err(format!("There is no crew '{shown}'. There are: {}.", names.join(", ")));
        };
        let as_asked = |mut crew: Crew| {
            if self.cassette {
                crew.cache = CachePolicy::default();
            }
            Arc::new(crew)
        };
        parse(&found.source)
            .map(as_asked)
            .map_err(|faults| format!("The crew '{name}' ({}) has faults: {faults}", found.origin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn while_exchanges_are_recorded_models_are_asked_for_everything() {
        let folder = tempfile::tempdir().unwrap();
        let text = format!("{}\n[cache]\npurposes = [\"analyse\"]\n", shipped()[0].source);
        std::fs::write(folder.path().join(format!("{}.toml", shipped()[0].name)), text).unwrap();
        for cassette in [false, true] {
            let shelf = Shelf { folder: Some(folder.path().to_owned()), cassette };
            assert_eq!(shelf.crew(shipped()[0].name).unwrap().cache.is_empty(), cassette);
        }
    }

    #[test]
    fn own_crews_hide_shipped_ones() {
        let folder = tempfile::tempdir().unwrap();
        let text = shipped()[0].source.replace("version = \"1.0.0\"", "version = \"9.0.0\"");
        std::fs::write(folder.path().join(format!("{}.toml", shipped()[0].name)), text).unwrap();
        let shelf = Shelf { folder: Some(folder.path().to_owned()), cassette: false };
        assert_eq!(shelf.all().len(), shipped().len());
        assert_eq!(shelf.crew(shipped()[0].name).unwrap().version, "9.0.0");
        assert_eq!(Shelf { folder: None, cassette: false }.crew(shipped()[0].name).unwrap().version, "1.0.0");
    }

    #[test]
    fn an_unknown_crew_is_answered_with_those_there_are() {
        let error = Shelf { folder: None, cassette: false }.crew("magic").unwrap_err();
        assert!(error.contains("'magic'") && error.contains("research"), "{error}");
    }
}
