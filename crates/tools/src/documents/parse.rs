//! From bytes to text. Pure: what it may use of memory and time is the business of the process around it.

use super::limits::size;
use super::{
    Kind, ParseError, ParseLimits, Parsed, csv, decode, detect, headings, html, json, kind, markdown, pdf,
};

/// Reads one document. Never panics, whatever the bytes.
pub fn parse(bytes: &[u8], file_name: &str, limits: &ParseLimits) -> Result<Parsed, ParseError> {
    let len = bytes.len() as u64;
    if len > limits.file_bytes_max {
        return Err(ParseError::TooLarge { bytes: len, bytes_max: limits.file_bytes_max });
    }
    if let Some(what) = kind::foreign_format(bytes) {
        return Err(ParseError::Unsupported { what: what.to_owned() });
    }
    match detect(bytes, file_name) {
        Kind::Pdf => pdf::parse(bytes, limits),
        kind @ (Kind::Txt | Kind::Md | Kind::Html | Kind::Csv | Kind::Json) => {
            parse_text(bytes, kind, limits)
        }
    }
}

fn parse_text(bytes: &[u8], kind: Kind, limits: &ParseLimits) -> Result<Parsed, ParseError> {
    let declared = if kind == Kind::Html { html::declared_encoding(bytes) } else { None };
    let decoded = decode::decode(bytes, declared)?;
    if decoded.text.len() as u64 > limits.text_bytes_max {
        return Err(ParseError::hostile(format!("its text is longer than {}", size(limits.text_bytes_max))));
    }
    let mut parsed = match kind {
        Kind::Txt | Kind::Pdf => plain(decoded.text),
        Kind::Md => markdown::parse(decoded.text),
        Kind::Html => html::parse(&decoded.text, limits)?,
        Kind::Csv => csv::parse(decoded.text, limits)?,
        Kind::Json => json::parse(decoded.text, limits)?,
    };
    parsed.warnings.splice(0..0, decoded.warnings);
    Ok(parsed)
}

fn plain(text: String) -> Parsed {
    let mut parsed = Parsed::plain(Kind::Txt, text);
    parsed.headings = headings::plain_headings(&parsed.text);
    parsed
}
