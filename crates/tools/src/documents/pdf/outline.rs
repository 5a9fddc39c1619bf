//! The bookmarks of a PDF as headings, each at the place of its words on its page, else at the page.

use std::collections::{BTreeMap, HashMap};

use encoding_rs::{Encoding, WINDOWS_1252};
use pdf_extract::{Document, Object, ObjectId, Outline};

use crate::documents::headings::{lines, one_line};
use crate::documents::{Heading, Parsed, offset};

/// Bookmarks that become headings.
const BOOKMARKS_MAX: usize = 10_000;
/// Levels of bookmarks that are told apart.
const LEVELS_MAX: u8 = 6;

struct Bookmark {
    level: u8,
    title: String,
    page: ObjectId,
}

/// Headings in the order of the text; none where the file has no bookmarks.
#[expect(clippy::default_trait_access, reason = "the library does not export the type of its map")]
pub(super) fn headings(document: &Document, parsed: &Parsed) -> Vec<Heading> {
    let outlines =
        document.get_outlines(None, None, &mut Default::default()).ok().flatten().unwrap_or_default();
    let mut bookmarks = Vec::new();
    collect(&outlines, 1, &mut bookmarks);
    let numbers: HashMap<ObjectId, usize> =
        document.get_pages().into_iter().map(|(number, id)| (id, number as usize)).collect();
    let mut headings: BTreeMap<(u32, u8), Heading> = BTreeMap::new();
    let mut from = 0;
    for bookmark in bookmarks {
        let Some(heading) =
            numbers.get(&bookmark.page).and_then(|page| place(parsed, &bookmark, *page, from))
        else {
            continue;
        };
        from = heading.end;
        headings.entry((heading.start, heading.level)).or_insert(heading);
    }
    headings.into_values().collect()
}

fn collect(outlines: &[Outline], level: u8, found: &mut Vec<Bookmark>) {
    for outline in outlines {
        match outline {
            Outline::SubOutlines(below) => collect(below, (level + 1).min(LEVELS_MAX), found),
            Outline::Destination(to) if found.len() < BOOKMARKS_MAX => {
                let page = to.page().ok().and_then(|page| page.as_reference().ok());
                let title = to.title().ok().and_then(title);
                found.extend(page.zip(title).map(|(page, title)| Bookmark { level, title, page }));
            }
            Outline::Destination(_) => return,
        }
    }
}

/// Titles are UTF-16 or UTF-8 with a mark, else a Western encoding of one byte.
fn title(object: &Object) -> Option<String> {
    let bytes = object.as_str().ok()?;
    let (encoding, mark) = Encoding::for_bom(bytes).unwrap_or((WINDOWS_1252, 0));
    let title = one_line(&encoding.decode_without_bom_handling(&bytes[mark..]).0);
    (!title.is_empty()).then_some(title)
}

/// The line of the page that ends with the title (a number may stand before it), not before an earlier bookmark.
fn place(parsed: &Parsed, bookmark: &Bookmark, page: usize, from: u32) -> Option<Heading> {
    let pages = parsed.pages.as_deref()?;
    let start = *pages.get(page.checked_sub(1)?)?;
    let end = pages.get(page).copied().unwrap_or(offset(parsed.text.len()));
    let begin = if (start..end).contains(&from) { from } else { start };
    let body = parsed.text.get(begin as usize..end as usize)?;
    let found = lines(body).find(|line| one_line(line.text).ends_with(&bookmark.title));
    let (start, end) = found.map_or((begin, begin), |line| {
        let at = begin + offset(line.start);
        (at, at + offset(line.text.len()))
    });
    Some(Heading { level: bookmark.level, text: bookmark.title.clone(), start, end })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::Kind;

    #[test]
    fn titles_are_decoded() {
        let rows: [(&[u8], Option<&str>); 5] = [
            (b"1 Introduction", Some("1 Introduction")),
            (b"\xfe\xff\0G\0r\0\xfc\0n", Some("Grün")),
            (b"Gr\xfcn  x", Some("Grün x")),
            (b"\xef\xbb\xbfGr\xc3\xbcn", Some("Grün")),
            (b" ", None),
        ];
        for (bytes, text) in rows {
            let object = Object::string_literal(bytes.to_vec());
            assert_eq!(title(&object).as_deref(), text);
        }
    }

    #[test]
    fn a_bookmark_lies_at_its_words_or_its_page() {
        let mut parsed =
            Parsed::plain(Kind::Pdf, "Scope\n\n1.1 Scope\ntext\n\nnext page\n\n2 End\n".to_owned());
        parsed.pages = Some(vec![0, 23]);
        let find = |title: &str, page, from| {
            let bookmark = Bookmark { level: 2, title: title.to_owned(), page: (1, 0) };
            place(&parsed, &bookmark, page, from).map(|heading| (heading.start, heading.end))
        };
        assert_eq!(find("Scope", 1, 0), Some((0, 5)));
        assert_eq!(find("Scope", 1, 5), Some((7, 16)));
        assert_eq!(find("End", 2, 16), Some((34, 39)));
        assert_eq!(find("Absent", 2, 16), Some((23, 23)));
        assert_eq!(find("Scope", 3, 0), None);
    }
}
