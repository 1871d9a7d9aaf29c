//! Certificates of servers, and the CA that signs them.

use serde::Deserialize;

/// Names of a certificate without additions, and limits of a request.
#[derive(Deserialize)]
pub(crate) struct CertificateOffer {
    pub(crate) names: Vec<String>,
    pub(crate) addresses: Vec<String>,
    /// Number of connections whose private names are included.
    pub(crate) private_names: u32,
    pub(crate) default_days: i64,
    pub(crate) max_days: i64,
    /// Most names, and most addresses, that a request may add.
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
