//! The tables of a list and what names in it mean.

use std::sync::Arc;

use serde_json::Value;

use super::ListRequest;
use crate::cx::Cx;
use crate::db::{Kind, Query};
use crate::doctype::field::FieldType;
use crate::doctype::meta::{Column, Meta};
use crate::doctype::permissions::{self, Access};
use crate::doctype::predicate::Predicate;
use crate::doctype::{comments, masks, system};
use crate::error::{Error, ErrorKind, Result, forbidden, invalid};

/// A column in the scope of a list.
#[derive(Clone, Debug)]
pub(super) struct Reference {
    /// Alias of its table.
    pub(super) alias: String,
    /// DocType of the table.
    pub(super) meta: Arc<Meta>,
    /// Place of the column.
    pub(super) index: usize,
}

impl Reference {
    pub(super) fn column(&self) -> &Column {
        &self.meta.columns[self.index]
    }

    /// The type of its field, `None` for standard columns.
    pub(super) fn fieldtype(&self) -> Option<FieldType> {
        self.meta.field_of(self.column()).map(|field| field.fieldtype)
    }

    /// The column as a caller sees it: SQL and kind. `masked` comes of [`Scope::masks`].
    pub(super) fn shown(&self, masked: bool) -> (Query<'static>, Kind) {
        let mut column = Query::new();
        self.write(&mut column);
        match self.meta.field_of(self.column()) {
            Some(field) if masked => (masks::masked_sql(field, column), Kind::Text),
            _ => (column, self.column().kind),
        }
    }

    pub(super) fn write(&self, out: &mut Query<'static>) {
        out.ident(self.alias.clone())
            .sql(".")
            .ident(self.column().name.clone());
    }
}

/// The parts of a column's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    /// DocType of `` `tabX`.`f` ``.
    pub(super) doctype: Option<String>,
    /// Link or table field of `link.f`.
    pub(super) through: Option<String>,
    /// The field.
    pub(super) field: String,
}

impl Name {
    /// Reads `f`, `` `f` ``, `` `tabX`.`f` ``, `tabX.f`, `link.f`; `None` for anything else.
    pub(super) fn parse(text: &str) -> Option<Name> {
        let (first, rest) = identifier(text.trim())?;
        if rest.is_empty() {
            return Some(Name {
                doctype: None,
                through: None,
                field: first.to_owned(),
            });
        }
        let (field, rest) = identifier(rest.strip_prefix('.')?)?;
        if !rest.is_empty() {
            return None;
        }
        Some(match first.strip_prefix("tab") {
            Some(doctype) if doctype.starts_with(|c: char| c.is_uppercase()) => Name {
                doctype: Some(doctype.to_owned()),
                through: None,
                field: field.to_owned(),
            },
            _ => Name {
                doctype: None,
                through: Some(first.to_owned()),
                field: field.to_owned(),
            },
        })
    }
}

/// One identifier, bare or in backticks, and what follows it.
fn identifier(text: &str) -> Option<(&str, &str)> {
    if let Some(quoted) = text.strip_prefix('`') {
        let end = quoted.find('`')?;
        let name = &quoted[..end];
        let plain = !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '_' | ' ' | '-'));
        return plain.then_some((name, &quoted[end + 1..]));
    }
    // An unquoted table name may hold blanks (`tabHD Ticket.status`), a field may not.
    let end = text.find('.').unwrap_or(text.len());
    let name = &text[..end];
    let table = name.starts_with("tab") && end < text.len();
    let plain = name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || c == '_' || (table && c == ' '));
    plain.then_some((name, &text[end..]))
}

/// Whether documents of a DocType show a column to a caller: by the field's level, and with the right to select alone
/// only what names them.
fn shows(meta: &Meta, access: Access, index: usize) -> bool {
    let column = &meta.columns[index];
    if access.only_select() && access.can_list() {
        // Standard columns are shown beside the names (recorded); what names a document tells no more than its name.
        let is_standard = column.field.is_none() && column.in_document;
        let names = match meta.autoname.strip_prefix("field:") {
            Some(field) => field == column.name,
            // Users are named by their addresses.
            None => meta.name == system::USER && column.name == "email",
        };
        let searched = || {
            let mut fields = meta.search_fields.split(',');
            fields.any(|field| field.trim() == column.name)
        };
        // The picture stands beside a title wherever that is shown (recorded).
        let pictures = || {
            let image = meta.other.get("image_field").and_then(Value::as_str);
            image == Some(column.name.as_str())
        };
        return is_standard || names || searched() || meta.title_field == column.name || pictures();
    }
    access.reads_level(column.permlevel)
}

enum JoinKind {
    /// Through a link field of the main table.
    Link(String),
    /// Child rows of a table field.
    Child(String),
    /// The parent of child rows.
    Parent,
}

struct Join {
    alias: String,
    meta: Arc<Meta>,
    kind: JoinKind,
}

/// The tables of one list.
pub(super) struct Scope {
    pub(super) meta: Arc<Meta>,
    pub(super) access: Access,
    /// The documents the caller may list. Made first: who may list none learns nothing of fields.
    pub(super) rule: Predicate,
    /// What restricts child rows to parents the caller may see; also proof that this was checked.
    pub(super) child_rule: Option<Query<'static>>,
    /// Conditions of joined DocTypes.
    pub(super) join_rules: Vec<Query<'static>>,
    pub(super) ignore_permissions: bool,
    /// [`ListRequest::compat`].
    pub(super) compat: bool,
    /// A child DocType listed without its parent: only names are shown.
    pub(super) names_only: bool,
    /// The caller works at the desk.
    desk: bool,
    joins: Vec<Join>,
}

impl Scope {
    pub(super) fn new(cx: &mut Cx, meta: &Arc<Meta>, request: &ListRequest) -> Result<Scope> {
        if meta.issingle {
            return Err(invalid(format!(
                "{} is a single document; it has no list",
                meta.name
            )));
        }
        if meta.is_virtual {
            return Err(invalid(format!("{} has no table to list", meta.name)));
        }
        let access = if request.ignore_permissions {
            Access::FULL
        } else {
            Access::of(meta, cx.session())
        };
        let rule = if request.ignore_permissions || meta.istable {
            Predicate::All
        } else {
            permissions::list_rule(cx, meta)?
        };
        let mut scope = Scope {
            meta: Arc::clone(meta),
            access,
            rule,
            child_rule: None,
            join_rules: Vec::new(),
            ignore_permissions: request.ignore_permissions,
            compat: request.compat,
            names_only: false,
            desk: cx.session().system_user,
            joins: Vec::new(),
        };
        if meta.istable && !request.ignore_permissions {
            scope.join_parent(cx, request.parent.as_deref())?;
        }
        Ok(scope)
    }

    /// Child rows are seen through their parent DocType, which the caller has to name (§5.3.7, step 6).
    fn join_parent(&mut self, cx: &mut Cx, parent: Option<&str>) -> Result<()> {
        let Some(parent) = parent.filter(|parent| !parent.is_empty()) else {
            if cx.session().is_administrator() {
                self.names_only = true;
                return Ok(());
            }
            return Err(forbidden(format!(
                "Insufficient Permission for <strong>{}</strong>",
                self.meta.name
            ))
            .title("Permission Error"));
        };
        let parent_meta = permissions::meta_of(cx, parent)?;
        if !parent_meta
            .table_fields()
            .any(|field| field.options == self.meta.name)
        {
            return Err(forbidden(format!(
                "{} has no rows of <strong>{}</strong>",
                parent_meta.name, self.meta.name
            )));
        }
        let rule = permissions::list_rule(cx, &parent_meta)?;
        self.access = Access::of(&parent_meta, cx.session());
        let mut condition = Query::new();
        condition
            .ident("t")
            .sql(".parenttype = ")
            .text(parent_meta.name.clone());
        if rule != Predicate::All {
            condition.sql(" AND ").append(rule.to_sql("p"));
        }
        self.child_rule = Some(condition);
        self.joins.push(Join {
            alias: "p".to_owned(),
            meta: parent_meta,
            kind: JoinKind::Parent,
        });
        Ok(())
    }

    /// A column of the listed DocType by its place.
    pub(super) fn main_column(&self, index: usize) -> Reference {
        Reference {
            alias: "t".to_owned(),
            meta: Arc::clone(&self.meta),
            index,
        }
    }

    /// Whether a row of the listed DocType may come several times.
    pub(super) fn has_child_join(&self) -> bool {
        self.joins
            .iter()
            .any(|join| matches!(join.kind, JoinKind::Child(_)))
    }

    /// The alias of the first table of child rows, for a stable order among them.
    pub(super) fn child_alias(&self) -> Option<&str> {
        self.joins
            .iter()
            .find(|join| matches!(join.kind, JoinKind::Child(_)))
            .map(|join| join.alias.as_str())
    }

    /// What a name means, joining the tables it leads through; `None` where it means nothing.
    pub(super) fn resolve(&mut self, cx: &mut Cx, name: &Name) -> Result<Option<Reference>> {
        if let Some(doctype) = &name.doctype {
            if doctype.eq_ignore_ascii_case(&self.meta.name) {
                return Ok(self
                    .meta
                    .column_index(&name.field)
                    .map(|index| self.main_column(index)));
            }
            return self.child_by_doctype(cx, doctype, &name.field);
        }
        let Some(through) = &name.through else {
            if let Some(index) = self.meta.column_index(&name.field) {
                return Ok(Some(self.main_column(index)));
            }
            return Ok(None);
        };
        let meta = Arc::clone(&self.meta);
        let Some(field) = meta.field(through) else {
            return Ok(None);
        };
        match field.fieldtype {
            FieldType::Link => {
                let Some(target) = cx.site().meta(&field.options) else {
                    return Ok(None);
                };
                let Some(index) = target.column_index(&name.field) else {
                    return Ok(None);
                };
                let alias = self.join(cx, JoinKind::Link(field.fieldname.clone()), &target)?;
                let reference = Reference {
                    alias,
                    meta: target,
                    index,
                };
                self.check_level(cx, &reference)?;
                Ok(Some(reference))
            }
            fieldtype if fieldtype.is_table() => {
                let Some(target) = cx.site().meta(&field.options) else {
                    return Ok(None);
                };
                let Some(index) = target.column_index(&name.field) else {
                    return Ok(None);
                };
                let alias = self.join(cx, JoinKind::Child(field.fieldname.clone()), &target)?;
                Ok(Some(Reference {
                    alias,
                    meta: target,
                    index,
                }))
            }
            _ => Ok(None),
        }
    }

    /// As [`Scope::resolve`] for a plain name; a field that only child rows have joins them.
    pub(super) fn resolve_for_filter(&mut self, cx: &mut Cx, name: &Name) -> Result<Option<Reference>> {
        if let Some(reference) = self.resolve(cx, name)? {
            return Ok(Some(reference));
        }
        if name.doctype.is_some() || name.through.is_some() {
            return Ok(None);
        }
        let meta = Arc::clone(&self.meta);
        for field in meta.table_fields() {
            let Some(child) = cx.site().meta(&field.options) else {
                continue;
            };
            if let Some(index) = child
                .column_index(&name.field)
                .filter(|index| child.columns[*index].field.is_some())
            {
                let alias = self.join(cx, JoinKind::Child(field.fieldname.clone()), &child)?;
                return Ok(Some(Reference {
                    alias,
                    meta: child,
                    index,
                }));
            }
        }
        Ok(None)
    }

    /// A column of the child DocType named; `None` where the DocType is no child of the listed one.
    pub(super) fn child_by_doctype(
        &mut self,
        cx: &mut Cx,
        doctype: &str,
        field: &str,
    ) -> Result<Option<Reference>> {
        let meta = Arc::clone(&self.meta);
        let Some(table) = meta
            .table_fields()
            .find(|table| table.options.eq_ignore_ascii_case(doctype))
        else {
            return Ok(None);
        };
        let Some(child) = cx.site().meta(&table.options) else {
            return Ok(None);
        };
        let Some(index) = child.column_index(field) else {
            return Ok(None);
        };
        let alias = self.join(cx, JoinKind::Child(table.fieldname.clone()), &child)?;
        Ok(Some(Reference {
            alias,
            meta: child,
            index,
        }))
    }

    fn join(&mut self, cx: &mut Cx, kind: JoinKind, target: &Arc<Meta>) -> Result<String> {
        let same = |join: &&Join| match (&join.kind, &kind) {
            (JoinKind::Link(a), JoinKind::Link(b)) | (JoinKind::Child(a), JoinKind::Child(b)) => a == b,
            _ => false,
        };
        if let Some(join) = self.joins.iter().find(same) {
            return Ok(join.alias.clone());
        }
        if self.access.only_select() && !self.ignore_permissions {
            return Err(forbidden(format!(
                "Insufficient Permission for <strong>{}</strong>",
                target.name
            )));
        }
        let alias = format!("j{}", self.joins.len());
        if matches!(kind, JoinKind::Link(_)) && !self.ignore_permissions {
            let rule = permissions::list_rule(cx, target)?;
            if rule != Predicate::All {
                self.join_rules.push(rule.to_sql(&alias));
            }
        }
        self.joins.push(Join {
            alias: alias.clone(),
            meta: Arc::clone(target),
            kind,
        });
        Ok(alias)
    }

    /// The caller's access to a table of the list; to child rows it is that to their parent.
    fn access_to(&self, cx: &Cx, meta: &Arc<Meta>) -> Access {
        if self.ignore_permissions || Arc::ptr_eq(meta, &self.meta) || meta.istable {
            self.access
        } else {
            Access::of(meta, cx.session())
        }
    }

    /// Whether the values of a column are masked for the caller.
    pub(super) fn masks(&self, cx: &Cx, reference: &Reference) -> bool {
        reference
            .meta
            .field_of(reference.column())
            .is_some_and(|field| field.mask)
            && masks::apply(&reference.meta, self.access_to(cx, &reference.meta))
    }

    /// Whether a column holds what people at the desk write among themselves, and the caller is none of them.
    fn is_internal(&self, column: &Column) -> bool {
        !self.desk && column.field.is_none() && column.name == comments::COLUMN
    }

    /// Refuses a column whose level the caller may not read.
    pub(super) fn check_level(&self, cx: &Cx, reference: &Reference) -> Result<()> {
        if self.ignore_permissions {
            return Ok(());
        }
        if self.is_internal(reference.column()) {
            return Err(no_field(&reference.meta.name, &reference.column().name));
        }
        if reference.column().permlevel == 0 {
            return Ok(());
        }
        let access = self.access_to(cx, &reference.meta);
        if access.reads_level(reference.column().permlevel) {
            return Ok(());
        }
        Err(no_field(&reference.meta.name, &reference.column().name))
    }

    /// Whether the caller may select a column of the listed DocType.
    pub(super) fn may_select(&self, index: usize) -> bool {
        let column = &self.meta.columns[index];
        if self.ignore_permissions {
            return true;
        }
        if self.names_only {
            return index == 0;
        }
        if self.is_internal(column) {
            return false;
        }
        shows(&self.meta, self.access, index)
    }

    /// Whether the caller may be shown a column of any table of the list, alone or by what is computed of it.
    pub(super) fn may_show(&self, cx: &Cx, reference: &Reference) -> bool {
        if self.ignore_permissions {
            return true;
        }
        if reference.alias == "t" {
            return self.may_select(reference.index);
        }
        let access = self.access_to(cx, &reference.meta);
        !self.is_internal(reference.column()) && shows(&reference.meta, access, reference.index)
    }

    /// As [`Scope::may_show`], an error where not.
    ///
    /// # Errors
    /// 403 naming the field.
    pub(super) fn check_shown(&self, cx: &Cx, reference: &Reference) -> Result<()> {
        if self.may_show(cx, reference) {
            return Ok(());
        }
        Err(no_field(&reference.meta.name, &reference.column().name))
    }

    pub(super) fn write_from(&self, out: &mut Query<'static>) {
        out.sql(" FROM ")
            .ident(self.meta.table.clone())
            .sql(" AS ")
            .ident("t");
        for join in &self.joins {
            match &join.kind {
                JoinKind::Link(field) => {
                    out.sql(" LEFT JOIN ")
                        .ident(join.meta.table.clone())
                        .sql(" AS ")
                        .ident(join.alias.clone());
                    out.sql(" ON ")
                        .ident(join.alias.clone())
                        .sql(".name = ")
                        .ident("t")
                        .sql(".")
                        .ident(field.clone());
                }
                JoinKind::Child(field) => {
                    out.sql(" LEFT JOIN ")
                        .ident(join.meta.table.clone())
                        .sql(" AS ")
                        .ident(join.alias.clone());
                    out.sql(" ON ")
                        .ident(join.alias.clone())
                        .sql(".parent = ")
                        .ident("t")
                        .sql(".name AND ");
                    out.ident(join.alias.clone())
                        .sql(".parenttype = ")
                        .text(self.meta.name.clone())
                        .sql(" AND ");
                    out.ident(join.alias.clone())
                        .sql(".parentfield = ")
                        .text(field.clone());
                }
                JoinKind::Parent => {
                    out.sql(" INNER JOIN ")
                        .ident(join.meta.table.clone())
                        .sql(" AS ")
                        .ident(join.alias.clone());
                    out.sql(" ON ")
                        .ident(join.alias.clone())
                        .sql(".name = ")
                        .ident("t")
                        .sql(".parent");
                }
            }
        }
    }
}

/// The refusal of a field the caller may not name.
pub(super) fn no_field(doctype: &str, field: &str) -> Error {
    Error::new(
        ErrorKind::PermissionError,
        format!("You do not have permission to access field: <strong>{doctype}.{field}</strong>"),
    )
}

/// The refusal of a field that does not exist.
pub(super) fn unknown_field(field: &str) -> Error {
    Error::new(
        ErrorKind::DataError,
        format!("Field not permitted in query: {field}"),
    )
}

/// What a column of a kind compares as where it is null (§5.3.5).
pub(super) fn fallback(kind: Kind) -> &'static str {
    match kind {
        Kind::Int | Kind::Check | Kind::Float => "0",
        Kind::Text => "''",
        Kind::Date => "'0001-01-01'",
        Kind::DateTime => "'0001-01-01 00:00:00.000000'",
        Kind::Time => "'00:00:00.000000'",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_every_form() {
        let parsed = |text| Name::parse(text).map(|name| (name.doctype, name.through, name.field));

        assert_eq!(parsed("status"), Some((None, None, "status".into())));
        assert_eq!(parsed("`status`"), Some((None, None, "status".into())));
        assert_eq!(
            parsed("`tabHD Ticket`.`name`"),
            Some((Some("HD Ticket".into()), None, "name".into()))
        );
        assert_eq!(
            parsed("`tabHD Ticket`.status"),
            Some((Some("HD Ticket".into()), None, "status".into()))
        );
        assert_eq!(
            parsed("tabHD Ticket.status"),
            Some((Some("HD Ticket".into()), None, "status".into()))
        );
        assert_eq!(
            parsed("customer.domain"),
            Some((None, Some("customer".into()), "domain".into()))
        );
    }

    #[test]
    fn what_is_no_name_is_none() {
        for text in [
            "",
            "a b",
            "a;b",
            "a--",
            "count(x)",
            "`a",
            "`a``b`",
            "a.b.c",
            "1a",
            "a.",
            ".a",
            "`tabX`.`f` or 1=1",
            "a\"b",
            "status` = 1 or 1=1 -- ",
        ] {
            assert_eq!(Name::parse(text), None, "{text}");
        }
    }
}
