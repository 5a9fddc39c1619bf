//! The stored form of one append: its events and inputs packed into one record under one checksum. Any back end may
//! use it. One record per append, instead of a row per event, is what keeps a task at a few kilobytes.
//!
//! `kinds`: one character per event, code point kind + 1 (past the surrogates), so that SQL can list the headers.
//! `data`: crc32c (4 bytes, little endian) · number of inputs settled · number of other inputs that events name · both, 16
//! bytes each · per event: kind version, index of its input, length of its body, body. Numbers are LEB128. The checksum covers the stream's name, the last
//! sequence number, the time, `kinds` and the rest of `data`.

use divisi_domain::id::InputId;
use divisi_domain::time::Timestamp;

use crate::event::{NewEvent, StoredEvent};
use crate::stream::StreamRef;

const CRC_BYTES: usize = 4;
const SURROGATES_START: u32 = 0xd800;
const SURROGATES_COUNT: u32 = 0x800;

/// Where a record stands; covered by its checksum.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The stream.
    pub stream: &'a StreamRef,
    /// The sequence number of the record's last event.
    pub last_seq: u64,
    /// The `at` of its events.
    pub at: Timestamp,
}

/// A record as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Packed {
    /// The kinds, one character each.
    pub kinds: String,
    /// The rest.
    pub data: Vec<u8>,
}

/// A record as it was committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unpacked {
    /// All inputs that the append settled.
    pub inputs: Vec<InputId>,
    /// Its events, in order.
    pub events: Vec<StoredEvent>,
}

/// Packs `events` and `inputs` into `into`, whose buffers are used again.
pub fn pack(place: Place<'_>, inputs: &[InputId], events: &[NewEvent], into: &mut Packed) {
    into.kinds.clear();
    into.data.clear();
    into.data.extend_from_slice(&[0; CRC_BYTES]);
    let others = other_inputs(inputs, events);
    put_number(&mut into.data, inputs.len() as u64);
    put_number(&mut into.data, others.len() as u64);
    for input in inputs.iter().chain(&others) {
        into.data.extend_from_slice(&input.0);
    }
    for event in events {
        into.kinds.push(kind_char(event.kind));
        into.data.push(event.kind_version);
        let index = inputs.iter().chain(&others).position(|input| *input == event.input_id).unwrap_or(0);
        put_number(&mut into.data, index as u64);
        put_number(&mut into.data, event.body.len() as u64);
        into.data.extend_from_slice(&event.body);
    }
    let sum = checksum(place, &into.kinds, &into.data[CRC_BYTES..]);
    into.data[..CRC_BYTES].copy_from_slice(&sum.to_le_bytes());
}

/// Unpacks a record; `None` where its checksum or its form is wrong.
pub fn unpack(place: Place<'_>, kinds: &str, data: &[u8]) -> Option<Unpacked> {
    let (sum, rest) = data.split_first_chunk::<CRC_BYTES>()?;
    if u32::from_le_bytes(*sum) != checksum(place, kinds, rest) {
        return None;
    }
    let mut cursor = Cursor(rest);
    let (settled, others) = (cursor.index()?, cursor.index()?);
    let mut inputs = cursor.inputs(settled.checked_add(others)?)?;
    let count = kinds.chars().count() as u64;
    let first = (place.last_seq + 1).checked_sub(count)?;
    let mut events = Vec::with_capacity(kinds.len());
    for (seq, kind) in (first..).zip(kinds.chars()) {
        let kind_version = cursor.byte()?;
        let input_id = *inputs.get(cursor.index()?)?;
        let length = cursor.index()?;
        let body = cursor.bytes(length)?.to_vec();
        events.push(StoredEvent { seq, kind: char_kind(kind)?, kind_version, at: place.at, input_id, body });
    }
    inputs.truncate(settled);
    cursor.0.is_empty().then_some(Unpacked { inputs, events })
}

/// What the events of a side append name: inputs of another stream of the batch.
fn other_inputs(inputs: &[InputId], events: &[NewEvent]) -> Vec<InputId> {
    let mut others = Vec::new();
    for event in events {
        if !inputs.contains(&event.input_id) && !others.contains(&event.input_id) {
            others.push(event.input_id);
        }
    }
    others
}

fn checksum(place: Place<'_>, kinds: &str, rest: &[u8]) -> u32 {
    let mut head = [0_u8; 49];
    head[..16].copy_from_slice(place.stream.workspace.as_bytes());
    head[16] = place.stream.stream.kind.code();
    head[17..33].copy_from_slice(&place.stream.stream.id);
    head[33..41].copy_from_slice(&place.last_seq.to_le_bytes());
    head[41..].copy_from_slice(&place.at.as_millis().to_le_bytes());
    let sum = crc32c::crc32c(&head);
    let sum = crc32c::crc32c_append(sum, kinds.as_bytes());
    crc32c::crc32c_append(sum, rest)
}

fn kind_char(kind: u16) -> char {
    let point = u32::from(kind) + 1;
    let point = if point >= SURROGATES_START { point + SURROGATES_COUNT } else { point };
    char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn char_kind(kind: char) -> Option<u16> {
    let point = u32::from(kind);
    let point = if point >= SURROGATES_START { point.checked_sub(SURROGATES_COUNT)? } else { point };
    u16::try_from(point.checked_sub(1)?).ok()
}

fn put_number(data: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        data.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    data.push((number & 0x7f) as u8);
}

struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn index(&mut self) -> Option<usize> {
        let mut number = 0_u64;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return usize::try_from(number).ok();
            }
        }
        None
    }

    fn inputs(&mut self, count: usize) -> Option<Vec<InputId>> {
        let bytes = self.bytes(count.checked_mul(16)?)?;
        Some(bytes.as_chunks::<16>().0.iter().map(|id| InputId(*id)).collect())
    }
}

#[cfg(test)]
mod tests {
    use divisi_domain::id::{TaskId, WorkspaceId};

    use super::*;

    fn stream() -> StreamRef {
        StreamRef::new(WorkspaceId::from_bytes([1; 16]), TaskId::from_bytes([2; 16]))
    }

    fn event(kind: u16, input: u8, body: &[u8]) -> NewEvent {
        NewEvent { kind, kind_version: 3, input_id: InputId([input; 16]), body: body.to_vec() }
    }

    fn sample() -> (Vec<InputId>, Vec<NewEvent>) {
        let inputs = vec![InputId([8; 16]), InputId([9; 16]), InputId([7; 16])];
        let long = vec![5_u8; 300];
        (inputs, vec![event(0, 9, b"one"), event(57_000, 8, b""), event(u16::MAX, 9, &long)])
    }

    #[test]
    fn a_record_round_trips() {
        let (inputs, events) = sample();
        let stream = stream();
        let place = Place { stream: &stream, last_seq: 12, at: Timestamp::from_millis(77) };
        let mut packed = Packed::default();
        pack(place, &inputs, &events, &mut packed);
        let read = unpack(place, &packed.kinds, &packed.data).unwrap();
        assert_eq!(read.inputs, inputs);
        assert_eq!(read.events.iter().map(|event| event.seq).collect::<Vec<_>>(), [10, 11, 12]);
        for (new, stored) in events.iter().zip(&read.events) {
            assert_eq!(
                (new.kind, new.kind_version, new.input_id),
                (stored.kind, stored.kind_version, stored.input_id)
            );
            assert_eq!(new.body, stored.body);
            assert_eq!(stored.at, place.at);
        }
    }

    #[test]
    fn an_input_of_another_stream_is_named_and_not_settled() {
        let stream = stream();
        let place = Place { stream: &stream, last_seq: 1, at: Timestamp::from_millis(1) };
        let mut packed = Packed::default();
        pack(place, &[], &[event(1, 9, b"x")], &mut packed);
        let read = unpack(place, &packed.kinds, &packed.data).unwrap();
        assert_eq!(read.inputs, []);
        assert_eq!(read.events[0].input_id, InputId([9; 16]));
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let (inputs, events) = sample();
        let stream = stream();
        let place = Place { stream: &stream, last_seq: 12, at: Timestamp::from_millis(77) };
        let mut packed = Packed::default();
        pack(place, &inputs, &events, &mut packed);
        for bit in 0..packed.data.len() * 8 {
            let mut data = packed.data.clone();
            data[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(unpack(place, &packed.kinds, &data), None, "bit {bit}");
        }
        assert_eq!(unpack(Place { last_seq: 13, ..place }, &packed.kinds, &packed.data), None);
        assert_eq!(
            unpack(Place { at: Timestamp::from_millis(78), ..place }, &packed.kinds, &packed.data),
            None
        );
        let other = StreamRef::new(stream.workspace, TaskId::from_bytes([3; 16]));
        assert_eq!(unpack(Place { stream: &other, ..place }, &packed.kinds, &packed.data), None);
        assert_eq!(unpack(place, &packed.kinds[1..], &packed.data), None);
        assert_eq!(unpack(place, &packed.kinds, &packed.data[..3]), None);
    }

    #[test]
    fn every_kind_has_a_character() {
        for kind in 0..=u16::MAX {
            assert_eq!(char_kind(kind_char(kind)), Some(kind));
        }
    }
}
