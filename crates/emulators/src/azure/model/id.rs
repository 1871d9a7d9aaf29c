//! Resource IDs: compared ignoring case, shown as they were first sent.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::kind::Kind;
use crate::journaled_map::JournalKey;

/// A resource ID in lower case, for comparison and lookup.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(String);

impl Key {
    /// The key of any ID, IDs of elements included.
    pub(super) fn of(id: &str) -> Key {
        Key(id.to_ascii_lowercase())
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl JournalKey for Key {
    fn read(text: &str) -> Option<Key> {
        Some(Key::of(text))
    }

    fn text(&self) -> String {
        self.0.clone()
    }
}

/// The ID of a resource group or of a network resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ResourceId {
    subscription: String,
    group: String,
    kind: Kind,
    /// Name of the parent of a child resource.
    parent: Option<String>,
    name: String,
}

impl ResourceId {
    /// The ID of a resource group.
    pub(super) fn of_group(subscription: &str, group: &str) -> ResourceId {
        ResourceId {
            subscription: subscription.to_owned(),
            group: group.to_owned(),
            kind: Kind::ResourceGroup,
            parent: None,
            name: group.to_owned(),
        }
    }

    /// The ID of a top-level resource in the same group.
    pub(super) fn sibling(&self, kind: Kind, name: &str) -> ResourceId {
        ResourceId {
            kind,
            parent: None,
            name: name.to_owned(),
            ..self.clone()
        }
    }

    /// The ID of a child of this resource.
    pub(super) fn child(&self, kind: Kind, name: &str) -> ResourceId {
        let parent = Some(self.name.clone());
        ResourceId {
            kind,
            parent,
            name: name.to_owned(),
            ..self.clone()
        }
    }

    pub(super) fn subscription(&self) -> &str {
        &self.subscription
    }

    pub(super) fn group(&self) -> &str {
        &self.group
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The ID of the resource's group.
    pub(super) fn group_id(&self) -> ResourceId {
        ResourceId::of_group(&self.subscription, &self.group)
    }

    /// The ID of the parent of a child resource.
    pub(super) fn parent(&self) -> Option<ResourceId> {
        let kind = self.kind.parent()?;
        let name = self.parent.clone()?;
        Some(ResourceId {
            kind,
            parent: None,
            name,
            ..self.clone()
        })
    }

    /// The ID as private DNS shows it: group and names in lower case (recorded).
    pub(super) fn in_lower_case(&self) -> ResourceId {
        ResourceId {
            subscription: self.subscription.clone(),
            group: self.group.to_ascii_lowercase(),
            kind: self.kind,
            parent: self.parent.as_deref().map(str::to_ascii_lowercase),
            name: self.name.to_ascii_lowercase(),
        }
    }

    /// The key for comparison and lookup.
    pub(super) fn key(&self) -> Key {
        Key::of(&self.to_string())
    }

    /// Reports whether both IDs name the same resource.
    pub(super) fn is(&self, other: &ResourceId) -> bool {
        self.key() == other.key()
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "/subscriptions/{}/resourceGroups/{}",
            self.subscription, self.group
        )?;
        if self.kind == Kind::ResourceGroup {
            return Ok(());
        }
        write!(f, "/providers/Microsoft.Network")?;
        if let (Some(kind), Some(parent)) = (self.kind.parent(), &self.parent) {
            write!(f, "/{}/{parent}", kind.collection())?;
        }
        write!(f, "/{}/{}", self.kind.collection(), self.name)
    }
}
