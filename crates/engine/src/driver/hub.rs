//! Live listeners: committed events with their sequence numbers, and tokens as they are written.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use divisi_domain::path::EffectPath;
use divisi_domain::task::{Event, Task, Wait};
use divisi_domain::time::Timestamp;
use divisi_store::{Reads, StoreError};
use rustc_hash::FxHashMap;
use tokio::sync::broadcast;

use crate::core::TaskKey;

/// Messages that a slow listener may lag behind before it reads the log again. The room for them is taken for each task that
/// somebody listens to.
const BACKLOG_MESSAGES_MAX: usize = 64;
/// Bytes of a running attempt's text that a late joiner gets.
const TOKEN_BUFFER_BYTES_MAX: usize = 256 * 1024;
/// Tasks that a listener to all of them may lag behind before it has to look at all.
const CHANGES_MAX: usize = 1_024;
/// Events read from the log at a time.
const REPLAY_EVENTS: usize = 500;

/// What a listener of a task gets.
#[derive(Debug, Clone)]
pub enum LiveMessage {
    /// A committed event.
    Event {
        /// Its sequence number.
        seq: u64,
        /// When.
        at: Timestamp,
        /// The fact.
        event: Arc<Event>,
    },
    /// The state after the latest events; comes after them.
    State(Arc<Task>),
    /// More text of an attempt in flight. Not in the log.
    Token {
        /// The effect.
        path: EffectPath,
        /// The attempt.
        attempt: u16,
        /// Byte offset of `text` in the attempt's text.
        offset: usize,
        /// The text.
        text: Arc<str>,
    },
    /// The text of an attempt is withdrawn: it was cut, failed over, interrupted or cancelled.
    TokenReset {
        /// The effect.
        path: EffectPath,
        /// The attempt.
        attempt: u16,
        /// Why.
        reason: &'static str,
    },
    /// What the task waits for in this process, beside what its state says: a slot, room in the store. `None`: nothing
    /// any more. Not in the log.
    Held(Option<Wait>),
}

/// What an attempt in flight has written so far.
#[derive(Debug, Default)]
struct Text {
    written: String,
    /// Set once a piece had no room: what follows it would not join on.
    full: bool,
}

#[derive(Debug, Default)]
struct Topic {
    /// `None` while nobody listens: a channel keeps room for its whole backlog.
    sender: Option<broadcast::Sender<LiveMessage>>,
    texts: BTreeMap<(EffectPath, u16), Text>,
    held: Option<Wait>,
}

/// All tasks that someone listens to or that write tokens.
#[derive(Debug)]
pub struct Hub {
    topics: Mutex<FxHashMap<TaskKey, Topic>>,
    changes: broadcast::Sender<TaskKey>,
}

impl Default for Hub {
    fn default() -> Self {
        Self { topics: Mutex::default(), changes: broadcast::channel(CHANGES_MAX).0 }
    }
}

/// Whether an event changes what can be found of a task.
const fn changes_words(event: &Event) -> bool {
    matches!(
        event,
        Event::Submitted { .. }
            | Event::Completed { .. }
            | Event::Failed { .. }
            | Event::Cancelled
            | Event::ContentErased
    )
}

impl Hub {
    fn with<T>(&self, act: impl FnOnce(&mut FxHashMap<TaskKey, Topic>) -> T) -> T {
        act(&mut self.topics.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Hears of each task that was submitted, ended or was erased from now on.
    pub(super) fn changes(&self) -> broadcast::Receiver<TaskKey> {
        self.changes.subscribe()
    }

    /// Tells listeners what was committed.
    pub(super) fn publish(
        &self,
        key: TaskKey,
        first_seq: u64,
        at: Timestamp,
        events: Vec<Event>,
        state: Arc<Task>,
    ) {
        if events.iter().any(changes_words) {
            // Nobody listening is no failure.
            let _ = self.changes.send(key);
        }
        self.with(|topics| {
            let Some(topic) = topics.get_mut(&key) else { return };
            for event in &events {
                topic.settle_text(event);
            }
            for (seq, event) in (first_seq..).zip(events) {
                topic.send(LiveMessage::Event { seq, at, event: Arc::new(event) });
            }
            if state.is_terminal() {
                topic.texts.clear();
                topic.held = None;
            }
            topic.send(LiveMessage::State(state));
        });
        self.leave(key);
    }

    /// An attempt begins: from now on its text is kept for whoever joins late, until it ends.
    pub(super) fn begin(&self, key: TaskKey, path: EffectPath, attempt: u16) {
        self.with(|topics| {
            topics.entry(key).or_default().texts.insert((path, attempt), Text::default());
        });
    }

    /// Tells listeners more text of an attempt, unless it has ended.
    pub(super) fn token(&self, key: TaskKey, path: EffectPath, attempt: u16, text: &str) {
        self.with(|topics| {
            let Some(topic) = topics.get_mut(&key) else { return };
            let Some(known) = topic.texts.get_mut(&(path, attempt)) else { return };
            let offset = known.written.len();
            known.full |= offset + text.len() > TOKEN_BUFFER_BYTES_MAX;
            if known.full {
                return;
            }
            known.written.push_str(text);
            topic.send(LiveMessage::Token { path, attempt, offset, text: Arc::from(text) });
        });
    }

    /// Tells listeners what the task waits for in this process.
    pub(super) fn hold(&self, key: TaskKey, held: Option<Wait>) {
        self.with(|topics| {
            if held.is_none() && !topics.contains_key(&key) {
                return;
            }
            let topic = topics.entry(key).or_default();
            topic.held = held;
            topic.send(LiveMessage::Held(held));
        });
        self.leave(key);
    }

    /// What the task waits for in this process, beside what its state says.
    pub(super) fn held(&self, key: TaskKey) -> Option<Wait> {
        self.with(|topics| topics.get(&key)?.held)
    }

    /// Forgets a topic that nobody listens to and that has nothing to tell who joins.
    fn leave(&self, key: TaskKey) {
        self.with(|topics| {
            let empty = topics.get(&key).is_some_and(Topic::is_empty);
            if empty {
                topics.remove(&key);
            }
        });
    }

    fn join(&self, key: TaskKey) -> (broadcast::Receiver<LiveMessage>, VecDeque<LiveMessage>) {
        self.with(|topics| {
            let topic = topics.entry(key).or_default();
            let receiver = topic.listen();
            let held = topic.held.map(|wait| LiveMessage::Held(Some(wait)));
            let spoken = topic.texts.iter().filter(|(_, text)| !text.written.is_empty());
            let said = spoken.map(|((path, attempt), text)| LiveMessage::Token {
                path: *path,
                attempt: *attempt,
                offset: 0,
                text: Arc::from(text.written.as_str()),
            });
            (receiver, held.into_iter().chain(said).collect())
        })
    }
}

impl Topic {
    fn listen(&mut self) -> broadcast::Receiver<LiveMessage> {
        if let Some(sender) = &self.sender {
            return sender.subscribe();
        }
        let (sender, receiver) = broadcast::channel(BACKLOG_MESSAGES_MAX);
        self.sender = Some(sender);
        receiver
    }

    fn is_heard(&self) -> bool {
        self.sender.as_ref().is_some_and(|sender| sender.receiver_count() > 0)
    }

    fn is_empty(&self) -> bool {
        !self.is_heard() && self.texts.is_empty() && self.held.is_none()
    }

    fn send(&mut self, message: LiveMessage) {
        // Nobody listening is no failure; his channel is not kept.
        if self.sender.as_ref().is_some_and(|sender| sender.send(message).is_err()) {
            self.sender = None;
        }
    }

    /// The text of an attempt ends with it: the answer is in the log, or the text is withdrawn.
    fn settle_text(&mut self, event: &Event) {
        use divisi_domain::task::Outcome;
        let Event::EffectEnded { path, attempt, outcome, .. } = event else { return };
        let spoken = self.texts.remove(&(*path, *attempt)).is_some_and(|text| !text.written.is_empty());
        let reason = match outcome {
            Outcome::Answered(_) => return,
            Outcome::Failed { class, .. } => class.code(),
            Outcome::Interrupted { .. } => "interrupted",
            Outcome::Cancelled => "cancelled",
        };
        if spoken {
            self.send(LiveMessage::TokenReset { path: *path, attempt: *attempt, reason });
        }
    }
}

/// A listener of one task: what the log has after a sequence number, then what comes, without gap or double.
pub struct Subscription {
    hub: Arc<Hub>,
    key: TaskKey,
    after: u64,
    reads: Arc<dyn Reads>,
    receiver: broadcast::Receiver<LiveMessage>,
    ready: VecDeque<LiveMessage>,
    said: VecDeque<LiveMessage>,
    behind: bool,
}

impl std::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subscription")
            .field("key", &self.key)
            .field("after", &self.after)
            .finish_non_exhaustive()
    }
}

impl Subscription {
    /// Listens to `key` from the event after `after` on.
    pub(super) fn new(hub: &Arc<Hub>, reads: Arc<dyn Reads>, key: TaskKey, after: u64) -> Self {
        // Joined before the log is read, so that nothing falls between the two.
        let (receiver, said) = hub.join(key);
        let hub = Arc::clone(hub);
        Self { hub, key, after, reads, receiver, ready: VecDeque::new(), said, behind: true }
    }

    /// The next message. `None`: the process is stopping.
    pub async fn next(&mut self) -> Result<Option<LiveMessage>, StoreError> {
        loop {
            if let Some(message) = self.ready.pop_front() {
                return Ok(Some(message));
            }
            if self.behind {
                self.replay()?;
                continue;
            }
            if let Some(message) = self.said.pop_front() {
                return Ok(Some(message));
            }
            match self.receiver.recv().await {
                Ok(LiveMessage::Event { seq, .. }) if seq <= self.after => {}
                Ok(LiveMessage::Event { seq, at, event }) => {
                    self.after = seq;
                    return Ok(Some(LiveMessage::Event { seq, at, event }));
                }
                Ok(message) => return Ok(Some(message)),
                // The listener was too slow: the log has every event, and the hub the texts in flight.
                Err(broadcast::error::RecvError::Lagged(_)) => {
                    (self.receiver, self.said) = self.hub.join(self.key);
                    self.behind = true;
                }
                Err(broadcast::error::RecvError::Closed) => return Ok(None),
            }
        }
    }

    fn replay(&mut self) -> Result<(), StoreError> {
        let stored = self.reads.events(&self.key.stream(), self.after, REPLAY_EVENTS)?;
        self.behind = stored.len() == REPLAY_EVENTS;
        for stored in stored {
            self.after = stored.seq;
            let decoded = divisi_domain::task::decode(stored.kind, stored.kind_version, &stored.body);
            let corrupt = |_| StoreError::Corrupt { stream: self.key.stream(), seq: stored.seq };
            let event = Arc::new(decoded.map_err(corrupt)?);
            self.ready.push_back(LiveMessage::Event { seq: stored.seq, at: stored.at, event });
        }
        Ok(())
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        // The last listener takes the topic along: a receiver of nothing takes this one's place first.
        self.receiver = broadcast::channel(1).1;
        self.hub.leave(self.key);
    }
}
