//! `divisi task export-test`: a finished task as a folder that is a cassette, and a test of it.

mod description;
mod folder;
mod readme;

use divisi_engine::core::TaskKey;
use divisi_engine::export::{ExportError, Exported, ExportedFile, export};
use divisi_llm::cassette::Redaction;
use divisi_llm::inputs::TaskBrief;
use divisi_tools::calls::ToolRegistry;

use crate::args::task::ExportTestArgs;
use crate::commands::World;
use crate::commands::resolve::resolve;
use crate::compose::{Models, Need, SessionError, reader, redaction};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;

/// Makes a test of a finished task. Asks no model service, and works beside a running owner.
pub(super) async fn export_test(world: &World, args: ExportTestArgs) -> Result<Exit, Failure> {
    let session = world.session(Need::Read).await?;
    let id = resolve(&session.client, args.task).await?;
    session.close().await;
    let target = world.base.join(args.output.unwrap_or_else(|| format!("test-{id}").into()));
    folder::check(&target)?;
    let (exported, redaction) = exported(world, id)?;
    folder::write(&target, id, &exported)?;
    for file in exported.files.iter().filter(|file| holds_secret(file, &redaction)) {
        let sentence = "holds what looks like a key or a home folder, and files are kept as they are";
        output::tell(&format!("note: the file '{}' {sentence}: look through it.", file.name));
    }
    for sentence in &exported.expected.unsure {
        output::tell(&format!("note: {sentence}"));
    }
    output::tell(&format!(
        "{} exchanges and {} files. Prompts hold texts of the documents: look through the folder before you hand it on.",
        exported.cassette.exchanges().count(),
        exported.files.len()
    ));
    output::print(&format!("{}\n", target.display()))?;
    Ok(Exit::Done)
}

/// Whether something would be taken out of a file, were it text of the task.
fn holds_secret(file: &ExportedFile, redaction: &Redaction) -> bool {
    let text = String::from_utf8_lossy(&file.bytes);
    redaction.text(&text) != text
}

/// What was asked, without what is taken out of exchanges: it is compared without, so that it replays all the same.
fn cleaned(brief: TaskBrief, redaction: &Redaction) -> TaskBrief {
    let clean = |text: String| redaction.text(&text);
    TaskBrief {
        title: clean(brief.title),
        description: clean(brief.description),
        constraints: brief.constraints.into_iter().map(clean).collect(),
        domain: brief.domain.map(clean),
        ..brief
    }
}

fn exported(world: &World, id: divisi_domain::id::TaskId) -> Result<(Exported, Redaction), Failure> {
    let reads = reader(&world.places)?.ok_or(SessionError::Empty)?;
    let workspaces = reads.workspaces().map_err(SessionError::from)?;
    let workspace = *workspaces.first().ok_or(SessionError::Empty)?;
    let tools = ToolRegistry::with_built_ins().map_err(|error| Failure::setup(format!("{error}.")))?;
    let models = Models::configured(&world.places, &world.settings)?;
    let redaction = redaction(&models.services);
    let key = TaskKey::new(workspace, id);
    let made = export(reads.as_ref(), key, &tools, &models.terms, &redaction);
    let made = made.map_err(|error| match error {
        ExportError::Open | ExportError::Erased => Failure::State(error.to_string()),
        ExportError::Read(_)
        | ExportError::Content(_)
        | ExportError::Request { .. }
        | ExportError::Exchange { .. } => {
            Failure::Other(format!("{}.", error.to_string().trim_end_matches('.')))
        }
    })?;
    let made = made.ok_or_else(|| Failure::NotFound(format!("There is no task {id}.")))?;
    Ok((Exported { brief: cleaned(made.brief, &redaction), ..made }, redaction))
}
