//! Decimal numbers of cells, added and multiplied without loss.

/// Digits behind the point that are kept.
const SCALE: u32 = 6;

/// A decimal number, in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Decimal(i128);

impl Decimal {
    /// Reads `-12.50`; `None` where it is no number or has too many digits.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let digits = |text: &str| text.len() < 16 && text.bytes().all(|byte| byte.is_ascii_digit());
        let bare = whole.strip_prefix('-').unwrap_or(whole);
        if bare.is_empty() || !digits(bare) || !digits(part) || part.len() > SCALE as usize {
            return None;
        }
        let value: i128 = format!("{bare}{part:0<6}").parse().ok()?;
        Some(Self(if bare.len() < whole.len() { -value } else { value }))
    }

    /// The sum of the products of both; `None` where a product has more digits than are kept.
    pub(super) fn plus_product(self, one: Self, other: Self) -> Option<Self> {
        let unit = 10_i128.pow(SCALE);
        let product = one.0.checked_mul(other.0)?;
        (product % unit == 0).then_some(())?;
        self.0.checked_add(product / unit).map(Self)
    }

    /// Rounded to so many places, the half away from zero.
    pub(super) fn rounded(self, places: u32) -> Self {
        let unit = 10_i128.pow(SCALE - places.min(SCALE));
        let half = if self.0 < 0 { -unit / 2 } else { unit / 2 };
        Self((self.0 + half) / unit * unit)
    }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let unit = 10_i128.pow(SCALE);
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, part) = (self.0.abs() / unit, self.0.abs() % unit);
        let part = format!("{part:06}");
        match part.trim_end_matches('0') {
            "" => write!(f, "{sign}{whole}"),
            part => write!(f, "{sign}{whole}.{part}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_add_up_and_are_written_as_people_do() {
        let read = |text| Decimal::read(text).unwrap();
        let sum = Decimal::default().plus_product(read("18.50"), read("4")).unwrap();
        assert_eq!(sum.plus_product(read("-0.25"), read("2")).unwrap().to_string(), "73.5");
        assert_eq!(read("110.166667").rounded(2).to_string(), "110.17");
        assert_eq!(read("-0.5").rounded(0).to_string(), "-1");
        assert_eq!(read("12").to_string(), "12");
        for text in ["", "-", "x", "1.2.3", "1.2345678", "12,5"] {
            assert_eq!(Decimal::read(text), None, "{text}");
        }
        assert_eq!(Decimal::default().plus_product(read("0.0001"), read("0.001")), None);
    }
}
