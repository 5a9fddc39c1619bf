//! HTML: the readable text, line by line as in the file, with a map back to the file's lines. Only the
//! tokenizer of a browser-grade parser runs, no tree is built: nesting costs nothing.

mod elements;
mod page;
mod sink;

use encoding_rs::Encoding;
use html5ever::buffer_queue::BufferQueue;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{Tokenizer, TokenizerOpts};

use self::page::Page;
use self::sink::Sink;
use super::{ParseError, ParseLimits, Parsed};

/// How many bytes of a file are searched for its encoding.
const DECLARATION_BYTES_MAX: usize = 1024;

/// The readable text of a page.
pub(super) fn parse(text: &str, limits: &ParseLimits) -> Result<Parsed, ParseError> {
    let (page, closed) = read(text, true, limits);
    // An element to be skipped that never closes would swallow the rest: then nothing is skipped.
    let page = if closed { page } else { read(text, false, limits).0 };
    page.finish(limits)
}

fn read(text: &str, skip_navigation: bool, limits: &ParseLimits) -> (Page, bool) {
    let tokenizer = Tokenizer::new(Sink::new(skip_navigation, limits), TokenizerOpts::default());
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from_slice(text));
    while !matches!(tokenizer.feed(&queue), html5ever::TokenizerResult::Done) {}
    tokenizer.end();
    tokenizer.sink.into_page()
}

/// The encoding that a page declares in its head.
pub(super) fn declared_encoding(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes[..bytes.len().min(DECLARATION_BYTES_MAX)].to_ascii_lowercase();
    let at = head.windows(8).position(|window| window == b"charset=")? + 8;
    let is_label = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
    let label: Vec<u8> =
        head[at..].iter().copied().skip_while(|byte| b"\"'".contains(byte)).take_while(is_label).collect();
    Encoding::for_label(&label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(html: &str) -> Parsed {
        parse(html, &ParseLimits::default()).unwrap()
    }

    #[test]
    fn readable_text_keeps_paragraphs_lists_and_tables() {
        let rows = [
            ("<p>One  two\nthree<p>Four &amp; five", "One two\nthree\n\nFour & five"),
            ("a<br>b<script>if (a<b) x()</script><style>p{}</style>c", "a\nbc"),
            ("<ul><li>one<li><p>two</p></ul>x", "- one\n\n- two\n\nx"),
            ("<table><tr><th>A<th>B<tr><td>1<td>2</table>", "A | B\n1 | 2"),
            ("<pre>  a\n   b</pre>c", "  a\n   b\n\nc"),
            ("<nav><div>menu</div></nav><div class='toc x'><div>t</div></div>body", "body"),
            ("<h2>Head <a class=headerlink>¶</a></h2>text", "Head\n\ntext"),
            ("x<b>y</b> z&nbsp;w", "xy z w"),
            ("<div role=navigation>never closed <p>text", "never closed\n\ntext"),
            ("<!-- c --><title>T &lt; x</title><body>b", "T < x\n\nb"),
            ("a</p></div></table>b < c", "a\n\nb < c"),
        ];
        for (html, text) in rows {
            assert_eq!(page(html).text, text, "{html}");
        }
    }

    #[test]
    fn lines_lead_back_to_the_file() {
        let parsed = page("<html>\n<body>\n<h1>Title</h1>\n\n<p>first\nsecond\n</p>\n<p\nclass=x>third</p>");
        let lines: Vec<(&str, u32)> = parsed
            .text
            .split_inclusive('\n')
            .zip(&parsed.lines)
            .map(|(line, start)| (line.trim(), parsed.line_of(*start)))
            .filter(|(line, _)| !line.is_empty())
            .collect();
        assert_eq!(lines, [("Title", 3), ("first", 5), ("second", 6), ("third", 9)]);
        let heading = &parsed.headings[0];
        assert_eq!((heading.level, heading.text.as_str(), heading.start, heading.end), (1, "Title", 0, 5));
    }

    #[test]
    fn depth_and_size_are_no_danger() {
        let deep = format!("{}text{}", "<div>".repeat(200_000), "</div>".repeat(200_000));
        assert_eq!(page(&deep).text, "text");
        let limits = ParseLimits { text_bytes_max: 10, ..ParseLimits::default() };
        assert!(matches!(parse("<p>0123456789abc", &limits), Err(ParseError::Hostile { .. })));
        assert!(matches!(parse("<p> <script>x</script>", &limits), Err(ParseError::Empty { .. })));
    }

    #[test]
    fn a_declared_encoding_is_found() {
        let rows: [(&[u8], Option<&str>); 4] = [
            (b"<meta charset=\"iso-8859-2\">", Some("ISO-8859-2")),
            (b"<meta content='text/html; CHARSET=latin1'>", Some("windows-1252")),
            (b"<meta charset=nonsense>", None),
            (b"<p>", None),
        ];
        for (html, name) in rows {
            assert_eq!(declared_encoding(html).map(Encoding::name), name);
        }
    }
}
