//! Whether the titles of documents are asked for.

use divisi_llm::inputs::{DocumentBrief, TaskBrief};

use super::{order, readable, without_mentions};
use crate::extractive::text::concept::{Concept, Kind, concepts};
use crate::extractive::text::word::stems;

/// Whether the titles of documents are asked for, and of nothing in particular.
pub(crate) fn asks_titles(task: &TaskBrief) -> bool {
    const TITLES: &str = "sections section headings heading chapters chapter titles articles clauses outline";
    const ASKING: &str = "table contents names name list give structure parts";
    let (titles, asking) = (stems(TITLES), stems(ASKING));
    let documents = readable(task);
    let sources: Vec<String> = documents.iter().map(|document| document.source.clone()).collect();
    let asked = concepts(&without_mentions(&order(task), task, &sources));
    let name = |one: &&DocumentBrief| {
        let title = one.headings.first().map(String::as_str).unwrap_or_default();
        stems(&format!("{} {title}", one.file.replace(['_', '-', '.', '/'], " ")))
    };
    let names: Vec<String> = documents.iter().flat_map(name).collect();
    let plain = |one: &Concept| {
        one.kind == Kind::Soft || [&titles, &asking, &names].iter().any(|known| known.contains(&one.stem))
    };
    let has = |one: &Concept| titles.contains(&one.stem);
    asked.iter().any(has) && asked.iter().all(plain) && documents.iter().any(|one| !one.headings.is_empty())
}
