//! The stored link of a service, where a new one is to be stored.

use underpass_model::cloud::Provider;
use underpass_model::id::LinkId;
use underpass_model::link::Link;
use underpass_store::{Change, Error, Key, Versioned};

use crate::api::service_snapshot::ServiceSnapshot;

/// The stored link of a service.
pub(super) struct ExistingLink<'a> {
    row: Option<&'a Versioned<Link>>,
    /// True if the new link replaces it.
    is_replaced: bool,
}

impl<'a> ExistingLink<'a> {
    /// `replaced`: the ID of the link that the new one replaces.
    pub(super) fn new(
        snapshot: &'a ServiceSnapshot,
        provider: Provider,
        replaced: Option<&LinkId>,
    ) -> Self {
        let row = snapshot.link(provider).ok().map(|it| &it.link);
        let is_replaced = row.is_some_and(|row| Some(&row.value.id) == replaced);
        Self { row, is_replaced }
    }

    /// Returns the link that the new one replaces.
    pub(super) fn replaced(&self) -> Option<&'a Versioned<Link>> {
        self.row.filter(|_| self.is_replaced)
    }

    /// Returns the link that prevents a new one.
    pub(super) fn existing(&self) -> Option<&'a Link> {
        let row = self.row.filter(|_| !self.is_replaced);
        row.map(|row| &row.value)
    }

    /// Stores the new link. Its generation continues that of a replaced one, on which the row of its
    /// work may be.
    pub(super) fn put(&self, change: Change, link: &mut Link) -> Result<Change, Error> {
        let Some(row) = self.replaced() else {
            let key = Key::link(&link.project, &link.service, link.provider);
            return change.insert(key, link);
        };
        link.generation = row.value.generation.next();
        change.update(&Versioned {
            value: link.clone(),
            key: row.key.clone(),
            version: row.version,
        })
    }
}
