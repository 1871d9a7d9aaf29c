//! Changes that an account on hold would not get.

use jiff::Timestamp;
use serde::Deserialize as _;
use underpass_model::link::Link;
use underpass_model::name::AccountName;
use underpass_model::part::Observed;
use underpass_model::refusal::Refusal;
use underpass_model::remedy::Remedy;
use underpass_model::static_ip::StaticIp;
use underpass_model::vpc::ProjectVpc;
use underpass_model::work::WorkKey;
use underpass_store::{Change, Expectation, Key, Kind, Lookup, Store, Write};

use crate::api::error::Error;
use crate::reconcile::holds;

/// Refuses a change that enqueues work of an account on hold: its answer would claim an effect that
/// nothing has until an operator compared. Returns the change, which expects that no hold begins
/// meanwhile.
///
/// A recovery edits the rows of the hold, and is not refused. Nor is a new project VPC or static IP:
/// a lost store is registered again with them, and they are shown as being made. Nor is the deletion
/// of one that was requested during the hold: nothing was built, so nothing is left.
///
/// # Errors
/// `account_on_hold`; if the store fails.
pub(crate) async fn refuse_held(store: &dyn Store, mut change: Change) -> Result<Change, Error> {
    if change.enqueue.is_empty() || is_recovery(&change) {
        return Ok(change);
    }
    let lookup = Lookup::Under(Kind::AccountHold, Key::root());
    let holds = holds(&store.fetch(&[lookup]).await?);
    if holds.is_empty() {
        return Ok(change.expect(Expectation::NoneUnder(Kind::AccountHold, Key::root())));
    }
    let keys: Vec<_> = change.enqueue.iter().map(|it| it.key.clone()).collect();
    for key in keys {
        let Some(Served { account, since }) = served(store, &change, &key).await? else {
            continue;
        };
        let hold = holds.iter().find(|hold| hold.account == account);
        change = match (hold, since) {
            (None, _) => {
                let hold = Key::account_hold(&account);
                change.expect(Expectation::Absent(Kind::AccountHold, hold))
            }
            (Some(hold), Some(since)) if since > hold.since => {
                let Some(unbuilt) = expect_unbuilt(store, change, &key).await? else {
                    return Err(refusal(&account).into());
                };
                unbuilt
            }
            (Some(_), _) => return Err(refusal(&account).into()),
        };
    }
    Ok(change)
}

/// Returns the change, which expects that nothing of an object is shown in its cloud; `None` if
/// something is: a lost project VPC that was registered again finds its network.
async fn expect_unbuilt(
    store: &dyn Store,
    change: Change,
    key: &WorkKey,
) -> Result<Option<Change>, Error> {
    let row = Key::observed(key);
    let lookup = Lookup::One(Kind::Observed, row.clone());
    let Some(observed) = store.fetch(&[lookup]).await?.one::<Observed>(&row)? else {
        return Ok(Some(
            change.expect(Expectation::Absent(Kind::Observed, row)),
        ));
    };
    let mut parts = observed.value.parts.values();
    let is_unbuilt = parts.all(|part| part.last.is_none());
    Ok(is_unbuilt.then(|| change.expect_unchanged(&observed)))
}

fn is_recovery(change: &Change) -> bool {
    change.writes.iter().any(|write| {
        let (Write::Put(kind, ..) | Write::Remove(kind, _)) = write;
        matches!(kind, Kind::AccountHold | Kind::LinkDifference)
    })
}

/// An object that an account serves.
struct Served {
    account: AccountName,
    /// Time of the request for a project VPC or static IP.
    since: Option<Timestamp>,
}

/// Returns the account of an object; `None` without one, and for a project VPC or static IP that the
/// change makes.
async fn served(
    store: &dyn Store,
    change: &Change,
    key: &WorkKey,
) -> Result<Option<Served>, Error> {
    let of = |account: Option<AccountName>, since| account.map(|account| Served { account, since });
    Ok(match key {
        WorkKey::Orphan(account, _) => of(Some(account.clone()), None),
        WorkKey::Vpc(project, id) => {
            let row = Key::vpc(project, *id);
            let lookup = Lookup::One(Kind::Vpc, row.clone());
            let found = store.fetch(&[lookup]).await?.one::<ProjectVpc>(&row)?;
            found.and_then(|vpc| of(vpc.value.account, Some(vpc.value.created_at)))
        }
        WorkKey::StaticIp(project, id) => {
            let row = Key::static_ip(project, id);
            let lookup = Lookup::One(Kind::StaticIp, row.clone());
            let found = store.fetch(&[lookup]).await?.one::<StaticIp>(&row)?;
            found.and_then(|ip| of(ip.value.account, Some(ip.value.created_at)))
        }
        WorkKey::Link(project, service, provider) => {
            let row = Key::link(project, service, *provider);
            let lookups = [
                Lookup::One(Kind::Link, row.clone()),
                Lookup::Under(Kind::Vpc, Key::project(project)),
            ];
            let fetched = store.fetch(&lookups).await?;
            let stored = fetched.one::<Link>(&row)?.map(|link| link.value);
            let vpcs = fetched.readable::<ProjectVpc>();
            let link = stored.or_else(|| made(change, &row));
            let vpc = link.and_then(|link| vpcs.into_iter().find(|it| it.value.id == link.vpc));
            vpc.and_then(|vpc| of(vpc.value.account, None))
        }
    })
}

/// Returns the link that a change makes under a key.
fn made(change: &Change, row: &Key) -> Option<Link> {
    change.writes.iter().find_map(|write| match write {
        Write::Put(Kind::Link, key, body) if key == row => Link::deserialize(body).ok(),
        Write::Put(..) | Write::Remove(..) => None,
    })
}

fn refusal(account: &AccountName) -> Refusal {
    let message = format!(
        "Nothing is written to account `{account}`, because the store is older than its cloud, so \
         this change would have no effect. Nothing was changed"
    );
    Refusal::conflict("account_on_hold", message).with_remedy(Remedy::ShowRecovery)
}
