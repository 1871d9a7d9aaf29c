//! Certificate authorities of projects, and node certificates.
//!
//! ring draws keys from the operating system; this randomness cannot be an argument.

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

/// Validity of a project CA: 10 years of 365 days (design decision), because its replacement
/// requires a change of every client that trusts it.
const CA_VALIDITY: SignedDuration = SignedDuration::from_hours(24 * 365 * 10);

/// Validity before the time of signing: 1 hour, for clients whose clock is behind.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_hours(1);

/// Longest common name: 64 characters (RFC 5280, appendix A.1, `ub-common-name-length`).
const COMMON_NAME_MAX: usize = 64;

/// Subject of a node certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// DNS names, the best known one first.
    pub names: Vec<String>,
    /// Addresses that clients connect to without a name.
    pub addresses: Vec<IpAddr>,
}

/// New certificate; its key is stored nowhere else.
#[derive(Debug)]
pub struct NodeCertificate {
    /// Certificate in PEM.
    pub certificate: String,
    /// Private key, PKCS #8 in PEM.
    pub private_key: Secret,
    /// End of the validity.
    pub not_after: Timestamp,
}

/// Failure to create a certificate.
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

/// Creates the CA of a project: certificate in PEM, and signing key.
///
/// # Errors
/// If the key cannot be drawn or the certificate cannot be signed.
pub fn make(project: &ProjectName, now: Timestamp) -> Result<(String, CaKey), Error> {
    let key = KeyPair::generate().map_err(action("failed to draw the key of a project CA"))?;
    let certificate = ca_params(project, now)
        .self_signed(&key)
        .map_err(action("failed to sign a project CA"))?;
    Ok((
        certificate.pem(),
        CaKey {
            key_pem: Secret::new(key.serialize_pem()),
        },
    ))
}

/// Signs a certificate for a new key of a node; it expires no later than the CA.
///
/// # Errors
/// If the CA's key cannot be read, a name is invalid in a certificate, or signing fails.
pub fn sign(
    project: &Project,
    ca: &CaKey,
    subject: &Subject,
    validity: SignedDuration,
    now: Timestamp,
) -> Result<NodeCertificate, Error> {
    let ca_key = KeyPair::from_pem(ca.key_pem.expose())
        .map_err(action("failed to read the key of a project CA"))?;
    // The CA's certificate is not needed: name and key of the issuer suffice.
    let issuer = Issuer::new(ca_params(&project.name, project.created_at), ca_key);
    let end = now.saturating_add(validity).unwrap_or(Timestamp::MAX);
    let not_after = end.min(end_of_ca(project.created_at));
    let mut params = CertificateParams::new(subject.names.clone())
        .map_err(action("failed to add DNS names to a node certificate"))?;
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
    let key =
        KeyPair::generate().map_err(action("failed to draw the key of a node certificate"))?;
    let certificate = params
        .signed_by(&key, &issuer)
        .map_err(action("failed to sign a node certificate"))?;
    Ok(NodeCertificate {
        certificate: certificate.pem(),
        private_key: Secret::new(key.serialize_pem()),
        not_after,
    })
}

/// Returns the same parameters for the same project and time, so that the issuer of node
/// certificates can be rebuilt from the key.
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
    made_at
        .saturating_add(CA_VALIDITY)
        .unwrap_or(Timestamp::MAX)
}

fn set_validity(params: &mut CertificateParams, not_before: Timestamp, not_after: Timestamp) {
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let since = |at: Timestamp| Duration::from_secs(u64::try_from(at.as_second()).unwrap_or(0));
    params.not_before = epoch + since(not_before.saturating_sub(CLOCK_SKEW).unwrap_or(not_before));
    params.not_after = epoch + since(not_after);
}

#[cfg(test)]
mod tests;
