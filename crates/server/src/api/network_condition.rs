//! Conditions of project VPCs and static IPs, as our own API shows them.

use underpass_api_types::condition::ConditionView;
use underpass_model::condition::{self, AccountOutage};
use underpass_model::name::AccountName;
use underpass_model::part::Observed;
use underpass_model::static_ip::StaticIp;
use underpass_model::vpc::ProjectVpc;

use super::condition::condition_view;
use crate::app::App;

/// Returns the conditions of a project VPC.
pub(super) fn vpc_conditions(
    app: &App,
    vpc: &ProjectVpc,
    observed: &Observed,
) -> Vec<ConditionView> {
    let outage = outage(app, vpc.account.as_ref());
    let conditions = condition::of_vpc(vpc, observed, outage.as_ref());
    conditions.into_iter().map(condition_view).collect()
}

/// Returns the conditions of a static IP.
pub(super) fn static_ip_conditions(
    app: &App,
    ip: &StaticIp,
    observed: &Observed,
) -> Vec<ConditionView> {
    let outage = outage(app, ip.account.as_ref());
    let conditions = condition::of_static_ip(ip, observed, outage.as_ref());
    conditions.into_iter().map(condition_view).collect()
}

fn outage(app: &App, account: Option<&AccountName>) -> Option<AccountOutage> {
    app.shares.outage(account?)
}
