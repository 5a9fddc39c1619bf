use rusqlite::Connection;

/// What SQL may call an event kind. The caller hands the list in at open.
#[derive(Debug, Clone, Copy)]
pub struct KindName {
    /// The kind's number.
    pub kind: u16,
    /// Its name.
    pub name: &'static str,
    /// Its type in the view `interactions`; `None` keeps it out.
    pub interaction: Option<&'static str>,
    /// Whether the view `revisions` shows it.
    pub revision: bool,
}

/// Makes the lookup table what the program says, without a write where it is that already.
pub(crate) fn fill(connection: &mut Connection, kinds: &[KindName]) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    for kind in kinds {
        transaction.prepare_cached(
            "INSERT INTO event_kinds (kind, name, interaction, revision) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (kind) DO UPDATE SET name = excluded.name, interaction = excluded.interaction, revision = excluded.revision
             WHERE (name, interaction, revision) IS NOT (excluded.name, excluded.interaction, excluded.revision)",
        )?
        .execute((kind.kind, kind.name, kind.interaction, kind.revision))?;
    }
    transaction.commit()
}
