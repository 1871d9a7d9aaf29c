//! The cloud that a story happens in: what it has of its own.

use serde_json::{Value, json};

use super::azure_cloud::AzureCloud;
use super::google_cloud::GoogleCloud;
use super::resource_inventory::ResourceInventory;
use crate::consumer::Consumer;

/// What consumers say when they ask for a connection.
pub(super) const MESSAGE: &str = "told by underpass demo";

/// A cloud with its people.
pub(super) enum Cloud {
    Azure(AzureCloud),
    Google(GoogleCloud),
}

impl Cloud {
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
    pub(super) const fn cloud_name(&self) -> &'static str {
        match self {
            Self::Azure(_) => "azure-westeurope",
            Self::Google(_) => "google-europe-west1",
        }
    }

    /// The first project VPC there.
    pub(super) fn vpc(&self) -> &str {
        match self {
            Self::Azure(cloud) => &cloud.vpc,
            Self::Google(cloud) => &cloud.vpc,
        }
    }

    /// What a node becomes in the cloud: for people, and as a part of resource ids.
    pub(super) const fn node_resource(&self) -> (&'static str, &'static str) {
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
    pub(super) fn link_request(&self) -> (Value, &'static str) {
        match self {
            Self::Azure(cloud) => (
                json!({ "user_subscription_ids": [cloud.consumer_subscription] }),
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
            Self::Azure(cloud) => &cloud.consumer,
            Self::Google(cloud) => &cloud.consumer,
        }
    }

    /// Behind the scenes.
    pub(super) const fn inventory(&self) -> &ResourceInventory {
        match self {
            Self::Azure(cloud) => &cloud.inventory,
            Self::Google(cloud) => &cloud.inventory,
        }
    }
}
