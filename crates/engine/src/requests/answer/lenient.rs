//! Reads JSON as models write it: comments, single quotes, bare keys, literals of Python, commas too many, line ends in
//! texts, and, where the model ended by itself, an object that only lacks its last brace. Nothing is made up: what cannot
//! be read as it stands is a fault. A text that ends inside of a value, or directly behind a number or a word, may have
//! been cut there, whatever the server says of its end.

use serde_json::{Map, Number, Value};

use super::repair::{Repair, Repairs};

/// The deepest nesting that is read.
const DEPTH_MAX: usize = 64;

/// Why nothing was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The text ends in the middle.
    Cut,
    /// Something stands where it cannot be; at this byte.
    Wrong(usize),
}

type Outcome<T> = Result<T, Fault>;

/// What was read, the byte after it, and how.
#[derive(Debug, PartialEq)]
pub(super) struct Lenient {
    pub(super) value: Value,
    pub(super) end: usize,
}

/// The value that begins at `start`. `whole`: the model ended by itself, so that the last brace may be added.
pub(super) fn read(text: &str, start: usize, whole: bool, repairs: &mut Repairs) -> Outcome<Lenient> {
    let mut reader = Reader { text, at: start, depth: 0, whole, repairs: Repairs::default() };
    let value = reader.value()?;
    repairs.extend(&reader.repairs);
    Ok(Lenient { value, end: reader.at })
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    whole: bool,
    repairs: Repairs,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    const fn wrong<T>(&self) -> Outcome<T> {
        Err(Fault::Wrong(self.at))
    }

    /// The end of the text behind a field: only the outermost object counts as closed, where the model ended by itself. Of
    /// what is further inside, items may be missing.
    fn closed(&mut self, fields: Map<String, Value>) -> Outcome<Value> {
        if !self.whole || self.depth > 1 || fields.is_empty() {
            return Err(Fault::Cut);
        }
        self.repairs.note(Repair::Closed);
        Ok(Value::Object(fields))
    }

    /// White space and comments.
    fn skip(&mut self) {
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start().len();
            self.at += blank;
            let rest = self.rest();
            let comment = if rest.starts_with("//") || rest.starts_with('#') {
                rest.find('\n').unwrap_or(rest.len())
            } else if rest.starts_with("/*") {
                rest.find("*/").map_or(rest.len(), |end| end + 2)
            } else {
                return;
            };
            self.repairs.note(Repair::Comment);
            self.at += comment;
        }
    }

    fn value(&mut self) -> Outcome<Value> {
        self.skip();
        match self.peek() {
            None => Err(Fault::Cut),
            Some('{') => self.nested(Self::object),
            Some('[') => self.nested(Self::array),
            Some(quote) if closing(quote).is_some() => Ok(Value::String(self.quoted()?)),
            Some('-' | '+' | '.' | '0'..='9') => self.number(),
            Some(_) => self.word(),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Outcome<Value>) -> Outcome<Value> {
        if self.depth >= DEPTH_MAX {
            return self.wrong();
        }
        self.depth += 1;
        self.take();
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn object(&mut self) -> Outcome<Value> {
        let mut fields = Map::new();
        loop {
            match self.separated('}')? {
                Next::End => return Ok(Value::Object(fields)),
                Next::Nothing => return self.closed(fields),
                Next::Item => {}
            }
            let key = self.key()?;
            self.skip();
            match self.peek() {
                Some(':') => self.take(),
                None => return Err(Fault::Cut),
                Some(_) => return self.wrong(),
            };
            let value = self.value()?;
            fields.insert(key, value);
            self.after('}')?;
        }
    }

    fn array(&mut self) -> Outcome<Value> {
        let mut items = Vec::new();
        loop {
            match self.separated(']')? {
                Next::End => return Ok(Value::Array(items)),
                Next::Nothing => return Err(Fault::Cut),
                Next::Item => {}
            }
            items.push(self.value()?);
            self.after(']')?;
        }
    }

    /// What stands next in an object or array, beyond commas that nothing follows.
    fn separated(&mut self, close: char) -> Outcome<Next> {
        let mut announced = false;
        loop {
            self.skip();
            match self.peek() {
                None if announced => return Err(Fault::Cut),
                None => return Ok(Next::Nothing),
                Some(found) if found == close => {
                    self.take();
                    return Ok(Next::End);
                }
                Some(',') => {
                    self.repairs.note(Repair::Comma);
                    self.take();
                    announced = true;
                }
                Some(_) => return Ok(Next::Item),
            }
        }
    }

    /// Behind a value stands a comma or the end; behind a comma at the end of the text something is missing.
    fn after(&mut self, close: char) -> Outcome<()> {
        self.skip();
        match self.peek() {
            Some(',') => {
                self.take();
                self.skip();
                match self.peek() {
                    None => return Err(Fault::Cut),
                    Some(found) if found == close => self.repairs.note(Repair::Comma),
                    Some(_) => {}
                }
                Ok(())
            }
            Some(found) if found == close => Ok(()),
            None => Ok(()),
            Some(_) => self.wrong(),
        }
    }

    fn key(&mut self) -> Outcome<String> {
        match self.peek() {
            Some(quote) if closing(quote).is_some() => self.quoted(),
            Some(first) if is_word(first) => {
                self.repairs.note(Repair::BareKey);
                self.bare()
            }
            _ => self.wrong(),
        }
    }

    fn quoted(&mut self) -> Outcome<String> {
        let open = self.take().unwrap_or('"');
        let close = closing(open).unwrap_or(open);
        if open != '"' {
            self.repairs.note(Repair::Quotes);
        }
        let mut text = String::new();
        loop {
            match self.take().ok_or(Fault::Cut)? {
                '\\' => text.push(self.escaped()?),
                found if found == close && (close == '"' || self.ends_here()) => return Ok(text),
                found => {
                    if found.is_control() {
                        self.repairs.note(Repair::ControlCharacter);
                    }
                    text.push(found);
                }
            }
        }
    }

    /// Whether a single quote closes a text: an apostrophe is followed by more of it, and the last of a text may be one.
    fn ends_here(&self) -> bool {
        let rest = self.rest().trim_start();
        rest.starts_with([',', '}', ']', ':', '#']) || rest.starts_with("//") || rest.starts_with("/*")
    }

    fn escaped(&mut self) -> Outcome<char> {
        Ok(match self.take().ok_or(Fault::Cut)? {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'u' => return self.unicode(),
            other => {
                if !matches!(other, '"' | '\\' | '/') {
                    self.repairs.note(Repair::Escape);
                }
                other
            }
        })
    }

    fn unicode(&mut self) -> Outcome<char> {
        let first = self.unit()?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first).map_or_else(|| self.wrong(), Ok);
        }
        match self.rest() {
            "" | "\\" => return Err(Fault::Cut),
            rest if rest.starts_with("\\u") => self.at += 2,
            _ => return self.wrong(),
        }
        let second = self.unit()?;
        if !(0xdc00..0xe000).contains(&second) {
            return self.wrong();
        }
        let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        char::from_u32(code).map_or_else(|| self.wrong(), Ok)
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Outcome<u32> {
        let Some(digits) = self.rest().get(..4) else {
            let open = self.rest().bytes().all(|byte| byte.is_ascii_hexdigit());
            return if open { Err(Fault::Cut) } else { self.wrong() };
        };
        let Ok(unit) = u32::from_str_radix(digits, 16) else { return self.wrong() };
        self.at += 4;
        Ok(unit)
    }

    fn number(&mut self) -> Outcome<Value> {
        let rest = self.rest();
        let digit = |character: char| character.is_ascii_digit() || "+-.eE".contains(character);
        let end = rest.find(|character| !digit(character)).unwrap_or(rest.len());
        if end == rest.len() {
            return Err(Fault::Cut);
        }
        let written = &rest[..end];
        let bare = written.trim_start_matches('+').trim_end_matches('.');
        let whole = if bare.starts_with('.') { format!("0{bare}") } else { bare.to_owned() };
        let Ok(number) = serde_json::from_str::<Number>(&whole) else { return self.wrong() };
        if whole != written {
            self.repairs.note(Repair::Number);
        }
        self.at += end;
        Ok(Value::Number(number))
    }

    fn word(&mut self) -> Outcome<Value> {
        if !self.peek().is_some_and(is_word) {
            return self.wrong();
        }
        let word = self.bare()?;
        Ok(match word.as_str() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" => Value::Null,
            _ => {
                self.repairs.note(Repair::Literal);
                match word.as_str() {
                    "True" | "TRUE" => Value::Bool(true),
                    "False" | "FALSE" => Value::Bool(false),
                    "None" | "NULL" | "Null" => Value::Null,
                    _ => Value::String(word),
                }
            }
        })
    }

    fn bare(&mut self) -> Outcome<String> {
        let rest = self.rest();
        let end = rest.find(|character| !is_word(character)).ok_or(Fault::Cut)?;
        let word = rest[..end].to_owned();
        self.at += end;
        Ok(word)
    }
}

enum Next {
    End,
    Item,
    /// The text ends here.
    Nothing,
}

const fn closing(open: char) -> Option<char> {
    match open {
        '"' => Some('"'),
        '\'' => Some('\''),
        '“' => Some('”'),
        _ => None,
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '-' | '$')
}
