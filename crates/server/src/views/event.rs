use divisi_api::EventView;
use divisi_domain::task::{Event, decode, kind_name};
use divisi_domain::time::Timestamp;
use divisi_engine::view::event_data;
use divisi_store::StoredEvent;

use crate::problem::Failure;

/// An event of a live stream.
pub(crate) fn view(seq: u64, at: Timestamp, event: &Event) -> EventView {
    EventView { seq, at, kind: kind_name(event.kind()).to_owned(), data: event_data(event) }
}

/// An event of the log.
pub(crate) fn stored(stored: &StoredEvent) -> Result<EventView, Failure> {
    let event = decode(stored.kind, stored.kind_version, &stored.body);
    let event = event.map_err(|error| Failure::internal(&error.to_string()))?;
    Ok(view(stored.seq, stored.at, &event))
}
