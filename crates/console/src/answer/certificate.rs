//! Certificates of servers, and the CA that signs them.

use serde::Deserialize;

/// What a certificate would hold without anything added, and what may be asked of one.
#[derive(Deserialize)]
pub(crate) struct CertificateOffer {
    pub(crate) names: Vec<String>,
    pub(crate) addresses: Vec<String>,
    /// Of how many connections the private names are among them.
    pub(crate) private_names: u32,
    pub(crate) default_days: i64,
    pub(crate) max_days: i64,
    /// How many names, and how many addresses, may be added.
    pub(crate) max_added: usize,
}

/// A certificate that was issued.
#[derive(Deserialize)]
pub(crate) struct IssuedCertificate {
    pub(crate) certificate: String,
    pub(crate) private_key: String,
    pub(crate) ca: String,
    pub(crate) names: Vec<String>,
    pub(crate) addresses: Vec<String>,
    pub(crate) not_after: String,
}

/// The CA of a project.
#[derive(Deserialize)]
pub(crate) struct ProjectCa {
    pub(crate) certificate: String,
}
