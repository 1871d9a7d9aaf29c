//! The store of Underpass: versioned documents, one table of work and one history of events.
//!
//! Rows that change together go into one [`Change`]. A change is committed whole or not at all, and
//! a committed change survives a crash of the process.
//!
//! Three engines implement [`Store`]: [`Memory`], whose futures are ready when first polled and which
//! simulations therefore use, [`Sqlite`] for one process, and [`Postgres`] for any number of replicas.
//! They share the functions that decide about work.
//! [`conformance`] tests the behaviour required of every engine.
//!
//! # Unreadable documents
//! A document that this version cannot decode is set aside: [`Fetched::readable`] leaves it out,
//! [`Fetched::one`] and [`Fetched::all`] fail, [`Store::unreadable`] lists it, and a change that
//! writes over it is refused.
//!
//! # Work
//! A row of work exists while a reconcile pass is requested or a lease is held. A claim takes over
//! the requests made so far. Later requests are kept beside the lease, so they outlive
//! [`WorkEdit::Finish`] and [`WorkEdit::Forget`] with any generation. Generations start again when
//! an object is deleted and created anew, so only those requested since the claim are compared.
//! An expired lease is due until another claim takes it over or its holder ends it.
//!
//! Times are stored in whole microseconds.

mod backup;
mod change;
mod changed_row;
mod claim;
pub mod conformance;
mod encryption;
mod error;
mod fetched;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod history;
mod key;
mod key_ring;
mod key_rotation;
mod kind;
mod layer;
mod lineage;
mod lookup;
mod memory;
mod news;
mod older_store;
mod owner;
mod postgres;
mod record;
#[cfg(test)]
#[path = "../../../fuzz/replay.rs"]
mod replay;
mod reservation;
mod retention;
mod room;
mod shift;
mod sqlite;
mod still_unreadable;
mod store;
mod stored_document;
mod stored_timestamp;
mod unreadable;
mod unreadable_row;
mod versioned;
mod witness_record;
mod work;
mod work_edit;

pub use self::backup::{BackupSource, EncryptedBackup, RestoreError};
pub use self::change::{Change, Expectation, Write};
pub use self::changed_row::{ChangedRow, ChangedRows};
pub use self::claim::Claim;
pub use self::encryption::{Cipher, EncryptionError};
pub use self::error::Error;
pub use self::fetched::Fetched;
pub use self::history::{HistoryOrder, HistoryPage};
pub use self::key::Key;
pub use self::key_rotation::{KeyFile, KeyStep};
pub use self::kind::Kind;
pub use self::layer::StoreLayer;
pub use self::lineage::{Lineage, MalformedLineage};
pub use self::lookup::Lookup;
pub use self::memory::Memory;
pub use self::news::News;
pub use self::older_store::OlderStore;
pub use self::owner::OwnedRows;
pub use self::postgres::{
    CopiedRows, Postgres, PostgresOptions, copy_to_postgres, encrypt_again_in_postgres,
    keys_of_replicas,
};
pub use self::record::Record;
pub use self::reservation::{
    CloudResourceReservation, HostLabelReservation, NatRangeReservation, ResourceHolder,
    VpcResident,
};
pub use self::retention::{EndedRows, EventLimits};
pub use self::room::Room;
pub use self::shift::{Shift, Task};
pub use self::sqlite::{Restored, Sqlite, encrypt_again_in_sqlite};
pub use self::store::Store;
pub use self::stored_document::StoredDocument;
pub use self::unreadable_row::{Defect, UnreadableRow};
pub use self::versioned::Versioned;
pub use self::work_edit::WorkEdit;
