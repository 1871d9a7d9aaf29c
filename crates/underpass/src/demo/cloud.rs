//! Cloud of a scenario: differences between Azure and Google.

use serde_json::{Value, json};

use super::azure_cloud::AzureCloud;
use super::google_cloud::GoogleCloud;
use super::resource_inventory::ResourceInventory;
use crate::consumer::Consumer;

/// A cloud with access for its consumers.
pub(super) enum Cloud {
    Azure(AzureCloud),
    Google(GoogleCloud),
}

impl Cloud {
    /// Name of the provider in paths of the API.
    pub(super) const fn provider(&self) -> &'static str {
        match self {
            Self::Azure(_) => "azure",
            Self::Google(_) => "google",
        }
    }

    /// Name of the cloud, as printed.
    pub(super) const fn title(&self) -> &'static str {
        match self {
            Self::Azure(_) => "Azure",
            Self::Google(_) => "Google",
        }
    }

    /// Cloud and region of the services.
    pub(super) const fn cloud_name(&self) -> &'static str {
        match self {
            Self::Azure(_) => "azure-westeurope",
            Self::Google(_) => "google-europe-west1",
        }
    }

    /// ID of the first project VPC.
    pub(super) fn vpc(&self) -> &str {
        match self {
            Self::Azure(cloud) => &cloud.vpc,
            Self::Google(cloud) => &cloud.vpc,
        }
    }

    /// Cloud resource of a node: its name, as printed, and a part of its resource IDs.
    pub(super) const fn node_resource(&self) -> (&'static str, &'static str) {
        match self {
            Self::Azure(_) => ("a network interface", "/networkinterfaces/"),
            Self::Google(_) => ("an instance", "/instances/"),
        }
    }

    /// Number of static IP addresses of a service with one node.
    pub(super) fn static_ips(&self) -> usize {
        match self {
            Self::Azure(_) => underpass_model::static_ip::required(1),
            Self::Google(_) => 0,
        }
    }

    /// Body of the request for a link, and the description of that check.
    pub(super) fn link_request(&self) -> (Value, &'static str) {
        match self {
            Self::Azure(cloud) => (
                json!({ "user_subscription_ids": [cloud.consumer_subscription] }),
                "the provider creates a link for one subscription; its state becomes active",
            ),
            Self::Google(_) => (
                json!({}),
                "the provider creates a link; its state becomes active",
            ),
        }
    }

    /// Address of the published service for consumers: member of the link, and its name.
    pub(super) const fn handle(&self) -> (&'static str, &'static str) {
        match self {
            Self::Azure(_) => ("azure_service_alias", "alias"),
            Self::Google(_) => ("google_service_attachment", "service attachment"),
        }
    }

    /// Status of an endpoint before approval, and after the link is deleted.
    pub(super) const fn statuses(&self) -> (&'static str, &'static str) {
        match self {
            Self::Azure(_) => ("Pending", "Disconnected"),
            Self::Google(_) => ("PENDING", "CLOSED"),
        }
    }

    /// The default consumer.
    pub(super) const fn consumer(&self) -> &Consumer {
        match self {
            Self::Azure(cloud) => &cloud.consumer,
            Self::Google(cloud) => &cloud.consumer,
        }
    }

    /// Resources of the provider in the emulator.
    pub(super) const fn inventory(&self) -> &ResourceInventory {
        match self {
            Self::Azure(cloud) => &cloud.inventory,
            Self::Google(cloud) => &cloud.inventory,
        }
    }
}
