use std::borrow::Cow;
use std::path::Path;

use divisi_engine::crew::{Crew, DEFAULT_CREW, parse};
use divisi_server::unknown_models;
use serde_json::json;

use super::World;
use crate::args::CrewsCommand;
use crate::compose::models;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::render::{columns, plain};

/// `divisi crews …`.
pub(super) fn run(world: &World, command: &CrewsCommand) -> Result<Exit, Failure> {
    match command {
        CrewsCommand::List { json } => list(world, *json),
        CrewsCommand::Show { crew, source } => show(world, crew, *source),
        CrewsCommand::Check { file } => check(world, file),
    }
}

fn list(world: &World, json: bool) -> Result<Exit, Failure> {
    let found = world.shelf().all();
    let mut rows = vec![["name", "version", "agents", "from", "description"].map(str::to_owned).to_vec()];
    let mut values = Vec::new();
    for one in &found {
        match parse(&one.source) {
            Ok(crew) => {
                rows.push(vec![
                    one.name.clone(),
                    crew.version.clone(),
                    crew.agents.len().to_string(),
                    one.origin.clone(),
                    crew.description.clone(),
                ]);
                values.push(json!({ "name": one.name, "version": crew.version, "description": crew.description, "origin": one.origin, "digest": digest(&crew) }));
            }
            Err(faults) => {
                rows.push(vec![
                    one.name.clone(),
                    "-".to_owned(),
                    "-".to_owned(),
                    one.origin.clone(),
                    format!("has {} faults: divisi crews check", faults.0.len()),
                ]);
                values.push(json!({ "name": one.name, "origin": one.origin, "faults": faults.0.iter().map(ToString::to_string).collect::<Vec<_>>() }));
            }
        }
    }
    if json {
        output::print_json(&values)?;
    } else {
        output::print(&columns(&rows, 4, world.terminal.list_width))?;
    }
    Ok(Exit::Done)
}

fn digest(crew: &Crew) -> String {
    crew.digest().map(|digest| digest.to_string()).unwrap_or_default()
}

fn show(world: &World, name: &str, source: bool) -> Result<Exit, Failure> {
    let text = match world.shelf().source(name) {
        Some(found) => found.source,
        None if Path::new(name).is_file() => read(Path::new(name))?,
        None => {
            let names: Vec<String> = world.shelf().all().into_iter().map(|found| found.name).collect();
            return Err(Failure::NotFound(format!(
                "There is no crew '{name}'. There are: {}.",
                names.join(", ")
            )));
        }
    };
    if source {
        let shown = if world.terminal.styled { plain(&text) } else { Cow::Borrowed(text.as_str()) };
        output::print(&shown)?;
        return Ok(Exit::Done);
    }
    let crew = parse(&text).map_err(|faults| Failure::Input(faults.to_string()))?;
    let usual = if crew.name.as_str() == DEFAULT_CREW { " (used where no crew is named)" } else { "" };
    let mut shown =
        format!("{} {}{usual}\n{}\ndigest {}\n\n", crew.name, crew.version, crew.description, digest(&crew));
    let mut rows =
        vec![["agent type", "slots", "capabilities", "tools", "description"].map(str::to_owned).to_vec()];
    for agent in &crew.agents {
        let join = |names: &[divisi_domain::name::Name]| {
            names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        };
        rows.push(vec![
            agent.name.to_string(),
            agent.slots.to_string(),
            join(&agent.capabilities),
            join(&agent.tools),
            agent.description.clone(),
        ]);
    }
    shown += &columns(&rows, 4, world.terminal.list_width);
    output::print(&plain(&shown))?;
    Ok(Exit::Done)
}

fn check(world: &World, file: &Path) -> Result<Exit, Failure> {
    match parse(&read(file)?) {
        Ok(crew) => {
            output::tell(&format!("{}: crew '{}' {} is right.", file.display(), crew.name, crew.version));
            let unknown = unknown_models(&crew, &models(&world.places, &world.settings)?);
            if let Some(sentence) = unknown {
                output::tell(&format!("But no task runs with it here. {sentence}"));
            }
            Ok(Exit::Done)
        }
        Err(faults) => {
            faults.0.iter().for_each(|fault| output::tell(&format!("{}: {fault}", file.display())));
            Ok(Exit::Findings)
        }
    }
}

fn read(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file)
        .map_err(|error| Failure::Input(format!("'{}' cannot be read: {error}.", file.display())))
}
