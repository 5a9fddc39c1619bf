use super::*;

type Pairs<'a> = &'a [(&'a str, &'a str)];

fn headers(rows: Pairs<'_>) -> Vec<(String, String)> {
    rows.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn how_long_to_wait() {
    let date = ("date", "Sat, 21 Nov 2026 20:00:00 GMT");
    let rows: [(&str, Pairs, Option<u64>); 13] = [
        ("seconds", &[("retry-after", "20")], Some(20_000)),
        ("part of a second", &[("retry-after", "0.5")], Some(500)),
        ("milliseconds", &[("retry-after-ms", "1234")], Some(1_234)),
        ("rounded up", &[("retry-after-ms", "12.3")], Some(13)),
        ("milliseconds before seconds", &[("retry-after", "9"), ("retry-after-ms", "8100")], Some(8_100)),
        (
            "a date from the answer's own",
            &[date, ("retry-after", "Sat, 21 Nov 2026 20:01:30 GMT")],
            Some(90_000),
        ),
        ("a date gone by", &[date, ("retry-after", "Sat, 21 Nov 2026 19:00:00 GMT")], Some(0)),
        ("a date without another", &[("retry-after", "Sat, 21 Nov 2026 20:00:10 GMT")], Some(10_000)),
        ("a day at most", &[("retry-after", "999999999")], Some(86_400_000)),
        ("negative", &[("retry-after", "-1")], None),
        ("no number", &[("retry-after", "soon")], None),
        ("not a number", &[("retry-after", "NaN")], None),
        ("nothing", &[], None),
    ];
    let now = http_date(date.1);
    for (what, rows, wait) in rows {
        assert_eq!(retry_after(&headers(rows), now), wait.map(Millis), "{what}");
    }
    let dated = headers(&[("retry-after", "Sat, 21 Nov 2026 20:00:10 GMT")]);
    assert_eq!(retry_after(&dated, None), None, "a date is nothing without a clock");
}

#[test]
fn spans() {
    let rows = [
        ("120ms", Some(120)),
        ("1s", Some(1_000)),
        ("8.64s", Some(8_640)),
        ("6m0s", Some(360_000)),
        ("1h2m3.5s", Some(3_723_500)),
        ("2", Some(2_000)),
        ("", None),
        ("soon", None),
        ("1x", None),
    ];
    for (text, span) in rows {
        assert_eq!(duration(text), span.map(Millis), "{text}");
    }
}

#[test]
fn allowances() {
    let openai = headers(&[
        ("x-ratelimit-limit-requests", "60"),
        ("x-ratelimit-limit-tokens", "150000"),
        ("x-ratelimit-remaining-requests", "59"),
        ("x-ratelimit-remaining-tokens", "149984"),
        ("x-ratelimit-reset-requests", "1s"),
        ("x-ratelimit-reset-tokens", "6m0s"),
    ]);
    let seen = rate_seen(&openai, None);
    assert_eq!((seen.requests_per_minute, seen.requests_left), (Some(60), Some(59)));
    assert_eq!((seen.requests_reset, seen.tokens_reset), (Some(Millis(1_000)), Some(Millis(360_000))));
    assert_eq!((seen.tokens_per_minute, seen.tokens_left), (None, Some(149_984)), "not by the minute");

    let anthropic = headers(&[
        ("date", "Sat, 21 Nov 2026 20:00:00 GMT"),
        ("anthropic-ratelimit-requests-limit", "50"),
        ("anthropic-ratelimit-requests-remaining", "0"),
        ("anthropic-ratelimit-requests-reset", "2026-11-21T20:00:12Z"),
        ("anthropic-ratelimit-input-tokens-limit", "40000"),
        ("anthropic-ratelimit-input-tokens-remaining", "1000"),
        ("anthropic-ratelimit-input-tokens-reset", "2026-11-21T20:00:30Z"),
    ]);
    let seen = rate_seen(&anthropic, None);
    assert_eq!(seen.requests_per_minute, Some(50));
    assert_eq!((seen.requests_left, seen.requests_reset), (Some(0), Some(Millis(12_000))));
    assert_eq!((seen.tokens_per_minute, seen.tokens_left), (Some(40_000), Some(1_000)));
    assert_eq!(seen.tokens_reset, Some(Millis(30_000)));

    assert_eq!(rate_seen(&headers(&[("x-ratelimit-limit-requests", "many")]), None), RateSeen::default());
}
