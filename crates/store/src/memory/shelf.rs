//! One stream with what belongs to it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use divisi_domain::blob::BlobRef;
use divisi_domain::id::InputId;
use divisi_domain::time::Timestamp;

use crate::batch::Append;
use crate::error::{Result, StoreError};
use crate::event::StoredEvent;
use crate::outcome::FirstOutcome;
use crate::packed::{Packed, Place, pack, unpack};
use crate::snapshot::Snapshot;
use crate::stream::StreamRef;

#[derive(Debug)]
pub(super) struct Shelf {
    /// The stream's place in the order of first commits.
    pub(super) order: u64,
    pub(super) last_seq: u64,
    pub(super) records: Vec<Record>,
    /// Input → the stream's last sequence number after its commit.
    inputs: HashMap<InputId, u64>,
    pub(super) blobs: BTreeMap<BlobRef, Arc<[u8]>>,
    pub(super) snapshot: Option<Snapshot>,
}

#[derive(Debug)]
pub(super) struct Record {
    pub(super) order: u64,
    pub(super) at: Timestamp,
    last_seq: u64,
    packed: Packed,
}

impl Shelf {
    pub(super) fn new(order: u64) -> Self {
        let (records, inputs, blobs) = (Vec::new(), HashMap::new(), BTreeMap::new());
        Self { order, last_seq: 0, records, inputs, blobs, snapshot: None }
    }

    pub(super) fn has_input(&self, input: &InputId) -> bool {
        self.inputs.contains_key(input)
    }

    /// Appends as one record; `order` is used if there are events.
    pub(super) fn append(&mut self, append: &Append, order: u64) -> u64 {
        self.last_seq += append.events.len() as u64;
        self.inputs.extend(append.inputs.iter().map(|input| (*input, self.last_seq)));
        if !append.events.is_empty() {
            let mut packed = Packed::default();
            let place = Place { stream: &append.stream, last_seq: self.last_seq, at: append.at };
            pack(place, &append.inputs, &append.events, &mut packed);
            self.records.push(Record { order, at: append.at, last_seq: self.last_seq, packed });
        }
        self.last_seq
    }

    pub(super) fn events(&self, stream: &StreamRef, after: u64, limit: usize) -> Result<Vec<StoredEvent>> {
        let mut events = Vec::new();
        for record in self.records.iter().filter(|record| record.last_seq > after) {
            if events.len() >= limit {
                break;
            }
            let read = record.read(stream)?;
            events.extend(read.into_iter().filter(|event| event.seq > after));
        }
        events.truncate(limit);
        Ok(events)
    }

    pub(super) fn first_outcome(&self, append: &Append) -> Result<FirstOutcome> {
        let recorded: Vec<InputId> =
            append.inputs.iter().copied().filter(|input| self.inputs.contains_key(input)).collect();
        let seqs = recorded.iter().filter_map(|input| self.inputs.get(input).copied());
        let last_seq = seqs.clone().max().unwrap_or(self.last_seq);
        let mut events = Vec::new();
        for record in self.records.iter().filter(|record| seqs.clone().any(|seq| seq == record.last_seq)) {
            events.extend(record.read(&append.stream)?);
        }
        events.retain(|event| recorded.contains(&event.input_id));
        Ok(FirstOutcome { stream: append.stream, recorded, last_seq, events })
    }

    pub(super) fn damage(&mut self, seq: u64) -> bool {
        let record = self.records.iter_mut().find(|record| record.last_seq >= seq);
        record.and_then(|record| record.packed.data.last_mut()).map(|byte| *byte ^= 1).is_some()
    }
}

impl Record {
    pub(super) fn first_seq(&self) -> u64 {
        self.last_seq + 1 - self.packed.kinds.chars().count() as u64
    }

    pub(super) fn read(&self, stream: &StreamRef) -> Result<Vec<StoredEvent>> {
        let place = Place { stream, last_seq: self.last_seq, at: self.at };
        unpack(place, &self.packed.kinds, &self.packed.data)
            .map(|unpacked| unpacked.events)
            .ok_or(StoreError::Corrupt { stream: *stream, seq: self.first_seq() })
    }
}
