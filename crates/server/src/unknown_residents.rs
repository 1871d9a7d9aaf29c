//! Links in project VPCs that only their cloud shows.

use underpass_model::orphan::Orphan;
use underpass_model::recovery::LinkDifference;
use underpass_model::unknown_resident::UnknownResident;
use underpass_model::vpc::ProjectVpc;
use underpass_store::{Fetched, Key, Kind, Lookup};

use crate::accounts::Accounts;

/// Returns what [`unknown_residents`] reads.
pub(crate) fn lookups() -> [Lookup; 2] {
    [Kind::Orphan, Kind::LinkDifference].map(|kind| Lookup::Under(kind, Key::root()))
}

/// Returns the links in a project VPC that the store does not have.
pub(crate) fn unknown_residents(
    accounts: &Accounts,
    vpc: &ProjectVpc,
    fetched: &Fetched,
) -> Vec<UnknownResident> {
    let account = vpc.account.as_ref().and_then(|it| accounts.get(it));
    let native_id = account.map_or("", |account| account.native_id.as_str());
    let mut found = Vec::new();
    for row in fetched.readable::<LinkDifference>() {
        let resident = UnknownResident::of_difference(&row.value, vpc, native_id);
        found.extend(resident.map(|it| (row.value.object, it)));
    }
    for row in fetched.readable::<Orphan>() {
        // A link that is not adopted yet is listed as an orphan, too.
        let link = row.value.link.as_str();
        if !found.iter().any(|(object, _)| object == link) {
            let resident = UnknownResident::of_orphan(&row.value, vpc, native_id);
            found.extend(resident.map(|it| (link.to_owned(), it)));
        }
    }
    found.into_iter().map(|(_, it)| it).collect()
}

/// Returns the kind of document of a link that only the cloud of a project VPC shows, if one cannot be
/// read.
pub(crate) fn unreadable_resident(vpc: &ProjectVpc, fetched: &Fetched) -> Option<Kind> {
    let below = |key: &Key, parent: &str| {
        let rest = key.as_str().strip_prefix(parent);
        rest.is_some_and(|rest| rest.starts_with('/'))
    };
    let account = vpc.account.as_ref().map(ToString::to_string);
    let of_account = |key: &&Key| account.as_ref().is_some_and(|it| below(key, it));
    if fetched.unreadable::<Orphan>().iter().any(of_account) {
        return Some(Kind::Orphan);
    }
    let project = format!("link/{}", vpc.project);
    let of_project = |key: &&Key| below(key, &project);
    if fetched
        .unreadable::<LinkDifference>()
        .iter()
        .any(of_project)
    {
        return Some(Kind::LinkDifference);
    }
    None
}
