//! Exact aggregates over cells.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use super::cell::{number, order};
use super::{AggregateValue, Function};

/// Decimals of a mean.
const MEAN_DECIMALS: u32 = 6;

/// What has been seen of one column.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    function: Function,
    column: Option<String>,
    cells: usize,
    numbers: usize,
    sum: Option<Decimal>,
    least: Option<String>,
    most: Option<String>,
}

impl Tally {
    pub(super) fn new(function: Function, column: Option<String>) -> Self {
        Self { function, column, cells: 0, numbers: 0, sum: Some(Decimal::ZERO), least: None, most: None }
    }

    /// Takes a row's cell; `None` where rows are counted.
    pub(super) fn take(&mut self, cell: Option<&str>) {
        let Some(cell) = cell else {
            self.cells += 1;
            return;
        };
        if cell.trim().is_empty() {
            return;
        }
        self.cells += 1;
        match self.function {
            Function::Count => {}
            Function::Sum | Function::Avg => self.add(cell),
            Function::Min => keep(&mut self.least, cell, Ordering::is_lt),
            Function::Max => keep(&mut self.most, cell, Ordering::is_gt),
        }
    }

    fn add(&mut self, cell: &str) {
        if let Some(number) = number(cell) {
            self.numbers += 1;
            self.sum = self.sum.and_then(|sum| sum.checked_add(number));
        }
    }

    pub(super) fn value(&self) -> AggregateValue {
        let sums = matches!(self.function, Function::Sum | Function::Avg);
        let value = match self.function {
            Function::Count => Some(self.cells.to_string()),
            Function::Sum => self.sum().map(|sum| sum.normalize().to_string()),
            Function::Avg => self.mean().map(|mean| mean.normalize().to_string()),
            Function::Min => self.least.clone(),
            Function::Max => self.most.clone(),
        };
        let not_numbers = if sums { self.cells - self.numbers } else { 0 };
        AggregateValue { function: self.function, column: self.column.clone(), value, not_numbers }
    }

    fn sum(&self) -> Option<Decimal> {
        self.sum.filter(|_| self.numbers > 0)
    }

    fn mean(&self) -> Option<Decimal> {
        let mean = self.sum()?.checked_div(Decimal::from(self.numbers))?;
        Some(mean.round_dp(MEAN_DECIMALS))
    }
}

fn keep(best: &mut Option<String>, cell: &str, better: fn(Ordering) -> bool) {
    if best.as_ref().is_none_or(|best| better(order(cell, best))) {
        *best = Some(cell.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_exact_and_name_what_they_leave_out() {
        let cells = ["0.1", "0.2", "n/a", "", "10"];
        let rows = [
            (Function::Count, Some("4"), 0),
            (Function::Sum, Some("10.3"), 1),
            (Function::Avg, Some("3.433333"), 1),
            (Function::Min, Some("0.1"), 0),
            (Function::Max, Some("n/a"), 0),
        ];
        for (function, value, not_numbers) in rows {
            let mut tally = Tally::new(function, Some("c".to_owned()));
            for cell in cells {
                tally.take(Some(cell));
            }
            let found = tally.value();
            assert_eq!((found.value.as_deref(), found.not_numbers), (value, not_numbers), "{function:?}");
        }
    }

    #[test]
    fn nothing_has_no_sum_and_no_extremes() {
        for function in [Function::Sum, Function::Avg, Function::Min, Function::Max] {
            assert_eq!(Tally::new(function, None).value().value, None);
        }
        assert_eq!(Tally::new(Function::Count, None).value().value.as_deref(), Some("0"));
    }
}
