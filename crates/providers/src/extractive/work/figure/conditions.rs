//! Conditions of a query: dates, numbers, values and empty cells that the question speaks of.

use super::sheet::{Sheet, is_date};
use super::values::{Found, Token, Value};

/// A condition of the query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) column: String,
    pub(super) op: &'static str,
    pub(super) value: String,
}

/// The named column next to a word, those before it first.
pub(super) fn nearest(named: &[Found<usize>], at: usize) -> Option<usize> {
    let distance = |one: &&Found<usize>| {
        if one.at < at { at.saturating_sub(one.at + one.len) * 2 } else { (one.at - at) * 2 + 1 }
    };
    named.iter().filter(|one| distance(one) <= 10).min_by_key(distance).map(|one| one.what)
}

fn before(tokens: &[Token], at: usize, count: usize) -> Vec<String> {
    tokens[at.saturating_sub(count)..at].iter().map(|token| token.raw.to_lowercase()).collect()
}

/// `after 2012`, `in 2012`, `before 2012-04-26` on a column of dates.
pub(super) fn dated(tokens: &mut [Token], named: &[Found<usize>], sheet: &Sheet) -> Vec<Condition> {
    let mut conditions = Vec::new();
    let dates: Vec<usize> = (0..sheet.columns.len()).filter(|column| sheet.is_date(*column)).collect();
    for at in 0..tokens.len() {
        let raw = tokens[at].raw.clone();
        let year = raw.len() == 4
            && (raw.starts_with("19") || raw.starts_with("20"))
            && raw.bytes().all(|b| b.is_ascii_digit());
        if tokens[at].used || !year {
            continue;
        }
        let date = iso_date(tokens, at);
        let spoken = spoken_date(tokens, at);
        let near = nearest(named, at).filter(|column| dates.contains(column));
        let Some(column) = near.or_else(|| dates.first().copied()) else { continue };
        let cues = before(tokens, at, 3);
        let has = |words: &[&str]| cues.iter().any(|cue| words.contains(&cue.as_str()));
        let (from, to) = (format!("{raw}-01-01"), format!("{raw}-12-31"));
        let (op, value) = match &date {
            None if spoken.is_some()
                && !has(&["after", "since", "later", "before", "until", "earlier", "from", "till", "by"]) =>
            {
                match &spoken {
                    Some((month, Some(day), _)) => ("eq", format!("{raw}-{month:02}-{day:02}")),
                    Some((month, None, _)) => ("contains", format!("{raw}-{month:02}-")),
                    None => ("contains", format!("{raw}-")),
                }
            }
            Some((date, _)) if has(&["after", "since", "later"]) => ("gt", date.clone()),
            Some((date, _)) if has(&["before", "until", "earlier"]) => ("lt", date.clone()),
            Some((date, _)) => ("eq", date.clone()),
            None if has(&["after", "later"]) => ("gt", to),
            None if has(&["since", "from"]) => ("ge", from),
            None if has(&["before", "earlier"]) => ("lt", from),
            None if has(&["until", "till", "by"]) => ("le", to),
            None => ("contains", format!("{raw}-")),
        };
        let len = date.map_or(1, |(_, len)| len);
        let back = spoken.map_or(0, |(_, _, words)| words);
        tokens[at - back..at + len].iter_mut().for_each(|token| token.used = true);
        conditions.push(Condition { column: sheet.columns[column].clone(), op, value });
    }
    conditions
}

/// `March 2025`, `17 March 2025` before the year at a place: the month, the day, and how many words they are.
fn spoken_date(tokens: &[Token], year: usize) -> Option<(usize, Option<u8>, usize)> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let raw = |back: usize| year.checked_sub(back).map(|at| tokens[at].raw.to_lowercase());
    let month = MONTHS.iter().position(|month| raw(1).as_deref() == Some(month))? + 1;
    let day = raw(2)
        .and_then(|word| word.trim_end_matches("th").parse::<u8>().ok())
        .filter(|day| (1..=31).contains(day));
    Some((month, day, if day.is_some() { 2 } else { 1 }))
}

/// `2012-04-26` is three words.
fn iso_date(tokens: &[Token], at: usize) -> Option<(String, usize)> {
    let parts: Vec<&str> = tokens.get(at..at + 3)?.iter().map(|token| token.raw.as_str()).collect();
    let date = parts.join("-");
    (parts[1].len() == 2 && parts[2].len() == 2 && is_date(&date)).then_some((date, 3))
}

/// A value on the column where it stands.
pub(super) fn condition(value: &Found<Value>, tokens: &[Token], sheet: &Sheet) -> Condition {
    let cues = before(tokens, value.at, 2);
    let not = cues.iter().any(|cue| cue == "not");
    let part =
        !value.what.whole || cues.iter().any(|cue| cue.starts_with("contain") || cue.starts_with("includ"));
    let op = match (not, part) {
        (true, _) => "ne",
        (false, true) => "contains",
        (false, false) => "eq",
    };
    Condition { column: sheet.columns[value.what.column].clone(), op, value: value.what.text.clone() }
}

/// `more than 500` on the column next to it; `500` alone where `compared` is not asked for.
pub(super) fn numeric(
    tokens: &mut [Token],
    named: &[Found<usize>],
    sheet: &Sheet,
    compared: bool,
) -> Vec<Condition> {
    let mut conditions = Vec::new();
    for at in 0..tokens.len() {
        let number = tokens[at].raw.parse::<f64>().is_ok();
        let Some(column) = nearest(named, at).filter(|_| number && !tokens[at].used) else { continue };
        let cues = before(tokens, at, 3).join(" ");
        let has = |words: &[&str]| words.iter().any(|word| cues.contains(word));
        let op = match () {
            () if has(&["at least", "not less"]) => "ge",
            () if has(&["at most", "not more", "up to"]) => "le",
            () if has(&["more than", "greater than", "over", "above", "larger than", "exceed", "after"]) => {
                "gt"
            }
            () if has(&["less than", "fewer than", "under", "below", "smaller than", "before"]) => "lt",
            () if compared => continue,
            () => "eq",
        };
        tokens[at].used = true;
        conditions.push(Condition {
            column: sheet.columns[column].clone(),
            op,
            value: tokens[at].raw.clone(),
        });
    }
    conditions
}

/// `without an eol`, `have no eol`, `with an eol`.
pub(super) fn filled(tokens: &[Token], named: &[Found<usize>], sheet: &Sheet) -> Vec<Condition> {
    let mut conditions = Vec::new();
    for one in named {
        let cues = before(tokens, one.at, 2);
        let has = |words: &[&str]| cues.iter().any(|cue| words.contains(&cue.as_str()));
        let op = match () {
            () if has(&["no", "without", "missing", "empty", "lack", "lacks", "lacking"]) => "empty",
            () if has(&["with", "have", "has"]) && tokens.get(one.at + one.len).is_none() => "not_empty",
            () => continue,
        };
        conditions.push(Condition { column: sheet.columns[one.what].clone(), op, value: String::new() });
    }
    conditions
}
