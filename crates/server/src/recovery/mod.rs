//! Recovery of accounts whose store is older than their cloud.
//!
//! The rule is [`underpass_model::recovery`]; the reconcile loop recognises the case and puts the
//! account on hold. [`HeldAccount`] reads what differs, [`settle`] takes a side for connections of
//! one link, and [`resume`] ends a hold. `refuse_held` refuses changes that a held account would not
//! get. [`hold_all`] puts every account on hold when the store
//! itself is known to be older. [`KnownOrphan`] is what belongs to nothing in the store.

mod held_account;
mod held_change;
mod orphan;
mod planned;
mod replaced_store;
mod resume;
mod settle;

pub use self::held_account::HeldAccount;
pub(crate) use self::held_change::refuse_held;
pub use self::orphan::KnownOrphan;
pub(crate) use self::orphan::is_of_unreadable;
pub use self::planned::{PlannedObject, planned};
pub use self::replaced_store::hold_all;
pub(crate) use self::resume::work_of;
pub use self::resume::{EndedHold, resume};
pub use self::settle::{Settled, Side, settle};
