//! Recovery of accounts whose store is older than their cloud.
//!
//! The rule is [`underpass_model::recovery`]; the reconcile loop recognises the case and puts the
//! account on hold. [`HeldAccount`] reads what differs, [`settle`] takes a side for connections of
//! one link, and [`resume`] ends a hold. `refuse_held` refuses changes that a held account would not
//! get. [`hold_all`] puts every account on hold when the store
//! itself is known to be older. [`planned`] shows what the end of a hold writes, and [`drop_link`] removes
//! a link that the cloud does not have. [`KnownOrphan`] is what belongs to nothing in the store, and
//! [`UnknownLinks`] the cloud resources that such links hold.

mod absent_link;
mod held_account;
mod held_change;
mod orphan;
mod planned;
mod replaced_store;
mod resume;
mod settle;
mod unknown_links;

pub(crate) use self::absent_link::event as link_event;
pub use self::absent_link::{check_absent, drop_link};
pub use self::held_account::HeldAccount;
pub(crate) use self::held_change::refuse_held;
pub use self::orphan::KnownOrphan;
pub(crate) use self::orphan::is_of_unreadable;
pub use self::planned::{PlannedObject, StoredLink, find_stored_link, planned};
pub use self::replaced_store::hold_all;
pub use self::resume::{EndedHold, resume};
pub(crate) use self::resume::{merge, work_of};
pub use self::settle::{Settled, Side, settle};
pub use self::unknown_links::UnknownLinks;
