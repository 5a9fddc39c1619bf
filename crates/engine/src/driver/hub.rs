//! Live listeners: committed events with their sequence numbers, and tokens as they are written.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use divisi_domain::path::EffectPath;
use divisi_domain::task::{Event, Task};
use divisi_domain::time::Timestamp;
use divisi_store::{Reads, StoreError};
use tokio::sync::broadcast;

use crate::core::TaskKey;

/// Messages that a slow listener may lag behind before it reads the log again.
const BACKLOG_MESSAGES_MAX: usize = 1_024;
/// Bytes of a running attempt's text that a late joiner gets.
const TOKEN_BUFFER_BYTES_MAX: usize = 256 * 1024;
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
}

#[derive(Debug)]
struct Topic {
    sender: broadcast::Sender<LiveMessage>,
    texts: BTreeMap<(EffectPath, u16), String>,
}

/// All tasks that someone listens to or that write tokens.
#[derive(Debug, Default)]
pub struct Hub {
    topics: Mutex<HashMap<TaskKey, Topic>>,
}

impl Hub {
    fn with<T>(&self, act: impl FnOnce(&mut HashMap<TaskKey, Topic>) -> T) -> T {
        act(&mut self.topics.lock().unwrap_or_else(PoisonError::into_inner))
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
        self.with(|topics| {
            let Some(topic) = topics.get_mut(&key) else { return };
            for event in &events {
                topic.settle_text(event);
            }
            for (seq, event) in (first_seq..).zip(events) {
                topic.send(LiveMessage::Event { seq, at, event: Arc::new(event) });
            }
            let over = state.is_terminal();
            topic.send(LiveMessage::State(state));
            if over && topic.sender.receiver_count() == 0 {
                topics.remove(&key);
            }
        });
    }

    /// Tells listeners more text of an attempt.
    pub(super) fn token(&self, key: TaskKey, path: EffectPath, attempt: u16, text: &str) {
        self.with(|topics| {
            let topic = topics.entry(key).or_insert_with(Topic::new);
            let known = topic.texts.entry((path, attempt)).or_default();
            let offset = known.len();
            if offset + text.len() > TOKEN_BUFFER_BYTES_MAX {
                return;
            }
            known.push_str(text);
            topic.send(LiveMessage::Token { path, attempt, offset, text: Arc::from(text) });
        });
    }

    fn join(&self, key: TaskKey) -> (broadcast::Receiver<LiveMessage>, VecDeque<LiveMessage>) {
        self.with(|topics| {
            let topic = topics.entry(key).or_insert_with(Topic::new);
            let said = topic.texts.iter().map(|((path, attempt), text)| LiveMessage::Token {
                path: *path,
                attempt: *attempt,
                offset: 0,
                text: Arc::from(text.as_str()),
            });
            (topic.sender.subscribe(), said.collect())
        })
    }
}

impl Topic {
    fn new() -> Self {
        Self { sender: broadcast::channel(BACKLOG_MESSAGES_MAX).0, texts: BTreeMap::new() }
    }

    fn send(&self, message: LiveMessage) {
        // Nobody listening is no failure.
        let _ = self.sender.send(message);
    }

    /// The text of an attempt ends with it: the answer is in the log, or the text is withdrawn.
    fn settle_text(&mut self, event: &Event) {
        use divisi_domain::task::Outcome;
        let Event::EffectEnded { path, attempt, outcome, .. } = event else { return };
        let spoken = self.texts.remove(&(*path, *attempt)).is_some();
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
    pub(super) fn new(hub: &Hub, reads: Arc<dyn Reads>, key: TaskKey, after: u64) -> Self {
        // Joined before the log is read, so that nothing falls between the two.
        let (receiver, said) = hub.join(key);
        Self { key, after, reads, receiver, ready: VecDeque::new(), said, behind: true }
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
                // The listener was too slow: the log has everything.
                Err(broadcast::error::RecvError::Lagged(_)) => self.behind = true,
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
