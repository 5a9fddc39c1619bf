//! Settings: defaults, then the configuration file, then `DIVISI_*`, then the command line.

mod fault;
mod load;
mod reference;
mod settings;

pub(crate) use load::{ConfigError, load};
pub(crate) use reference::reference;
pub(crate) use settings::{CassetteUse, ColorChoice, ProviderSettings, Settings, Wire};
