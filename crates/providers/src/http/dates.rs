//! The two ways in which servers write a point of time.

use divisi_domain::time::Timestamp;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A date of HTTP: `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(crate) fn http_date(text: &str) -> Option<Timestamp> {
    let mut words = text.trim().split_once(", ")?.1.split(' ');
    let day = words.next()?.parse().ok()?;
    let month = words.next()?;
    let month = MONTHS.iter().position(|known| *known == month)? + 1;
    let year = words.next()?.parse().ok()?;
    let clock = words.next()?;
    (words.next() == Some("GMT")).then_some(())?;
    at(year, i64::try_from(month).ok()?, day, clock)
}

/// A date of RFC 3339: `1994-11-06T08:49:37Z`, with or without parts of a second (they are left out) and offset.
pub(crate) fn rfc3339(text: &str) -> Option<Timestamp> {
    let (date, clock) = text.trim().split_once(['T', 't', ' '])?;
    let mut numbers = date.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (numbers.next()??, numbers.next()??, numbers.next()??);
    let zone = clock.find(['Z', 'z', '+', '-'])?;
    let (clock, zone) = clock.split_at(zone);
    let whole = clock.split_once('.').map_or(clock, |(whole, _)| whole);
    let there = at(year, month, day, whole)?;
    Some(Timestamp::from_millis(there.as_millis() - offset_millis(zone)?))
}

fn offset_millis(zone: &str) -> Option<i64> {
    if zone.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    Some(sign * (hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?) * 60_000)
}

fn at(year: i64, month: i64, day: i64, clock: &str) -> Option<Timestamp> {
    let mut parts = clock.split(':').map(|part| part.parse::<i64>().ok());
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let known = (1_970..=9_999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    let told = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..=60).contains(&second);
    (known && told).then(|| {
        let days = days_since_epoch(year, month, day);
        Timestamp::from_millis((((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000)
    })
}

/// Days from 1970-01-01 in the Gregorian calendar; years begin in March here, so that leap days come last.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let of_year = (153 * month + 2) / 5 + day - 1;
    year * 365 + year / 4 - year / 100 + year / 400 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways() {
        let rows = [
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777)),
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Thu, 29 Feb 2024 23:59:59 GMT", Some(1_709_251_199)),
            ("Sun, 06 Nov 1994 08:49:37 PST", None),
            ("Sun, 06 Nov 1994", None),
            ("Sun, 40 Nov 1994 08:49:37 GMT", None),
            ("yesterday", None),
        ];
        for (text, seconds) in rows {
            assert_eq!(http_date(text), seconds.map(|s: i64| Timestamp::from_millis(s * 1_000)), "{text}");
        }
        let rows = [
            ("1994-11-06T08:49:37Z", Some(784_111_777)),
            ("1994-11-06T08:49:37.123Z", Some(784_111_777)),
            ("1994-11-06T09:49:37+01:00", Some(784_111_777)),
            ("1994-11-06T00:49:37-08:00", Some(784_111_777)),
            ("2000-03-01T00:00:00Z", Some(951_868_800)),
            ("1994-11-06", None),
            ("1994-11-06T08:49:37", None),
        ];
        for (text, seconds) in rows {
            assert_eq!(rfc3339(text), seconds.map(|s: i64| Timestamp::from_millis(s * 1_000)), "{text}");
        }
    }
}
