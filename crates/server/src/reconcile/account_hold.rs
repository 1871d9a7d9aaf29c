//! Accounts on hold: the recognition of a store that is older than a cloud.
//!
//! The rule is [`underpass_model::recovery`].

use std::collections::BTreeMap;

use jiff::Timestamp;
use underpass_model::connection::Connection;
use underpass_model::ended_connection::EndedConnection;
use underpass_model::id::{ConnectionId, LinkId};
use underpass_model::name::AccountName;
use underpass_model::observed_connection::ObservedConnection;
use underpass_model::part::{Observed, Phase};
use underpass_model::recovery::{
    self, AccountHold, ConnectionDifference, HoldCause, LinkDifference, ProvenConnection,
};
use underpass_model::work::{Enqueue, Priority, WorkKey};
use underpass_store::{Change, Error, Fetched, Key, Kind, Lookup, Store, Versioned};

use super::engine::Engine;
use crate::proof_key::ProofKey;
use crate::recovery::work_of;

/// Returns the listed connections whose proof shows a decision that the store does not know.
pub(super) fn compare(
    key: &ProofKey,
    link: &LinkId,
    connections: &[Connection],
    ended: &[EndedConnection],
    listed: &[ObservedConnection],
) -> BTreeMap<ConnectionId, ConnectionDifference> {
    let proven: Vec<_> = listed
        .iter()
        .filter_map(|listed| {
            let proven = key.verify(link, &listed.identity, listed.proof.as_ref()?)?;
            Some(ProvenConnection { listed, proven })
        })
        .collect();
    recovery::compare(connections, ended, &proven)
}

/// The holds, and the differences of one managed object.
pub(super) struct Holds {
    accounts: Vec<AccountHold>,
    stored: Vec<Versioned<LinkDifference>>,
    /// Found by this pass, if they are not stored yet.
    found: Option<LinkDifference>,
}

impl Holds {
    /// The rows to read. Holds are rare, so every account's is read.
    pub(super) fn lookups(key: &WorkKey) -> [Lookup; 2] {
        [
            Lookup::Under(Kind::AccountHold, Key::root()),
            Lookup::Under(Kind::LinkDifference, Key::observed(key)),
        ]
    }

    /// Decodes the rows.
    pub(super) fn load(fetched: &Fetched) -> Result<Self, Error> {
        Ok(Self {
            accounts: holds(fetched),
            stored: fetched.all()?,
            found: None,
        })
    }

    /// Returns the time from which nothing may be written to an account, if it is on hold.
    pub(super) fn since(&self, account: &AccountName) -> Option<Timestamp> {
        let held = self.accounts.iter().find(|hold| hold.account == *account);
        let found = self.found.iter().find(|found| found.account == *account);
        held.map(|hold| hold.since)
            .or_else(|| found.map(|found| found.since))
    }

    /// Records the differences of a link.
    pub(super) fn add(
        &mut self,
        account: &AccountName,
        link: &LinkId,
        managed: &WorkKey,
        connections: BTreeMap<ConnectionId, ConnectionDifference>,
        now: Timestamp,
    ) {
        let object = link.to_string();
        let before = self.stored.iter().find(|row| row.value.object == object);
        self.found = Some(LinkDifference {
            account: account.clone(),
            object,
            managed: managed.to_string(),
            is_known: true,
            published: None,
            connections,
            since: before.map_or(now, |row| row.value.since),
        });
    }

    /// Adds the edits of the rows.
    pub(super) fn edits(&self, change: Change, now: Timestamp) -> Result<Change, Error> {
        match &self.found {
            Some(found) if !self.stored.iter().any(|row| row.value == *found) => {
                put(change, found, self.accounts.as_slice(), now)
            }
            Some(_) | None => Ok(change),
        }
    }
}

/// Decodes the holds. One that cannot be read holds its account all the same, which its key names.
pub(crate) fn holds(fetched: &Fetched) -> Vec<AccountHold> {
    let readable = fetched.readable::<AccountHold>().into_iter();
    let mut holds: Vec<_> = readable.map(|row| row.value).collect();
    let unreadable = fetched.unreadable::<AccountHold>().into_iter();
    holds.extend(unreadable.filter_map(|key| {
        Some(AccountHold {
            account: key.as_str().parse().ok()?,
            since: Timestamp::UNIX_EPOCH,
            cause: HoldCause::Difference,
            listed_at: None,
        })
    }));
    holds
}

/// Adds the rows of a link's differences and of the hold of its account.
pub(super) fn put(
    change: Change,
    found: &LinkDifference,
    holds: &[AccountHold],
    now: Timestamp,
) -> Result<Change, Error> {
    tracing::error!(
        cloud.account = %found.account,
        work = found.managed,
        link.id = found.object,
        "failed to match a link with the store: the store is older than the cloud, and nothing is \
         written to the account until `underpass recovery resume`"
    );
    let key = Key::link_difference(&found.managed, &found.object);
    let change = change.put(key, found)?;
    if holds.iter().any(|hold| hold.account == found.account) {
        return Ok(change);
    }
    let hold = AccountHold {
        account: found.account.clone(),
        since: now,
        cause: HoldCause::Difference,
        listed_at: None,
    };
    change.put(Key::account_hold(&found.account), &hold)
}

/// Returns whether the account is on hold and was not listed completely yet.
pub(super) async fn has_unlisted(engine: &Engine, account: &AccountName) -> Result<bool, Error> {
    let lookup = Lookup::Under(Kind::AccountHold, Key::root());
    let holds = engine
        .store
        .fetch(&[lookup])
        .await?
        .readable::<AccountHold>();
    let mut holds = holds.iter().map(|hold| &hold.value);
    Ok(holds.any(|hold| hold.listed_at.is_none() && hold.account == *account))
}

/// Records that an account was listed completely; if it is on hold, has its objects read: a person sees
/// what would be written before the hold ends. Nothing is written while it lasts.
///
/// A concurrent change discards it; the next listing repeats it.
pub(super) async fn record_listing(engine: &Engine, complete: &AccountName) -> Result<(), Error> {
    let store = &*engine.store;
    let now = engine.clock.now();
    let lookup = Lookup::Under(Kind::AccountHold, Key::root());
    for mut hold in store.fetch(&[lookup]).await?.readable::<AccountHold>() {
        if hold.value.listed_at.is_some() || hold.value.account != *complete {
            continue;
        }
        let account = hold.value.account.clone();
        hold.value.listed_at = Some(now);
        let mut change = Change::new().update(&hold)?;
        for (key, generation) in work_of(store, &account).await? {
            // No listing shows the parts of these.
            if matches!(key, WorkKey::Vpc(..) | WorkKey::StaticIp(..)) {
                change = mark_unknown(store, change, &key, now).await?;
            }
            change = change.enqueue(Enqueue {
                key,
                due_at: now,
                generation,
                priority: Priority::Background,
            });
        }
        match store.commit(change).await {
            Err(error) if error.is_conflict() => {
                tracing::debug!(cloud.account = %account, "discarding an outdated listing");
            }
            committed => committed?,
        }
    }
    Ok(())
}

/// Marks the ready parts of an object as unknown, so that they are read.
async fn mark_unknown(
    store: &dyn Store,
    change: Change,
    key: &WorkKey,
    now: Timestamp,
) -> Result<Change, Error> {
    let key = Key::observed(key);
    let fetched = store
        .fetch(&[Lookup::One(Kind::Observed, key.clone())])
        .await?;
    let Some(mut row) = fetched.readable_one::<Observed>(&key) else {
        return Ok(change);
    };
    let parts = row.value.parts.iter();
    let ready: Vec<_> = parts
        .filter(|(_, seen)| seen.phase == Phase::Ready)
        .map(|(part, _)| part.clone())
        .collect();
    for part in ready {
        row.value.mark_unknown(&part, now);
    }
    change.update(&row)
}
