//! Servers on this machine that nobody told us of.

use divisi_domain::name::Name;
use divisi_llm::ProviderError;
use futures::future::join_all;

use super::asking::ProbeSettings;
use super::facts::ServerFacts;
use super::probe;
use crate::http::{Deadlines, Transport, is_loopback};

/// Where a server may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The provider's name in routes, if there is one.
    pub name: Name,
    /// Up to and without `/chat/completions`.
    pub base_url: String,
}

/// What was found at an address where something listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detected {
    /// Where.
    pub candidate: Candidate,
    /// What it is, or what it said instead: a server that wants a key is there, too.
    pub outcome: Result<ServerFacts, ProviderError>,
}

/// The usual addresses of local servers.
pub fn loopback_candidates() -> Vec<Candidate> {
    let rows = [("ollama", 11434), ("lmstudio", 1234), ("llamacpp", 8080), ("vllm", 8000), ("litellm", 4000)];
    rows.into_iter()
        .map(|(name, port)| Candidate {
            name: Name::from_static(name),
            base_url: format!("http://127.0.0.1:{port}/v1"),
        })
        .collect()
}

/// Asks all candidates at once, without a key; those that are not on this machine are passed over, those where nothing
/// listens are left out. `may_call` as in [`ProbeSettings`].
pub async fn detect(
    transport: &dyn Transport,
    candidates: Vec<Candidate>,
    deadlines: Deadlines,
    may_call: bool,
) -> Vec<Detected> {
    let local = candidates.into_iter().filter(|candidate| is_loopback(&candidate.base_url));
    let asked = local.map(|candidate| async move {
        let (name, base_url) = (candidate.name.clone(), candidate.base_url.clone());
        let (key, headers, named) = (None, Vec::new(), Vec::new());
        let settings = ProbeSettings { name, base_url, key, headers, named, deadlines, may_call };
        let outcome = probe(transport, &settings).await;
        let there = !outcome.as_ref().is_err_and(|error| !error.sent);
        there.then_some(Detected { candidate, outcome })
    });
    join_all(asked).await.into_iter().flatten().collect()
}
