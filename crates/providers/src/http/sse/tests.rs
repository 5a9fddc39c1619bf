use proptest::prelude::*;

use super::*;

fn event(name: &str, data: &str) -> SseItem {
    SseItem::Event(SseEvent { event: name.to_owned(), data: data.to_owned() })
}

fn decode(pieces: &[&[u8]]) -> Result<Vec<SseItem>, SseError> {
    let mut decoder = SseDecoder::default();
    let mut items = Vec::new();
    for piece in pieces {
        items.extend(decoder.push(piece)?);
    }
    items.extend(decoder.finish()?);
    Ok(items)
}

#[test]
fn streams_as_servers_write_them() {
    let rows: Vec<(&str, &str, Vec<SseItem>)> = vec![
        ("line feeds", "data: a\n\ndata: b\n\n", vec![event("", "a"), event("", "b")]),
        ("returns and line feeds", "data: a\r\n\r\ndata: b\r\n\r\n", vec![event("", "a"), event("", "b")]),
        ("returns", "data: a\r\rdata: b\r\r", vec![event("", "a"), event("", "b")]),
        ("a named event", "event: ping\ndata: {}\n\n", vec![event("ping", "{}")]),
        ("no space after the colon", "event:ping\ndata:{}\n\n", vec![event("ping", "{}")]),
        ("only one space goes", "data:  a\n\n", vec![event("", " a")]),
        ("several lines of data", "data: a\ndata:\ndata: c\n\n", vec![event("", "a\n\nc")]),
        ("a byte order mark", "\u{feff}data: a\n\n", vec![event("", "a")]),
        (
            "comments are life",
            ": ping\n\n:\n\ndata: a\n\n",
            vec![SseItem::Comment, SseItem::Comment, event("", "a")],
        ),
        ("a name without data is no event", "event: ping\n\ndata: a\n\n", vec![event("", "a")]),
        ("empty data is an event", "data:\n\n", vec![event("", "")]),
        ("ids, retry times and unknown fields", "id: 1\nretry: 5\nfoo\ndata: a\n\n", vec![event("", "a")]),
        ("no empty line at the end", "data: a\n\ndata: [DONE]", vec![event("", "a"), event("", "[DONE]")]),
        ("one line feed at the end", "data: [DONE]\n", vec![event("", "[DONE]")]),
        (
            "a failure in the field of its own",
            "error: {\"code\":500}\n\n",
            vec![event("error", "{\"code\":500}")],
        ),
        ("nothing", "", vec![]),
    ];
    for (what, text, expected) in rows {
        assert_eq!(decode(&[text.as_bytes()]), Ok(expected), "{what}");
    }
}

#[test]
fn a_character_may_be_cut_and_bytes_may_be_no_text() {
    let bytes = "data: å€😀\n\n".as_bytes();
    for cut in 0..bytes.len() {
        assert_eq!(decode(&[&bytes[..cut], &bytes[cut..]]), Ok(vec![event("", "å€😀")]), "cut at {cut}");
    }
    assert_eq!(decode(&[b"data: a\xff\n\n"]), Ok(vec![event("", "a\u{fffd}")]));
}

#[test]
fn lines_and_events_are_bounded() {
    let long = vec![b'a'; LINE_BYTES_MAX];
    assert_eq!(decode(&[b"data: ", &long]), Err(SseError::LineTooLong));
    let half = [b"data: ".as_slice(), &long[..LINE_BYTES_MAX / 2], b"\n"].concat();
    assert_eq!(decode(&[&half, &half]), Err(SseError::EventTooLong));
    assert_eq!(decode(&[&half]).map(|items| items.len()), Ok(1));
}

fn stream_text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("data:"),
        Just("data: "),
        Just("event: "),
        Just(": "),
        Just("\n"),
        Just("\r"),
        Just("\r\n"),
        Just("\n\n"),
        Just("\r\n\r\n"),
        Just("å😀"),
        Just("{\"a\": 1}"),
        Just("\u{feff}"),
        Just("error: x"),
    ];
    proptest::collection::vec(part, 0..24).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn any_cutting_gives_the_same(text in stream_text(), cuts in proptest::collection::vec(0_usize..120, 0..8)) {
        let bytes = text.as_bytes();
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
        prop_assert_eq!(decode(&pieces), decode(&[bytes]));
    }
}
