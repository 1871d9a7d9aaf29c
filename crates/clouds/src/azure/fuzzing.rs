//! Rules about Azure's resource IDs, for the fuzz target.

use super::names::node_of_pool;
use super::resource::{Kind, Resource};

const KINDS: [Kind; 8] = [
    Kind::Group,
    Kind::Network,
    Kind::Subnet,
    Kind::PublicAddress,
    Kind::Balancer,
    Kind::Interface,
    Kind::LinkService,
    Kind::EndpointConnection,
];

/// Reads a text as the ID of a resource of each kind.
pub(crate) fn ids(text: &str) {
    for kind in KINDS {
        let Some(resource) = Resource::parse(kind, text) else {
            continue;
        };
        assert_eq!(resource.id(), text, "an ID is kept");
        let path = resource.path();
        let url = format!("https://management.test{path}");
        let sent = reqwest::Url::parse(&url).expect("a URL");
        assert_eq!(sent.host_str(), Some("management.test"), "{url}");
        assert_eq!(sent.path(), resource.escaped(), "{url}");
        let query = path.split_once('?').map(|(_, query)| query);
        assert_eq!(sent.query(), query, "{url}");
    }
    if let Some(node) = node_of_pool(text) {
        assert_eq!(node_of_pool(&super::names::node_pool(&node)), Some(node));
    }
}
