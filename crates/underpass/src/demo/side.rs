//! The cloud that a story happens in: what it has of its own.

use serde_json::{Value, json};

use super::azure_side::AzureSide;
use super::backstage::Backstage;
use super::google_side::GoogleSide;
use crate::consumer::Consumer;

/// What consumers say when they ask for a connection.
pub(super) const MESSAGE: &str = "told by underpass demo";

/// A cloud with its people.
pub(super) enum Side {
    Azure(AzureSide),
    Google(GoogleSide),
}

impl Side {
    /// The word in paths.
    pub(super) const fn provider(&self) -> &'static str {
        match self {
            Self::Azure(_) => "azure",
            Self::Google(_) => "google",
        }
    }

    /// For people.
    pub(super) const fn title(&self) -> &'static str {
        match self {
            Self::Azure(_) => "Azure",
            Self::Google(_) => "Google",
        }
    }

    /// Where services of the story run.
    pub(super) const fn cloud(&self) -> &'static str {
        match self {
            Self::Azure(_) => "azure-westeurope",
            Self::Google(_) => "google-europe-west1",
        }
    }

    /// The first project VPC there.
    pub(super) fn vpc(&self) -> &str {
        match self {
            Self::Azure(side) => &side.vpc,
            Self::Google(side) => &side.vpc,
        }
    }

    /// What a node becomes in the cloud: for people, and as a part of resource ids.
    pub(super) const fn machine(&self) -> (&'static str, &'static str) {
        match self {
            Self::Azure(_) => ("a network interface", "/networkinterfaces/"),
            Self::Google(_) => ("an instance", "/instances/"),
        }
    }

    /// How many static IP addresses a service of one node needs.
    pub(super) fn static_ips(&self) -> usize {
        match self {
            Self::Azure(_) => underpass_model::static_ip::required(1),
            Self::Google(_) => 0,
        }
    }

    /// What is said when a link is asked for, and that line of the story.
    pub(super) fn publication(&self) -> (Value, &'static str) {
        match self {
            Self::Azure(side) => (
                json!({ "user_subscription_ids": [side.consumer_subscription] }),
                "link create → active, for one subscription",
            ),
            Self::Google(_) => (json!({}), "link create → active"),
        }
    }

    /// What consumers are given: the link's member, and the word for people.
    pub(super) const fn handle(&self) -> (&'static str, &'static str) {
        match self {
            Self::Azure(_) => ("azure_service_alias", "alias"),
            Self::Google(_) => ("google_service_attachment", "service attachment"),
        }
    }

    /// How a consumer sees its endpoint before approval, and after the link is gone.
    pub(super) const fn statuses(&self) -> (&'static str, &'static str) {
        match self {
            Self::Azure(_) => ("Pending", "Disconnected"),
            Self::Google(_) => ("PENDING", "CLOSED"),
        }
    }

    /// The ready consumer.
    pub(super) const fn consumer(&self) -> &Consumer {
        match self {
            Self::Azure(side) => &side.consumer,
            Self::Google(side) => &side.consumer,
        }
    }

    /// Behind the scenes.
    pub(super) const fn backstage(&self) -> &Backstage {
        match self {
            Self::Azure(side) => &side.backstage,
            Self::Google(side) => &side.backstage,
        }
    }
}
