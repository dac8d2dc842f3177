//! The tables the engine itself is made of, by name. Nothing else in the engine names a DocType.

/// Fields added at run time.
pub const CUSTOM_FIELD: &str = "Custom Field";
/// Changed properties of DocTypes and fields.
pub const PROPERTY_SETTER: &str = "Property Setter";
/// Permission rules that replace those of a DocType.
pub const CUSTOM_DOCPERM: &str = "Custom DocPerm";
/// Prefixes and counters that name documents.
pub const NAMING_RULE: &str = "Document Naming Rule";
/// When a naming rule applies, as child rows.
pub const NAMING_RULE_CONDITION: &str = "Document Naming Rule Condition";
/// Users.
pub const USER: &str = "User";
/// Roles.
pub const ROLE: &str = "Role";
/// Roles of users, as child rows.
pub const HAS_ROLE: &str = "Has Role";
/// Documents shared with users.
pub const DOCSHARE: &str = "DocShare";
/// Documents a user is confined to.
pub const USER_PERMISSION: &str = "User Permission";
/// What was deleted, whole.
pub const DELETED_DOCUMENT: &str = "Deleted Document";
/// Entries of documents' timelines.
pub const COMMENT: &str = "Comment";
/// What each save changed.
pub const VERSION: &str = "Version";
/// Words that documents are marked with.
pub const TAG: &str = "Tag";
/// Which document is marked with which.
pub const TAG_LINK: &str = "Tag Link";
/// Settings of the site that the engine reads.
pub const SYSTEM_SETTINGS: &str = "System Settings";
/// The DocType of DocTypes, as permission messages name it.
pub const DOCTYPE: &str = "DocType";

/// What went wrong without anybody there to be told.
pub const ERROR_LOG: &str = "Error Log";

/// Who was asked to become a user.
pub const USER_INVITATION: &str = "User Invitation";
/// Mails and other messages about documents.
pub const COMMUNICATION: &str = "Communication";
/// Files, attached to documents.
pub const FILE: &str = "File";
/// Mails that are to be sent.
pub const EMAIL_QUEUE: &str = "Email Queue";
/// Who signed in, or tried to.
pub const ACTIVITY_LOG: &str = "Activity Log";
/// Assignments of documents to users.
pub const TODO: &str = "ToDo";

/// Values of single DocTypes: `doctype, field, value`.
pub const SINGLES_TABLE: &str = "tabSingles";
/// Naming counters: `name, current`.
pub const SERIES_TABLE: &str = "tabSeries";
/// Passwords and secrets: `doctype, name, fieldname, password, encrypted`.
pub const AUTH_TABLE: &str = "__Auth";
/// Sessions of cookies: `digest, user, created, last_used, csrf, address, user_agent`; times in seconds since 1970.
pub const SESSION_TABLE: &str = "__Session";
/// Bearer tokens: `digest, user, label, scopes, created, expires, last_used`; times in seconds since 1970.
pub const TOKEN_TABLE: &str = "__Token";
/// Failed logins: `name, failures, since`, the time in seconds since 1970.
pub const LOGIN_FAILURE_TABLE: &str = "__LoginFailure";
/// Keys that are used once: `digest, kind, user, data, expires`, the time in seconds since 1970.
pub const ONE_TIME_TABLE: &str = "__OneTime";
/// Jobs: see [`crate::jobs`]. `run_at`, `queued_at` and `ended_at` by the site's clock, `lease` and `started_at` by the
/// machine's, in milliseconds since 1970; `holds` is `dedupe` until the job has ended.
pub const JOB_TABLE: &str = "__Job";
/// When the turn of each scheduled job last came: `name, last_run`, in milliseconds since 1970 by the site's clock.
pub const SCHEDULE_TABLE: &str = "__Schedule";
/// A counter that commands beside a server raise, so that its caches don't outlive a change.
pub const CHANGE_TABLE: &str = "__Change";
/// What users keep of a DocType's lists and forms: `user, doctype, data`.
pub const USER_SETTINGS_TABLE: &str = "__UserSettings";

/// DocTypes whose rows decide metadata: a write to one makes the caches of metadata stale.
pub const META_SOURCES: &[&str] = &[CUSTOM_FIELD, PROPERTY_SETTER, CUSTOM_DOCPERM];
/// DocTypes whose rows decide who a caller is and what the caller may do, and others that are cached with them.
pub const SESSION_SOURCES: &[&str] = &[
    USER,
    ROLE,
    HAS_ROLE,
    SYSTEM_SETTINGS,
    USER_PERMISSION,
    DOCSHARE,
    NAMING_RULE,
];

/// DocTypes whose links never stop a deletion (spec/framework-data.md §5.9, step 7).
pub const IGNORE_LINKS_ON_DELETE: &[&str] = &[
    "Communication",
    "ToDo",
    "DocShare",
    "Email Unsubscribe",
    "Activity Log",
    "File",
    "Version",
    "Document Follow",
    "Comment",
    "View Log",
    "Tag Link",
    "Notification Log",
    "Email Queue",
    "Document Share Key",
    "Integration Request",
    "Unhandled Email",
    "Webhook Request Log",
    "Workspace",
    "Route History",
    "Access Log",
    "Permission Log",
    "Desktop Icon",
    "Deleted Document",
];

/// References to documents that are kept as plain text: DocType, column of the DocType meant, column of the name.
pub const TEXT_REFERENCES: &[(&str, &str, &str)] = &[
    ("File", "attached_to_doctype", "attached_to_name"),
    ("Version", "ref_doctype", "docname"),
    ("Notification Log", "document_type", "document_name"),
    ("Email Queue", "reference_doctype", "reference_name"),
];
