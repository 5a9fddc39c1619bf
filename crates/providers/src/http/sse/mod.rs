//! The event stream (`text/event-stream`), decoded as its bytes come.

/// The longest line, in bytes.
pub const LINE_BYTES_MAX: usize = 1 << 20;
/// The most data of one event, in bytes.
pub const EVENT_BYTES_MAX: usize = 1 << 20;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// One event of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SseEvent {
    /// What the server calls it; empty where it gives no name.
    pub event: String,
    /// Its data, lines joined by a line feed.
    pub data: String,
}

/// What a stream is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SseItem {
    /// An event with data.
    Event(SseEvent),
    /// A comment: the server lives and has nothing to say.
    Comment,
}

/// Bytes that are no event stream we would read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SseError {
    /// A line without end.
    #[error("a line of the stream is longer than {LINE_BYTES_MAX} bytes")]
    LineTooLong,
    /// An event without end.
    #[error("an event of the stream is longer than {EVENT_BYTES_MAX} bytes")]
    EventTooLong,
}

/// Decodes a stream whose bytes come in pieces that may be cut anywhere.
#[derive(Debug, Default)]
pub struct SseDecoder {
    line: Vec<u8>,
    event: SseEvent,
    has_data: bool,
    after_return: bool,
    begun: bool,
}

impl SseDecoder {
    /// What has become complete with `bytes`, in order.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<SseItem>, SseError> {
        let mut items = Vec::new();
        let mut rest = bytes;
        while !rest.is_empty() {
            if std::mem::take(&mut self.after_return) && rest[0] == b'\n' {
                rest = &rest[1..];
                continue;
            }
            let Some(end) = memchr::memchr2(b'\n', b'\r', rest) else {
                self.take(rest)?;
                break;
            };
            self.after_return = rest[end] == b'\r';
            let line = &rest[..end];
            rest = &rest[end + 1..];
            // Most lines come whole.
            items.extend(if self.line.is_empty() && end <= LINE_BYTES_MAX {
                self.whole_line(line)?
            } else {
                self.take(line)?;
                self.end_line()?
            });
        }
        Ok(items)
    }

    /// The event that the end of the body completes: some servers leave the last empty line out.
    pub fn finish(&mut self) -> Result<Option<SseItem>, SseError> {
        if !self.line.is_empty() {
            self.end_line()?;
        }
        Ok(self.dispatch())
    }

    fn take(&mut self, part: &[u8]) -> Result<(), SseError> {
        if self.line.len() + part.len() > LINE_BYTES_MAX {
            return Err(SseError::LineTooLong);
        }
        self.line.extend_from_slice(part);
        Ok(())
    }

    fn end_line(&mut self) -> Result<Option<SseItem>, SseError> {
        let mut line = std::mem::take(&mut self.line);
        let item = self.whole_line(&line);
        line.clear();
        self.line = line;
        item
    }

    fn whole_line(&mut self, line: &[u8]) -> Result<Option<SseItem>, SseError> {
        let skip = if self.begun || !line.starts_with(BOM) { 0 } else { BOM.len() };
        self.begun = true;
        let line = &line[skip..];
        match std::str::from_utf8(line) {
            Ok(line) => self.line_item(line),
            Err(_) => self.line_item(&String::from_utf8_lossy(line)),
        }
    }

    fn line_item(&mut self, line: &str) -> Result<Option<SseItem>, SseError> {
        if line.is_empty() {
            return Ok(self.dispatch());
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "" => return Ok(Some(SseItem::Comment)),
            "event" => value.clone_into(&mut self.event.event),
            "data" => self.add_data(value)?,
            // No field of the standard, but what older servers of llama.cpp write when they fail in the middle.
            "error" => {
                "error".clone_into(&mut self.event.event);
                self.add_data(value)?;
            }
            _ => {}
        }
        Ok(None)
    }

    fn add_data(&mut self, value: &str) -> Result<(), SseError> {
        if self.event.data.len() + value.len() >= EVENT_BYTES_MAX {
            return Err(SseError::EventTooLong);
        }
        if std::mem::replace(&mut self.has_data, true) {
            self.event.data.push('\n');
        }
        self.event.data.push_str(value);
        Ok(())
    }

    fn dispatch(&mut self) -> Option<SseItem> {
        let event = std::mem::take(&mut self.event);
        std::mem::take(&mut self.has_data).then_some(SseItem::Event(event))
    }
}

#[cfg(test)]
mod tests;
