//! What a report shows: columns, rows, and what stands around them.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

/// A row by field name.
pub type Row = Map<String, Value>;

/// A column.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Column {
    /// Key in the rows.
    pub fieldname: String,
    /// Its heading.
    pub label: String,
    /// Type of its values, as of a DocType's field.
    pub fieldtype: &'static str,
    /// DocType of a Link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub options: Option<&'static str>,
    /// Pixels.
    pub width: u16,
}

impl Column {
    /// A column of the usual width.
    pub fn new(fieldname: impl Into<String>, label: impl Into<String>, fieldtype: &'static str) -> Column {
        Column {
            fieldname: fieldname.into(),
            label: label.into(),
            fieldtype,
            options: None,
            width: 120,
        }
    }

    /// The same column, that many pixels wide.
    #[must_use]
    pub fn width(self, width: u16) -> Column {
        Column { width, ..self }
    }

    /// The same column, its values being names of documents.
    #[must_use]
    pub fn link(self, doctype: &'static str) -> Column {
        Column {
            fieldtype: "Link",
            options: Some(doctype),
            ..self
        }
    }

    fn is_summed(&self) -> bool {
        matches!(
            self.fieldtype,
            "Int" | "Float" | "Currency" | "Percent" | "Duration"
        )
    }
}

/// What a report shows.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows; each has a value for each column.
    pub rows: Vec<Row>,
    /// A text above them.
    pub message: Option<String>,
    /// A chart, in the form of frappe-charts; null without.
    pub chart: Value,
    /// Figures above the rows: `{value, label, datatype, indicator}` each.
    pub summary: Option<Vec<Value>>,
}

impl Table {
    /// A table without rows.
    pub fn new(columns: Vec<Column>) -> Table {
        Table {
            columns,
            ..Table::default()
        }
    }

    /// Sums of the columns that hold numbers, as a list in the order of the columns; the first says `Total` where it is
    /// none of them. A mean stands for percentages.
    pub fn totals(&self) -> Vec<Value> {
        let mut totals: Vec<Value> = self
            .columns
            .iter()
            .map(|column| {
                if !column.is_summed() {
                    return Value::from("");
                }
                let numbers = self
                    .rows
                    .iter()
                    .filter_map(|row| row.get(&column.fieldname)?.as_f64());
                let sum: f64 = numbers.sum();
                #[expect(clippy::cast_precision_loss, reason = "far less than 2^52 rows")]
                let count = self.rows.len().max(1) as f64;
                Value::from(if column.fieldtype == "Percent" {
                    sum / count
                } else {
                    sum
                })
            })
            .collect();
        let says_so = self
            .columns
            .first()
            .is_some_and(|column| !column.is_summed() && column.fieldtype != "Date");
        if says_so && let Some(first) = totals.first_mut() {
            *first = Value::from("Total");
        }
        totals
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_summed_and_texts_are_not() {
        let mut table = Table::new(vec![
            Column::new("who", "Who", "Data"),
            Column::new("count", "Count", "Int"),
            Column::new("share", "Share", "Percent"),
        ]);
        for row in [
            json!({ "who": "Ada", "count": 2, "share": 10.0 }),
            json!({ "who": "Ben", "count": 3.0, "share": 30.0 }),
        ] {
            table.rows.push(row.as_object().unwrap().clone());
        }

        assert_eq!(table.totals(), [json!("Total"), json!(5.0), json!(20.0)]);
    }
}
