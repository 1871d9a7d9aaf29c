//! The types that are stored as documents.

use serde::Serialize;
use serde::de::DeserializeOwned;
use underpass_model::auth::{Token, User};
use underpass_model::connection::Connection;
use underpass_model::credentials::{CaKey, Credentials};
use underpass_model::ended_connection::EndedConnection;
use underpass_model::ended_link::EndedLink;
use underpass_model::link::Link;
use underpass_model::ordinals::{ConnectionOrdinals, RetiredOrdinals};
use underpass_model::orphan::Orphan;
use underpass_model::part::Observed;
use underpass_model::project::Project;
use underpass_model::recovery::{AccountHold, LinkDifference};
use underpass_model::serial::SerialBase;
use underpass_model::service::Service;
use underpass_model::static_ip::StaticIp;
use underpass_model::vpc::ProjectVpc;

use crate::error::Error;
use crate::kind::Kind;
use crate::record::Record;
use crate::reservation::{
    CloudResourceReservation, HostLabelReservation, NatRangeReservation, VpcResident,
};

/// A type that is stored as rows of one kind.
pub trait StoredDocument: Serialize + DeserializeOwned {
    /// The kind of its rows.
    const KIND: Kind;
}

macro_rules! stored_documents {
    ($($type:ty => $kind:ident;)*) => {$(
        impl StoredDocument for $type { const KIND: Kind = Kind::$kind; }
    )*

    /// Decodes a row as a document of its kind.
    ///
    /// # Errors
    /// [`Error::Unreadable`] or [`Error::Encryption`]: the row cannot be decoded.
    pub(crate) fn check(record: &Record) -> Result<(), Error> {
        match record.kind {
            $(Kind::$kind => record.read::<$type>().map(drop),)*
        }
    }

    /// Decodes the body of a document and encodes it again; `None` if it cannot be decoded.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn encoded_again(kind: Kind, body: &str) -> Option<String> {
        match kind {
            $(Kind::$kind => {
                let document: $type = serde_json::from_str(body).ok()?;
                serde_json::to_string(&document).ok()
            })*
        }
    }};
}

stored_documents! {
    AccountHold => AccountHold;
    CaKey => CaKey;
    CloudResourceReservation => CloudResource;
    Connection => Connection;
    ConnectionOrdinals => ConnectionOrdinals;
    Credentials => Credentials;
    EndedConnection => EndedConnection;
    EndedLink => EndedLink;
    HostLabelReservation => HostLabel;
    Link => Link;
    LinkDifference => LinkDifference;
    NatRangeReservation => NatRange;
    Observed => Observed;
    Orphan => Orphan;
    Project => Project;
    ProjectVpc => Vpc;
    RetiredOrdinals => RetiredOrdinals;
    SerialBase => SerialBase;
    Service => Service;
    StaticIp => StaticIp;
    Token => Token;
    User => User;
    VpcResident => VpcResident;
}
