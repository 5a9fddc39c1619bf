//! Callers: each has one task to submit, asks until it is answered, and notes the answer where no crash reaches it.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, bail};
use divisi_api::{Budget, CreateTask};
use divisi_client::{Client, ClientError};
use divisi_domain::id::TaskId;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::counts::Counts;

/// Submissions that wait for their answers at once.
const ASKING_MAX: usize = 12;

/// All callers.
pub(super) struct Callers {
    client: Client,
    counts: watch::Sender<Counts>,
    places: Arc<Semaphore>,
    notes: Arc<Mutex<Notes>>,
    submitted: u64,
}

/// What callers know.
pub(super) struct Notes {
    file: File,
    /// Tasks that were answered.
    pub(super) acknowledged: BTreeSet<TaskId>,
    /// Tasks whose last request broke off.
    pub(super) broken_off: BTreeSet<TaskId>,
}

impl Callers {
    pub(super) fn new(client: Client, counts: watch::Sender<Counts>, ledger: &Path) -> anyhow::Result<Self> {
        let file = File::create_new(ledger).context("making the ledger of acknowledgements")?;
        let notes = Notes { file, acknowledged: BTreeSet::new(), broken_off: BTreeSet::new() };
        let places = Arc::new(Semaphore::new(ASKING_MAX));
        Ok(Self { client, counts, places, notes: Arc::new(Mutex::new(notes)), submitted: 0 })
    }

    /// Tasks that have been or are being submitted.
    pub(super) fn submitted(&self) -> u64 {
        self.submitted
    }

    pub(super) fn notes(&self) -> std::sync::MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends `count` more callers off.
    pub(super) fn more(&mut self, count: u64, running: &mut JoinSet<anyhow::Result<()>>) {
        for number in self.submitted..self.submitted + count {
            let caller = Caller {
                task: task_id(number),
                number,
                client: self.client.clone(),
                counts: self.counts.clone(),
                notes: Arc::clone(&self.notes),
            };
            let places = Arc::clone(&self.places);
            running.spawn(async move {
                let _place = places.acquire_owned().await?;
                caller.submit().await
            });
        }
        self.submitted += count;
    }
}

/// Ids are chosen here: a submission that is repeated names the same task.
fn task_id(number: u64) -> TaskId {
    let mut bytes = [0; 16];
    bytes[0] = 0x0d;
    bytes[8..].copy_from_slice(&(number + 1).to_be_bytes());
    TaskId::from_bytes(bytes)
}

struct Caller {
    task: TaskId,
    number: u64,
    client: Client,
    counts: watch::Sender<Counts>,
    notes: Arc<Mutex<Notes>>,
}

impl Caller {
    async fn submit(self) -> anyhow::Result<()> {
        let wanted: CreateTask = serde_json::from_value(serde_json::json!({
            "title": format!("Question {}", self.number),
            "description": format!("What follows from what we know about number {}?", self.number),
            "mode": "full_autonomous",
        }))?;
        let wanted = CreateTask { budget: Some(Budget { max_usd: 100.0 }), ..wanted };
        let key = self.task.to_string();
        let mut told = self.counts.subscribe();
        let mut failed_in = 0;
        loop {
            told.wait_for(|counts| counts.open && counts.lives > failed_in).await?;
            let life = told.borrow().lives;
            self.counts.send_modify(|counts| counts.asking += 1);
            let answer = self.client.create(&wanted, Some(&key)).await;
            let answered = self.note(&answer);
            self.counts.send_modify(|counts| {
                counts.asking -= 1;
                counts.acks += u64::from(answer.is_ok());
            });
            match answer {
                Ok(_) => return answered,
                // Half an answer is no answer.
                Err(ClientError::Connection(_) | ClientError::Silent(_) | ClientError::Shape(_)) => {
                    failed_in = life;
                }
                Err(ClientError::Problem(problem)) => bail!("task {key} was refused: {problem}"),
            }
        }
    }

    fn note<T>(&self, answer: &Result<T, ClientError>) -> anyhow::Result<()> {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        if answer.is_err() {
            notes.broken_off.insert(self.task);
            return Ok(());
        }
        notes.acknowledged.insert(self.task);
        writeln!(notes.file, "{}", self.task).context("writing the ledger of acknowledgements")
    }
}
