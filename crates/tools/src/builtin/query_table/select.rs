//! Runs a query over a table: one pass over its rows, then an order, then the first rows.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::aggregate::Tally;
use super::cell::{meets, operand, order};
use super::{Aggregate, Arguments, Condition, Group, Output, Row};
use crate::builtin::TABLE_BYTES_MAX;
use crate::calls::ToolError;
use crate::documents::{Layout, Parsed, Span, Table, object_cells, separated_cells};

/// Groups that an answer holds at most.
const GROUPS_MAX: usize = 1_000;

/// A query whose columns are known to exist.
struct Plan<'a> {
    select: Vec<usize>,
    conditions: Vec<(usize, &'a Condition, String)>,
    order: Option<(usize, bool)>,
    aggregates: Vec<(Option<usize>, Tally)>,
    group: Option<usize>,
}

pub(super) fn run(parsed: &Parsed, table: &Table, given: &Arguments) -> Result<Output, ToolError> {
    let plan = plan(table, given)?;
    let mut totals = plan.fresh();
    let mut groups: BTreeMap<String, (usize, Vec<Tally>)> = BTreeMap::new();
    let mut matching: Vec<(Span, String)> = Vec::new();
    for span in &table.rows {
        let cells = cells(parsed, table, *span);
        if !plan.admits(&cells) {
            continue;
        }
        plan.tally(&mut totals, &cells);
        if let Some(group) = plan.group {
            let (count, tallies) =
                groups.entry(cell(&cells, group).to_owned()).or_insert_with(|| (0, plan.fresh()));
            *count += 1;
            plan.tally(tallies, &cells);
        }
        matching
            .push((*span, plan.order.map_or(String::new(), |(column, _)| cell(&cells, column).to_owned())));
    }
    if groups.len() > GROUPS_MAX {
        let many = groups.len();
        return Err(ToolError::refused(format!(
            "The query makes {many} groups, the limit is {GROUPS_MAX}: filter first."
        )));
    }
    plan.sort(&mut matching);
    Ok(Output {
        columns: plan.select.iter().map(|index| table.columns[*index].clone()).collect(),
        rows: rows(parsed, table, &plan, &matching, given.limit),
        matched: matching.len(),
        aggregates: totals.iter().map(Tally::value).collect(),
        groups: plan.group.map(|_| groups.into_iter().map(group).collect()),
    })
}

fn group((key, (count, tallies)): (String, (usize, Vec<Tally>))) -> Group {
    Group { key, count, aggregates: tallies.iter().map(Tally::value).collect() }
}

fn rows(parsed: &Parsed, table: &Table, plan: &Plan, matching: &[(Span, String)], limit: usize) -> Vec<Row> {
    let mut bytes = 0;
    let row = |span: &Span| {
        let cells = cells(parsed, table, *span);
        let cells: Vec<String> = plan.select.iter().map(|index| cell(&cells, *index).to_owned()).collect();
        Row { cells, start: span.start, end: span.end, line: parsed.line_of(span.start) }
    };
    let fits = |row: &Row| {
        bytes += 64 + row.cells.iter().map(|cell| cell.len() + 3).sum::<usize>();
        bytes <= TABLE_BYTES_MAX
    };
    matching.iter().take(limit).map(|(span, _)| row(span)).take_while(fits).collect()
}

fn cells<'a>(parsed: &'a Parsed, table: &Table, span: Span) -> Vec<Cow<'a, str>> {
    let text = parsed.slice(span).unwrap_or("");
    match table.layout {
        Layout::Separated(separator) => separated_cells(text, separator),
        Layout::Objects => object_cells(text, &table.columns),
    }
}

fn cell<'a>(cells: &'a [Cow<'_, str>], index: usize) -> &'a str {
    cells.get(index).map_or("", |cell| cell.as_ref())
}

fn plan<'a>(table: &Table, given: &'a Arguments) -> Result<Plan<'a>, ToolError> {
    let all = || Ok((0..table.columns.len()).collect());
    let select = given
        .select
        .as_ref()
        .map_or_else(all, |names| names.iter().map(|name| column(table, name)).collect())?;
    let condition = |condition: &'a Condition| {
        Ok((column(table, &condition.column)?, condition, operand(condition.value.as_ref())))
    };
    let order = given.order_by.as_ref().map(|order| Ok((column(table, &order.column)?, order.descending)));
    Ok(Plan {
        select,
        conditions: given.conditions.iter().map(condition).collect::<Result<_, ToolError>>()?,
        order: order.transpose()?,
        aggregates: given.aggregate.iter().map(|one| tally(table, one)).collect::<Result<_, _>>()?,
        group: given.group_by.as_ref().map(|name| column(table, name)).transpose()?,
    })
}

fn tally(table: &Table, one: &Aggregate) -> Result<(Option<usize>, Tally), ToolError> {
    let index = one.column.as_ref().map(|name| column(table, name)).transpose()?;
    if index.is_none() && one.function != super::Function::Count {
        return Err(ToolError::refused("Every aggregate but count needs a column."));
    }
    Ok((index, Tally::new(one.function, one.column.clone())))
}

/// A column by its exact name, else by its name in another case.
fn column(table: &Table, name: &str) -> Result<usize, ToolError> {
    let exact = table.columns.iter().position(|column| column == name);
    let loose = || table.columns.iter().position(|column| column.to_lowercase() == name.to_lowercase());
    exact.or_else(loose).ok_or_else(|| {
        let shown: String = name.chars().take(80).collect();
        ToolError::refused(format!(
            "There is no column '{shown}'. The columns are: {}.",
            table.columns.join(", ")
        ))
    })
}

impl Plan<'_> {
    fn fresh(&self) -> Vec<Tally> {
        self.aggregates.iter().map(|(_, tally)| tally.clone()).collect()
    }

    fn admits(&self, cells: &[Cow<'_, str>]) -> bool {
        self.conditions
            .iter()
            .all(|(index, condition, operand)| meets(cell(cells, *index), condition, operand))
    }

    fn tally(&self, tallies: &mut [Tally], cells: &[Cow<'_, str>]) {
        for ((column, _), tally) in self.aggregates.iter().zip(tallies) {
            tally.take(column.map(|index| cell(cells, index)));
        }
    }

    /// Empty cells stay last in either direction; ties keep the order of the file.
    fn sort(&self, matching: &mut [(Span, String)]) {
        let Some((_, descending)) = self.order else { return };
        matching.sort_by(|(_, a), (_, b)| match (descending, a.trim().is_empty(), b.trim().is_empty()) {
            (true, false, false) => order(b, a),
            _ => order(a, b),
        });
    }
}
