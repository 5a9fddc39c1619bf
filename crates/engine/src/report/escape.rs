//! Text of models and documents as Markdown that says exactly this text. Only what Markdown would act on is escaped, so
//! that a quote stays as it stands in its document wherever that is possible. Linear in the length of the text.

/// The longest name of a character that Markdown resolves, as in `&CounterClockwiseContourIntegral;`.
const ENTITY_CHARS_MAX: usize = 40;
/// Digits of the number of a list item.
const ITEM_DIGITS_MAX: usize = 9;

/// The text as a block of its own: its first characters open no heading, list, quote or rule either.
pub(super) fn block(text: &str) -> String {
    let chars = one_line(text);
    escaped(&chars, opener(&chars))
}

/// The text inside of a line that has begun with something else.
pub(super) fn inline(text: &str) -> String {
    escaped(&one_line(text), None)
}

/// The text of a heading, which may end with a `#` of its own.
pub(super) fn heading(text: &str) -> String {
    let chars = one_line(text);
    let last = chars.len().checked_sub(1).filter(|last| chars[*last] == '#');
    escaped(&chars, last)
}

/// Characters that steer a terminal go first, so that nothing hides behind them.
fn one_line(text: &str) -> Vec<char> {
    let text: String = text.chars().filter(|char| !char.is_control() || char.is_whitespace()).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().collect()
}

/// What is known of the whole line before its characters are looked at one by one.
struct Line {
    /// Where the last `>` stands: without one behind it a `<` opens nothing.
    last_close: Option<usize>,
    /// Of what needs a partner: what stands there twice.
    paired: Vec<char>,
}

impl Line {
    fn of(chars: &[char]) -> Self {
        let pairs = |wanted: char| {
            let begins = |at: usize| chars[at] == wanted && (at == 0 || chars[at - 1] != wanted);
            (0..chars.len()).filter(|at| begins(*at)).nth(1).is_some()
        };
        Self {
            last_close: chars.iter().rposition(|char| *char == '>'),
            paired: ['`', '~', '*', '_'].into_iter().filter(|char| pairs(*char)).collect(),
        }
    }
}

fn escaped(chars: &[char], opener: Option<usize>) -> String {
    let line = Line::of(chars);
    let mut out = String::with_capacity(chars.len() + 8);
    for (at, char) in chars.iter().enumerate() {
        if opener == Some(at) || is_markup(chars, at, &line) {
            out.push('\\');
        }
        out.push(*char);
    }
    out
}

/// Whether the character would start or end markup where it stands. What needs a partner is text without one; a line
/// under a word's letters and a star between spaces are text for Markdown too.
fn is_markup(chars: &[char], at: usize, line: &Line) -> bool {
    let before = at.checked_sub(1).and_then(|at| chars.get(at)).copied();
    let after = chars.get(at + 1).copied();
    let word = |side: Option<char>| side.is_some_and(char::is_alphanumeric);
    let space = |side: Option<char>| side.is_none_or(char::is_whitespace);
    match chars[at] {
        char @ ('`' | '~') => line.paired.contains(&char),
        '_' => line.paired.contains(&'_') && !(word(before) && word(after)),
        '*' => line.paired.contains(&'*') && !(space(before) && space(after)),
        '[' => after == Some('^'),
        ']' => matches!(after, Some('(' | '[' | ':')),
        '<' => {
            let opens = after.is_some_and(|next| next.is_alphabetic() || "/!?".contains(next));
            opens && (at == 0 || line.last_close.is_some_and(|close| close > at))
        }
        '\\' => after.is_some_and(|next| next.is_ascii_punctuation()),
        '&' => is_entity(&chars[at + 1..]),
        _ => false,
    }
}

/// `name;` or `#number;`.
fn is_entity(rest: &[char]) -> bool {
    let name = rest.strip_prefix(&['#']).unwrap_or(rest);
    let letters = name.iter().take(ENTITY_CHARS_MAX).take_while(|char| char.is_ascii_alphanumeric()).count();
    letters > 0 && name.get(letters) == Some(&';')
}

/// Where the character stands that makes a line open a heading, a list, a quote, a task or a rule.
fn opener(chars: &[char]) -> Option<usize> {
    let ends = |at: usize| chars.get(at).is_none_or(|char| *char == ' ');
    let run = |wanted: fn(&char) -> bool| chars.iter().take_while(|char| wanted(char)).count();
    match chars.first()? {
        '>' => Some(0),
        '#' => ((1..=6).contains(&run(|char| *char == '#')) && ends(run(|char| *char == '#'))).then_some(0),
        mark @ ('-' | '+' | '*' | '_' | '=') => {
            let alone = chars.iter().all(|char| char == mark || *char == ' ');
            (alone || (*mark != '_' && *mark != '=' && ends(1))).then_some(0)
        }
        mark @ ('`' | '~') => chars.iter().take(3).filter(|char| char == &mark).nth(2).map(|_| 0),
        '[' => (chars.get(2) == Some(&']') && ends(3)).then_some(0),
        _ => {
            let digits = run(char::is_ascii_digit);
            let item = (1..=ITEM_DIGITS_MAX).contains(&digits);
            (item && matches!(chars.get(digits), Some('.' | ')')) && ends(digits + 1)).then_some(digits)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_brings_no_markup() {
        let rows = [
            ("a [link](http://x) b", r"a [link\](http://x) b"),
            ("an ![image](x) and [a][b]", r"an ![image\](x) and [a\][b]"),
            ("[defined]: http://x", r"[defined\]: http://x"),
            ("a note[^1]", r"a note\[^1]"),
            ("[x] no task", r"\[x] no task"),
            ("<script>x</script>", r"\<script>x\</script>"),
            ("# no heading", r"\# no heading"),
            ("- no item", r"\- no item"),
            ("* no item", r"\* no item"),
            ("+ no item", r"\+ no item"),
            ("1. no item", r"1\. no item"),
            ("12) no item", r"12\) no item"),
            ("> no quote", r"\> no quote"),
            ("- - -", r"\- - -"),
            ("_this_ too", r"\_this\_ too"),
            ("*six*", r"\*six\*"),
            ("a `tick`", r"a \`tick\`"),
            ("``` no fence", r"\``` no fence"),
            ("~~struck~~", r"\~\~struck\~\~"),
            ("HEAD~3 and HEAD~5", r"HEAD\~3 and HEAD\~5"),
            ("R&amp;D, &#35; and A & B", r"R\&amp;D, \&#35; and A & B"),
            ("two\n\nlines\u{7}", "two lines"),
            ("C:\\path\\*", r"C:\path\\*"),
            // What steers a terminal hides nothing.
            ("\u{1}# Big", r"\# Big"),
            ("\u{1}> x", r"\> x"),
            ("1\u{2}. item", r"1\. item"),
            ("<\u{1}b>", r"\<b>"),
        ];
        for (text, expected) in rows {
            assert_eq!(block(text), expected, "{text}");
        }
    }

    #[test]
    fn text_that_is_no_markup_stays_as_it_is() {
        let rows = [
            "39.90 EUR",
            "--contains [<commit",
            "1 < 2 and 2 > 1",
            "HEAD~3",
            "[commit] [--soft | --hard]",
            "snake_case stays",
            "2 * 3 is 6",
            "a footnote*",
            "AT&T and R&D",
            "#1 in the list",
            "it's a ` alone",
        ];
        for text in rows {
            assert_eq!(block(text), text);
        }
    }

    #[test]
    fn inside_of_a_line_nothing_opens_a_block() {
        for text in ["2. Fees and Payment", "# 3", "- 5", "> 7", "+ 1"] {
            assert_eq!(inline(text), text);
        }
        assert_eq!([heading("C#"), heading("## C #"), heading("1. First")], [r"C\#", r"## C \#", "1. First"]);
    }

    #[test]
    fn a_long_text_is_looked_at_once() {
        // Ten million steps where each character is looked at once; 10^14 where each looks at all others.
        for text in ["7".repeat(10_000_000), "<a".repeat(2_000_000), "&a".repeat(2_000_000)] {
            assert!(block(&text).len() >= text.len());
        }
    }
}
