//! Of several measurements, the one that counts.

/// The middle one; of an even number the mean of the two in the middle. `None` of nothing.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    let sorted = sorted(values);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(sorted[middle]),
        _ => Some(f64::midpoint(sorted[middle - 1], sorted[middle])),
    }
}

/// The least value that `percent` of all are not above; of 0 the least of all. `None` of nothing.
pub(crate) fn percentile(values: &[f64], percent: usize) -> Option<f64> {
    let sorted = sorted(values);
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// A count as a number to divide by.
#[expect(clippy::cast_precision_loss, reason = "counts of a measurement are far below 2^52")]
pub(crate) fn number(count: impl TryInto<u64>) -> f64 {
    count.try_into().unwrap_or(u64::MAX) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_and_the_tail() {
        for (values, low, middle, high) in [
            (vec![], None, None, None),
            (vec![4.0], Some(4.0), Some(4.0), Some(4.0)),
            (vec![9.0, 1.0], Some(1.0), Some(5.0), Some(9.0)),
            (vec![3.0, 1.0, 2.0], Some(1.0), Some(2.0), Some(3.0)),
        ] {
            let found = (percentile(&values, 0), median(&values), percentile(&values, 99));
            assert_eq!(found, (low, middle, high), "{values:?}");
        }
        let hundred: Vec<f64> = (1..=100).map(number).collect();
        assert_eq!(percentile(&hundred, 99), Some(99.0));
        assert_eq!(percentile(&hundred, 50), Some(50.0));
    }
}
