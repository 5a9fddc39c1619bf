//! RFC 3339 times in UTC, to the millisecond.

use divisi_domain::time::Timestamp;

const DAY_MILLIS: i64 = 86_400_000;

/// `2026-01-31T08:15:30.250Z`.
pub fn format(at: Timestamp) -> String {
    let (day, rest) = (at.as_millis().div_euclid(DAY_MILLIS), at.as_millis().rem_euclid(DAY_MILLIS));
    let (year, month, date) = civil(day);
    let (hour, minute, second) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1_000 % 60);
    format!("{year:04}-{month:02}-{date:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", rest % 1_000)
}

/// Reads what [`format`] writes, with or without a fraction; `None` for anything else. A bare date is its midnight.
pub fn parse(text: &str) -> Option<Timestamp> {
    let (date, clock) = text.trim_end_matches('Z').split_once('T').unwrap_or((text, "00:00:00"));
    let [year, month, day] = numbers(date, '-')?;
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let [hour, minute, second] = numbers(clock, ':')?;
    let valid = (1..=12).contains(&month) && (1..=31).contains(&day) && (0..=9999).contains(&year);
    if !valid
        || hour > 23
        || minute > 59
        || second > 60
        || civil(days(year, month, day)) != (year, month, day)
    {
        return None;
    }
    let digits = fraction.bytes().all(|byte| byte.is_ascii_digit());
    let millis: i64 = format!("{fraction:0<3}").get(..3).filter(|_| digits)?.parse().ok()?;
    let seconds = hour * 3_600 + minute * 60 + second;
    Some(Timestamp::from_millis(days(year, month, day) * DAY_MILLIS + seconds * 1_000 + millis))
}

fn numbers(text: &str, by: char) -> Option<[i64; 3]> {
    let parts: Vec<i64> =
        text.split(by).map(|part| part.parse().ok().filter(|n| *n >= 0)).collect::<Option<_>>()?;
    parts.try_into().ok()
}

/// Year, month and day of a day since the epoch: Gregorian, in eras of 400 years that begin in March.
fn civil(day: i64) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let date = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, date)
}

fn days(year: i64, month: i64, date: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let month = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * month + 2) / 5 + date - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// For `#[serde(with = "crate::time::rfc3339")]`.
pub mod rfc3339 {
    use super::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
    pub(crate) fn serialize<S: Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&super::format(*at))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        let text = String::deserialize(from)?;
        super::parse(&text)
            .ok_or_else(|| serde::de::Error::custom(format!("'{text}' is no RFC 3339 time in UTC")))
    }
}

/// For `#[serde(with = "crate::time::optional")]`.
pub mod optional {
    use super::Timestamp;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "the signature that serde asks for")]
    pub(crate) fn serialize<S: Serializer>(at: &Option<Timestamp>, to: S) -> Result<S::Ok, S::Error> {
        at.map(super::format).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        let wrong = |text: &str| serde::de::Error::custom(format!("'{text}' is no RFC 3339 time in UTC"));
        text.map(|text| super::parse(&text).ok_or_else(|| wrong(&text))).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_and_write() {
        let rows = [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_767_225_599_999, "2025-12-31T23:59:59.999Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ];
        for (millis, text) in rows {
            assert_eq!(format(Timestamp::from_millis(millis)), text);
            assert_eq!(parse(text), Some(Timestamp::from_millis(millis)), "{text}");
        }
        assert_eq!(parse("2000-02-29"), Some(Timestamp::from_millis(951_782_400_000)));
        assert_eq!(parse("2000-02-29T00:00:01Z"), Some(Timestamp::from_millis(951_782_401_000)));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "soon",
            "2001-02-29",
            "2000-13-01",
            "2000-01-01T24:00:00Z",
            "2000-01-01T00:00:00.xZ",
            "-1-1-1",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
