//! Orphans, and the request to remove one.

use jiff::Timestamp;
use underpass_model::event::Event;
use underpass_model::id::LinkId;
use underpass_model::link::Link;
use underpass_model::name::AccountName;
use underpass_model::orphan::Orphan;
use underpass_model::part::Observed;
use underpass_model::project::Project;
use underpass_model::refusal::Refusal;
use underpass_model::remedy::Remedy;
use underpass_model::work::{Enqueue, Priority, WorkKey};
use underpass_store::{Change, Error, Fetched, Key, Kind, Lookup, Store, Versioned};

/// Returns whether the tag of an orphan names one of these links, which cannot be read: the orphan
/// may be that link.
pub(crate) fn is_of_unreadable(orphan: &Orphan, unreadable: &[&Key]) -> bool {
    match orphan.origin() {
        Some(WorkKey::Link(project, service, provider)) => {
            let key = Key::link(&project, &service, provider);
            unreadable.contains(&&key)
        }
        Some(WorkKey::Orphan(..) | WorkKey::StaticIp(..) | WorkKey::Vpc(..)) | None => false,
    }
}

/// An orphan with everything that decides about its removal.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownOrphan {
    /// The orphan.
    pub row: Versioned<Orphan>,
    /// Observations of its removal.
    pub observed: Option<Versioned<Observed>>,
    /// True if nothing is written to its account.
    is_held: bool,
    /// True if a link of the store has its ID.
    is_owned: bool,
    /// True if the project that its tag names exists.
    has_project: bool,
}

impl KnownOrphan {
    /// Reads every orphan, by account and ID.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn all(store: &dyn Store) -> Result<Vec<Self>, Error> {
        let kinds = [Kind::Orphan, Kind::AccountHold, Kind::Link, Kind::Project];
        let mut lookups = kinds.map(|kind| Lookup::Under(kind, Key::root())).to_vec();
        lookups.push(Lookup::Under(Kind::Observed, Key::observed_orphans()));
        let fetched = store.fetch(&lookups).await?;
        let rows = fetched.readable::<Orphan>().into_iter();
        rows.map(|row| Self::of(row, &fetched)).collect()
    }

    /// Reads the work keys of the links that cannot be read, in words: objects without a tag that may be
    /// theirs are not listed.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn unread_links(store: &dyn Store) -> Result<Vec<String>, Error> {
        let lookup = Lookup::Under(Kind::Link, Key::root());
        let fetched = store.fetch(&[lookup]).await?;
        let keys = fetched.unreadable::<Link>().into_iter();
        Ok(keys.map(|key| format!("link/{}", key.as_str())).collect())
    }

    /// Reads one orphan; `None` if there is none.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn find(
        store: &dyn Store,
        account: &AccountName,
        link: &LinkId,
    ) -> Result<Option<Self>, Error> {
        let key = Key::orphan(account, link);
        let work = WorkKey::Orphan(account.clone(), link.clone());
        let lookups = [
            Lookup::One(Kind::Orphan, key.clone()),
            Lookup::One(Kind::Observed, Key::observed(&work)),
            Lookup::Under(Kind::AccountHold, Key::root()),
            Lookup::Under(Kind::Link, Key::root()),
            Lookup::Under(Kind::Project, Key::root()),
        ];
        let fetched = store.fetch(&lookups).await?;
        let row = fetched.one::<Orphan>(&key)?;
        row.map(|row| Self::of(row, &fetched)).transpose()
    }

    fn of(row: Versioned<Orphan>, fetched: &Fetched) -> Result<Self, Error> {
        let orphan = &row.value;
        let hold = Key::account_hold(&orphan.account);
        let mut rows = fetched.records().iter();
        let is_held = rows.any(|row| row.kind == Kind::AccountHold && row.key == hold);
        let links = fetched.readable::<Link>();
        let unreadable = fetched.unreadable::<Link>();
        let is_owned = links.iter().any(|link| link.value.id == orphan.link)
            || is_of_unreadable(orphan, &unreadable);
        let project = match orphan.origin() {
            Some(origin) => match origin.project() {
                Some(project) => fetched.readable_one::<Project>(&Key::project(project)),
                None => None,
            },
            None => None,
        };
        Ok(Self {
            observed: fetched.one(&Key::observed(&orphan.work_key()))?,
            is_held,
            is_owned,
            has_project: project.is_some(),
            row,
        })
    }

    /// Checks whether it may be removed, apart from the confirmation.
    ///
    /// # Errors
    /// * `orphan_adopted`: a link of the store has its ID.
    /// * `account_on_hold`: nothing is written to its account.
    /// * `orphan_unproven`: it is not proven that this installation made it.
    pub fn check_removable(&self) -> Result<(), Refusal> {
        let orphan = &self.row.value;
        if self.is_owned {
            let message = format!(
                "`{}` is no orphan any more: link {} of the store owns it",
                orphan.name, orphan.link
            );
            return Err(
                Refusal::conflict("orphan_adopted", message).with_remedy(Remedy::ListOrphans)
            );
        }
        if self.is_held {
            let message = format!(
                "Nothing is written to account `{}`, because the store is older than its cloud. \
                 `{}` may be a link that was made since. Adopt what the cloud shows and end the \
                 hold first",
                orphan.account, orphan.name
            );
            return Err(
                Refusal::conflict("account_on_hold", message).with_remedy(Remedy::ShowRecovery)
            );
        }
        orphan.check_proven()
    }

    /// Requests the removal: stores it, and makes the reconcile loop's work due.
    ///
    /// # Errors
    /// * If a document cannot be encoded.
    /// * Inner: those of [`Self::check_removable`], and `orphan_unconfirmed`.
    pub fn request_removal(
        mut self,
        confirmation: &str,
        actor: &str,
        now: Timestamp,
    ) -> Result<Result<(Change, Self), Refusal>, Error> {
        let allowed = self.check_removable();
        let requested =
            allowed.and_then(|()| self.row.value.request_removal(confirmation, actor, now));
        if let Err(refusal) = requested {
            return Ok(Err(refusal));
        }
        let orphan = &self.row.value;
        let mut change = Change::new().update(&self.row)?;
        if let Some(observed) = &mut self.observed {
            orphan.observe(&mut observed.value, now);
            change = change.update(observed)?;
        } else {
            let mut observed = Observed::default();
            orphan.observe(&mut observed, now);
            let key = Key::observed(&orphan.work_key());
            change = change.insert(key, &observed)?;
        }
        let generation = orphan.removal.as_ref().map(|removal| removal.generation);
        change = change.enqueue(Enqueue {
            key: orphan.work_key(),
            due_at: now,
            generation: generation.unwrap_or_default(),
            priority: Priority::User,
        });
        if let (Some(origin), true) = (orphan.origin(), self.has_project)
            && let Some(project) = origin.project()
        {
            change = change.event(Event {
                at: now,
                project: project.clone(),
                subject: format!("orphan/{}", orphan.link),
                actor: actor.to_owned(),
                code: "orphan.removal_requested".to_owned(),
                message: format!(
                    "The removal of `{}` from account `{}` was requested, which cuts {} approved \
                     connection(s)",
                    orphan.name,
                    orphan.account,
                    orphan.approved()
                ),
                details: serde_json::Value::Null,
            });
        }
        tracing::warn!(
            cloud.account = %orphan.account,
            link.id = %orphan.link,
            object = orphan.name,
            work = orphan.managed,
            connections = orphan.approved(),
            actor,
            "the removal of an orphan was requested"
        );
        Ok(Ok((change, self)))
    }
}
