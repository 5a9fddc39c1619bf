//! `divisi task export-test`: a finished task as a folder that is a cassette, and a test of it.

mod description;
mod folder;
mod readme;

use divisi_engine::core::TaskKey;
use divisi_engine::export::{ExportError, Exported, export};
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
    let exported = exported(world, id)?;
    folder::write(&target, id, &exported)?;
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

fn exported(world: &World, id: divisi_domain::id::TaskId) -> Result<Exported, Failure> {
    let reads = reader(&world.places)?.ok_or(SessionError::Empty)?;
    let workspaces = reads.workspaces().map_err(SessionError::from)?;
    let workspace = *workspaces.first().ok_or(SessionError::Empty)?;
    let tools = ToolRegistry::with_built_ins().map_err(|error| Failure::setup(format!("{error}.")))?;
    let models = Models::configured(&world.settings)?;
    let made = export(
        reads.as_ref(),
        TaskKey::new(workspace, id),
        &tools,
        &models.terms,
        &redaction(&models.services),
    );
    let made = made.map_err(|error| match error {
        ExportError::Open | ExportError::Erased => Failure::State(error.to_string()),
        ExportError::Read(_)
        | ExportError::Content(_)
        | ExportError::Request { .. }
        | ExportError::Exchange { .. } => {
            Failure::Other(format!("{}.", error.to_string().trim_end_matches('.')))
        }
    })?;
    made.ok_or_else(|| Failure::NotFound(format!("There is no task {id}.")))
}
