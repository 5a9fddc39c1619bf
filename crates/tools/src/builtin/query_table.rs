//! `query_table`: rows of a CSV file, or of a JSON array of flat objects, filtered, ordered and counted exactly.

mod aggregate;
mod cell;
mod select;

use divisi_domain::name::Name;
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{named, read_only, respond};
use crate::calls::{Tool, ToolContext, ToolError, ToolOutput, ToolSpec};
use crate::corpus::Corpus;

/// The tool.
#[derive(Debug)]
pub struct QueryTable(ToolSpec);

impl Default for QueryTable {
    fn default() -> Self {
        Self(read_only(
            Name::from_static("query_table"),
            "Filters, orders, counts and sums the rows of a table (CSV, or JSON with an array of objects) exactly. \
             Numbers compare as numbers where both sides are numbers; ISO dates compare as text.",
            schema(),
        ))
    }
}

fn schema() -> Value {
    let column = json!({ "type": "string", "description": "A column, as list_documents names it." });
    let condition = json!({
        "type": "object",
        "properties": {
            "column": column,
            "op": { "enum": ["eq", "ne", "contains", "lt", "le", "gt", "ge", "empty", "not_empty"] },
            "value": { "type": ["string", "number", "boolean"] }
        },
        "required": ["column", "op"],
        "additionalProperties": false
    });
    let aggregate = json!({
        "type": "object",
        "properties": { "fn": { "enum": ["count", "sum", "min", "max", "avg"] }, "column": column },
        "required": ["fn"],
        "additionalProperties": false
    });
    let order = json!({
        "type": "object",
        "properties": { "column": column, "descending": { "type": "boolean" } },
        "required": ["column"],
        "additionalProperties": false
    });
    json!({
        "type": "object",
        "properties": {
            "source": { "type": "string", "description": "A source, e.g. D1." },
            "select": { "type": "array", "items": column, "maxItems": 64 },
            "where": { "type": "array", "items": condition, "maxItems": 16 },
            "order_by": order,
            "limit": { "type": "integer", "minimum": 0, "maximum": 1000, "description": "Rows at most; 100 where absent." },
            "aggregate": { "type": "array", "items": aggregate, "maxItems": 16 },
            "group_by": column
        },
        "required": ["source"],
        "additionalProperties": false
    })
}

impl Tool for QueryTable {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn call<'a>(
        &'a self,
        context: &'a ToolContext,
        given: &'a Value,
    ) -> BoxFuture<'a, Result<ToolOutput, ToolError>> {
        respond(&self.0, context, given, query)
    }
}

fn query(corpus: &Corpus, given: &Arguments) -> Result<Output, ToolError> {
    let document = named(corpus, &given.source)?;
    let Some(table) = &document.parsed.table else {
        return Err(ToolError::refused(format!(
            "{} ({}) holds no table: use search_documents.",
            given.source, document.name
        )));
    };
    select::run(&document.parsed, table, given)
}

/// `{"source","select"?,"where"?,"order_by"?,"limit"?,"aggregate"?,"group_by"?}`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Arguments {
    /// `D1`…
    pub source: String,
    /// Columns to return; all where absent.
    pub select: Option<Vec<String>>,
    /// Conditions that must all hold.
    #[serde(default, rename = "where")]
    pub conditions: Vec<Condition>,
    /// The order of the rows; that of the file where absent.
    pub order_by: Option<OrderBy>,
    /// Rows to return at most, 0–1,000.
    #[serde(default = "limit_default")]
    pub limit: usize,
    /// What to compute over the matching rows.
    #[serde(default)]
    pub aggregate: Vec<Aggregate>,
    /// Compute the aggregates for each value of this column too.
    pub group_by: Option<String>,
}

fn limit_default() -> usize {
    100
}

/// `{"column","op","value"?}`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Condition {
    /// A column.
    pub column: String,
    /// The comparison.
    pub op: Op,
    /// What to compare with: text, number or truth value. Absent for `empty` and `not_empty`.
    pub value: Option<serde_json::Value>,
}

/// Comparisons. Where both sides are decimal numbers they compare as numbers, else as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// The cell contains the text, whatever the case of its letters.
    Contains,
    /// Less than.
    Lt,
    /// At most.
    Le,
    /// Greater than.
    Gt,
    /// At least.
    Ge,
    /// Nothing but white space in the cell.
    Empty,
    /// Something in the cell.
    NotEmpty,
}

/// `{"column","descending"?}`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct OrderBy {
    /// A column.
    pub column: String,
    /// Largest first.
    #[serde(default)]
    pub descending: bool,
}

/// `{"fn","column"?}`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Aggregate {
    /// What to compute.
    #[serde(rename = "fn")]
    pub function: Function,
    /// Over which column; `count` without one counts rows, with one its non-empty cells.
    pub column: Option<String>,
}

/// Aggregate functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Function {
    /// How many.
    Count,
    /// The sum of the numbers.
    Sum,
    /// The smallest cell, by number or else by text.
    Min,
    /// The largest cell.
    Max,
    /// The mean of the numbers, rounded to six decimals.
    Avg,
}

/// `{"columns","rows","matched","aggregates","groups"?}`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Output {
    /// The returned columns.
    pub columns: Vec<String>,
    /// The returned rows.
    pub rows: Vec<Row>,
    /// Rows that meet the conditions, returned or not.
    pub matched: usize,
    /// Over all matching rows.
    pub aggregates: Vec<AggregateValue>,
    /// For each value of `group_by`, in the order of the values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<Group>>,
}

/// One row and its place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// In the order of `columns`.
    pub cells: Vec<String>,
    /// First byte of the row in the document's text.
    pub start: u32,
    /// Byte after the last.
    pub end: u32,
    /// Its first line.
    pub line: u32,
}

/// One computed value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AggregateValue {
    /// What was computed.
    #[serde(rename = "fn")]
    pub function: Function,
    /// Over which column, null for rows.
    pub column: Option<String>,
    /// The value as text; null where there was nothing to compute from.
    pub value: Option<String>,
    /// Non-empty cells that are no number and were left out of a sum or mean.
    #[serde(skip_serializing_if = "is_zero")]
    pub not_numbers: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// The rows that share a value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// The value of `group_by`.
    pub key: String,
    /// Rows of the group.
    pub count: usize,
    /// Over these rows.
    pub aggregates: Vec<AggregateValue>,
}
