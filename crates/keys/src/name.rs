use std::fmt;
use std::str::FromStr;

/// The most characters of a name.
const CHARS_MAX: usize = 64;

/// What a key is called: as the environment variable that could hold it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName(String);

/// A text that no variable can be called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is no name of a key: a key is called as the variable that would hold it, as in OPENAI_API_KEY: capital \
     letters, digits and '_', {CHARS_MAX} at most, no digit first"
)]
pub struct KeyNameError(String);

impl KeyName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyName {
    type Err = KeyNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        let begins = text.bytes().next().is_some_and(|first| !first.is_ascii_digit());
        // What is no name may be the key itself, typed in its place: none of it is repeated.
        let shown = || text.chars().take(4).collect::<String>() + "…";
        if begins && text.len() <= CHARS_MAX && text.bytes().all(fits) {
            Ok(Self(text.to_owned()))
        } else {
            Err(KeyNameError(shown()))
        }
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_called_as_a_variable_is() {
        let rows = [
            ("OPENAI_API_KEY", true),
            ("_X9", true),
            ("", false),
            ("9X", false),
            ("openai", false),
            ("OPENAI-API-KEY", false),
            ("sk-proj-0123456789", false),
        ];
        for (text, fits) in rows {
            assert_eq!(text.parse::<KeyName>().is_ok(), fits, "{text}");
        }
        assert!("A".repeat(65).parse::<KeyName>().is_err());
    }

    #[test]
    fn a_key_in_place_of_a_name_is_not_repeated() {
        let refused = "sk-proj-0123456789".parse::<KeyName>().unwrap_err().to_string();
        assert!(refused.contains("'sk-p…'") && !refused.contains("0123"), "{refused}");
    }
}
