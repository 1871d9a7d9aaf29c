//! Rows by the thing that they belong to.

use underpass_model::name::{ProjectName, ServiceName};

use crate::key::Key;
use crate::kind::Kind;

/// A selection of the rows of a kind that belong to one thing, in key order. An index finds them, so
/// reading them costs as much as there are. Rows whose document is not JSON are not among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedRows {
    kind: Kind,
    below: Key,
    owner: String,
}

// === impl OwnedRows ===

impl OwnedRows {
    /// The static IPs that are associated with a service.
    pub fn static_ips(project: &ProjectName, service: &ServiceName) -> Self {
        Self {
            kind: Kind::StaticIp,
            below: Key::project(project),
            owner: service.to_string(),
        }
    }

    /// The access tokens of a user, by the e-mail address.
    pub fn tokens(email: &str) -> Self {
        Self {
            kind: Kind::Token,
            below: Key::root(),
            owner: email.to_owned(),
        }
    }

    /// The kind of the rows.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) const fn below(&self) -> &Key {
        &self.below
    }

    pub(crate) fn owner(&self) -> &str {
        &self.owner
    }

    /// Returns the member with the owner. An index of the schema is on it.
    pub(crate) const fn member(&self) -> &'static str {
        match self.kind {
            Kind::StaticIp => "service",
            _ => "email",
        }
    }
}
