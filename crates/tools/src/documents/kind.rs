//! The kinds of documents that can be read.

use std::fmt;

use minicbor::{Decode, Encode};
use serde::Serialize;

/// How a document's bytes are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode, Serialize)]
#[serde(rename_all = "lowercase")]
#[cbor(index_only)]
pub enum Kind {
    /// Plain text, and every text format without a reader of its own.
    #[n(0)]
    Txt,
    /// Markdown.
    #[n(1)]
    Md,
    /// HTML; the text is the readable part.
    #[n(2)]
    Html,
    /// Comma-, semicolon- or tab-separated values with a header row.
    #[n(3)]
    Csv,
    /// JSON, or JSON values one a line.
    #[n(4)]
    Json,
    /// PDF; the text is that of its pages.
    #[n(5)]
    Pdf,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Txt => "txt",
            Self::Md => "md",
            Self::Html => "html",
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Pdf => "pdf",
        })
    }
}

/// How many bytes of a file are looked at to tell its kind.
const SNIFFED_BYTES: usize = 1024;

/// The kind of a document, by its content where that is unmistakable, else by its name, else text.
pub fn detect(bytes: &[u8], file_name: &str) -> Kind {
    if is_pdf(bytes) {
        return Kind::Pdf;
    }
    by_extension(file_name).unwrap_or_else(|| by_content(bytes))
}

fn is_pdf(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(SNIFFED_BYTES)];
    head.windows(5).any(|window| window == b"%PDF-")
}

fn by_extension(file_name: &str) -> Option<Kind> {
    let (_, extension) = file_name.rsplit_once('.')?;
    Some(match extension.to_ascii_lowercase().as_str() {
        "md" | "markdown" | "mdown" | "mkd" => Kind::Md,
        "html" | "htm" | "xhtml" => Kind::Html,
        "csv" | "tsv" => Kind::Csv,
        "json" | "jsonl" | "ndjson" | "geojson" => Kind::Json,
        "txt" | "text" | "log" | "rst" => Kind::Txt,
        _ => return None,
    })
}

fn by_content(bytes: &[u8]) -> Kind {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(SNIFFED_BYTES)]).to_lowercase();
    let head = head.trim_start_matches('\u{feff}').trim_start();
    if head.starts_with("<!doctype html") || head.starts_with("<html") {
        return Kind::Html;
    }
    Kind::Txt
}

/// What a file that is certainly no document is, by its first bytes.
pub(super) fn foreign_format(bytes: &[u8]) -> Option<&'static str> {
    const KNOWN: &[(&[u8], &str)] = &[
        (b"PK\x03\x04", "a ZIP archive or an office document: export it as PDF, text or CSV"),
        (b"\x1f\x8b", "compressed with gzip: unpack it first"),
        (b"BZh", "compressed with bzip2: unpack it first"),
        (b"\xfd7zXZ\0", "compressed with xz: unpack it first"),
        (b"\x28\xb5\x2f\xfd", "compressed with zstd: unpack it first"),
        (b"7z\xbc\xaf\x27\x1c", "a 7z archive: unpack it first"),
        (b"\x89PNG", "a PNG picture: give its text"),
        (b"\xff\xd8\xff", "a JPEG picture: give its text"),
        (b"GIF8", "a GIF picture: give its text"),
        (b"\x7fELF", "a program"),
        (b"\xd0\xcf\x11\xe0", "an old office document: export it as PDF, text or CSV"),
        (b"SQLite format 3\0", "a database: export its tables as CSV"),
        (b"{\\rtf", "a rich-text document: export it as PDF or text"),
    ];
    KNOWN.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, what)| *what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_beats_the_name_where_it_is_unmistakable() {
        let rows: [(&[u8], &str, Kind); 10] = [
            (b"%PDF-1.7", "notes.txt", Kind::Pdf),
            (b"plain", "GPL-3", Kind::Txt),
            (b"plain", "a.MD", Kind::Md),
            (b"a,b", "a.csv", Kind::Csv),
            (b"a\tb", "a.tsv", Kind::Csv),
            (b"{}", "a.json", Kind::Json),
            (b"<p>", "a.htm", Kind::Html),
            (b"\xef\xbb\xbf <!DOCTYPE HTML>", "page", Kind::Html),
            (b"int main(void)", "main.c", Kind::Txt),
            (b"", "", Kind::Txt),
        ];
        for (bytes, name, kind) in rows {
            assert_eq!(detect(bytes, name), kind, "{name}");
        }
    }
}
