/// A query of these pairs, each value encoded.
pub fn query(pairs: &[(&str, String)]) -> String {
    let pair = |(name, value): &(&str, String)| format!("{name}={}", encode(value));
    pairs.iter().map(pair).collect::<Vec<_>>().join("&")
}

fn encode(value: &str) -> String {
    let byte = |byte: u8| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    value.bytes().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_person_types_is_one_value() {
        let rows = [
            ("a b", "q=a%20b"),
            ("a&b=c#d?", "q=a%26b%3Dc%23d%3F"),
            ("ü%", "q=%C3%BC%25"),
            ("x.y-z_1~", "q=x.y-z_1~"),
        ];
        for (typed, expected) in rows {
            assert_eq!(query(&[("q", typed.to_owned())]), expected, "{typed}");
        }
        assert_eq!(query(&[("a", "1".to_owned()), ("b", "2".to_owned())]), "a=1&b=2");
    }
}
