//! Who may do what: role rules, owner rules, shares, and the apps' own rules.
//!
//! Source: spec/framework-data.md §5.4.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use serde_json::{Map, Value};

use super::document::Document;
use super::meta::Meta;
use super::predicate::Predicate;
use super::{masks, storage, system, user_permissions};
use crate::cx::Cx;
use crate::db::{Kind, Query};
use crate::error::{Error, ErrorKind, Result, invalid, not_found};
use crate::message::Message;
use crate::session::Session;

macro_rules! rights {
    ($($name:ident = $text:literal,)*) => {
        /// One right.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "the names are the contract's")]
        pub enum Right { $($name,)* }

        impl Right {
            /// All rights in the contract's order.
            pub const ALL: &'static [Right] = &[$(Right::$name,)*];

            /// The contract's name.
            pub const fn name(self) -> &'static str {
                match self { $(Right::$name => $text,)* }
            }

            /// The right of a name.
            pub fn parse(name: &str) -> Option<Right> {
                Some(match name { $($text => Right::$name,)* _ => return None })
            }
        }
    };
}

rights! {
    Select = "select",
    Read = "read",
    Write = "write",
    Create = "create",
    Delete = "delete",
    Submit = "submit",
    Cancel = "cancel",
    Amend = "amend",
    Print = "print",
    Email = "email",
    Report = "report",
    Import = "import",
    Export = "export",
    Share = "share",
    Mask = "mask",
}

/// A set of rights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rights(u32);

impl Rights {
    /// No right.
    pub const NONE: Rights = Rights(0);
    /// Every right.
    pub const ALL: Rights = Rights(u32::MAX);

    /// The rights of the contract's names; unknown names count for nothing.
    pub fn of(names: &[&str]) -> Rights {
        names
            .iter()
            .filter_map(|name| Right::parse(name))
            .fold(Rights::NONE, Rights::with)
    }

    /// The rights a permission record has on.
    pub fn from_record(record: &Map<String, Value>) -> Rights {
        Right::ALL
            .iter()
            .copied()
            .filter(|right| super::meta::is_true(record.get(right.name())))
            .fold(Rights::NONE, Rights::with)
    }

    /// The names of the rights in the set.
    pub fn names(self) -> Vec<&'static str> {
        Right::ALL
            .iter()
            .filter(|right| self.has(**right))
            .map(|right| right.name())
            .collect()
    }

    /// With one right more.
    #[must_use]
    pub fn with(self, right: Right) -> Rights {
        Rights(self.0 | 1 << right as u32)
    }

    /// Without one right.
    #[must_use]
    pub fn without(self, right: Right) -> Rights {
        Rights(self.0 & !(1 << right as u32))
    }

    /// Rights in either set.
    #[must_use]
    pub fn or(self, other: Rights) -> Rights {
        Rights(self.0 | other.0)
    }

    /// Whether the set has a right.
    pub fn has(self, right: Right) -> bool {
        self.0 & 1 << right as u32 != 0
    }
}

/// What the role rules of a DocType give a caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Rights on every document.
    pub rights: Rights,
    /// Further rights on documents the caller owns.
    pub own: Rights,
    /// Field levels the caller may read (bit n: level n).
    pub read_levels: u64,
    /// Field levels the caller may change.
    pub write_levels: u64,
}

impl Access {
    /// Everything: the Administrator's.
    pub const FULL: Access = Access {
        rights: Rights::ALL,
        own: Rights::NONE,
        read_levels: u64::MAX,
        write_levels: u64::MAX,
    };

    /// The access of a caller by role rules alone (§5.4.1).
    pub fn of(meta: &Meta, session: &Session) -> Access {
        if session.is_administrator() {
            return Access::FULL;
        }
        let mut access = Access {
            read_levels: 1,
            write_levels: 1,
            ..Access::default()
        };
        for perm in &meta.perms {
            if !session.has_role(&perm.role) {
                continue;
            }
            if perm.permlevel > 0 {
                let bit = 1_u64.checked_shl(u32::from(perm.permlevel)).unwrap_or(0);
                if perm.rights.has(Right::Read) {
                    access.read_levels |= bit;
                }
                if perm.rights.has(Right::Write) {
                    access.write_levels |= bit;
                }
            } else if perm.if_owner {
                access.own = access.own.or(perm.rights);
                if perm.rights.has(Right::Create) {
                    access.rights = access.rights.with(Right::Create);
                }
            } else {
                access.rights = access.rights.or(perm.rights);
            }
        }
        if !meta.is_submittable {
            for right in [Right::Submit, Right::Cancel, Right::Amend] {
                access.rights = access.rights.without(right);
                access.own = access.own.without(right);
            }
        }
        access
    }

    /// Whether the role rules let the caller have `right` on some document at least.
    pub fn somewhere(self, right: Right) -> bool {
        self.rights.has(right) || matches!(right, Right::Read | Right::Select) && self.own.has(right)
    }

    /// Whether lists show documents: by read or select.
    pub fn can_list(self) -> bool {
        self.somewhere(Right::Read) || self.somewhere(Right::Select)
    }

    /// Whether lists show the caller's own documents only.
    pub fn only_own(self) -> bool {
        !self.rights.has(Right::Read) && !self.rights.has(Right::Select)
    }

    /// Whether the caller may see no more than names and search fields.
    pub fn only_select(self) -> bool {
        !self.somewhere(Right::Read)
    }

    /// Whether a field of a level may be read.
    pub fn reads_level(self, level: u8) -> bool {
        self.read_levels.checked_shr(u32::from(level)).unwrap_or(0) & 1 == 1
    }

    /// Whether a field of a level may be changed.
    pub fn writes_level(self, level: u8) -> bool {
        self.write_levels.checked_shr(u32::from(level)).unwrap_or(0) & 1 == 1
    }
}

/// An app's rule for the documents of a DocType: which of them the caller may see at all.
///
/// It can only take rights away, never give them, and serves lists (as SQL) and single documents (as a check)
/// alike, so that the two can't disagree.
pub struct PermissionRule {
    /// The DocType.
    pub doctype: &'static str,
    /// Builds the predicate for the caller of `cx` and a right.
    pub rule: fn(&mut Cx, Right) -> Result<Predicate>,
}

inventory::collect!(PermissionRule);

/// Registers a [`PermissionRule`]: `permission_rule!("HD Ticket", function)`.
#[macro_export]
macro_rules! permission_rule {
    ($doctype:expr, $rule:path) => {
        const _: () = {
            $crate::__private::inventory::submit! {
                $crate::doctype::permissions::PermissionRule { doctype: $doctype, rule: $rule }
            }
        };
    };
}

static RULES: LazyLock<HashMap<&'static str, Vec<&'static PermissionRule>>> = LazyLock::new(|| {
    let mut rules: HashMap<_, Vec<_>> = HashMap::new();
    for rule in inventory::iter::<PermissionRule> {
        rules.entry(rule.doctype).or_default().push(rule);
    }
    rules
});

/// The apps' predicate for a DocType and caller; [`Predicate::All`] where there is none, and for the Administrator.
///
/// # Errors
/// What a rule returns.
pub fn app_rule(cx: &mut Cx, doctype: &str, right: Right) -> Result<Predicate> {
    if cx.session().is_administrator() {
        return Ok(Predicate::All);
    }
    let Some(rules) = RULES.get(doctype) else {
        return Ok(Predicate::All);
    };
    let mut all = Vec::new();
    for rule in rules {
        all.push((rule.rule)(cx, right)?);
    }
    Ok(Predicate::and(all))
}

/// The predicate of the documents a caller may list: owner rule or User Permissions, apps' rules, or shared with the caller (§5.3.7).
///
/// # Errors
/// 403 when the caller may list none.
pub fn list_rule(cx: &mut Cx, meta: &Meta) -> Result<Predicate> {
    if cx.session().is_administrator() {
        return Ok(Predicate::All);
    }
    let access = Access::of(meta, cx.session());
    let shared = shared_names(cx, &meta.name, Right::Read)?;
    if !access.can_list() {
        if shared.is_empty() {
            return Err(no_list(meta));
        }
        return Ok(meta.named(shared));
    }
    let mut rules = Vec::new();
    if access.only_own() {
        rules.push(Predicate::Eq("owner".into(), cx.user().to_owned()));
    } else {
        rules.push(user_permissions::rule(cx, meta)?);
    }
    rules.push(app_rule(cx, &meta.name, Right::Read)?);
    let rule = Predicate::and(rules);
    if matches!(rule, Predicate::All) || shared.is_empty() {
        return Ok(rule);
    }
    Ok(Predicate::or(vec![rule, meta.named(shared)]))
}

fn no_list(meta: &Meta) -> Error {
    Error::new(
        ErrorKind::PermissionError,
        format!("Insufficient Permission for <strong>{}</strong>", meta.name),
    )
    .title("Permission Error")
}

/// Whether the caller may read every document of a DocType whole: by role, and no rule looks at its values.
///
/// # Errors
/// A database failure.
pub fn reads_all(cx: &mut Cx, meta: &Meta, access: Access) -> Result<bool> {
    if cx.session().is_administrator() {
        return Ok(true);
    }
    Ok(access.rights.has(Right::Read)
        && meta.highest_level() == 0
        && !masks::apply_within(cx.site(), meta, access)
        && app_rule(cx, &meta.name, Right::Read)? == Predicate::All
        && user_permissions::rule(cx, meta)? == Predicate::All
        && !user_permissions::confines_rows(cx, meta)?)
}

/// Names of the documents of a DocType that are shared with the caller or everyone.
fn shared_names(cx: &mut Cx, doctype: &str, right: Right) -> Result<Vec<String>> {
    let user = cx.user().to_owned();
    if &*user == "Guest" || !cx.site().has_shares(doctype) {
        return Ok(Vec::new());
    }
    let mut query = Query::fixed();
    query
        .sql("SELECT share_name FROM ")
        .ident(format!("tab{}", system::DOCSHARE))
        .sql(" WHERE share_doctype = ");
    query
        .text(doctype.to_owned())
        .sql(" AND (")
        .ident("user")
        .sql(" = ")
        .text(user)
        .sql(" OR everyone = 1) AND ");
    query.ident(right.name()).sql(" = 1");
    Ok(cx
        .db()
        .rows(query, &[Kind::Text])?
        .into_iter()
        .filter_map(|row| row.first()?.as_str().map(str::to_owned))
        .collect())
}

fn is_shared(cx: &mut Cx, doctype: &str, name: &str, right: Right) -> Result<bool> {
    let right = match right {
        Right::Print | Right::Email => Right::Read,
        Right::Read | Right::Write | Right::Share | Right::Submit => right,
        _ => return Ok(false),
    };
    Ok(shared_names(cx, doctype, right)?
        .iter()
        .any(|shared| shared == name))
}

/// Whether the caller has `right` on a document, and why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Yes.
    Granted,
    /// No role rule gives it.
    Role,
    /// An owner rule or an app's rule takes it away.
    Document,
}

/// Checks one document (§5.4.2): role rules, apps' rules, User Permissions, then shares. A child row is judged by its parent, which the caller of this function loads.
///
/// # Errors
/// A database failure.
pub fn check(cx: &mut Cx, meta: &Meta, doc: &Document, right: Right) -> Result<Verdict> {
    if cx.session().is_administrator() {
        return Ok(Verdict::Granted);
    }
    let access = Access::of(meta, cx.session());
    let by_role = access.rights.has(right)
        || right == Right::Read && access.own.has(right)
        || access.own.has(right) && is_owner(cx, doc);
    let by_owner_rule = !access.rights.has(right) && access.own.has(right);
    if by_role && app_rule(cx, &meta.name, right)?.followed(cx, doc)?.matches(doc) {
        // What a caller has as the owner alone, User Permissions don't take away.
        let passes = if by_owner_rule {
            is_owner(cx, doc)
        } else {
            user_permissions::allow(cx, meta, doc)?
        };
        if passes {
            return Ok(Verdict::Granted);
        }
    }
    if is_shared(cx, &meta.name, &doc.name_text(), right)? {
        return Ok(Verdict::Granted);
    }
    // An owner rule of another right than reading says nothing to those who own nothing (recorded).
    Ok(if by_role { Verdict::Document } else { Verdict::Role })
}

fn is_owner(cx: &Cx, doc: &Document) -> bool {
    doc.get("owner")
        .as_str()
        .is_some_and(|owner| owner.eq_ignore_ascii_case(cx.user()))
}

/// A document that the caller has `right` on; a child row by the right on its parent.
///
/// # Errors
/// 403, also for a missing document of a DocType the caller may not read; 404.
pub fn document(cx: &mut Cx, doctype: &str, name: &str, right: Right) -> Result<Document> {
    let meta = meta_of(cx, doctype)?;
    let Some(doc) = storage::load(cx, &meta, name)? else {
        require_doctype(cx, &meta, Right::Read)?;
        return Err(not_found(&meta.name, name));
    };
    if meta.istable {
        let parent = meta_of(cx, doc.text("parenttype"))?;
        let parent_doc = storage::get(cx, &parent, doc.text("parent"))?;
        require(cx, &parent, &parent_doc, right)?;
    } else {
        require(cx, &meta, &doc, right)?;
    }
    Ok(doc)
}

/// As [`check`], with the contract's refusal.
///
/// # Errors
/// 403 in the form that fits the reason (§5.4.3).
pub fn require(cx: &mut Cx, meta: &Meta, doc: &Document, right: Right) -> Result<()> {
    match check(cx, meta, doc, right)? {
        Verdict::Granted => Ok(()),
        Verdict::Role => Err(by_role(cx, meta)),
        Verdict::Document => Err(by_document(meta, doc, right)),
    }
}

/// Checks that the role rules or a share give `right` on the DocType at all.
///
/// # Errors
/// 403 as for a document that the role rules refuse.
pub fn require_doctype(cx: &mut Cx, meta: &Meta, right: Right) -> Result<()> {
    let access = Access::of(meta, cx.session());
    if access.somewhere(right) || access.own.has(right) {
        return Ok(());
    }
    if !shared_names(cx, &meta.name, Right::Read)?.is_empty() && right == Right::Read {
        return Ok(());
    }
    Err(by_role(cx, meta))
}

/// The refusal of a document or DocType by role rules.
pub fn by_role(cx: &Cx, meta: &Meta) -> Error {
    refused_by_role(cx.user(), &meta.name, meta.issingle)
}

/// The refusal of a DocType nobody knows: as if it were the DocType of DocTypes that may not be read.
pub fn unknown_doctype(cx: &Cx, doctype: &str) -> Error {
    if cx.session().is_administrator() {
        return not_found(system::DOCTYPE, doctype);
    }
    refused_by_role(cx.user(), system::DOCTYPE, false)
}

fn refused_by_role(user: &str, doctype: &str, single: bool) -> Error {
    let text = if single {
        format!("User <strong>{user}</strong> does not have access to this document: {doctype}")
    } else {
        format!(
            "User <strong>{user}</strong> does not have doctype access via role permission for document <strong>{doctype}</strong>"
        )
    };
    Error::bare(ErrorKind::PermissionError, "")
        .with_message(Message::plain(text))
        .explained(format!("No permission for {doctype}"))
        .without_traceback()
}

fn by_document(meta: &Meta, doc: &Document, right: Right) -> Error {
    let name = if right == Right::Create { "" } else { doc.name() };
    Error::bare(ErrorKind::PermissionError, "")
        .with_message(Message::plain(""))
        .explained(format!(
            "You need the '{}' permission on <strong>{}</strong> {name} to perform this action.",
            right.name(),
            meta.name
        ))
}

/// Removes the fields the caller may not read from a document (§5.4.4), and masks those that are to be masked.
pub fn hide_fields(meta: &Meta, access: Access, doc: &mut Document) {
    masks::mask(doc, access);
    if meta.highest_level() == 0 {
        return;
    }
    for field in &meta.fields {
        if field.permlevel == 0 || access.reads_level(field.permlevel) {
            continue;
        }
        // Tables are shown without rows, other fields are left out (recorded).
        match doc.rows_mut(&field.fieldname) {
            Some(rows) => rows.clear(),
            None => doc.remove(&field.fieldname),
        }
    }
}

/// Refuses unless the caller holds one of `roles`.
///
/// # Errors
/// Bare 403.
pub fn only_for(session: &Session, roles: &[&str]) -> Result<()> {
    if session.is_administrator() || session.has_any_role(roles) {
        return Ok(());
    }
    Err(Error::bare(ErrorKind::PermissionError, ""))
}

/// The right of a name a caller sent.
///
/// # Errors
/// 417 for an unknown name.
pub fn right_of(name: &str) -> Result<Right> {
    Right::parse(name).ok_or_else(|| invalid(format!("There is no right {name:?}")))
}

/// A DocType's Meta for a method, or the refusal the contract has for unknown ones.
///
/// # Errors
/// 403, for the Administrator 404.
pub fn meta_of(cx: &Cx, doctype: &str) -> Result<Arc<Meta>> {
    cx.site()
        .meta(doctype)
        .ok_or_else(|| unknown_doctype(cx, doctype))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctype::meta::Perm;

    fn session(roles: &[&str]) -> Session {
        let mut roles: Vec<Arc<str>> = roles.iter().map(|role| Arc::from(*role)).collect();
        roles.sort();
        Session {
            user: Arc::from("a@b.c"),
            roles: roles.into(),
            ..Session::guest()
        }
    }

    fn meta(perms: &[(&str, u8, bool, &[&str])]) -> Meta {
        let mut meta = Meta::default();
        meta.perms = perms
            .iter()
            .map(|(role, permlevel, if_owner, rights)| Perm {
                role: (*role).to_owned(),
                permlevel: *permlevel,
                if_owner: *if_owner,
                rights: Rights::of(rights),
            })
            .collect();
        meta
    }

    #[test]
    fn rights_of_several_roles_add_up() {
        let meta = meta(&[
            ("A", 0, false, &["read"]),
            ("B", 0, false, &["write"]),
            ("C", 0, false, &["delete"]),
        ]);
        let access = Access::of(&meta, &session(&["A", "B"]));

        assert!(access.rights.has(Right::Read) && access.rights.has(Right::Write));
        assert!(!access.rights.has(Right::Delete));
    }

    #[test]
    fn owner_rules_let_lists_through_but_give_nothing_else_unseen() {
        let meta = meta(&[("A", 0, true, &["read", "write", "create"])]);
        let access = Access::of(&meta, &session(&["A"]));

        assert!(access.can_list() && access.only_own());
        assert!(access.somewhere(Right::Create));
        assert!(!access.somewhere(Right::Write));
    }

    #[test]
    fn levels_are_kept_apart() {
        let meta = meta(&[("A", 0, false, &["read", "write"]), ("A", 1, false, &["read"])]);
        let access = Access::of(&meta, &session(&["A"]));

        assert!(access.reads_level(1) && !access.writes_level(1) && !access.reads_level(2));
    }
}
