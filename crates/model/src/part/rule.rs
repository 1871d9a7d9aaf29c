//! The open ports of a link.

use serde::{Deserialize, Serialize};

use crate::name::NodeName;

/// One open port: consumers dial `link_port`, nodes answer on `backend_port`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Rule {
    /// The component and, where it has several listeners, the listener; names the rule in the
    /// cloud.
    pub name: String,
    /// The port on the link.
    pub link_port: u16,
    /// The port on every node.
    pub backend_port: u16,
    /// The only node that receives its flows; `None`: all nodes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<NodeName>,
}
