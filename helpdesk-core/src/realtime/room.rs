//! Names of rooms, as clients and other servers know them (spec/framework-api.md §10.1, §10.3).

/// Everybody who is connected.
pub const WEBSITE: &str = "website";

/// Connected users of the desk.
pub const ALL: &str = "all";

/// What precedes the name of a DocType in [`doctype`].
pub const DOCTYPE: &str = "doctype:";

/// What precedes DocType and name in [`doc`].
pub const DOC: &str = "doc:";

/// What precedes DocType and name in [`open_doc`].
pub const OPEN_DOC: &str = "open_doc:";

/// What precedes the id of a task in [`task`].
pub const TASK: &str = "task_progress:";

/// All connections of a user.
pub fn user(user: &str) -> String {
    format!("user:{user}")
}

/// Who follows the documents of a DocType.
pub fn doctype(doctype: &str) -> String {
    format!("{DOCTYPE}{doctype}")
}

/// Who follows a document.
pub fn doc(doctype: &str, name: &str) -> String {
    format!("{DOC}{doctype}/{name}")
}

/// Who has a document open in front of them.
pub fn open_doc(doctype: &str, name: &str) -> String {
    format!("{OPEN_DOC}{doctype}/{name}")
}

/// Who waits for a task.
pub fn task(id: &str) -> String {
    format!("{TASK}{id}")
}
