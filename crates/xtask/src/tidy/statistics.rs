//! Nearest-rank percentiles.

/// The value at `percent` of the sorted values; `None` of nothing.
pub(super) fn percentile(values: &[usize], percent: usize) -> Option<usize> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::percentile;

    #[test]
    fn percentiles_are_values_of_the_list() {
        let ten: Vec<_> = (1..=10).rev().collect();
        for (percent, value) in [(50, 5), (90, 9), (100, 10), (1, 1)] {
            assert_eq!(percentile(&ten, percent), Some(value), "{percent}");
        }
        assert_eq!(percentile(&[7], 50), Some(7));
        assert_eq!(percentile(&[], 50), None);
    }
}
