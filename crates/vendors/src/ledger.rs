//! What was asked, what was answered and what it cost: the provider's own book, against which others are held.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use tokio::sync::watch;

use crate::answer::Usage;
use crate::fault::Fault;
use crate::wire::Vendor;

/// Bodies of requests are kept for so many entries.
const BODIES_KEPT_MAX: usize = 20_000;

/// One request for an answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    /// From 1, in the order of arrival.
    pub number: u64,
    /// The wire.
    pub vendor: Vendor,
    /// The model that was asked for.
    pub model: String,
    /// A digest of the key, the same for the same key; `None` where there was none.
    pub key: Option<String>,
    /// Names of all headers, in lower case, each with the digest of its value.
    pub headers: BTreeMap<String, String>,
    /// Path and query, without any key.
    pub path: String,
    /// Whether a stream was asked for.
    pub streamed: bool,
    /// The body; null where it was no JSON.
    pub body: Value,
    /// Milliseconds since 1970 at its arrival.
    pub at_ms: u64,
    /// What went wrong on purpose.
    pub faults: Vec<Fault>,
    /// The status that was sent, once it was.
    pub status: Option<u16>,
    /// Why the request was refused, by its own fault or on purpose.
    pub refused: Option<String>,
    /// What the provider charges for it.
    pub charged: Usage,
    /// What the client was told that it costs.
    pub reported: Option<Usage>,
    /// Bytes of the body that were handed to the system.
    pub body_bytes: usize,
    /// How it ended; `None` while it runs.
    pub ended: Option<Ended>,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// All of the answer was sent.
    Whole,
    /// The server ended it early, on purpose.
    Cut,
    /// The client closed the connection before the answer was complete.
    ClientClosed,
}

/// All entries. Readers can wait for what they expect.
#[derive(Debug)]
pub struct Ledger {
    entries: watch::Sender<Book>,
}

/// What is in a ledger.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Book {
    /// By number.
    pub entries: Vec<Entry>,
    /// Requests that ask for no answer, such as lists of models: method and path.
    pub others: Vec<String>,
    /// Requests that are open.
    pub open: usize,
    /// The most requests that were open at the same time.
    pub open_max: usize,
    /// Connections that were accepted.
    pub connections: u64,
}

impl Book {
    fn open_entry(&mut self, number: u64) -> Option<&mut Entry> {
        let place = usize::try_from(number).ok()?.checked_sub(1)?;
        self.entries.get_mut(place).filter(|entry| entry.ended.is_none())
    }

    /// The sum of what was charged.
    pub fn charged(&self) -> Usage {
        self.entries.iter().fold(Usage::default(), |sum, entry| Usage {
            input: sum.input + entry.charged.input,
            output: sum.output + entry.charged.output,
            cached: sum.cached + entry.charged.cached,
            reasoning: sum.reasoning + entry.charged.reasoning,
            written: sum.written + entry.charged.written,
        })
    }
}

impl Default for Ledger {
    fn default() -> Self {
        Self { entries: watch::Sender::new(Book::default()) }
    }
}

impl Ledger {
    /// A copy of all that is in it now.
    pub fn book(&self) -> Book {
        self.entries.borrow().clone()
    }

    /// Waits until the book is as expected, and returns it. The caller bounds the wait.
    pub async fn wait_for(&self, mut expected: impl FnMut(&Book) -> bool) -> Book {
        let mut reader = self.entries.subscribe();
        // The sender lives as long as `self`.
        reader.wait_for(|book| expected(book)).await.map(|book| book.clone()).unwrap_or_default()
    }

    /// Forgets everything; numbers begin at 1 again.
    pub fn clear(&self) {
        self.entries.send_modify(|book| *book = Book::default());
    }

    /// Writes a new entry down and gives it its number.
    pub(crate) fn open(&self, mut entry: Entry) -> u64 {
        let mut number = 0;
        self.entries.send_modify(|book| {
            number = u64::try_from(book.entries.len()).unwrap_or(u64::MAX).saturating_add(1);
            entry.number = number;
            if book.entries.len() >= BODIES_KEPT_MAX {
                entry.body = Value::Null;
            }
            book.entries.push(entry);
            book.open += 1;
            book.open_max = book.open_max.max(book.open);
        });
        number
    }

    /// Changes an entry that is open.
    pub(crate) fn change(&self, number: u64, change: impl FnOnce(&mut Entry)) {
        self.entries.send_modify(|book| {
            if let Some(entry) = book.open_entry(number) {
                change(entry);
            }
        });
    }

    /// Writes down how an entry ended.
    pub(crate) fn end(&self, number: u64, ended: Ended) {
        self.entries.send_modify(|book| {
            if let Some(entry) = book.open_entry(number) {
                entry.ended = Some(ended);
                book.open -= 1;
            }
        });
    }

    pub(crate) fn other(&self, line: String) {
        self.entries.send_modify(|book| book.others.push(line));
    }

    pub(crate) fn connected(&self) {
        self.entries.send_modify(|book| book.connections += 1);
    }
}

/// The digest under which a key, or the value of a header, is written down.
pub fn fingerprint(key: &str) -> String {
    blake3::hash(key.as_bytes()).to_hex().as_str()[..12].to_owned()
}
