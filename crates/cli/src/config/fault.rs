//! What is wrong with the settings, in our words.

use figment::error::{Actual, Error, Kind};
use figment::{Metadata, Source};

/// Every fault with where it stands.
pub(super) fn faults(error: Error) -> String {
    let faults: Vec<String> = error.into_iter().map(|error| fault(&error)).collect();
    faults.join("; ")
}

fn fault(error: &Error) -> String {
    let place = place(error.metadata.as_ref());
    let key = error.path.join(".");
    match &error.kind {
        Kind::UnknownField(name, _) => format!("there is no setting `{name}`{place}"),
        Kind::InvalidType(found, wanted) | Kind::InvalidValue(found, wanted) => {
            format!("`{key}` is {}, but takes {}{place}", shown(found), words(wanted))
        }
        Kind::UnknownVariant(found, known) => {
            format!("`{key}` is \"{found}\"; it is one of {}{place}", known.join(", "))
        }
        Kind::MissingField(name) => format!("`{name}` is missing{place}"),
        Kind::Message(message) => match error.metadata.as_ref().and_then(|data| data.source.as_ref()) {
            Some(Source::File(path)) if key.is_empty() => {
                format!("the file {} is no TOML: {}", path.display(), message.trim())
            }
            _ if key.is_empty() => format!("{}{place}", message.trim()),
            _ => format!("`{key}`: {}{place}", message.trim()),
        },
        other => format!("`{key}`: {other}{place}"),
    }
}

/// What is wanted, for people.
fn words(wanted: &str) -> &str {
    match wanted {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number",
        "f32" | "f64" => "a number",
        "a string" | "string" => "a text in quotes",
        "bool" => "true or false",
        other => other,
    }
}

fn shown(found: &Actual) -> String {
    match found {
        Actual::Str(text) => format!("the text \"{text}\""),
        Actual::Bool(value) => value.to_string(),
        Actual::Unsigned(number) => number.to_string(),
        Actual::Signed(number) => number.to_string(),
        Actual::Float(number) => number.to_string(),
        other => other.to_string(),
    }
}

fn place(data: Option<&Metadata>) -> String {
    match data {
        Some(Metadata { source: Some(Source::File(path)), .. }) => format!(" (in {})", path.display()),
        Some(data) if data.name.contains("environment") => {
            " (in a variable of the environment: DIVISI_ and the setting in capitals)".to_owned()
        }
        Some(_) | None => String::new(),
    }
}
