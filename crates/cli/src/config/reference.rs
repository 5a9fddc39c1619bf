use super::settings::Settings;

/// The page `docs/reference/config.md`: every setting with its variable, its default and its meaning.
pub(crate) fn reference() -> String {
    let schema = schemars::schema_for!(Settings).to_value();
    let head = "# Settings\n\nGenerated from the code; a test keeps it so. Each setting can stand in the configuration file (TOML, \
         `config.toml` in the platform's configuration folder, or the file that `--config` or `DIVISI_CONFIG` names) or \
         in an environment variable, which wins. The command line wins over both. `divisi config show` tells what is in force.\n\n\
         | setting | variable | default | meaning |\n|---|---|---|---|\n";
    let empty = serde_json::Map::new();
    let properties = schema.get("properties").and_then(serde_json::Value::as_object).unwrap_or(&empty);
    let described = properties.iter().map(|(name, property)| {
        (name, property, property.get("description").and_then(serde_json::Value::as_str).unwrap_or_default())
    });
    // What only tests and measurements of Divisi itself set is no setting of its users.
    let told = described.filter(|(_, _, text)| !text.starts_with("For developers:"));
    let rows = told.map(|(name, property, text)| {
        let default = match property.get("default") {
            None | Some(serde_json::Value::Null) => "not set".to_owned(),
            Some(value) => format!("`{value}`"),
        };
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        format!("| `{name}` | `DIVISI_{}` | {default} | {text} |\n", name.to_uppercase())
    });
    std::iter::once(head.to_owned()).chain(rows).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_is_that_of_the_code() {
        crate::drift::check("../../docs/reference/config.md", &reference());
    }
}
