//! A cassette that is being recorded.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use divisi_domain::id::TaskId;
use divisi_domain::name::Name;
use divisi_llm::CallContext;
use divisi_llm::cassette::{Exchange, KeptRoom, Redaction};

use super::{CassetteError, folder};

type Rooms = Box<dyn Fn(&Name, &Name) -> Option<KeptRoom> + Send + Sync>;

/// Where recorded exchanges go. Exchanges that are in the folder already stay; one at the same place is replaced.
pub struct Tape {
    folder: PathBuf,
    redaction: Redaction,
    /// The task whose calls are recorded; all calls, where none is named.
    task: Option<TaskId>,
    /// The room of each model.
    rooms: Rooms,
    /// How many exchanges could not be kept, and why the first could not.
    lost: Mutex<Option<(u32, String)>>,
}

impl std::fmt::Debug for Tape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tape").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Tape {
    /// Records into `folder`, which is made where it is not there. What `redaction` takes out reaches no file.
    pub fn open(folder: &Path, redaction: Redaction) -> Result<Self, CassetteError> {
        folder::open(folder)?;
        let (folder, rooms): (_, Rooms) = (folder.to_owned(), Box::new(|_, _| None));
        Ok(Self { folder, redaction, task: None, rooms, lost: Mutex::default() })
    }

    /// Keeps with each exchange the room that `rooms` knows of its model, by provider and model.
    #[must_use]
    pub fn with_rooms(
        mut self,
        rooms: impl Fn(&Name, &Name) -> Option<KeptRoom> + Send + Sync + 'static,
    ) -> Self {
        self.rooms = Box::new(rooms);
        self
    }

    pub(super) fn room(&self, provider: &Name, model: &Name) -> Option<KeptRoom> {
        (self.rooms)(provider, model)
    }

    /// Records only the calls of `task`: paths are the same for every task, and a process may run others, too.
    #[must_use]
    pub fn of_task(mut self, task: TaskId) -> Self {
        self.task = Some(task);
        self
    }

    pub(super) fn wants(&self, context: &CallContext) -> bool {
        let of = |task: TaskId| context.idempotency_key.split('/').next() == Some(task.to_string().as_str());
        self.task.is_none_or(of)
    }

    /// Says what is missing in the cassette; `None` where nothing is. An answer that was paid for is never lost to the task
    /// because it could not be recorded.
    pub fn incomplete(&self) -> Option<String> {
        let lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        lost.as_ref().map(|(count, why)| {
            format!("The cassette is not complete: {count} of the exchanges could not be kept. {why}")
        })
    }

    pub(super) fn redaction(&self) -> &Redaction {
        &self.redaction
    }

    pub(super) fn keep(&self, exchange: &Exchange) {
        if let Err(error) = folder::keep(&self.folder, exchange) {
            self.lose(&error.to_string());
        }
    }

    pub(super) fn lose(&self, why: &str) {
        tracing::error!(%why, "an exchange could not be recorded");
        let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *lost {
            Some((count, _)) => *count = count.saturating_add(1),
            None => *lost = Some((1, why.to_owned())),
        }
    }
}
