//! The shop's own server: the help desk, and the shop.

fn main() -> std::process::ExitCode {
    helpdesk_api::link();
    acme_shop::link();
    helpdesk_server::cli::run()
}
