//! Makes the JSON Schema of `agents.toml`, for editors: `#:schema ./agents.schema.json` at the file's top (taplo).

use super::tables::FileTable;

/// Returns the schema, made from the types with which the file is read.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(FileTable).to_value()
}
