//! Streams: what is known of them, what was recorded before, and the append itself.

use std::collections::BTreeSet;

use divisi_domain::id::{AgentId, InputId};
use divisi_store::packed::{Place, pack};
use divisi_store::{Append, FirstOutcome, Result as StoreResult, StreamKind, StreamRef};
use rusqlite::{OptionalExtension, Result};
use rustc_hash::{FxHashMap, FxHashSet};

use super::Writer;
use super::hot::Hot;
use crate::reads::events::{RawRecord, each_record, select_last_seq};
use crate::reads::stream_key;

impl Writer<'_> {
    /// Makes sure that `stream` is in memory. The inner error is damage of that stream.
    pub(super) fn warm(&mut self, stream: &StreamRef) -> Result<StoreResult<()>> {
        if self.hot.contains(stream) {
            return Ok(Ok(()));
        }
        let hot = match stream_key(self.connection, stream)? {
            None => Hot { inputs: remembers_inputs(stream).then(FxHashSet::default), ..Hot::default() },
            Some(key) => match self.load(stream, key)? {
                Ok(hot) => hot,
                Err(damage) => return Ok(Err(damage)),
            },
        };
        self.hot.insert(*stream, hot);
        Ok(Ok(()))
    }

    fn load(&self, stream: &StreamRef, key: i64) -> Result<StoreResult<Hot>> {
        let last_seq = select_last_seq(self.connection, key)?;
        let mut hot = Hot {
            key: Some(key),
            last_seq: last_seq.unwrap_or(0),
            known: last_seq.is_some(),
            ..Hot::default()
        };
        if !remembers_inputs(stream) {
            return Ok(Ok(hot));
        }
        let mut inputs = FxHashSet::default();
        let mut damage = None;
        each_record(self.connection, key, 0, |record| {
            match record.unpack(stream) {
                Ok(unpacked) => inputs.extend(unpacked.inputs),
                Err(error) => damage = Some(error),
            }
            damage.is_none()
        })?;
        let mut select = self.connection.prepare_cached("SELECT input FROM inputs WHERE stream = ?1")?;
        for input in select.query_map([key], |row| row.get(0).map(InputId))? {
            inputs.insert(input?);
        }
        hot.inputs = Some(inputs);
        Ok(damage.map_or(Ok(hot), Err))
    }

    /// Whether any input of the append was committed before. The stream is warm.
    pub(super) fn is_recorded(&self, append: &Append) -> Result<bool> {
        let Some(hot) = self.hot.get(&append.stream) else { return Ok(false) };
        match (&hot.inputs, hot.key) {
            (Some(inputs), _) => Ok(append.inputs.iter().any(|input| inputs.contains(input))),
            (None, None) => Ok(false),
            (None, Some(key)) => {
                for input in &append.inputs {
                    if self.recorded_seq(key, input)?.is_some() {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
        }
    }

    /// The stream's last sequence number after the commit of an input that has a row of its own.
    fn recorded_seq(&self, key: i64, input: &InputId) -> Result<Option<u64>> {
        self.connection
            .prepare_cached("SELECT last_seq FROM inputs WHERE stream = ?1 AND input = ?2")?
            .query_row((key, input.0), |row| row.get(0).map(i64::cast_unsigned))
            .optional()
    }

    /// What the first commit of the append's inputs did.
    pub(super) fn first_outcome(&self, append: &Append) -> Result<StoreResult<FirstOutcome>> {
        let hot = self.hot.get(&append.stream);
        let now = hot.map_or(0, |hot| hot.last_seq);
        let mut first =
            FirstOutcome { stream: append.stream, recorded: Vec::new(), last_seq: now, events: Vec::new() };
        let Some(key) = hot.and_then(|hot| hot.key) else { return Ok(Ok(first)) };
        let mut seqs = FxHashMap::default();
        let mut found = Vec::new();
        for input in &append.inputs {
            if let Some(seq) = self.recorded_seq(key, input)? {
                seqs.insert(*input, seq);
            }
        }
        for record in self.records_that_may_hold(append, key, &seqs)? {
            let unpacked = match record.unpack(&append.stream) {
                Ok(unpacked) => unpacked,
                Err(damage) => return Ok(Err(damage)),
            };
            let settled = unpacked.inputs.iter().filter(|input| append.inputs.contains(input));
            seqs.extend(settled.map(|input| (*input, record.last_seq)));
            let named = unpacked.events.into_iter().filter(|event| append.inputs.contains(&event.input_id));
            found.extend(named.map(|event| (record.last_seq, event)));
        }
        // A later commit may name an input again whose first one brought nothing here: that is not what the first one did.
        found.retain(|(seq, event)| {
            seqs.contains_key(&event.input_id) && seqs.values().any(|first| first == seq)
        });
        first.events = found.into_iter().map(|(_, event)| event).collect();
        first.last_seq = seqs.values().copied().max().unwrap_or(now);
        first.recorded = append.inputs.iter().copied().filter(|input| seqs.contains_key(input)).collect();
        Ok(Ok(first))
    }

    /// All records of a task; of a long-lived stream only those that its table of inputs points to.
    fn records_that_may_hold(
        &self,
        append: &Append,
        key: i64,
        seqs: &FxHashMap<InputId, u64>,
    ) -> Result<Vec<RawRecord>> {
        let mut records = Vec::new();
        if remembers_inputs(&append.stream) {
            each_record(self.connection, key, 0, |record| {
                records.push(record);
                true
            })?;
            return Ok(records);
        }
        let pointed: BTreeSet<u64> = seqs.values().copied().filter(|seq| *seq > 0).collect();
        for seq in pointed {
            each_record(self.connection, key, seq - 1, |record| {
                records.push(record);
                false
            })?;
        }
        Ok(records)
    }

    /// The key of a warm stream; a new one gets one. An agent may have got its key by being named somewhere.
    fn key_for(&mut self, stream: &StreamRef) -> Result<i64> {
        if let Some(key) = self.hot.get(stream).and_then(|hot| hot.key) {
            return Ok(key);
        }
        let id = stream.stream;
        if id.kind == StreamKind::Agent {
            return self.keys.agent(self.connection, stream.workspace, AgentId::from_bytes(id.id));
        }
        let workspace = self.keys.workspace(self.connection, stream.workspace)?;
        self.statements.insert_stream.insert((workspace, id.kind.code(), id.id))
    }

    /// Appends; the stream is warm and everything was checked.
    pub(super) fn append(&mut self, append: &Append) -> Result<u64> {
        let key = self.key_for(&append.stream)?;
        let Some(hot) = self.hot.get_mut(&append.stream) else { return Ok(0) };
        hot.key = Some(key);
        hot.known = true;
        if !append.events.is_empty() {
            hot.last_seq += append.events.len() as u64;
            let place = Place { stream: &append.stream, last_seq: hot.last_seq, at: append.at };
            pack(place, &append.inputs, &append.events, &mut self.packed);
            let (seq, at) = (hot.last_seq.cast_signed(), append.at.as_millis());
            self.statements.insert_record.execute((key, seq, at, &self.packed.kinds, &self.packed.data))?;
        }
        if append.events.is_empty() || hot.inputs.is_none() {
            for input in &append.inputs {
                self.statements.insert_input.execute((key, input.0, hot.last_seq.cast_signed()))?;
            }
        }
        if let Some(inputs) = &mut hot.inputs {
            inputs.extend(append.inputs.iter().copied());
        }
        Ok(hot.last_seq)
    }
}

/// Tasks and chains are short enough to look through; agents and workspaces live for ever.
fn remembers_inputs(stream: &StreamRef) -> bool {
    match stream.stream.kind {
        StreamKind::Task | StreamKind::Chain => true,
        StreamKind::Agent | StreamKind::Workspace => false,
    }
}
