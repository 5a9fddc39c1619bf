//! The cheap, clonable way to talk to a running engine.

use std::collections::BTreeMap;
use std::sync::Arc;

use divisi_domain::id::{InputId, TaskId};
use divisi_domain::name::Name;
use divisi_domain::task::{Input, Wait};
use divisi_domain::time::Millis;
use divisi_llm::Provider;
use divisi_store::{BlobKey, Store, StoreError, blob_ref};
use tokio::sync::{broadcast, mpsc, oneshot};

use super::hub::{Hub, Subscription};
use super::submit::{self, SubmitError, Task};
use super::{Chance, Clock};
use crate::core::{NewTask, Refused, Reply, ReplyTo, Side, TaskKey, TermsTable};

/// How long attempts in flight may go on after a shutdown was asked for, where nothing else is said.
pub const DRAIN_MAX: Millis = Millis::from_secs(20);

/// A command that was not carried out.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CommandError {
    /// It changed nothing, and why.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// It cannot be submitted.
    #[error(transparent)]
    Submit(#[from] SubmitError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine is not running any more.
    #[error(
        "this process is stopping: the command may or may not have been carried out; repeat it when it is back"
    )]
    Stopped,
}

pub(super) enum Message {
    Submit(Box<NewTask>, oneshot::Sender<Reply>),
    Command {
        task: TaskKey,
        id: InputId,
        input: Box<Input>,
        sides: Vec<Side>,
        answer: oneshot::Sender<Reply>,
    },
    Models(BTreeMap<Name, Arc<dyn Provider>>, Box<TermsTable>),
    Shutdown(Millis, oneshot::Sender<()>),
    Idle(oneshot::Sender<()>),
}

/// The handle.
#[derive(Clone)]
pub struct Handle {
    pub(super) messages: mpsc::Sender<Message>,
    pub(super) hub: Arc<Hub>,
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) chance: Arc<dyn Chance>,
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}

impl Handle {
    /// Works with these models from now on. What is in flight ends with those that it began with, and a task that is
    /// submitted after this has returned finds them.
    pub async fn renew_models(
        &self,
        providers: BTreeMap<Name, Arc<dyn Provider>>,
        terms: TermsTable,
    ) -> Result<(), CommandError> {
        let message = Message::Models(providers, Box::new(terms));
        self.messages.send(message).await.map_err(|_| CommandError::Stopped)
    }

    /// Submits a task. When this returns the task is durable, whatever happens next.
    pub async fn submit(&self, task: Task) -> Result<TaskId, CommandError> {
        let key = TaskKey::new(task.workspace, task.id);
        let blob_key = self.blob_key(key)?;
        let indexes = !task.documents.is_empty();
        let prepare = move || {
            let prepared = submit::prepare(&task, &blob_key);
            (task, prepared)
        };
        let (task, prepared) = if indexes {
            tokio::task::spawn_blocking(prepare).await.map_err(|_| CommandError::Stopped)?
        } else {
            prepare()
        };
        let submit::Prepared { submission, sides } = prepared?;
        let new = NewTask {
            key,
            id: task.input,
            submission,
            crew: task.crew,
            title: task.title,
            sides,
            reply: ReplyTo(0),
        };
        let (answer, wait) = oneshot::channel();
        self.send(Message::Submit(Box::new(new), answer)).await?;
        Self::answered(wait).await.map(|_| key.task)
    }

    /// Tells a task something. When this returns it is durable.
    pub async fn command(
        &self,
        task: TaskKey,
        id: InputId,
        input: Input,
        sides: Vec<Side>,
    ) -> Result<u64, CommandError> {
        let (answer, wait) = oneshot::channel();
        self.send(Message::Command { task, id, input: Box::new(input), sides, answer }).await?;
        Self::answered(wait).await
    }

    /// Keeps a text of a person as content that comes with a command of theirs.
    pub fn side(&self, task: TaskKey, text: &str) -> Result<Side, CommandError> {
        let key = self.blob_key(task)?;
        let bytes: Arc<[u8]> = text.as_bytes().to_vec().into();
        Ok(Side { blob: blob_ref(&key, &bytes), bytes, answers: None })
    }

    fn blob_key(&self, task: TaskKey) -> Result<BlobKey, CommandError> {
        let fresh = BlobKey(self.chance.bytes());
        match self.store.blob_key(task.workspace)? {
            Some(key) => Ok(key),
            None => Ok(self.store.open_workspace(task.workspace, fresh)?),
        }
    }

    /// A fresh id for an input.
    pub fn fresh_input(&self) -> InputId {
        let mut id = [0; 16];
        id.copy_from_slice(&self.chance.bytes()[..16]);
        InputId(id)
    }

    /// A fresh id for a task.
    pub fn fresh_task(&self) -> TaskId {
        let mut entropy = [0; 10];
        entropy.copy_from_slice(&self.chance.bytes()[..10]);
        TaskId::generate(self.clock.now(), entropy)
    }

    /// Listens to a task: what the log has after `after`, then what comes.
    pub fn subscribe(&self, task: TaskKey, after: u64) -> Subscription {
        let reads: Arc<dyn divisi_store::Reads> = Arc::clone(&self.store) as Arc<dyn divisi_store::Reads>;
        Subscription::new(&self.hub, reads, task, after)
    }

    /// What a task waits for in this process, beside what its state says: a slot, room in the store.
    pub fn held(&self, task: TaskKey) -> Option<Wait> {
        self.hub.held(task)
    }

    /// Hears of each task that is submitted, ends or is erased from now on.
    pub fn changes(&self) -> broadcast::Receiver<TaskKey> {
        self.hub.changes()
    }

    /// The committed data.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// Now, by the engine's clock.
    pub fn now(&self) -> divisi_domain::time::Timestamp {
        self.clock.now()
    }

    /// [`Self::shutdown_within`] [`DRAIN_MAX`].
    pub async fn shutdown(&self) {
        self.shutdown_within(DRAIN_MAX).await;
    }

    /// Takes nothing new, lets attempts in flight end for `drain_max` at most, then stops the engine.
    pub async fn shutdown_within(&self, drain_max: Millis) {
        let (answer, wait) = oneshot::channel();
        if self.messages.send(Message::Shutdown(drain_max, answer)).await.is_ok() {
            let _ = wait.await;
        }
    }

    /// Waits until nothing runs and nothing could: every task has ended or waits for something.
    pub async fn idle(&self) {
        let (answer, wait) = oneshot::channel();
        if self.messages.send(Message::Idle(answer)).await.is_ok() {
            let _ = wait.await;
        }
    }

    async fn send(&self, message: Message) -> Result<(), CommandError> {
        self.messages.send(message).await.map_err(|_| CommandError::Stopped)
    }

    async fn answered(wait: oneshot::Receiver<Reply>) -> Result<u64, CommandError> {
        match wait.await {
            Ok(Reply::Done { seq, .. }) => Ok(seq),
            Ok(Reply::Refused(refused)) => Err(CommandError::Refused(refused)),
            Err(_) => Err(CommandError::Stopped),
        }
    }
}
