//! The JSON schema of crew files, for editors and for `crews/schema.json`.

use super::file::CrewFile;

/// The schema as pretty JSON with a final newline.
pub fn schema_json() -> Result<String, serde_json::Error> {
    let schema = schemars::schema_for!(CrewFile);
    serde_json::to_string_pretty(&schema).map(|text| text + "\n")
}
