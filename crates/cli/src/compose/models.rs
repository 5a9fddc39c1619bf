//! Which models this installation can call, as far as it is configured.

use divisi_engine::core::TermsTable;

use super::folder::Places;
use super::gateway::Models;
use super::session::SessionError;
use crate::config::Settings;

/// The models that tasks of these settings may be routed to, with their terms. Nobody is asked.
pub(crate) fn models(places: &Places, settings: &Settings) -> Result<TermsTable, SessionError> {
    Models::configured(places, settings).map(|models| models.terms)
}
