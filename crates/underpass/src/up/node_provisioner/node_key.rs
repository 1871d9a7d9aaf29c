//! Key of a node, as the tag or description of its cloud resource contains it.

use std::fmt::{self, Write as _};

use ring::digest;

/// Tag of every cloud resource that the provisioner creates. Stored in the emulated clouds.
pub(super) const OWNERSHIP_TAG: &str = "underpass-machine-room";

/// A node of a service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NodeKey {
    pub(super) service: String,
    pub(super) node: String,
}

impl NodeKey {
    /// Parses the form that [`Display`](fmt::Display) writes.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (service, node) = text.split_once('/')?;
        Some(Self {
            service: service.to_owned(),
            node: node.to_owned(),
        })
    }
}

impl fmt::Display for NodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.service, self.node)
    }
}

/// Hash of a text, as 16 hexadecimal digits.
pub(super) fn hash(text: &str) -> String {
    let hash = digest::digest(&digest::SHA256, text.as_bytes());
    let first = hash.as_ref().iter().take(8);
    first.fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
