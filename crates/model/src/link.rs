//! Links: services that are published privately, each in one cloud.

mod azure;
mod azure_rules;
pub(crate) mod brokers;
mod create;
mod decision;
mod desired;
mod google;
mod lifecycle;
mod neighbours;
mod published;

pub use self::azure::MAX_SUBSCRIPTIONS;
pub use self::brokers::check_brokers;
pub use self::create::{CreateContext, check_publishable};
pub use self::desired::{Link, Topology, connection_not_found, link_not_found};
pub use self::lifecycle::{
    ConnectionState, LinkState, Trigger, diagram, moves, shown_connection, shown_link,
};
pub use self::neighbours::Neighbours;
pub use self::published::{check_change, check_removal, check_scale_out, is_scaled_out};

#[cfg(test)]
mod tests;
