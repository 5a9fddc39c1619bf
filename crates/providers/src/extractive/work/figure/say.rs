//! The answer of a query in sentences, with the rows behind it.

use divisi_llm::outputs::{Cell, Citation, Claim, Row, Solution, Table};

use super::ask::{Ask, Operation};
use super::decimal::Decimal;
use super::sheet::{Answer, AnswerRow, Group};

/// Rows of the table behind the figure.
const TABLE_ROWS_MAX: usize = 12;
/// Names in a sentence.
const NAMES_MAX: usize = 25;
/// Groups in a sentence.
const GROUPS_MAX: usize = 20;
/// Places behind the point of a computed value.
const PLACES: u32 = 2;

/// The figure and its rows.
pub(super) fn solution(
    ask: &Ask,
    answer: &Answer,
    total: usize,
    citations: &[Citation],
    file: &str,
) -> Solution {
    let text = format!("{}{}", sentence(ask, answer, total, file), shown(ask, answer, citations.len()));
    let claim = Claim { text: text.clone(), citations: citations.to_vec(), subtasks: Vec::new() };
    Solution {
        summary: text,
        claims: vec![claim],
        table: Some(rows(ask, answer, citations)),
        gaps: Vec::new(),
        confidence: 0.9,
    }
}

/// That only some of the rows stand below.
fn shown(ask: &Ask, answer: &Answer, cited: usize) -> String {
    let all = matches!(ask.operation, Operation::Highest | Operation::Lowest) || cited >= answer.matched;
    if all { String::new() } else { format!(" {cited} of {} rows are shown.", answer.matched) }
}

fn sentence(ask: &Ask, answer: &Answer, total: usize, file: &str) -> String {
    let conditions = conditions(ask);
    let over = ask.over.as_deref().unwrap_or_default();
    let value = answer.aggregates.first().and_then(|one| one.value.clone());
    let value = value.map_or_else(|| "nothing".to_owned(), |value| short(&value));
    match ask.operation {
        Operation::Distinct | Operation::Commonest | Operation::Rarest => {
            return kinds(ask, answer, file, &conditions);
        }
        Operation::SumOfProducts => return products(ask, answer, file, &conditions),
        _ => {}
    }
    if let Some(groups) = &answer.groups {
        return grouped(ask, groups, file, &conditions);
    }
    match ask.operation {
        Operation::Count if conditions.is_empty() => {
            let called = if ask.rows_are.is_empty() || ask.rows_are == "rows" {
                String::new()
            } else {
                format!(" ({})", ask.rows_are)
            };
            format!("{file} has {} rows{called}.", answer.matched)
        }
        Operation::Count => format!("{} of {total} rows of {file} match{conditions}.", answer.matched),
        Operation::Sum => {
            format!("The sum of {over} is {value} over {} rows of {file}{conditions}.", answer.matched)
        }
        Operation::Average => {
            format!("The average of {over} is {value} over {} rows of {file}{conditions}.", answer.matched)
        }
        Operation::Highest if ask.rows.is_some() => {
            format!(
                "The {} highest by {over} in {file}{conditions}: {}.",
                answer.rows.len(),
                ordered(ask, answer)
            )
        }
        Operation::Lowest if ask.rows.is_some() => {
            format!(
                "The {} lowest by {over} in {file}{conditions}: {}.",
                answer.rows.len(),
                ordered(ask, answer)
            )
        }
        Operation::Highest => {
            format!("The highest {over} is {value}: {}{conditions}.", named(ask, answer, 1))
        }
        Operation::Lowest => format!("The lowest {over} is {value}: {}{conditions}.", named(ask, answer, 1)),
        Operation::Rows if answer.matched == 1 && is_of_label(ask) => of_label(ask, answer),
        Operation::Rows if answer.matched == 1 => format!("{}{conditions}.", named(ask, answer, 1)),
        Operation::Rows
        | Operation::Distinct
        | Operation::Commonest
        | Operation::Rarest
        | Operation::SumOfProducts => {
            format!(
                "{} of {total} rows of {file} match{conditions}: {}.",
                answer.matched,
                named(ask, answer, NAMES_MAX)
            )
        }
    }
}

/// One value for each group.
fn grouped(ask: &Ask, groups: &[Group], file: &str, conditions: &str) -> String {
    let over = ask.over.as_deref().unwrap_or_default();

    let listed: Vec<String> = groups
        .iter()
        .take(GROUPS_MAX)
        .map(|group| {
            let value = group.aggregates.first().and_then(|one| one.value.clone());
            format!("{}: {}", group.key, value.map_or_else(|| group.count.to_string(), |value| short(&value)))
        })
        .collect();
    let group = ask.group.as_deref().unwrap_or_default();
    let figure = match ask.operation {
        Operation::Average => format!("Average {over} per {group}"),
        Operation::Sum => format!("Sum of {over} per {group}"),
        Operation::Highest => format!("Highest {over} per {group}"),
        Operation::Lowest => format!("Lowest {over} per {group}"),
        _ => format!("Rows per {group}"),
    };
    format!("{figure} in {file}{conditions}: {}.", listed.join("; "))
}

/// At most two places behind the point: cells have seldom more.
fn short(value: &str) -> String {
    Decimal::read(value).map_or_else(|| value.to_owned(), |value| value.rounded(PLACES).to_string())
}

/// The different cells of a column, or those of them that stand in the most rows.
fn kinds(ask: &Ask, answer: &Answer, file: &str, conditions: &str) -> String {
    let groups = answer.groups.as_deref().unwrap_or_default();
    let group = ask.group.as_deref().unwrap_or_default();
    let named = |groups: &[&Group]| {
        let keys: Vec<&str> = groups.iter().take(NAMES_MAX).map(|group| group.key.as_str()).collect();
        let more = if groups.len() > NAMES_MAX { ", …" } else { "" };
        format!("{}{more}", keys.join(", "))
    };
    let all: Vec<&Group> = groups.iter().collect();
    let counts = || groups.iter().map(|group| group.count);
    let (word, count) = match ask.operation {
        Operation::Commonest => ("most", counts().max().unwrap_or(0)),
        Operation::Rarest => ("fewest", counts().min().unwrap_or(0)),
        _ => {
            return format!(
                "{} different values of {group} in {file}{conditions}: {}.",
                groups.len(),
                named(&all)
            );
        }
    };
    let extreme: Vec<&Group> = all.into_iter().filter(|group| group.count == count).collect();
    format!("The {word} rows of {file}{conditions} have the {group} {}: {count} each.", named(&extreme))
        .replace(": 1 each.", ": one each.")
}

/// The sum of the products of two columns, where every row has both.
fn products(ask: &Ask, answer: &Answer, file: &str, conditions: &str) -> String {
    let (one, other) = (ask.over.as_deref().unwrap_or_default(), ask.times.as_deref().unwrap_or_default());
    let cell = |row: &AnswerRow, column: &str| Decimal::read(&cell_of(answer, row, column));
    let sum = answer
        .rows
        .iter()
        .try_fold(Decimal::default(), |sum, row| sum.plus_product(cell(row, one)?, cell(row, other)?))
        .filter(|_| answer.rows.len() == answer.matched);
    match sum {
        Some(sum) => {
            format!(
                "The sum of {one} times {other} is {sum} over {} rows of {file}{conditions}.",
                answer.matched
            )
        }
        None => format!(
            "{one} times {other} cannot be added up over the {} rows of {file}{conditions}: not every row has two numbers, or there are too many.",
            answer.matched
        ),
    }
}

/// Each of the first rows with its value.
fn ordered(ask: &Ask, answer: &Answer) -> String {
    let over = ask.over.as_deref().unwrap_or_default();
    let row =
        |row: &AnswerRow| format!("{} ({})", cell_of(answer, row, &ask.label), cell_of(answer, row, over));
    answer.rows.iter().map(row).collect::<Vec<_>>().join(", ")
}

/// Whether cells of one row are asked for that is named by its label.
fn is_of_label(ask: &Ask) -> bool {
    !ask.wanted.is_empty()
        && !ask.wanted.contains(&ask.label)
        && ask.conditions.iter().all(|one| one.column == ask.label && one.op == "eq")
}

/// `The price of Spade is 27.00.`
fn of_label(ask: &Ask, answer: &Answer) -> String {
    let Some(row) = answer.rows.first() else { return String::new() };
    let said: Vec<String> =
        ask.wanted.iter().map(|column| format!("{column} is {}", cell_of(answer, row, column))).collect();
    format!("Of {}, the {}.", cell_of(answer, row, &ask.label), said.join(", the "))
}

fn conditions(ask: &Ask) -> String {
    let said: Vec<String> = ask
        .conditions
        .iter()
        .map(|one| {
            let op = match one.op {
                "eq" => "is",
                "ne" => "is not",
                "contains" => "contains",
                "lt" => "is below",
                "le" => "is at most",
                "gt" => "is above",
                "ge" => "is at least",
                "empty" => "is empty",
                _ => "is not empty",
            };
            let value = if one.value.is_empty() { String::new() } else { format!(" \"{}\"", one.value) };
            format!("{} {op}{value}", one.column)
        })
        .collect();
    if said.is_empty() { String::new() } else { format!(" ({})", said.join(", ")) }
}

/// The wanted cells of the first rows; all cells of a single row where none is wanted.
fn named(ask: &Ask, answer: &Answer, rows_max: usize) -> String {
    let rows: Vec<String> =
        answer.rows.iter().take(rows_max).map(|row| one_row(ask, answer, row, rows_max)).collect();
    let more = answer.rows.len().saturating_sub(rows_max);
    let more = if more > 0 && rows_max > 1 {
        format!(", and {} more", answer.matched - rows_max)
    } else {
        String::new()
    };
    format!("{}{more}", rows.join(", "))
}

fn one_row(ask: &Ask, answer: &Answer, row: &AnswerRow, rows_max: usize) -> String {
    let cell = |name: &String| cell_of(answer, row, name);
    if rows_max > 1 {
        let wanted: Vec<String> = ask.wanted.iter().map(cell).filter(|cell| !cell.is_empty()).collect();
        return if wanted.is_empty() { cell(&ask.label) } else { wanted.join(" ") };
    }
    let columns: Vec<&String> =
        if ask.wanted.is_empty() { answer.columns.iter().collect() } else { ask.wanted.iter().collect() };
    let filled =
        columns.into_iter().map(|column| (column, cell(column))).filter(|(_, cell)| !cell.is_empty());
    let said: Vec<String> = filled.map(|(column, cell)| format!("{column}: {cell}")).collect();
    let label = cell(&ask.label);
    let known = ask.wanted.is_empty() || ask.wanted.contains(&ask.label);
    if ask.wanted.is_empty() && !label.is_empty() && ask.over.is_none() {
        return format!("{label} – {}", said.join("; "));
    }
    if known || label.is_empty() { said.join("; ") } else { format!("{} ({label})", said.join("; ")) }
}

fn cell_of(answer: &Answer, row: &AnswerRow, column: &str) -> String {
    let at = answer.columns.iter().position(|known| known == column);
    at.and_then(|at| row.cells.get(at)).cloned().unwrap_or_default()
}

/// The first rows, each cell of the label cited.
fn rows(ask: &Ask, answer: &Answer, citations: &[Citation]) -> Table {
    let mut columns: Vec<String> = vec![ask.label.clone()];
    let bound = ask.conditions.iter().map(|one| &one.column);
    for column in ask.wanted.iter().chain(&ask.over).chain(bound) {
        if !columns.contains(column) {
            columns.push(column.clone());
        }
    }
    if columns.len() == 1 {
        columns.extend(answer.columns.iter().filter(|column| **column != ask.label).take(3).cloned());
    }
    let row = |(row, citation): (&AnswerRow, &Citation)| Row {
        label: cell_of(answer, row, &ask.label),
        cells: columns[1..]
            .iter()
            .map(|column| Cell { text: cell_of(answer, row, column), citations: vec![citation.clone()] })
            .collect(),
    };
    let rows = answer.rows.iter().zip(citations).take(TABLE_ROWS_MAX).map(row).collect();
    Table { columns, rows }
}
