//! Bytes to UTF-8 text. Line ends stay as they are, so that a line of the text is a line of the file.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};

use super::ParseError;

/// Text and what was guessed on the way.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decoded {
    pub(super) text: String,
    pub(super) warnings: Vec<String>,
}

/// Decodes a text file of any common encoding. `declared` is what the file says of itself; it counts only
/// where the bytes are not UTF-8.
pub(super) fn decode(bytes: &[u8], declared: Option<&'static Encoding>) -> Result<Decoded, ParseError> {
    let (text, warning) = decode_any(bytes, declared)?;
    if is_binary(&text) {
        return Err(ParseError::NotText);
    }
    if text.trim().is_empty() {
        return Err(ParseError::Empty { hint: String::new() });
    }
    let mut warnings: Vec<String> = warning.into_iter().collect();
    let text = with_line_feeds(text, &mut warnings);
    Ok(Decoded { text, warnings })
}

fn decode_any(
    bytes: &[u8],
    declared: Option<&'static Encoding>,
) -> Result<(String, Option<String>), ParseError> {
    if let Some((encoding, mark_len)) = Encoding::for_bom(bytes) {
        return Ok(decode_as(encoding, &bytes[mark_len..]));
    }
    if let Some(encoding) = utf_16_without_mark(bytes) {
        return Ok(decode_as(encoding, bytes));
    }
    if bytes.contains(&0) {
        return Err(ParseError::NotText);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok((text.to_owned(), None)),
        Err(_) => Ok(declared.map_or_else(|| decode_foreign(bytes), |encoding| decode_as(encoding, bytes))),
    }
}

fn decode_as(encoding: &'static Encoding, bytes: &[u8]) -> (String, Option<String>) {
    let (text, broken) = encoding.decode_without_bom_handling(bytes);
    let warning = match (encoding == encoding_rs::UTF_8, broken) {
        (true, false) => None,
        (true, true) => Some("Bytes that are no UTF-8 were replaced by �.".to_owned()),
        (false, broken) => Some(read_as(encoding, broken)),
    };
    (text.into_owned(), warning)
}

fn read_as(encoding: &'static Encoding, broken: bool) -> String {
    let loss = if broken { "; what does not fit was replaced by �" } else { "" };
    format!("It is not UTF-8; it was read as {}{loss}.", encoding.name())
}

/// Not UTF-8 as a whole: UTF-8 with a few broken bytes, or another encoding.
fn decode_foreign(bytes: &[u8]) -> (String, Option<String>) {
    if is_mostly_utf_8(bytes) {
        return decode_as(encoding_rs::UTF_8, bytes);
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    decode_as(detector.guess(None, Utf8Detection::Deny), bytes)
}

/// Whether more characters beyond ASCII are valid UTF-8 than are not.
fn is_mostly_utf_8(bytes: &[u8]) -> bool {
    let (mut valid, mut broken) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        valid += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    valid > broken
}

/// Western text in UTF-16 has a zero in every second byte.
fn utf_16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = &bytes[..bytes.len().min(4096) & !1];
    let pairs = sample.len() / 2;
    if pairs < 2 || !bytes.len().is_multiple_of(2) {
        return None;
    }
    let zeros = |parity: usize| sample.iter().skip(parity).step_by(2).filter(|byte| **byte == 0).count();
    let (high_first, low_first) = (zeros(0), zeros(1));
    match () {
        () if high_first * 10 >= pairs * 7 && low_first == 0 => Some(UTF_16BE),
        () if low_first * 10 >= pairs * 7 && high_first == 0 => Some(UTF_16LE),
        () => None,
    }
}

/// Text has next to no control characters.
fn is_binary(text: &str) -> bool {
    let is_odd = |byte: u8| byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x08 | 0x1b);
    let odd = text.bytes().filter(|byte| is_odd(*byte)).count();
    text.contains('\0') || odd * 20 > text.len()
}

/// A file whose only line ends are carriage returns gets line feeds: one byte for one byte.
fn with_line_feeds(text: String, warnings: &mut Vec<String>) -> String {
    if text.contains('\n') || !text.contains('\r') {
        return text;
    }
    warnings.push("Its lines end with carriage returns; they were read as line feeds.".to_owned());
    text.replace('\r', "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(bytes: &[u8]) -> (String, usize) {
        let decoded = decode(bytes, None).unwrap();
        (decoded.text, decoded.warnings.len())
    }

    #[test]
    fn every_common_encoding_becomes_utf_8() {
        let utf_16 = |text: &str, little: bool| -> Vec<u8> {
            let bytes = |unit: u16| if little { unit.to_le_bytes() } else { unit.to_be_bytes() };
            text.encode_utf16().flat_map(bytes).collect()
        };
        let marked = [b"\xff\xfe".to_vec(), utf_16("Grüße\n", true)].concat();
        let rows: [(&[u8], &str, usize); 8] = [
            ("Grüße\n".as_bytes(), "Grüße\n", 0),
            (b"\xef\xbb\xbfmark\n", "mark\n", 0),
            (b"Gr\xfc\xdfe aus K\xf6ln und M\xfcnchen\n", "Grüße aus Köln und München\n", 1),
            (&marked, "Grüße\n", 1),
            (&utf_16("plain words\n", true), "plain words\n", 1),
            (&utf_16("plain words\n", false), "plain words\n", 1),
            (b"one\rtwo\r", "one\ntwo\n", 1),
            (b"one\r\ntwo\r\n", "one\r\ntwo\r\n", 0),
        ];
        for (bytes, text, warnings) in rows {
            assert_eq!(text_of(bytes), (text.to_owned(), warnings), "{text}");
        }
    }

    #[test]
    fn a_broken_byte_does_not_change_the_encoding_of_the_rest() {
        let (text, warnings) = text_of("Grüße äöü \u{fffd}".replace('\u{fffd}', "ß").as_bytes());
        assert_eq!((text.as_str(), warnings), ("Grüße äöü ß", 0));
        let mut bytes = "Grüße äöü ".as_bytes().to_vec();
        bytes.push(0xff);
        assert_eq!(text_of(&bytes), ("Grüße äöü \u{fffd}".to_owned(), 1));
    }

    #[test]
    fn what_is_no_text_is_refused() {
        let rows: [(&[u8], ParseError); 4] = [
            (b"", ParseError::Empty { hint: String::new() }),
            (b" \n\t\r\n", ParseError::Empty { hint: String::new() }),
            (b"words and\0a zero", ParseError::NotText),
            (b"\x01\x02\x03\x04abc", ParseError::NotText),
        ];
        for (bytes, error) in rows {
            assert_eq!(decode(bytes, None), Err(error));
        }
    }
}
