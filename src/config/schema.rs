//! The JSON Schema of `agents.toml`, for editors: `#:schema ./agents.schema.json` at the file's top (taplo).

use super::tables::FileTable;

/// The schema, made from the types the file is read with.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(FileTable).to_value()
}
