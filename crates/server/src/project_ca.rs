//! Each project's certificate authority, and the node certificates it signs.
//!
//! Keys are drawn by ring from the operating system: the one randomness that cannot be an
//! argument.

use std::net::IpAddr;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, SanType,
};
use underpass_model::credentials::{CaKey, Secret};
use underpass_model::name::ProjectName;
use underpass_model::project::Project;

/// Life of a project CA: 10 years of 365 days (design decision), because replacing it means
/// touching every client that trusts it.
const CA_LIFE: SignedDuration = SignedDuration::from_hours(24 * 365 * 10);

/// How long before its making a certificate is already good: 1 hour, for clients whose clock is
/// behind.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_hours(1);

/// Longest common name: 64 characters (RFC 5280, appendix A.1, `ub-common-name-length`).
const COMMON_NAME_MAX: usize = 64;

/// What a node certificate is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// DNS names, the one people know it by first.
    pub names: Vec<String>,
    /// Addresses that clients dial without a name.
    pub addresses: Vec<IpAddr>,
}

/// A certificate just signed; the key exists nowhere else.
#[derive(Debug)]
pub struct NodeCertificate {
    /// The certificate in PEM.
    pub certificate: String,
    /// Its key, PKCS #8 in PEM.
    pub private_key: Secret,
    /// When it ends.
    pub not_after: Timestamp,
}

/// Why a certificate could not be made.
#[derive(Debug, thiserror::Error)]
#[error("{action}")]
pub struct Error {
    action: &'static str,
    #[source]
    source: rcgen::Error,
}

fn action(action: &'static str) -> impl FnOnce(rcgen::Error) -> Error {
    move |source| Error { action, source }
}

/// Makes the CA of a new project: its certificate in PEM, and the key it signs with.
pub fn make(project: &ProjectName, now: Timestamp) -> Result<(String, CaKey), Error> {
    let key = KeyPair::generate().map_err(action("draw the key of a project CA"))?;
    let certificate = ca_params(project, now)
        .self_signed(&key)
        .map_err(action("sign a project CA"))?;
    Ok((
        certificate.pem(),
        CaKey {
            key_pem: Secret::new(key.serialize_pem()),
        },
    ))
}

/// Signs a new key for a node of a service; it never outlives the CA.
pub fn sign(
    project: &Project,
    ca: &CaKey,
    subject: &Subject,
    life: SignedDuration,
    now: Timestamp,
) -> Result<NodeCertificate, Error> {
    let ca_key = KeyPair::from_pem(ca.key_pem.expose()).map_err(action("read the key of a CA"))?;
    // The certificate itself is not needed: the issuer's name and key make the issuer.
    let issuer = Issuer::new(ca_params(&project.name, project.created_at), ca_key);
    let end = now.saturating_add(life).unwrap_or(Timestamp::MAX);
    let not_after = end.min(end_of_ca(project.created_at));
    let mut params = CertificateParams::new(subject.names.clone())
        .map_err(action("put DNS names into a node certificate"))?;
    params
        .subject_alt_names
        .extend(subject.addresses.iter().copied().map(SanType::IpAddress));
    params.distinguished_name = DistinguishedName::new();
    if let Some(name) = subject
        .names
        .iter()
        .find(|name| name.len() <= COMMON_NAME_MAX)
    {
        params
            .distinguished_name
            .push(DnType::CommonName, name.as_str());
    }
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    set_validity(&mut params, now, not_after);
    let key = KeyPair::generate().map_err(action("draw the key of a node certificate"))?;
    let certificate = params
        .signed_by(&key, &issuer)
        .map_err(action("sign a node certificate"))?;
    Ok(NodeCertificate {
        certificate: certificate.pem(),
        private_key: Secret::new(key.serialize_pem()),
        not_after,
    })
}

/// The same for the same project and time of making, so that the issuer of node certificates can
/// be rebuilt from the key alone.
fn ca_params(project: &ProjectName, made_at: Timestamp) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, format!("{project} project CA"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    set_validity(&mut params, made_at, end_of_ca(made_at));
    params
}

fn end_of_ca(made_at: Timestamp) -> Timestamp {
    made_at.saturating_add(CA_LIFE).unwrap_or(Timestamp::MAX)
}

fn set_validity(params: &mut CertificateParams, not_before: Timestamp, not_after: Timestamp) {
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let since = |at: Timestamp| Duration::from_secs(u64::try_from(at.as_second()).unwrap_or(0));
    params.not_before = epoch + since(not_before.saturating_sub(CLOCK_SKEW).unwrap_or(not_before));
    params.not_after = epoch + since(not_after);
}

#[cfg(test)]
mod tests;
