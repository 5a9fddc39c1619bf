//! The query that a question means.

use serde_json::{Value as Json, json};

use super::sheet::{Sheet, is_date};
use super::values::{Found, Token, Value, columns, is_name, tokens, values};
use crate::extractive::text::lexicon::{is_soft, is_stop};
use crate::extractive::text::word::stems;

/// Rows that a query returns.
const ROWS_MAX: usize = 40;

/// Rows that are shown of the highest or lowest.
const EXTREME_ROWS_MAX: usize = 3;

/// What is to be computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    /// How many rows.
    Count,
    /// The sum of a column.
    Sum,
    /// Its mean.
    Average,
    /// The row with the largest cell.
    Highest,
    /// The row with the smallest one.
    Lowest,
    /// The rows themselves.
    Rows,
}

/// A condition of the query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) column: String,
    pub(super) op: &'static str,
    pub(super) value: String,
}

/// The query that a question means.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ask {
    pub(super) operation: Operation,
    /// Columns that are asked for.
    pub(super) wanted: Vec<String>,
    /// The column that is added up or ordered by.
    pub(super) over: Option<String>,
    pub(super) conditions: Vec<Condition>,
    pub(super) group: Option<String>,
    /// The column that names a row.
    pub(super) label: String,
}

/// Words that speak of tables as such.
const GENERIC: &str = "row rows entry entries record records table file csv json data dataset column columns value values code codes contain contains \
    containing equal equals total number count sum average mean highest lowest largest smallest latest earliest oldest newest longest shortest \
    maximum minimum most least fewest recent greater less than whose according given there list name named item items all different distinct \
    add together date year years field identifier id ends starts ended version called";

impl Ask {
    /// The query for `question`; `None` where the table does not hold what it speaks of.
    pub(super) fn of(question: &str, sheet: &Sheet, file: &str) -> Option<Self> {
        let mut tokens = tokens(question);
        let lower = question.to_lowercase();
        row_noun(&mut tokens);
        let named = columns(&mut tokens, sheet);
        entity(&mut tokens);
        let mut conditions = dated(&mut tokens, &named, sheet);
        let near = |at: usize| nearest(&named, at);
        conditions.extend(numeric(&mut tokens, &named, sheet, true));
        generic(&mut tokens);
        let found = values(&mut tokens, sheet, near);
        conditions.extend(found.iter().map(|value| condition(value, &tokens, sheet)));
        conditions.extend(numeric(&mut tokens, &named, sheet, false));
        conditions.extend(filled(&tokens, &named, sheet));
        verbs(&mut tokens);
        if has_leftover(&tokens, file) {
            return None;
        }
        let free: Vec<usize> = free_columns(&named, &conditions, sheet);
        let adds = lower.contains("total") && over(Operation::Sum, &free, sheet).is_some();
        let counted = how_many(&tokens).is_some_and(|at| {
            named.iter().any(|one| one.at == at && over(Operation::Sum, &[one.what], sheet).is_some())
        });
        let operation = if adds || counted { Operation::Sum } else { operation(&lower) };
        let over = over(operation, &free, sheet);
        let pointless = operation == Operation::Rows && conditions.is_empty();
        let blind =
            matches!(operation, Operation::Sum | Operation::Average | Operation::Highest | Operation::Lowest)
                && over.is_none();
        if pointless || blind {
            return None;
        }
        let name = |column: usize| sheet.columns[column].clone();
        let group = group(&lower, &named, sheet);
        Some(Self {
            operation,
            wanted: free.iter().copied().filter(|column| Some(*column) != over).map(name).collect(),
            over: over.map(name),
            conditions,
            group,
            label: name(sheet.label()),
        })
    }

    /// As a call of the tool.
    pub(super) fn call(&self, source: &str) -> super::Call {
        let conditions: Vec<Json> = self
            .conditions
            .iter()
            .map(|one| json!({ "column": one.column, "op": one.op, "value": one.value }))
            .collect();
        let mut arguments = json!({ "source": source, "where": conditions, "limit": ROWS_MAX });
        let function = match self.operation {
            Operation::Sum => Some("sum"),
            Operation::Average => Some("avg"),
            Operation::Highest => Some("max"),
            Operation::Lowest => Some("min"),
            Operation::Count | Operation::Rows => None,
        };
        if let Some(function) = function {
            arguments["aggregate"] = json!([{ "fn": function, "column": self.over }]);
        }
        if let (Some(over), Operation::Highest | Operation::Lowest) = (&self.over, self.operation) {
            arguments["order_by"] =
                json!({ "column": over, "descending": self.operation == Operation::Highest });
        }
        if let Some(group) = &self.group {
            arguments["group_by"] = json!(group);
        }
        super::Call { tool: "query_table", arguments }
    }
}

fn operation(lower: &str) -> Operation {
    let has = |cues: &[&str]| cues.iter().any(|cue| lower.contains(cue));
    if has(&["average", "mean "]) {
        Operation::Average
    } else if has(&["how many", "number of", "count "]) {
        Operation::Count
    } else if has(&["sum ", "total ", "add up"]) {
        Operation::Sum
    } else if has(&[
        "highest",
        "largest",
        "latest",
        "newest",
        "most recent",
        "maximum",
        "last ",
        "greatest",
        "biggest",
        "most ",
    ]) {
        Operation::Highest
    } else if has(&["lowest", "smallest", "earliest", "oldest", "minimum", "first ", "least ", "fewest"]) {
        Operation::Lowest
    } else {
        Operation::Rows
    }
}

/// The noun behind `how many` or `which` names what a row is.
fn entity(tokens: &mut [Token]) {
    for at in 0..tokens.len() {
        let asks = match tokens[at].raw.to_lowercase().as_str() {
            "which" | "list" | "what" => true,
            "many" => at > 0 && tokens[at - 1].raw.eq_ignore_ascii_case("how"),
            "of" => at > 0 && matches!(tokens[at - 1].stem.as_str(), "number" | "count"),
            _ => false,
        };
        if !asks {
            continue;
        }
        let skips = |token: &Token| {
            matches!(token.raw.to_lowercase().as_str(), "all" | "the" | "of" | "are" | "different")
        };
        let next = (at + 1..tokens.len()).find(|next| !skips(&tokens[*next]));
        if let Some(noun) = next.filter(|next| !is_name(&tokens[*next]) && !is_stop(&tokens[*next].stem)) {
            tokens[noun].used = true;
        }
    }
}

/// Where the noun behind `how many` stands.
fn how_many(tokens: &[Token]) -> Option<usize> {
    let many = tokens.iter().position(|token| token.raw.eq_ignore_ascii_case("many"))?;
    (many > 0 && tokens[many - 1].raw.eq_ignore_ascii_case("how")).then_some(many + 1)
}

/// `were sold`, `are listed`: a verb says nothing that a column would have to hold.
fn verbs(tokens: &mut [Token]) {
    for at in 1..tokens.len() {
        let before = tokens[at - 1].raw.to_lowercase();
        let helps = matches!(before.as_str(), "were" | "was" | "are" | "been" | "be" | "did" | "do" | "does");
        if helps && !is_name(&tokens[at]) && tokens[at].raw.len() > 3 {
            tokens[at].used = true;
        }
    }
}

/// Words that speak of tables as such are no values.
fn generic(tokens: &mut [Token]) {
    let known = stems(GENERIC);
    for token in tokens.iter_mut().filter(|token| !is_name(token) && known.contains(&token.stem)) {
        token.used = true;
    }
}

/// `of the script with …`, `the country whose …`: a noun that only says what a row is.
fn row_noun(tokens: &mut [Token]) {
    for at in 1..tokens.len().saturating_sub(1) {
        let before = tokens[at - 1].raw.to_lowercase();
        let after = tokens[at + 1].raw.to_lowercase();
        let opens = matches!(before.as_str(), "the" | "a" | "an" | "of");
        let closes = matches!(
            after.as_str(),
            "with" | "whose" | "that" | "called" | "named" | "having" | "where" | "which"
        );
        if opens && closes && !is_name(&tokens[at]) {
            tokens[at].used = true;
        }
    }
}

fn nearest(named: &[Found<usize>], at: usize) -> Option<usize> {
    let distance = |one: &&Found<usize>| {
        if one.at < at { at.saturating_sub(one.at + one.len) * 2 } else { (one.at - at) * 2 + 1 }
    };
    named.iter().filter(|one| distance(one) <= 10).min_by_key(distance).map(|one| one.what)
}

fn before(tokens: &[Token], at: usize, count: usize) -> Vec<String> {
    tokens[at.saturating_sub(count)..at].iter().map(|token| token.raw.to_lowercase()).collect()
}

/// `after 2012`, `in 2012`, `before 2012-04-26` on a column of dates.
fn dated(tokens: &mut [Token], named: &[Found<usize>], sheet: &Sheet) -> Vec<Condition> {
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
        let near = nearest(named, at).filter(|column| dates.contains(column));
        let Some(column) = near.or_else(|| dates.first().copied()) else { continue };
        let cues = before(tokens, at, 3);
        let has = |words: &[&str]| cues.iter().any(|cue| words.contains(&cue.as_str()));
        let (from, to) = (format!("{raw}-01-01"), format!("{raw}-12-31"));
        let (op, value) = match &date {
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
        tokens[at..at + len].iter_mut().for_each(|token| token.used = true);
        conditions.push(Condition { column: sheet.columns[column].clone(), op, value });
    }
    conditions
}

/// `2012-04-26` is three words.
fn iso_date(tokens: &[Token], at: usize) -> Option<(String, usize)> {
    let parts: Vec<&str> = tokens.get(at..at + 3)?.iter().map(|token| token.raw.as_str()).collect();
    let date = parts.join("-");
    (parts[1].len() == 2 && parts[2].len() == 2 && is_date(&date)).then_some((date, 3))
}

fn condition(value: &Found<Value>, tokens: &[Token], sheet: &Sheet) -> Condition {
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
fn numeric(tokens: &mut [Token], named: &[Found<usize>], sheet: &Sheet, compared: bool) -> Vec<Condition> {
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
fn filled(tokens: &[Token], named: &[Found<usize>], sheet: &Sheet) -> Vec<Condition> {
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

/// A word with content that is neither column nor value nor the file's name: the table does not speak of it.
fn has_leftover(tokens: &[Token], file: &str) -> bool {
    let mut known = stems(GENERIC);
    known.extend(stems(&file.replace(['_', '-', '.', '/'], " ")));
    tokens.iter().any(|token| {
        let plain = is_stop(&token.stem) || is_soft(&token.stem) && !is_name(token);
        !token.used && !plain && !known.contains(&token.stem)
    })
}

/// Named columns that no condition is on.
fn free_columns(named: &[Found<usize>], conditions: &[Condition], sheet: &Sheet) -> Vec<usize> {
    let bound = |column: usize| conditions.iter().any(|one| one.column == sheet.columns[column]);
    let mut free: Vec<usize> = named.iter().map(|one| one.what).filter(|column| !bound(*column)).collect();
    free.dedup();
    free
}

fn over(operation: Operation, free: &[usize], sheet: &Sheet) -> Option<usize> {
    let numeric =
        |column: &usize| sheet.cells(*column).take(20).filter(|cell| cell.parse::<f64>().is_ok()).count() > 0;
    match operation {
        Operation::Count | Operation::Rows => None,
        Operation::Sum | Operation::Average => free.iter().copied().find(|column| numeric(column)),
        Operation::Highest | Operation::Lowest => {
            let ordered = |column: &usize| sheet.is_date(*column) || numeric(column);
            let named = free.iter().copied().rev().find(|column| ordered(column));
            named.or_else(|| {
                (0..sheet.columns.len()).find(|column| sheet.is_date(*column)).filter(|_| free.is_empty())
            })
        }
    }
}

/// `for each series`, `per country`.
fn group(lower: &str, named: &[Found<usize>], sheet: &Sheet) -> Option<String> {
    let by = |column: &str| {
        let column = column.to_lowercase().replace('_', " ");
        [format!("per {column}"), format!("each {column}"), format!("by {column}")]
            .iter()
            .any(|cue| lower.contains(cue))
    };
    named.iter().map(|one| &sheet.columns[one.what]).find(|column| by(column)).cloned()
}
