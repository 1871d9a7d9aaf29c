//! An account on hold, as the commands of its recovery name and print it.

use underpass_api_types::recovery::HeldAccountView;

/// Path of the routes.
pub(super) const RECOVERY: [&str; 2] = ["underpass", "recovery"];

/// Columns of settled connections.
pub(super) const SETTLED: &[&str] = &[
    "service",
    "privatelink_connection_id",
    "decision",
    "user_ip_address",
    "endpoint",
];

/// Returns the instruction for an account that stays on hold.
pub(super) fn next_step(account: &HeldAccountView) -> String {
    let name = &account.account;
    if account.links.is_empty() {
        let reading = if account.fully_read {
            "has no differences left"
        } else {
            "has no differences so far"
        };
        return format!(
            "Account {name} {reading}. Let its work go on with `underpass recovery \
             resume {name}`"
        );
    }
    format!(
        "Nothing is written to account {name} since {}. Take over what the cloud shows with \
         `underpass recovery adopt {name}`",
        account.since
    )
}
