//! The schema of a document whose DocType only the call decides.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::doctype::document::Document;

impl JsonSchema for Document {
    fn schema_name() -> Cow<'static, str> {
        "Document".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "title": "Document",
            "description": "A document: the fields of its DocType, without those that are null; child rows as lists.",
            "properties": {
                "doctype": { "type": "string" },
                "name": { "type": ["string", "integer"] },
                "owner": { "type": "string" },
                "creation": { "type": "string" },
                "modified": { "type": "string" },
                "modified_by": { "type": "string" },
                "docstatus": { "type": "integer", "enum": [0, 1, 2] },
                "idx": { "type": "integer" },
            },
            "required": ["doctype"],
            "additionalProperties": true,
        })
    }
}
