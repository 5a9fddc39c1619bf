//! Headers that somebody configured.

use hyper::header::{HeaderName, HeaderValue};
use secrecy::ExposeSecret;

use super::{Header, HeaderText};

/// Those that say how a request is put together.
const OURS: [&str; 6] =
    ["accept", "connection", "content-length", "content-type", "host", "transfer-encoding"];
/// Those that hold a credential.
const SECRET: [&str; 6] =
    ["api-key", "authorization", "cookie", "proxy-authorization", "x-api-key", "x-goog-api-key"];

/// A header as somebody configured it. The error is a clause that says what is wrong, without the value.
pub fn own_header(name: &str, value: HeaderText) -> Result<Header, String> {
    let lower = name.to_ascii_lowercase();
    if HeaderName::from_bytes(lower.as_bytes()).is_err() {
        return Err(format!("'{name}' is no name of a header"));
    }
    if OURS.contains(&lower.as_str()) {
        return Err(format!("the header '{name}' follows from what is sent"));
    }
    let text = match &value {
        HeaderText::Plain(_) if SECRET.contains(&lower.as_str()) => {
            return Err(format!(
                "the header '{name}' holds a secret: name the variable that has it under `headers_env`"
            ));
        }
        HeaderText::Plain(text) => text.as_str(),
        HeaderText::Secret(text) => text.expose_secret(),
    };
    if HeaderValue::from_str(text).is_err() {
        return Err(format!("the value of the header '{name}' has characters that no header may have"));
    }
    Ok((lower.into(), value))
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;

    #[test]
    fn what_no_request_can_have_is_named_and_no_value_is_shown() {
        let plain = |text: &str| HeaderText::Plain(text.to_owned());
        let secret = |text: &str| HeaderText::Secret(SecretString::from(text));
        assert_eq!(own_header("X-Team", plain("blue")).unwrap().0, "x-team");
        assert_eq!(own_header("Authorization", secret("Bearer k")).unwrap().0, "authorization");
        for (name, value, told) in [
            ("two words", plain("hunter2"), "no name"),
            ("", plain("hunter2"), "no name"),
            ("Content-Type", plain("hunter2"), "follows from"),
            ("Host", secret("hunter2"), "follows from"),
            ("Authorization", plain("Bearer hunter2"), "`headers_env`"),
            ("X-Api-Key", plain("hunter2"), "`headers_env`"),
            ("x-team", plain("hunter2\n"), "'x-team' has characters"),
            ("x-key", secret("hunter2\r\nx: y"), "'x-key' has characters"),
        ] {
            let error = own_header(name, value).unwrap_err();
            assert!(error.contains(told) && !error.contains("hunter2"), "{error}");
        }
    }
}
