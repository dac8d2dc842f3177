//! The app's DocTypes: a struct each, or, where no Rust code reads fields by name, data.

mod erpnext_hd_settings;
pub mod hd_agent;
pub mod hd_agent_status;
pub mod hd_article;
pub mod hd_article_category;
pub mod hd_comment_reaction;
pub mod hd_customer;
pub mod hd_customer_member;
mod hd_email_feedback;
mod hd_form_script;
pub mod hd_holiday;
pub mod hd_notification;
mod hd_saved_reply;
pub mod hd_service_day;
pub mod hd_service_holiday_list;
pub mod hd_service_level_agreement;
pub mod hd_service_level_priority;
pub mod hd_settings;
pub mod hd_team;
pub mod hd_team_member;
pub mod hd_ticket;
pub mod hd_ticket_activity;
pub mod hd_ticket_comment;
mod hd_ticket_feedback_option;
pub mod hd_ticket_priority;
pub mod hd_ticket_status;
pub mod hd_ticket_template;
pub mod hd_ticket_template_field;
pub mod hd_ticket_type;
mod hd_view;

mod data;
