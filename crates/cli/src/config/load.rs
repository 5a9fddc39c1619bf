use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};

use super::fault::faults;
use super::settings::Settings;

/// Settings with where they came from.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The settings.
    pub(crate) settings: Settings,
    /// The file that was looked for.
    pub(crate) file: Option<PathBuf>,
    /// Whether it was there.
    pub(crate) file_found: bool,
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// A file that was named is not there.
    #[error("There is no configuration file '{0}'. Check --config or DIVISI_CONFIG.")]
    Missing(String),
    /// A value is wrong.
    #[error("The configuration cannot be used: {0}. `divisi config reference` shows every setting.")]
    Invalid(String),
}

/// Reads the settings. `named` is a file that must be there, `usual` one that may be.
pub(crate) fn load(named: Option<&Path>, usual: Option<&Path>) -> Result<Loaded, ConfigError> {
    if let Some(named) = named.filter(|named| !named.is_file()) {
        return Err(ConfigError::Missing(named.display().to_string()));
    }
    let file = named.or(usual);
    let found = file.filter(|file| file.is_file());
    let mut figment = Figment::from(Serialized::defaults(Settings::default()));
    if let Some(found) = found {
        figment = figment.merge(Toml::file_exact(found));
    }
    // `DIVISI_CONFIG` names the file itself, and `DIVISI_MASTER_KEY` is a secret: neither is a setting.
    let figment = figment.merge(Env::prefixed("DIVISI_").ignore(&["config", "master_key"]));
    let settings: Settings = figment.extract().map_err(|error| ConfigError::Invalid(faults(error)))?;
    if let Some(fault) = settings.fault() {
        return Err(ConfigError::Invalid(fault));
    }
    Ok(Loaded { settings, file: file.map(Path::to_owned), file_found: found.is_some() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn a_file_overrides_defaults() {
        let file = file("crew = \"comparison\"\nbudget_usd = 0.5\nmode = \"assisted\"\n");
        let loaded = load(Some(file.path()), None).unwrap();
        assert_eq!(loaded.settings.crew, "comparison");
        assert_eq!(loaded.settings.budget_usd, Some(0.5));
        assert_eq!(loaded.settings.mode, Some(divisi_api::Mode::Assisted));
        assert_eq!(loaded.settings.log, Settings::default().log);
        assert!(loaded.file_found);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let rows = [
            ("colour = \"never\"", "there is no setting `colour`"),
            ("budget_usd = \"much\"", "`budget_usd` is the text \"much\", but takes a number"),
            (
                "mode = \"assist\"",
                "`mode` is \"assist\"; it is one of full_autonomous, assisted, manual, hybrid",
            ),
            ("running_tasks_max = \"all\"", "but takes a whole number"),
            ("crew = ", "is no TOML: "),
            ("running_tasks_max = 0", "running_tasks_max is 0; it is at least 1"),
            ("calls_in_flight_max = 0", "at least 1"),
            ("call_seconds_max = 0", "at least 1"),
            ("own_call_seconds_max = 0", "at least 1"),
            ("answer_seconds_max = 0", "at least 1"),
            ("parser_memory_mib_max = 63", "at least 64"),
            ("parser_cpu_seconds_max = 0", "at least 1"),
            ("parser_processes_max = 0", "at least 1"),
        ];
        for (text, expected) in rows {
            let error = load(Some(file(text).path()), None).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
            assert!(
                !["default.", "script", "expected one of"].iter().any(|word| error.contains(word)),
                "{error}"
            );
        }
        assert!(matches!(load(Some(Path::new("/nowhere.toml")), None), Err(ConfigError::Missing(_))));
    }

    #[test]
    fn the_usual_file_need_not_be_there() {
        let loaded = load(None, Some(Path::new("/nowhere.toml"))).unwrap();
        assert!(!loaded.file_found);
        assert_eq!(loaded.settings, Settings::default());
    }
}
