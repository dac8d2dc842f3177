//! User: a person, or a program, that can log in.

pub mod account;
pub mod events;
mod life;
#[expect(clippy::module_inception, reason = "the dotted path is the contract's")]
pub mod user;

use super::block_module::BlockModule;
use super::defaultvalue::DefaultValue;
use super::has_role::HasRole;
use super::user_email::UserEmail;
use super::user_role_profile::UserRoleProfile;
use super::user_social_login::UserSocialLogin;
use crate::doctype::document::Document;
use crate::doctype::typed::{Layout, doctype};

/// A person, or a program, that can log in.
#[doctype(
    name = "User", app = "frappe", module = "Core", title_field = "full_name",
    search_fields = "full_name", image_field = "user_image", track_changes, allow_rename,
    allow_import, quick_entry,
    permission(role = "System Manager",
        rights = [read, write, create, delete, report, export, import, share, print, email]),
    permission(role = "System Manager", permlevel = 1, rights = [read, write]),
    permission(role = "Desk User", rights = [select]),
    link(doctype = "Contact", fieldname = "user", group = "Profile"),
    link(doctype = "Blogger", fieldname = "user", group = "Profile"),
    link(doctype = "Access Log", fieldname = "user", group = "Logs"),
    link(doctype = "Activity Log", fieldname = "user", group = "Logs"),
    link(doctype = "Energy Point Log", fieldname = "user", group = "Logs"),
    link(doctype = "Route History", fieldname = "user", group = "Logs"),
    link(doctype = "User Permission", fieldname = "user", group = "Settings"),
    link(doctype = "Document Follow", fieldname = "user", group = "Settings"),
    link(doctype = "Communication", fieldname = "user", group = "Activity"),
    link(doctype = "ToDo", fieldname = "allocated_to", group = "Activity"),
    link(doctype = "Token Cache", fieldname = "user", group = "Integrations"),
)]
#[derive(Clone, Debug, Default)]
pub struct User {
    #[field(standard)]
    pub name: String,

    #[field(tab_break, label = "User Details")]
    pub user_details_tab: Layout,
    #[field(default = true, read_only)]
    pub enabled: bool,

    #[field(section_break, label = "Basic Info", depends_on = "enabled")]
    pub section_break_3: Layout,
    #[field(options = "Email", reqd, no_copy)]
    pub email: String,
    #[field(reqd)]
    pub first_name: String,
    pub middle_name: Option<String>,
    pub last_name: Option<String>,
    #[field(column_break)]
    pub column_break0: Layout,
    #[field(read_only, in_standard_filter, in_global_search)]
    pub full_name: Option<String>,
    #[field(unique, in_standard_filter, in_global_search)]
    pub username: Option<String>,
    #[field(column_break)]
    pub column_break_11: Layout,
    #[field(link = "Language")]
    pub language: Option<String>,
    #[field(autocomplete)]
    pub time_zone: Option<String>,
    #[field(default = true, depends_on = "eval:doc.__islocal")]
    pub send_welcome_email: bool,
    #[field(hidden, no_copy)]
    pub unsubscribed: bool,
    #[field(attach_image, hidden, no_copy)]
    pub user_image: Option<String>,

    #[field(tab_break, label = "Roles & Permissions")]
    pub roles_permissions_tab: Layout,
    #[field(
        section_break,
        label = "Roles",
        depends_on = "eval:in_list(['System User', 'Website User'], doc.user_type) && doc.enabled == 1",
        permlevel = 1
    )]
    pub sb1: Layout,
    #[field(link = "Role Profile", label = "Role Profile", hidden, permlevel = 1)]
    pub role_profile_name: Option<String>,
    #[field(table_multiselect = "User Role Profile", permlevel = 1, allow_in_quick_entry)]
    pub role_profiles: Vec<UserRoleProfile>,
    #[field(html, label = "Roles HTML")]
    pub roles_html: Layout,
    #[field(
        table = "Has Role",
        label = "Roles Assigned",
        read_only,
        hidden,
        permlevel = 1
    )]
    pub roles: Vec<HasRole>,

    #[field(
        section_break,
        label = "Allow Modules",
        depends_on = "eval:in_list(['System User'], doc.user_type)",
        permlevel = 1
    )]
    pub sb_allow_modules: Layout,
    #[field(link = "Module Profile")]
    pub module_profile: Option<String>,
    #[field(html, label = "Modules HTML", permlevel = 1)]
    pub modules_html: Layout,
    #[field(table = "Block Module", hidden, permlevel = 1)]
    pub block_modules: Vec<BlockModule>,
    #[field(code, hidden)]
    pub home_settings: Option<String>,

    #[field(tab_break, label = "More Information", depends_on = "enabled")]
    pub short_bio: Layout,
    #[field(link = "Gender")]
    pub gender: Option<String>,
    #[field(date, no_copy)]
    pub birth_date: Option<String>,
    #[field(small_text, label = "Interests")]
    pub interest: Option<String>,
    #[field(column_break)]
    pub column_break_26: Layout,
    #[field(options = "Phone")]
    pub phone: Option<String>,
    #[field(no_copy)]
    pub location: Option<String>,
    #[field(small_text, no_copy)]
    pub bio: Option<String>,
    #[field(column_break)]
    pub column_break_22: Layout,
    #[field(options = "Phone", unique)]
    pub mobile_no: Option<String>,

    #[field(tab_break, label = "Settings")]
    pub settings_tab: Layout,
    #[field(section_break, label = "Desk Settings")]
    pub desk_settings_section: Layout,
    pub mute_sounds: bool,
    #[field(select = ["Light", "Dark", "Automatic"])]
    pub desk_theme: Option<String>,
    #[field(select = ["vscode", "vim", "emacs"], default = "vscode")]
    pub code_editor_type: Option<String>,
    #[field(attach_image)]
    pub banner_image: Option<String>,

    #[field(section_break, label = "Navigation Settings")]
    pub navigation_settings_section: Layout,
    #[field(default = true)]
    pub search_bar: bool,
    #[field(default = true)]
    pub notifications: bool,

    #[field(section_break, label = "List Settings")]
    pub list_settings_section: Layout,
    #[field(label = "Sidebar", default = true)]
    pub list_sidebar: bool,
    #[field(default = true)]
    pub bulk_actions: bool,
    #[field(default = true)]
    pub view_switcher: bool,

    #[field(section_break, label = "Form Settings")]
    pub form_settings_section: Layout,
    #[field(label = "Sidebar", default = true)]
    pub form_sidebar: bool,
    #[field(default = true)]
    pub form_navigation_buttons: bool,
    #[field(default = true)]
    pub timeline: bool,
    #[field(default = true)]
    pub dashboard: bool,
    #[field(label = "Show Absolute Datetime in Timeline")]
    pub show_absolute_datetime_in_timeline: bool,

    #[field(
        section_break,
        label = "Change Password",
        depends_on = "eval:doc.enabled && (!doc.__islocal || !cint(doc.send_welcome_email))"
    )]
    pub change_password: Layout,
    /// The password to set; kept elsewhere, hashed.
    #[field(password, label = "Set New Password", no_copy)]
    pub new_password: Option<String>,
    #[field(label = "Logout From All Devices After Changing Password", default = true)]
    pub logout_all_sessions: bool,
    /// Hash of the key mailed for a password reset.
    #[field(read_only, hidden, permlevel = 1, no_copy)]
    pub reset_password_key: Option<String>,
    #[field(datetime, read_only, hidden, permlevel = 1)]
    pub last_reset_password_key_generated_on: Option<String>,
    #[field(date, read_only, hidden, no_copy)]
    pub last_password_reset_date: Option<String>,
    #[field(small_text, label = "Redirect URL", hidden)]
    pub redirect_url: Option<String>,

    #[field(section_break, label = "Document Follow")]
    pub document_follow_notifications_section: Layout,
    #[field(label = "Send Notifications For Documents Followed By Me")]
    pub document_follow_notify: bool,
    #[field(
        select = ["Hourly", "Daily", "Weekly"],
        label = "Frequency",
        default = "Daily",
        depends_on = "eval:(doc.document_follow_notify== 1)",
    )]
    pub document_follow_frequency: Option<String>,
    #[field(column_break)]
    pub column_break_75: Layout,
    #[field(
        label = "Auto follow documents that you create",
        depends_on = "eval:(doc.document_follow_notify== 1)"
    )]
    pub follow_created_documents: bool,
    #[field(
        label = "Auto follow documents that you comment on",
        depends_on = "eval:(doc.document_follow_notify== 1)"
    )]
    pub follow_commented_documents: bool,
    #[field(
        label = "Auto follow documents that you Like",
        depends_on = "eval:(doc.document_follow_notify== 1)"
    )]
    pub follow_liked_documents: bool,
    #[field(
        label = "Auto follow documents that are assigned to you",
        depends_on = "eval:(doc.document_follow_notify== 1)"
    )]
    pub follow_assigned_documents: bool,
    #[field(
        label = "Auto follow documents that are shared with you",
        depends_on = "eval:(doc.document_follow_notify== 1)"
    )]
    pub follow_shared_documents: bool,

    #[field(section_break, label = "Email", depends_on = "enabled")]
    pub email_settings: Layout,
    #[field(text_editor, no_copy)]
    pub email_signature: Option<String>,
    #[field(label = "Send Notifications For Email Threads", default = true)]
    pub thread_notify: bool,
    #[field(label = "Send Me A Copy of Outgoing Emails")]
    pub send_me_a_copy: bool,
    #[field(default = true)]
    pub allowed_in_mentions: bool,
    #[field(table = "User Email", permlevel = 1)]
    pub user_emails: Vec<UserEmail>,

    #[field(section_break, label = "Workspace")]
    pub workspace_section: Layout,
    #[field(link = "Workspace")]
    pub default_workspace: Option<String>,

    #[field(section_break, label = "App")]
    pub app_section: Layout,
    #[field(select = [])]
    pub default_app: Option<String>,

    #[field(section_break, label = "Defaults", hidden, permlevel = 1)]
    pub sb2: Layout,
    #[field(table = "DefaultValue", label = "User Defaults", hidden, no_copy)]
    pub defaults: Vec<DefaultValue>,

    #[field(section_break, label = "Security Settings", depends_on = "enabled")]
    pub sb3: Layout,
    /// Sessions the user may have open where the site denies multiple sessions.
    #[field(default = 2)]
    pub simultaneous_sessions: i64,
    /// Addresses (their beginnings) the user may log in from, separated by commas.
    #[field(small_text, label = "Restrict IP", permlevel = 1)]
    pub restrict_ip: Option<String>,
    #[field(read_only_text, label = "Last IP", read_only, no_copy)]
    pub last_ip: Option<String>,
    #[field(column_break)]
    pub column_break1: Layout,
    /// Hour of the day from which the user may log in (0: any).
    #[field(permlevel = 1)]
    pub login_after: i64,
    /// `System User` sees the desk, `Website User` only the portal.
    #[field(
        link = "User Type",
        default = "System User",
        in_list_view,
        in_standard_filter,
        permlevel = 1
    )]
    pub user_type: Option<String>,
    #[field(datetime, read_only, no_copy)]
    pub last_active: Option<String>,
    #[field(column_break)]
    pub section_break_63: Layout,
    /// Hour of the day until which the user may log in (0: any).
    #[field(permlevel = 1)]
    pub login_before: i64,
    #[field(
        label = "Bypass Restricted IP Address Check If Two Factor Auth Enabled",
        depends_on = "eval:doc.restrict_ip && doc.restrict_ip.length"
    )]
    pub bypass_restrict_ip_check_if_2fa_enabled: bool,
    #[field(read_only_text, read_only, no_copy)]
    pub last_login: Option<String>,
    #[field(text, read_only, hidden)]
    pub last_known_versions: Option<String>,

    #[field(
        section_break,
        label = "Third Party Authentication",
        depends_on = "enabled",
        permlevel = 1
    )]
    pub third_party_authentication: Layout,
    #[field(table = "User Social Login")]
    pub social_logins: Vec<UserSocialLogin>,

    #[field(section_break, label = "API Access")]
    pub api_access: Layout,
    /// The public half of the user's API credentials.
    #[field(label = "API Key", unique, read_only, permlevel = 1, no_copy)]
    pub api_key: Option<String>,
    #[field(button, permlevel = 1)]
    pub generate_keys: Layout,
    #[field(column_break)]
    pub column_break_65: Layout,
    /// The secret half; stored encrypted, shown once.
    #[field(password, label = "API Secret", read_only, permlevel = 1)]
    pub api_secret: Option<String>,
    #[field(small_text, default = "{}", hidden)]
    pub onboarding_status: Option<String>,
    /// Computed when the form asks for it.
    #[field(table = "User Session Display", read_only, is_virtual)]
    pub active_sessions: Vec<Document>,

    #[field(tab_break, label = "Connections")]
    pub connections_tab: Layout,
}
