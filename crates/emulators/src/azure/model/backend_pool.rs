//! Membership of network interfaces in backend pools.

use std::collections::BTreeSet;

use serde_json::Value;

use super::document;
use super::id::Key;
use super::kind::Kind;
use super::resource::Resource;
use super::state::State;

/// IP configurations of a network interface.
const CONFIGURATIONS: &str = "/properties/ipConfigurations";

/// Backend pools of an IP configuration.
pub(super) const POOLS: &str = "/properties/loadBalancerBackendAddressPools";

/// The backend pools of an interface's IP configurations.
pub(super) fn pools_of(interface: &Value) -> BTreeSet<Key> {
    document::list(interface, CONFIGURATIONS)
        .iter()
        .flat_map(|element| document::list(element, POOLS))
        .filter_map(|pool| document::text(pool, "/id"))
        .map(Key::of)
        .collect()
}

/// The backend pools of each IP configuration, with the name of the configuration.
pub(super) fn pools_by_configuration(interface: &Value) -> Vec<(&str, BTreeSet<Key>)> {
    document::list(interface, CONFIGURATIONS)
        .iter()
        .map(|element| {
            let pools = document::list(element, POOLS).iter();
            let pools = pools.filter_map(|pool| document::text(pool, "/id"));
            let name = document::text_or_empty(element, "/name");
            (name, pools.map(Key::of).collect())
        })
        .collect()
}

/// The IP configurations in a pool: interface, and name of the configuration.
pub(super) fn members<'a>(
    state: &'a State,
    pool: &'a Key,
) -> impl Iterator<Item = (&'a Resource, &'a str)> {
    state
        .of_kind(Kind::NetworkInterface)
        .flat_map(move |interface| {
            document::list(&interface.body, CONFIGURATIONS)
                .iter()
                .filter(move |element| {
                    document::list(element, POOLS)
                        .iter()
                        .filter_map(|it| document::text(it, "/id"))
                        .any(|id| Key::of(id) == *pool)
                })
                .map(move |element| (interface, document::text_or_empty(element, "/name")))
        })
}
