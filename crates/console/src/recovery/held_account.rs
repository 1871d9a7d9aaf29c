//! Accounts on hold as the pages show them, and the consent to the end of their hold.

use axum::http::Method;
use serde_json::Value;
use underpass_api_types::recovery::{
    ConnectionDifferenceView, HeldAccountView, LinkDifferenceView, PlannedWriteView, RecoveryView,
    SettledView,
};
use underpass_web::time::RelativeTime;
use underpass_web::url::path;

use super::route::API;
use crate::api::read;
use crate::api_error::ApiError;
use crate::href::recovery_href;
use crate::page::Page;

/// An account on hold.
pub(super) struct HeldAccount {
    pub(super) it: HeldAccountView,
    pub(super) since: RelativeTime,
}

/// A managed object with the writes to it.
pub(super) struct WrittenObject<'a> {
    pub(super) name: &'a str,
    pub(super) writes: Vec<&'a PlannedWriteView>,
}

/// Loads all accounts on hold.
///
/// # Errors
/// If the API refuses the request.
pub(super) async fn held_accounts(page: &Page) -> Result<Vec<HeldAccount>, ApiError> {
    let held: RecoveryView = page.api.get(API).await?;
    let account = |it: HeldAccountView| HeldAccount {
        since: RelativeTime::new(&it.since, page.now),
        it,
    };
    Ok(held.accounts.into_iter().map(account).collect())
}

/// Loads the account of the page; `None` if it is not on hold.
///
/// # Errors
/// If the API refuses the request.
pub(super) async fn held_account(page: &Page) -> Result<Option<HeldAccount>, ApiError> {
    let mut all = held_accounts(page).await?.into_iter();
    Ok(all.find(|held| held.it.account == page.segment("account")))
}

/// Settles differences of the account of the page.
///
/// # Errors
/// If the API refuses the request.
pub(super) async fn settle(
    page: &Page,
    action: &str,
    body: &Value,
) -> Result<SettledView, ApiError> {
    let below = path([page.segment("account"), action]);
    let route = format!("{API}{below}");
    read(page.api.send(Method::POST, &route, Some(body)).await?)
}

// === impl HeldAccount ===

impl HeldAccount {
    pub(super) fn href(&self, action: &str) -> String {
        format!("{}{}", recovery_href(), path([&self.it.account, action]))
    }

    /// Path of an action on one link.
    pub(super) fn link_href(&self, action: &str, link: &str) -> String {
        let below = path([&self.it.account, action, link]);
        format!("{}{below}", recovery_href())
    }

    /// Reports whether the end of the hold changes anything, as far as the cloud was read.
    pub(super) fn needs_confirmation(&self) -> bool {
        !self.it.fully_read || !self.it.links.is_empty() || !self.it.writes.is_empty()
    }

    /// Reports whether the confirmation needs the name of the account: flows end, or may end.
    pub(super) fn needs_name(&self) -> bool {
        !self.it.fully_read || !self.it.links.is_empty() || self.cuts()
    }

    /// Reports whether a planned write cuts anything.
    pub(super) fn cuts(&self) -> bool {
        self.it.writes.iter().any(|write| !write.cuts.is_empty())
    }

    /// Checks the consent to what the page showed. `unread` is the consent to a hold that ends though
    /// the cloud was not read completely.
    ///
    /// # Errors
    /// 400 if it is missing, or given to something else.
    pub(super) fn check_consent(
        &self,
        agreed: &str,
        typed: &str,
        unread: bool,
    ) -> Result<(), ApiError> {
        let refused = |message: String| Err(ApiError::invalid(message));
        if agreed.is_empty() {
            return refused(
                "Nothing was changed. Check what the end of the hold does, and confirm it"
                    .to_owned(),
            );
        }
        if agreed != self.it.plan {
            return refused(
                "Nothing was changed: the differences or the planned writes changed since the page \
                 was made. Check them again"
                    .to_owned(),
            );
        }
        let account = &self.it.account;
        if !self.it.fully_read && !unread {
            return refused(format!(
                "Nothing was changed, because the cloud of account `{account}` is not read \
                 completely yet. Wait until it is. If it can never be read again, say that the hold \
                 ends without it"
            ));
        }
        if self.needs_name() && typed != account {
            return refused(format!(
                "Nothing was changed. To confirm, enter the name of the account: `{account}`"
            ));
        }
        Ok(())
    }

    /// Planned writes by object, in their order.
    pub(super) fn written_objects(&self) -> Vec<WrittenObject<'_>> {
        let by_object = self.it.writes.chunk_by(|a, b| a.object == b.object);
        by_object
            .filter_map(|writes| {
                Some(WrittenObject {
                    name: &writes.first()?.object,
                    writes: writes.iter().collect(),
                })
            })
            .collect()
    }

    /// Connections that lose their approval if the store overrules the cloud.
    pub(super) fn losing(&self) -> impl Iterator<Item = &ConnectionDifferenceView> {
        let known = self.it.links.iter().filter(|link| link.in_store);
        let all = known.flat_map(|link| &link.connections);
        all.filter(|it| {
            it.cloud_decision == "approved" && it.stored_decision.as_deref() != Some("approved")
        })
    }

    /// Reports whether the store has any of the links that differ.
    pub(super) fn has_known_links(&self) -> bool {
        self.it.links.iter().any(|link| link.in_store)
    }

    /// Links that the end of the hold leaves in the cloud as orphans.
    pub(super) fn unknown_links(&self) -> Vec<&LinkDifferenceView> {
        let links = self.it.links.iter();
        links.filter(|link| !link.in_store).collect()
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn held(fully_read: bool, cuts: &[&[&str]]) -> HeldAccount {
        let write = |cuts: &&[&str]| PlannedWriteView {
            object: "link/demo/pg-1/azure".to_owned(),
            action: "update".to_owned(),
            part: "balancer".to_owned(),
            part_name: "load balancer".to_owned(),
            adds: vec!["pg on port 25432".to_owned()],
            cuts: cuts.iter().map(|&it| it.to_owned()).collect(),
            expected_failure: None,
        };
        let since = "2026-01-01T00:00:00Z";
        HeldAccount {
            since: RelativeTime::new(since, Timestamp::UNIX_EPOCH),
            it: HeldAccountView {
                account: "azure".to_owned(),
                since: since.to_owned(),
                cause: "difference".to_owned(),
                links: Vec::new(),
                absent_links: Vec::new(),
                plan: format!("{fully_read} {cuts:?}"),
                fully_read,
                writes: cuts.iter().map(write).collect(),
            },
        }
    }

    #[test]
    fn the_name_is_needed_where_flows_may_end_and_a_confirmation_where_anything_is_written() {
        for (account, confirmation, name) in [
            (held(true, &[]), false, false),
            (held(true, &[&[]]), true, false),
            (held(true, &[&[], &["pgbouncer on port 6432"]]), true, true),
            (held(false, &[]), true, true),
        ] {
            assert_eq!(account.needs_confirmation(), confirmation);
            assert_eq!(account.needs_name(), name);
            let agreed = account.it.plan.clone();
            assert_eq!(account.check_consent(&agreed, "", true).is_err(), name);
            assert!(account.check_consent(&agreed, "azure", true).is_ok());
            let unread = account.check_consent(&agreed, "azure", false);
            assert_eq!(unread.is_err(), !account.it.fully_read);
            assert!(account.check_consent("", "azure", true).is_err());
        }
    }

    #[test]
    fn a_consent_is_bound_to_the_plan() {
        let agreed = held(true, &[&[]]).it.plan;
        for changed in [held(true, &[&["pg"]]), held(false, &[&[]]), held(true, &[])] {
            assert!(changed.check_consent(&agreed, "azure", true).is_err());
        }
    }
}
