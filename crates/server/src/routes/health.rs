use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Json;
use axum::extract::State;
use divisi_api::Health;

use crate::api::Api;
use crate::problem::Failure;

/// What the process is about.
#[derive(Debug, Clone, Default)]
pub struct Doing {
    draining: Arc<AtomicBool>,
}

impl Doing {
    /// From now on `health` says that the process is about to stop.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}

/// Whether the process is well.
pub(crate) async fn health(State(api): State<Api>) -> Result<Json<Health>, Failure> {
    let open_tasks = api.read(|reads| Ok(reads.open_count(&[])?)).await?;
    let status = if api.doing().is_draining() { "draining" } else { "ok" };
    Ok(Json(Health {
        status: status.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        pid: std::process::id(),
        open_tasks,
        problems: Vec::new(),
    }))
}
