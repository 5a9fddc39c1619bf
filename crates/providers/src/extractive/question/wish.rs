//! What a person asks to be changed in a result.

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Fewer words.
    Shorter,
    /// What this speaks of is to be left out.
    Without(String),
    /// This is to be spoken of too.
    More(String),
}

const SHORTER: [&str; 8] =
    ["shorter", "shorten", "brief", "concise", "fewer words", "too long", "kürzer", "plus court"];
const WITHOUT: [&str; 11] = [
    "without ",
    "drop ",
    "remove ",
    "leave out ",
    "leave away ",
    "omit ",
    "exclude ",
    "delete ",
    "skip ",
    "cut out ",
    "do not mention ",
];
/// Words that only say that something is added.
const ADDING: [&str; 6] = ["please ", "also ", "add ", "include ", "and ", "then "];

/// The changes that `request` asks for.
pub(crate) fn wishes(request: &str) -> Vec<Wish> {
    parts(request).into_iter().filter_map(wish).collect()
}

/// Sentences, and what `and` joins where it asks for another change; one where it quotes something.
fn parts(request: &str) -> Vec<&str> {
    if request.contains('“') {
        return vec![request];
    }
    let mut parts = Vec::new();
    for sentence in request.split_inclusive([';', '\n']).flat_map(|part| part.split_inclusive(". ")) {
        let mut rest = sentence;
        while let Some(at) = joint(rest) {
            parts.push(&rest[..at]);
            rest = &rest[at + " and ".len()..];
        }
        parts.push(rest);
    }
    parts
}

/// Where `and` joins another change.
fn joint(text: &str) -> Option<usize> {
    text.match_indices(" and ").map(|(at, _)| at).find(|at| {
        let rest = text[at + " and ".len()..].to_lowercase();
        let opens = |cue: &&str| rest.starts_with(cue);
        WITHOUT.iter().any(opens) || ["make it ", "add ", "shorten", "be "].iter().any(opens)
    })
}

fn wish(part: &str) -> Option<Wish> {
    let part = part.trim().trim_end_matches(['.', ';', '!']).trim();
    let lower = part.to_lowercase();
    if part.is_empty() {
        return None;
    }
    if SHORTER.iter().any(|cue| lower.contains(cue)) {
        return Some(Wish::Shorter);
    }
    if let Some((at, cue)) = WITHOUT.iter().find_map(|cue| lower.find(cue).map(|at| (at, cue))) {
        // `what applies without notice` asks for something.
        let led = lower[..at].split_whitespace().count();
        let tail = part.get(at + cue.len()..).unwrap_or_default();
        if led <= LEADING_WORDS_MAX {
            return Some(Wish::Without(tail.trim().to_owned()));
        }
    }
    Some(Wish::More(bare(part).to_owned()))
}

/// Words before the one that leaves something out: `please write it without …`.
const LEADING_WORDS_MAX: usize = 4;

fn bare(part: &str) -> &str {
    let mut rest = part;
    while let Some(cue) =
        ADDING.iter().find(|cue| rest.get(..cue.len()).is_some_and(|start| start.eq_ignore_ascii_case(cue)))
    {
        rest = rest[cue.len()..].trim_start();
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_told_by_its_verb() {
        let without = |text: &str| Wish::Without(text.to_owned());
        let more = |text: &str| Wish::More(text.to_owned());
        let rows = [
            ("Leave out the invoices.", vec![without("the invoices")]),
            ("shorter", vec![Wish::Shorter]),
            ("Please add the notice period", vec![more("the notice period")]),
            ("Also say since when", vec![more("say since when")]),
            ("Leave out the fees and make it shorter", vec![without("the fees"), Wish::Shorter]),
            ("Write it without patents. Add the law.", vec![without("patents"), more("the law")]),
            (
                "Add what can be ended at once without notice",
                vec![more("what can be ended at once without notice")],
            ),
            ("Add fees and penalties", vec![more("fees and penalties")]),
            ("", Vec::new()),
        ];
        for (request, expected) in rows {
            assert_eq!(wishes(request), expected, "{request}");
        }
    }
}
