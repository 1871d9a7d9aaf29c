//! Index of project VPCs and static IPs by the account that lists them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use underpass_model::cloud_target::CloudTarget;
use underpass_model::name::AccountName;
use underpass_model::work::WorkKey;

use super::listed_object::{ListedObject, SettledFindings};

/// Project VPCs and static IPs, by the texts of their work keys.
#[derive(Default)]
pub(super) struct NetworkIndex(BTreeMap<String, IndexedNetwork>);

struct IndexedNetwork {
    work: WorkKey,
    target: CloudTarget,
    settled: SettledFindings,
    /// Time of the first of the listings in a row that left it out.
    unlisted_since: Option<Timestamp>,
}

impl NetworkIndex {
    /// Notes whether a listing left an object out; returns the time since when all of them do.
    pub(super) fn note_listing(
        &mut self,
        work: &WorkKey,
        is_left_out: bool,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let indexed = self.0.get_mut(&work.to_string())?;
        let before = indexed.unlisted_since;
        indexed.unlisted_since = is_left_out.then(|| before.map_or(now, |it| it.min(now)));
        indexed.unlisted_since
    }

    /// Adds or replaces an object that changed at this position; without a target, removes it.
    pub(super) fn set(&mut self, work: String, target: Option<CloudTarget>, changed: u64) {
        match (target, work.parse()) {
            (Some(target), Ok(key)) => {
                let before = self.0.get(&work);
                let indexed = IndexedNetwork {
                    work: key,
                    target,
                    settled: SettledFindings::at(changed),
                    unlisted_since: before.and_then(|it| it.unlisted_since),
                };
                self.0.insert(work, indexed);
            }
            (Some(_) | None, _) => drop(self.0.remove(&work)),
        }
    }

    /// Returns the objects of an account, with their targets.
    pub(super) fn of_account(
        &self,
        account: &AccountName,
    ) -> (Vec<ListedObject>, Vec<CloudTarget>) {
        let all = self.0.values();
        let of_account = all.filter(|indexed| indexed.target.account == *account);
        let listed = of_account.map(|IndexedNetwork { work, target, .. }| {
            let listed = ListedObject {
                work: work.clone(),
                object: target.object.clone(),
            };
            (listed, target.clone())
        });
        listed.unzip()
    }

    /// Returns the account of an object.
    pub(super) fn account(&self, work: &WorkKey) -> Option<AccountName> {
        let indexed = self.0.get(&work.to_string())?;
        Some(indexed.target.account.clone())
    }

    /// Returns the findings that changed nothing for an object.
    pub(super) fn settled(&self, work: &WorkKey) -> Option<&SettledFindings> {
        self.0.get(&work.to_string()).map(|it| &it.settled)
    }

    /// The same, to remember others.
    pub(super) fn settled_mut(&mut self, work: &WorkKey) -> Option<&mut SettledFindings> {
        let indexed = self.0.get_mut(&work.to_string());
        indexed.map(|it| &mut it.settled)
    }

    /// Forgets what changed nothing for the object with this work key, if it is one.
    pub(super) fn unsettle(&mut self, work: &str, changed: u64) {
        if let Some(indexed) = self.0.get_mut(work) {
            indexed.settled = SettledFindings::at(changed);
        }
    }

    /// Forgets what changed nothing for any object.
    pub(super) fn unsettle_all(&mut self, changed: u64) {
        for indexed in self.0.values_mut() {
            indexed.settled = SettledFindings::at(changed);
        }
    }
}
