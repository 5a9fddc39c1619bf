//! The query that a question means.

use serde_json::{Value as Json, json};

use super::columns::columns;
use super::conditions::{Condition, condition, dated, filled, nearest, numeric};
use super::shapes;
use super::sheet::Sheet;
use super::values::{Found, Token, Value, is_name, tokens, values};
use crate::extractive::text::lexicon::{is_soft, is_stop};
use crate::extractive::text::word::stems;

/// Rows that a query returns.
const ROWS_MAX: usize = 40;

/// Rows that are shown of the highest or lowest.
const EXTREME_ROWS_MAX: usize = 3;

/// By these a question says itself that the rows are what it counts.
const LISTED: [&str; 6] = ["listed", "in the table", "in the file", "in the list", "the table", "the file"];
/// Cells that are looked at to learn what a row is.
const SAMPLED_CELLS_MAX: usize = 60;

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
    /// How many different cells a column has.
    Distinct,
    /// Which cell of a column stands in the most rows.
    Commonest,
    /// Which one stands in the fewest.
    Rarest,
    /// The sum of one column times another, row by row.
    SumOfProducts,
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
    /// The column by which the other is multiplied.
    pub(super) times: Option<String>,
    /// How many of the highest or lowest rows are asked for.
    pub(super) rows: Option<usize>,
    /// The column that names a row.
    pub(super) label: String,
    /// What the question calls the rows that it counts.
    pub(super) rows_are: String,
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
        let lower = format!("{} ", question.to_lowercase().replace(['?', '!', ',', ';'], " "));
        row_noun(&mut tokens);
        let named = columns(&mut tokens, sheet);
        let rows = shapes::rows(&tokens);
        let empty = shapes::out_of(&mut tokens, &named, sheet);
        let products = shapes::product(&mut tokens, &named, sheet);
        let listed = LISTED.iter().any(|cue| lower.contains(cue));
        let called = how_many(&tokens).map(|at| tokens[at].raw.clone()).unwrap_or_default();
        let entity = entity(&mut tokens, listed, sheet);
        let mut conditions = dated(&mut tokens, &named, sheet);
        conditions.extend(empty);
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
        let counts_rows = named.is_empty() && conditions.is_empty();
        if counts_rows && !listed && !are_rows(&entity, sheet, file) {
            return None;
        }
        if counts_in_a_row(&tokens, &named, &conditions, sheet) && !are_rows(&entity, sheet, file) {
            return None;
        }
        let free: Vec<usize> = free_columns(&named, &conditions, sheet);
        let pieces = pieces(&tokens, &found, &free, sheet);
        let adds = lower.contains("total") && over(Operation::Sum, &free, sheet).is_some();
        let counted = how_many(&tokens).is_some_and(|at| {
            named.iter().any(|one| one.at == at && over(Operation::Sum, &[one.what], sheet).is_some())
        });
        let plain = if adds || counted || pieces.is_some() { Operation::Sum } else { operation(&lower) };
        let different = shapes::different(&tokens, &named, sheet).filter(|_| plain == Operation::Count);
        let grouped = shapes::most_rows(&lower, &named, sheet);
        let (operation, over) = match (products, grouped, different) {
            (Some((one, _)), _, _) => (Operation::SumOfProducts, Some(one)),
            (_, Some((operation, column)), _) => (operation, Some(column)),
            (_, _, Some(column)) => (Operation::Distinct, Some(column)),
            _ => (plain, pieces.or_else(|| over(plain, &free, sheet))),
        };
        if is_pointless(operation, over, &conditions) {
            return None;
        }
        let name = |column: usize| sheet.columns[column].clone();
        let group = match operation {
            Operation::Distinct | Operation::Commonest | Operation::Rarest => over.map(name),
            _ => group(&lower, &named, sheet),
        };
        Some(Self {
            operation,
            wanted: free.iter().copied().filter(|column| Some(*column) != over).map(name).collect(),
            over: over.map(name),
            conditions,
            group,
            times: products.map(|(_, other)| name(other)),
            rows,
            label: name(sheet.label()),
            rows_are: called,
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
            Operation::Count
            | Operation::Rows
            | Operation::Distinct
            | Operation::Commonest
            | Operation::Rarest
            | Operation::SumOfProducts => None,
        };
        if self.operation == Operation::SumOfProducts {
            arguments["limit"] = json!(super::SAMPLE_ROWS_MAX);
        }
        if let Some(function) = function {
            arguments["aggregate"] = json!([{ "fn": function, "column": self.over }]);
        }
        if let (Some(over), Operation::Highest | Operation::Lowest) = (&self.over, self.operation) {
            arguments["limit"] = json!(self.rows.unwrap_or(EXTREME_ROWS_MAX));
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
        "dearest",
        "priciest",
        "costliest",
    ]) && !lower.contains("least ")
    {
        Operation::Highest
    } else if has(&[
        "lowest", "smallest", "earliest", "oldest", "minimum", "first ", "least ", "fewest", "cheapest",
    ]) {
        Operation::Lowest
    } else {
        Operation::Rows
    }
}

/// The noun behind `how many` or `which` names what a row is; behind `how many` all nouns that follow each other.
fn entity(tokens: &mut [Token], listed: bool, sheet: &Sheet) -> Vec<String> {
    let mut nouns = Vec::new();
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
        let is_noun = |token: &Token| {
            !token.used && !is_name(token) && !is_stop(&token.stem) && !is_cell(&token.stem, sheet)
        };
        if let Some(noun) = next.filter(|next| is_noun(&tokens[*next])) {
            let length = tokens[noun..].iter().take_while(|token| is_noun(token)).count();
            let counted = matches!(tokens[at].raw.to_lowercase().as_str(), "many" | "of");
            let length = if counted { length } else { 1 };
            nouns.extend(tokens[noun..noun + length].iter().map(|token| token.stem.clone()));
            let used = if listed { length } else { 1 };
            tokens[noun..noun + used].iter_mut().for_each(|token| token.used = true);
        }
    }
    nouns
}

/// A query without a condition, or over no column.
fn is_pointless(operation: Operation, over: Option<usize>, conditions: &[Condition]) -> bool {
    let blind =
        matches!(operation, Operation::Sum | Operation::Average | Operation::Highest | Operation::Lowest);
    operation == Operation::Rows && conditions.is_empty() || blind && over.is_none()
}

/// `How many pages does Emma have?`: what a row has of something, its rows do not tell.
fn counts_in_a_row(
    tokens: &[Token],
    named: &[Found<usize>],
    conditions: &[Condition],
    sheet: &Sheet,
) -> bool {
    let on_label = |one: &Condition| one.op == "eq" && one.column == sheet.columns[sheet.label()];
    let things = how_many(tokens).is_some_and(|at| named.iter().all(|one| one.at != at));
    things && conditions.iter().any(on_label)
}

/// Whether some cell is this word and nothing else.
fn is_cell(stem: &str, sheet: &Sheet) -> bool {
    let same = |cell: &str| cell.len() <= stem.len() + ENDING_BYTES_MAX && stems(cell) == [stem];
    (0..sheet.columns.len()).any(|column| sheet.cells(column).any(same))
}

/// Bytes that an ending adds to a stem.
const ENDING_BYTES_MAX: usize = 6;

/// Whether the rows are what these nouns name: words that speak of tables, of the file, or of many of its cells.
fn are_rows(nouns: &[String], sheet: &Sheet, file: &str) -> bool {
    let mut known = stems(GENERIC);
    known.extend(named_in(file));
    let cells: Vec<&str> = sheet.cells(sheet.label()).take(SAMPLED_CELLS_MAX).collect();
    let in_cells =
        |noun: &String| cells.iter().filter(|cell| stems(cell).contains(noun)).count() * 3 > cells.len();
    let is_row = |noun: &String| known.contains(noun) || in_cells(noun);
    nouns.iter().all(is_row)
}

/// What a file's name says its rows are; the number of a well-known standard says it as well as a word.
fn named_in(file: &str) -> Vec<String> {
    const STANDARDS: [(&str, &str); 6] = [
        ("3166", "countries country nations territories"),
        ("4217", "currencies currency"),
        ("639", "languages language"),
        ("15924", "scripts script"),
        ("8601", "dates"),
        ("9362", "banks"),
    ];
    let name = file.replace(['_', '-', '.', '/'], " ");
    let parts = || name.split(' ');
    let standard = parts().any(|part| part.eq_ignore_ascii_case("iso"));
    let known = STANDARDS.iter().filter(|(number, _)| standard && parts().any(|part| part == *number));
    stems(&name).into_iter().chain(known.flat_map(|(_, nouns)| stems(nouns))).collect()
}

/// Where the noun behind `how many` stands.
pub(super) fn how_many(tokens: &[Token]) -> Option<usize> {
    let many = tokens.iter().position(|token| token.raw.eq_ignore_ascii_case("many"))?;
    (many > 0 && tokens[many - 1].raw.eq_ignore_ascii_case("how")).then_some(many + 1)
}

/// Verbs that say only that a row is there: a column need not hold them.
const BEING: &str = "list listed lists placed place made make recorded record shown show given give exist exists sold sell \
    ordered order bought buy came come comes registered entered stored known there contained included counted earn earns work works \
    worked live lives belong belongs stands stand have has hold holds";

/// `were sold`, `are listed`: such a verb says nothing that a column would have to hold.
fn verbs(tokens: &mut [Token]) {
    let known = stems(BEING);
    for token in tokens.iter_mut().filter(|token| !is_name(token) && known.contains(&token.stem)) {
        token.used = true;
    }
}

/// `How many lamps were ordered`: where lamps are a value and each row says how many it stands for, they are added up.
fn pieces(tokens: &[Token], found: &[Found<Value>], free: &[usize], sheet: &Sheet) -> Option<usize> {
    let at = how_many(tokens)?;
    let column = shapes::quantity(sheet)?;
    let asked = found.iter().any(|value| value.at == at && value.what.whole);
    let other = free
        .iter()
        .any(|one| *one != column && shapes::is_numeric(sheet, *one) && !shapes::is_identifier(sheet, *one));
    (asked && !other).then_some(column)
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

/// A word with content that is neither column nor value nor the file's name: the table does not speak of it.
fn has_leftover(tokens: &[Token], file: &str) -> bool {
    let mut known = stems(GENERIC);
    known.extend(named_in(file));
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
    let numeric = |column: &usize| {
        let numbers = sheet.cells(*column).take(20).filter(|cell| cell.parse::<f64>().is_ok());
        numbers.count() > 0 && !shapes::is_identifier(sheet, *column)
    };
    match operation {
        Operation::Count
        | Operation::Rows
        | Operation::Distinct
        | Operation::Commonest
        | Operation::Rarest
        | Operation::SumOfProducts => None,
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
