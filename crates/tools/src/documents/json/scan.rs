//! Walks JSON without recursion and knows where every value lies.

use crate::documents::{Span, offset};

/// What was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EventKind {
    ObjectStart,
    ObjectEnd,
    ArrayStart,
    ArrayEnd,
    /// A key, with its quotes.
    Key,
    /// A text, number, truth value or null.
    Scalar,
}

/// A piece of the text and how many arrays and objects are open around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) kind: EventKind,
    pub(crate) span: Span,
    pub(crate) depth: usize,
}

/// Where and why the text is no JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Misfit {
    pub(crate) at: usize,
    pub(crate) what: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Array,
    Object,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expect {
    /// A value, at the top, after a colon or after a comma of an array.
    Value,
    /// The first value of an array or its end.
    ValueOrEnd,
    /// A key after a comma.
    Key,
    /// The first key of an object or its end.
    KeyOrEnd,
    Colon,
    CommaOrEnd,
}

/// An iterator over the pieces of a text. It ends after the first misfit.
#[derive(Debug)]
pub(crate) struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    open: Vec<Open>,
    expect: Expect,
    failed: bool,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { bytes: text.as_bytes(), at: 0, open: Vec::new(), expect: Expect::Value, failed: false }
    }

    fn misfit<T>(&self, what: &'static str) -> Result<T, Misfit> {
        Err(Misfit { at: self.at, what })
    }

    fn skip_blank(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn advance(&mut self) -> Result<Option<Event>, Misfit> {
        loop {
            self.skip_blank();
            let Some(byte) = self.bytes.get(self.at).copied() else {
                return if self.open.is_empty() { Ok(None) } else { self.misfit("the text ends too early") };
            };
            match self.expect {
                Expect::Colon if byte == b':' => {
                    self.at += 1;
                    self.expect = Expect::Value;
                }
                Expect::Colon => return self.misfit("a colon is missing after a key"),
                Expect::CommaOrEnd if byte == b',' => {
                    self.at += 1;
                    self.expect = match self.open.last() {
                        Some(Open::Object) => Expect::Key,
                        _ => Expect::Value,
                    };
                }
                Expect::CommaOrEnd => return self.close(byte).map(Some),
                Expect::KeyOrEnd if byte == b'}' => return self.close(byte).map(Some),
                Expect::ValueOrEnd if byte == b']' => return self.close(byte).map(Some),
                Expect::Key | Expect::KeyOrEnd => return self.key(byte).map(Some),
                Expect::Value | Expect::ValueOrEnd => return self.value(byte).map(Some),
            }
        }
    }

    fn event(&self, kind: EventKind, start: usize, depth: usize) -> Event {
        Event { kind, span: Span::new(offset(start), offset(self.at)), depth }
    }

    fn close(&mut self, byte: u8) -> Result<Event, Misfit> {
        let kind = match (self.open.last(), byte) {
            (Some(Open::Array), b']') => EventKind::ArrayEnd,
            (Some(Open::Object), b'}') => EventKind::ObjectEnd,
            _ => return self.misfit("a comma or a closing bracket is missing"),
        };
        self.open.pop();
        self.at += 1;
        self.after_value();
        Ok(self.event(kind, self.at - 1, self.open.len()))
    }

    fn after_value(&mut self) {
        self.expect = if self.open.is_empty() { Expect::Value } else { Expect::CommaOrEnd };
    }

    fn key(&mut self, byte: u8) -> Result<Event, Misfit> {
        if byte != b'"' {
            return self.misfit("a key in quotes is missing");
        }
        let start = self.at;
        self.string()?;
        self.expect = Expect::Colon;
        Ok(self.event(EventKind::Key, start, self.open.len()))
    }

    fn value(&mut self, byte: u8) -> Result<Event, Misfit> {
        let (start, depth) = (self.at, self.open.len());
        let kind = match byte {
            b'{' => self.opened(Open::Object, Expect::KeyOrEnd, EventKind::ObjectStart),
            b'[' => self.opened(Open::Array, Expect::ValueOrEnd, EventKind::ArrayStart),
            _ => {
                match byte {
                    b'"' => self.string()?,
                    b'-' | b'0'..=b'9' => self.number()?,
                    _ => self.word()?,
                }
                self.after_value();
                EventKind::Scalar
            }
        };
        Ok(self.event(kind, start, depth))
    }

    fn opened(&mut self, open: Open, expect: Expect, kind: EventKind) -> EventKind {
        self.at += 1;
        self.open.push(open);
        self.expect = expect;
        kind
    }

    fn string(&mut self) -> Result<(), Misfit> {
        self.at += 1;
        loop {
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => self.escape()?,
                Some(0..0x20) => return self.misfit("a text holds a line end or a control character"),
                Some(_) => self.at += 1,
                None => return self.misfit("a text in quotes is never closed"),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Misfit> {
        let len = match self.bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 2,
            Some(b'u') if self.hex_follows() => 6,
            _ => return self.misfit("a text holds an unknown escape"),
        };
        self.at += len;
        Ok(())
    }

    fn hex_follows(&self) -> bool {
        let digits = self.bytes.get(self.at + 2..self.at + 6);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    }

    fn number(&mut self) -> Result<(), Misfit> {
        self.at += usize::from(self.bytes[self.at] == b'-');
        let whole = self.digits();
        let leading_zero = whole > 1 && self.bytes[self.at - whole] == b'0';
        let mut fine = whole > 0 && !leading_zero;
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            fine &= self.digits() > 0;
        }
        if matches!(self.bytes.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.bytes.get(self.at), Some(b'+' | b'-')));
            fine &= self.digits() > 0;
        }
        if fine { Ok(()) } else { self.misfit("a number is not written as JSON writes it") }
    }

    fn digits(&mut self) -> usize {
        let count = self.bytes[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        count
    }

    fn word(&mut self) -> Result<(), Misfit> {
        let rest = &self.bytes[self.at..];
        match ["true", "false", "null"].iter().find(|word| rest.starts_with(word.as_bytes())) {
            Some(word) => {
                self.at += word.len();
                Ok(())
            }
            None => self.misfit("a value is missing"),
        }
    }
}

impl Iterator for Scanner<'_> {
    type Item = Result<Event, Misfit>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let step = self.advance().transpose();
        self.failed = matches!(step, None | Some(Err(_)));
        step
    }
}
