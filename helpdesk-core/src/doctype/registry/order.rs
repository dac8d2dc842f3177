//! Where fields added at run time stand among those declared.
//!
//! Source: spec/framework-data.md §5.2.

use serde_json::Value;

use crate::doctype::field::Field;

/// A Custom Field and the field it is to stand after; empty: before all others.
pub(super) struct Added {
    pub(super) field: Field,
    pub(super) after: String,
}

/// Puts fields in their places. Several after the same one keep their order; one may stand after another added one,
/// wherever that comes in the list; one after a field that is not there goes to the end.
pub(super) fn insert(fields: &mut Vec<Field>, added: Vec<Added>) {
    let mut groups: Vec<(String, Vec<Field>)> = Vec::new();
    for added in added {
        match groups.iter_mut().find(|(after, _)| *after == added.after) {
            Some((_, group)) => group.push(added.field),
            None => groups.push((added.after, vec![added.field])),
        }
    }
    while !groups.is_empty() {
        let before = groups.len();
        groups.retain_mut(|(after, group)| {
            let place = if after.is_empty() {
                Some(0)
            } else {
                let anchor = fields.iter().position(|known| known.fieldname == *after);
                anchor.map(|anchor| anchor + 1)
            };
            if let Some(place) = place {
                fields.splice(place..place, group.drain(..));
            }
            place.is_none()
        });
        if groups.len() == before {
            fields.extend(groups.into_iter().flat_map(|(_, group)| group));
            return;
        }
    }
}

/// Orders fields as a JSON list of names says; those it does not name stay behind the field they followed.
pub(super) fn arrange(fields: &mut Vec<Field>, list: &str) {
    let Ok(Value::Array(names)) = serde_json::from_str(list) else {
        return;
    };
    let rank = |field: &Field| {
        names
            .iter()
            .position(|name| name.as_str() == Some(&field.fieldname))
    };
    let mut last = None;
    let mut ranked: Vec<(Option<usize>, Field)> = Vec::with_capacity(fields.len());
    for field in fields.drain(..) {
        // `None` comes first: fields in front of the first one named stay in front.
        last = rank(&field).or(last);
        ranked.push((last, field));
    }
    ranked.sort_by_key(|(rank, _)| *rank);
    fields.extend(ranked.into_iter().map(|(_, field)| field));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str) -> Field {
        Field {
            fieldname: name.to_owned(),
            ..Field::default()
        }
    }

    fn after(name: &str, after: &str) -> Added {
        Added {
            field: field(name),
            after: after.to_owned(),
        }
    }

    fn names(fields: &[Field]) -> String {
        let names: Vec<&str> = fields.iter().map(|field| field.fieldname.as_str()).collect();
        names.join(" ")
    }

    #[test]
    fn fields_after_the_same_one_keep_their_order() {
        let mut fields = vec![field("a"), field("b")];

        insert(
            &mut fields,
            vec![after("x", "a"), after("y", "a"), after("z", "b")],
        );

        assert_eq!(names(&fields), "a x y b z");
    }

    #[test]
    fn a_field_may_stand_after_one_that_comes_later_in_the_list() {
        let mut fields = vec![field("a"), field("b")];

        insert(
            &mut fields,
            vec![
                after("x", "y"),
                after("y", "a"),
                after("lost", "nowhere"),
                after("top", ""),
            ],
        );

        assert_eq!(names(&fields), "top a y x b lost");
    }

    #[test]
    fn fields_that_stand_after_each_other_go_to_the_end() {
        let mut fields = vec![field("a")];

        insert(&mut fields, vec![after("x", "y"), after("y", "x")]);

        assert_eq!(names(&fields), "a x y");
    }

    #[test]
    fn a_list_of_names_orders_fields_and_the_others_follow_their_predecessor() {
        let mut fields = vec![field("head"), field("a"), field("a2"), field("b"), field("c")];

        arrange(&mut fields, r#"["c", "a", "gone"]"#);

        assert_eq!(names(&fields), "head c a a2 b");
        arrange(&mut fields, "no list");
        assert_eq!(names(&fields), "head c a a2 b");
    }
}
