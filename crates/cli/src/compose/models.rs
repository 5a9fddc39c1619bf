//! Which models this installation can call.

use divisi_engine::core::TermsTable;

use super::owner::terms;
use super::scripted::scripted;
use super::session::SessionError;
use crate::config::Settings;

/// The models that tasks of these settings may be routed to, with their terms.
pub(crate) fn models(settings: &Settings) -> Result<TermsTable, SessionError> {
    Ok(terms(scripted(settings)?.as_ref()))
}
