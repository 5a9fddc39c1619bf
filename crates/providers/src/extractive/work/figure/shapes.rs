//! Shapes of questions over tables that are more than one column and one condition: `price times stock`, `out of stock`,
//! `the three cheapest`, `which maker has the most articles`, `how many makers`.

use std::collections::BTreeSet;

use super::ask::{Operation, how_many};
use super::conditions::Condition;
use super::sheet::Sheet;
use super::values::{Found, Token};
use crate::extractive::text::number::digit;

/// Cells that are looked at to learn what a column holds.
const SAMPLED_CELLS_MAX: usize = 200;
/// Rows of the highest or lowest that may be asked for.
const ROWS_MAX: usize = 20;

/// Numbers that only name a row, or a thing, are never added up: `order_id`, `no`, `numeric` of different rows.
pub(super) fn is_identifier(sheet: &Sheet, column: usize) -> bool {
    const NAMES: [&str; 10] = ["id", "no", "nr", "number", "num", "key", "code", "numeric", "zip", "phone"];
    let name = sheet.columns[column].to_lowercase();
    let named = name.split(|c: char| !c.is_alphanumeric()).any(|part| NAMES.contains(&part));
    let cells: Vec<&str> = sheet.cells(column).take(SAMPLED_CELLS_MAX).collect();
    let distinct: BTreeSet<&&str> = cells.iter().collect();
    named && distinct.len() == cells.len() && cells.len() > 1
}

/// The column that says how many things a row stands for.
pub(super) fn quantity(sheet: &Sheet) -> Option<usize> {
    const NAMES: [&str; 8] = ["quantity", "qty", "amount", "count", "units", "pieces", "menge", "anzahl"];
    (0..sheet.columns.len()).find(|column| {
        NAMES.contains(&sheet.columns[*column].to_lowercase().as_str()) && is_numeric(sheet, *column)
    })
}

pub(super) fn is_numeric(sheet: &Sheet, column: usize) -> bool {
    let (mut numbers, mut all) = (0, 0);
    for cell in sheet.cells(column).take(SAMPLED_CELLS_MAX) {
        all += 1;
        numbers += usize::from(cell.trim().parse::<f64>().is_ok());
    }
    numbers * 2 > all
}

/// Whether cells of a column stand in several rows: it names kinds, not rows.
fn has_kinds(sheet: &Sheet, column: usize) -> bool {
    let cells: Vec<&str> = sheet.cells(column).take(SAMPLED_CELLS_MAX).collect();
    let distinct: BTreeSet<&&str> = cells.iter().collect();
    distinct.len() < cells.len() && !is_numeric(sheet, column) && !sheet.is_date(column)
}

/// `price times stock`, `price × stock`: two columns of numbers with a sign of multiplication between them. Words that
/// only name the product (`the value of`) are used up.
pub(super) fn product(tokens: &mut [Token], named: &[Found<usize>], sheet: &Sheet) -> Option<(usize, usize)> {
    let times = tokens
        .iter()
        .position(|token| matches!(token.raw.to_lowercase().as_str(), "times" | "x" | "multiplied"))?;
    let numeric = |one: &&Found<usize>| is_numeric(sheet, one.what);
    let left = named.iter().filter(|one| one.at < times).rfind(numeric)?;
    let right = named.iter().filter(|one| one.at > times).find(numeric)?;
    tokens[times].used = true;
    for token in
        tokens.iter_mut().filter(|token| matches!(token.stem.as_str(), "valu" | "worth" | "multipli"))
    {
        token.used = true;
    }
    Some((left.what, right.what))
}

/// `out of stock`, `sold out`: nothing of a column of numbers.
pub(super) fn out_of(tokens: &mut [Token], named: &[Found<usize>], sheet: &Sheet) -> Option<Condition> {
    let raw = |at: usize| tokens.get(at).map(|token| token.raw.to_lowercase()).unwrap_or_default();
    let one = named.iter().find(|one| {
        is_numeric(sheet, one.what) && one.at > 1 && raw(one.at - 1) == "of" && raw(one.at - 2) == "out"
    })?;
    let column = sheet.columns[one.what].clone();
    Some(Condition { column, op: "eq", value: "0".to_owned() })
}

/// `the three cheapest`, `the 5 highest`.
pub(super) fn rows(tokens: &[Token]) -> Option<usize> {
    let number = |token: &Token| {
        let lower = token.raw.to_lowercase();
        digit(&lower).unwrap_or(&lower).parse::<usize>().ok()
    };
    let superlative = |token: &Token| {
        let lower = token.raw.to_lowercase();
        lower.len() > 4 && lower.ends_with("est")
            || matches!(lower.as_str(), "most" | "least" | "first" | "last")
    };
    let found = tokens.windows(2).find_map(|pair| number(&pair[0]).filter(|_| superlative(&pair[1])))?;
    (1..=ROWS_MAX).contains(&found).then_some(found)
}

/// `Which maker has the most articles?`: no number is asked about, rows are.
pub(super) fn most_rows(lower: &str, named: &[Found<usize>], sheet: &Sheet) -> Option<(Operation, usize)> {
    let operation = match () {
        () if lower.contains(" the most ") => Operation::Commonest,
        () if lower.contains(" the fewest ") => Operation::Rarest,
        () => return None,
    };
    let first = named.first().filter(|one| has_kinds(sheet, one.what))?;
    let numbers = named
        .iter()
        .any(|one| is_numeric(sheet, one.what) && !is_identifier(sheet, one.what) || sheet.is_date(one.what));
    (!numbers).then_some((operation, first.what))
}

/// `How many makers are there?`: the column whose different cells are counted.
pub(super) fn different(tokens: &[Token], named: &[Found<usize>], sheet: &Sheet) -> Option<usize> {
    let at = how_many(tokens)?;
    let skipped = usize::from(
        tokens.get(at).is_some_and(|token| matches!(token.raw.as_str(), "different" | "distinct")),
    );
    let one = named.iter().find(|one| one.at == at + skipped)?;
    has_kinds(sheet, one.what).then_some(one.what)
}

#[cfg(test)]
mod tests {
    use super::super::ask::Ask;
    use super::super::sheet::Sheet;

    fn sheet() -> Sheet {
        let rows = ["T1,Hammer,Ferrum,18.50,4", "T2,Saw,Ferrum,24.00,0", "T3,Drill,Voltaro,129.00,9"];
        Sheet {
            columns: ["article", "name", "maker", "price", "stock"].map(str::to_owned).to_vec(),
            rows: rows.iter().map(|row| row.split(',').map(str::to_owned).collect()).collect(),
            matched: 3,
        }
    }

    #[test]
    fn rows_that_stand_for_several_things_are_added_up_and_their_numbers_are_not() {
        let rows = ["7,2025-01-09,Lamp,4,open", "8,2025-03-02,Desk,1,returned", "9,2025-03-17,Lamp,10,open"];
        let sheet = Sheet {
            columns: ["order_id", "date", "product", "quantity", "status"].map(str::to_owned).to_vec(),
            rows: rows.iter().map(|row| row.split(',').map(str::to_owned).collect()).collect(),
            matched: 3,
        };
        let rows = [
            ("How many lamps were ordered in total?", "Sum quantity product eq Lamp"),
            ("How many orders are still open?", "Count status eq open"),
            ("How many orders were placed in March 2025?", "Count date contains 2025-03-"),
            ("How many orders were placed on 17 March 2025?", "Count date eq 2025-03-17"),
            ("Which orders were returned?", "Rows status eq returned"),
            ("How many orders were refunded?", "none"),
        ];
        for (question, expected) in rows {
            let said = Ask::of(question, &sheet, "orders.csv").map_or("none".to_owned(), |ask| {
                let conditions =
                    ask.conditions.iter().map(|one| format!("{} {} {}", one.column, one.op, one.value));
                let parts =
                    std::iter::once(format!("{:?}", ask.operation)).chain(ask.over.clone()).chain(conditions);
                parts.collect::<Vec<_>>().join(" ")
            });
            assert_eq!(said, expected, "{question}");
        }
    }

    #[test]
    fn questions_of_more_than_one_column_become_queries() {
        let rows = [
            ("What is the total value of the stock (price times stock)?", "SumOfProducts price × stock"),
            ("Which tools are out of stock?", "Rows stock eq 0"),
            ("What are the two cheapest articles?", "Lowest price 2"),
            ("Which tool is the most expensive?", "Highest price"),
            ("Which maker has the most articles?", "Commonest maker"),
            ("Which maker has the fewest articles?", "Rarest maker"),
            ("How many makers are there?", "Distinct maker"),
            ("How many articles are there?", "Count"),
            ("What is the total stock?", "Sum stock"),
            ("How many hammers are there in total?", "Count name eq Hammer"),
            ("Which tools were bought in June?", "none"),
            ("How many tools were stolen?", "none"),
        ];
        for (question, expected) in rows {
            let said = Ask::of(question, &sheet(), "tools.csv").map_or("none".to_owned(), |ask| {
                let mut said = vec![format!("{:?}", ask.operation)];
                said.extend(ask.over.clone());
                said.extend(ask.times.iter().map(|other| format!("× {other}")));
                said.extend(ask.rows.map(|rows| rows.to_string()));
                said.extend(
                    ask.conditions.iter().map(|one| format!("{} {} {}", one.column, one.op, one.value)),
                );
                said.join(" ")
            });
            assert_eq!(said, expected, "{question}");
        }
    }
}
