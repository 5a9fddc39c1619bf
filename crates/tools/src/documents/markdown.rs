//! Markdown: the file's own text, with its headings.

use super::headings::{Line, lines, one_line};
use super::{Heading, Kind, Parsed, offset};

/// Headings of both styles, outside of fenced code and of a front matter.
pub(super) fn parse(text: String) -> Parsed {
    let mut parsed = Parsed::plain(Kind::Md, text);
    parsed.headings = headings(&parsed.text);
    parsed
}

fn headings(text: &str) -> Vec<Heading> {
    let mut found = Vec::new();
    let mut fence: Option<&str> = None;
    let mut before: Option<Line> = None;
    for line in lines(text).skip(front_matter_lines(text)) {
        let words = line.text.trim_start();
        match (fence, fence_mark(words)) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(_)) if words.starts_with(open) => fence = None,
            (Some(_), _) => {}
            (None, None) => found.extend(atx(&line).or_else(|| setext(before.as_ref(), &line))),
        }
        before = fence.is_none().then_some(line);
    }
    found
}

fn front_matter_lines(text: &str) -> usize {
    let is_mark = |line: &Line| line.text.trim_end() == "---";
    let mut all = lines(text);
    if !all.next().is_some_and(|first| is_mark(&first)) {
        return 0;
    }
    all.take(200).position(|line| is_mark(&line)).map_or(0, |at| at + 2)
}

fn fence_mark(text: &str) -> Option<&'static str> {
    ["```", "~~~"].into_iter().find(|mark| text.starts_with(mark))
}

fn atx(line: &Line) -> Option<Heading> {
    let text = line.text.trim_start();
    let marks = text.bytes().take_while(|byte| *byte == b'#').count();
    let rest = &text[marks..];
    if !(1..=6).contains(&marks) || !(rest.is_empty() || rest.starts_with([' ', '\t'])) {
        return None;
    }
    let title = rest.trim().trim_end_matches('#').trim_end();
    heading(u8::try_from(marks).unwrap_or(6), title, line.start, line.start + line.text.trim_end().len())
}

fn setext(before: Option<&Line>, line: &Line) -> Option<Heading> {
    let marks = line.text.trim();
    let level = match marks.bytes().next()? {
        b'=' => 1,
        b'-' => 2,
        _ => return None,
    };
    let title = before?;
    let is_rule = marks.bytes().any(|byte| byte != marks.as_bytes()[0]) || marks.len() < 2;
    if is_rule || title.is_blank() || title.text.trim_start().starts_with(['>', '-', '#', '|']) {
        return None;
    }
    heading(level, title.text.trim(), title.start, line.start + line.text.trim_end().len())
}

fn heading(level: u8, title: &str, start: usize, end: usize) -> Option<Heading> {
    let text = one_line(title);
    (!text.is_empty()).then(|| Heading { level, text, start: offset(start), end: offset(end) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_styles_of_headings_outside_of_code() {
        let text = "---\ntitle: x\n# no\n---\n# One #\n\nTwo\n---\n\n```sh\n# comment\n```\n### Three\n#hash\n- a\n---\n";
        let found: Vec<(u8, &str)> = vec![(1, "One"), (2, "Two"), (3, "Three")];
        let parsed = parse(text.to_owned());
        let headings: Vec<(u8, &str)> = parsed.headings.iter().map(|h| (h.level, h.text.as_str())).collect();
        assert_eq!(headings, found);
        let two = &parsed.headings[1];
        assert_eq!(&text[two.start as usize..two.end as usize], "Two\n---");
    }
}
