use super::World;
use crate::args::ConfigCommand;
use crate::config::reference;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;

/// `divisi config …`.
pub(super) fn run(world: &World, command: Option<ConfigCommand>) -> Result<Exit, Failure> {
    match command.unwrap_or(ConfigCommand::Show) {
        ConfigCommand::Reference => output::print(&reference())?,
        ConfigCommand::Show => {
            let file = match &world.config_file {
                Some((file, true)) => format!("# from {}", file.display()),
                Some((file, false)) => {
                    format!("# {} does not exist: defaults and DIVISI_* only", file.display())
                }
                None => "# defaults and DIVISI_* only".to_owned(),
            };
            let settings =
                toml::to_string(&world.settings).map_err(|error| Failure::Other(error.to_string()))?;
            output::print(&format!("{file}\n# data in {}\n{settings}", world.places.data.display()))?;
        }
    }
    Ok(Exit::Done)
}
