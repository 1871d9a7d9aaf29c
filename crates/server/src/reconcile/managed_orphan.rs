//! Orphan that is being removed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use underpass_model::cloud_target::{CloudTarget, OwnershipTag, Proofs};
use underpass_model::ended_link::EndedLink;
use underpass_model::id::{Generation, LinkId};
use underpass_model::link::Link;
use underpass_model::name::{AccountName, ProjectName};
use underpass_model::observed_connection::ObservedConnection;
use underpass_model::orphan::Orphan;
use underpass_model::part::Observed;
use underpass_model::project::Project;
use underpass_model::work::WorkKey;
use underpass_store::{Change, Error, Fetched, Key, Kind, Lookup, Store, Versioned};

use crate::ids::Ids;
use crate::recovery::is_of_unreadable;

/// Orphan whose removal is requested.
pub(super) struct ManagedOrphan {
    row: Versioned<Orphan>,
    before: Orphan,
    /// Project that its tag names, if it exists.
    project: Option<ProjectName>,
}

impl ManagedOrphan {
    /// The version of its row.
    pub(super) const fn version(&self) -> u64 {
        self.row.version
    }

    /// Reads an orphan and `with` in one snapshot; `None` if its removal is not requested, or if a
    /// link owns it.
    pub(super) async fn load(
        store: &dyn Store,
        account: &AccountName,
        link: &LinkId,
        with: &[Lookup],
    ) -> Result<Option<(Self, Fetched)>, Error> {
        let key = Key::orphan(account, link);
        let mut lookups = vec![
            Lookup::One(Kind::Orphan, key.clone()),
            // The tag is untrusted: a link anywhere owns it by its ID.
            Lookup::Under(Kind::Link, Key::root()),
            Lookup::Under(Kind::Project, Key::root()),
        ];
        lookups.extend_from_slice(with);
        let fetched = store.fetch(&lookups).await?;
        let Some(row) = fetched.one::<Orphan>(&key)? else {
            return Ok(None);
        };
        let links = fetched.readable::<Link>();
        let unreadable = fetched.unreadable::<Link>();
        if links.iter().any(|owner| owner.value.id == *link)
            || is_of_unreadable(&row.value, &unreadable)
        {
            tracing::error!(
                cloud.account = %account,
                link.id = %link,
                "failed to remove an orphan: a link of the store owns it"
            );
            return Ok(None);
        }
        if row.value.removal.is_none() {
            return Ok(None);
        }
        let project = match row.value.origin() {
            Some(WorkKey::Link(project, ..)) => fetched
                .one::<Project>(&Key::project(&project))?
                .map(|_| project),
            Some(WorkKey::Orphan(..) | WorkKey::StaticIp(..) | WorkKey::Vpc(..)) | None => None,
        };
        let orphan = Self {
            before: row.value.clone(),
            row,
            project,
        };
        Ok(Some((orphan, fetched)))
    }

    /// Returns the project that its events belong to.
    pub(super) const fn project(&self) -> Option<&ProjectName> {
        self.project.as_ref()
    }

    pub(super) fn generation(&self) -> Generation {
        let removal = self.row.value.removal.as_ref();
        removal
            .map(|removal| removal.generation)
            .unwrap_or_default()
    }

    pub(super) fn target(&self) -> Option<CloudTarget> {
        let orphan = &self.row.value;
        let connections = orphan.connections.iter();
        Some(CloudTarget {
            account: orphan.account.clone(),
            region: orphan.region.clone(),
            object: orphan.link.to_string(),
            // The driver requires this tag of everything that it deletes.
            ownership: OwnershipTag {
                managed: orphan.managed.clone(),
                incarnation: orphan.link.to_string(),
            },
            placement: orphan.placement()?,
            members: BTreeMap::new(),
            connections: connections
                .map(|(id, connection)| (id.clone(), connection.name.clone()))
                .collect(),
            proofs: Proofs::default(),
        })
    }

    /// Takes in a complete list of its connections; new ones are to be removed, too.
    pub(super) fn take_in(
        &mut self,
        listed: &[ObservedConnection],
        observed: &mut Observed,
        ids: &Ids,
        now: Timestamp,
    ) {
        let orphan = &mut self.row.value;
        orphan.add_connections(listed, &mut || ids.connection());
        orphan.observe(observed, now);
    }

    /// Adds the edits of the row.
    pub(super) fn edits(&self, change: Change) -> Result<Change, Error> {
        if self.row.value == self.before {
            return Ok(change);
        }
        change.update(&self.row)
    }

    /// Adds the end of the orphan. Its link stays known as ended, so that a late listing of it does
    /// not put the account on hold.
    pub(super) fn removal(&self, change: Change, now: Timestamp) -> Result<Change, Error> {
        let orphan = &self.row.value;
        tracing::warn!(
            cloud.account = %orphan.account,
            link.id = %orphan.link,
            object = orphan.name,
            work = orphan.managed,
            actor = orphan.removal.as_ref().map(|removal| removal.requested_by.as_str()),
            "removed an orphan"
        );
        let ended = EndedLink {
            managed: orphan.managed.clone(),
            ended_at: now,
        };
        let change = change.delete(&self.row);
        change.put(Key::ended_link(orphan.link.as_str()), &ended)
    }
}
