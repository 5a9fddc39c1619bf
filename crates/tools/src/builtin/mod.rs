//! The built-in tools. All only read the task's own documents; their JSON shapes are contracts with models
//! and with the offline provider.

pub mod list_documents;
pub mod query_table;
pub mod read_span;
pub mod search_documents;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use divisi_domain::name::Name;
use futures::future::{BoxFuture, ready};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::calls::{
    EffectClass, RegistryError, Tool, ToolContext, ToolError, ToolOutput, ToolRegistry, ToolSpec,
};
use crate::corpus::{Corpus, Document};

/// Headings that `list_documents` shows of one document.
pub const HEADINGS_MAX: usize = 60;
/// Headings that `list_documents` shows of all documents together.
pub const LISTED_HEADINGS_MAX: usize = 1_000;
/// Bytes that `read_span` returns at most.
pub const SPAN_BYTES_MAX: usize = 16 * 1024;
/// Bytes of cells that `query_table` returns at most.
pub const TABLE_BYTES_MAX: usize = 128 * 1024;

impl ToolRegistry {
    /// A registry with the built-in tools.
    pub fn with_built_ins() -> Result<Self, RegistryError> {
        let tools: [Arc<dyn Tool>; 4] = [
            Arc::new(list_documents::ListDocuments::default()),
            Arc::new(search_documents::SearchDocuments::default()),
            Arc::new(read_span::ReadSpan::default()),
            Arc::new(query_table::QueryTable::default()),
        ];
        let mut registry = Self::default();
        tools.into_iter().try_for_each(|tool| registry.register(tool))?;
        Ok(registry)
    }
}

fn read_only(name: Name, description: &str, schema: Value) -> ToolSpec {
    ToolSpec {
        name,
        description: description.to_owned(),
        schema: schema.into(),
        class: EffectClass::AtLeastOnce,
        side_effects: false,
    }
}

/// What every tool here does with a call: its arguments, which passed the schema, as a type; then the work over the
/// task's documents; then the answer as JSON.
fn respond<'a, A: DeserializeOwned, O: Serialize>(
    spec: &ToolSpec,
    context: &ToolContext,
    given: &Value,
    work: fn(&Corpus, &A) -> Result<O, ToolError>,
) -> BoxFuture<'a, Result<ToolOutput, ToolError>> {
    let output = arguments(spec, given)
        .and_then(|given| work(&context.documents, &given))
        .and_then(|output| answer(spec, &output));
    Box::pin(ready(output))
}

fn arguments<A: DeserializeOwned>(spec: &ToolSpec, given: &Value) -> Result<A, ToolError> {
    A::deserialize(given).map_err(|error| ToolError::InvalidArguments {
        name: spec.name.clone(),
        problems: vec![error.to_string()],
    })
}

fn answer(spec: &ToolSpec, output: &impl Serialize) -> Result<ToolOutput, ToolError> {
    let text = serde_json::to_string(output)
        .map_err(|error| ToolError::Failed { name: spec.name.clone(), sentence: error.to_string() })?;
    Ok(ToolOutput::capped(text))
}

fn named<'a>(corpus: &'a Corpus, source: &str) -> Result<&'a Document, ToolError> {
    corpus.document(source).ok_or_else(|| {
        let shown: String = source.chars().take(40).collect();
        let count = corpus.documents().len();
        ToolError::refused(format!(
            "There is no source '{shown}': this task has D1 to D{count}, see list_documents."
        ))
    })
}
