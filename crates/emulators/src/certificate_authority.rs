//! Certificate authority of an emulator, because real clients require HTTPS.
//!
//! It is created once per data directory. Name constraints (RFC 5280) limit it to the names of this
//! machine, so trusting it affects no other host. The server certificate is issued at each start, for
//! a key that is never stored.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _, civil};
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use serde::{Deserialize, Serialize};
use tokio_rustls::TlsAcceptor;
use underpass_private_file as private_file;

use crate::limits;

/// A certificate for HTTPS cannot be created or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A certificate or key could not be created or read.
    #[error("failed to {action} for {}", path.display())]
    Certificate {
        /// The attempted action.
        action: &'static str,
        /// The file of the authority.
        path: PathBuf,
        /// Error of the certificate library.
        #[source]
        source: rcgen::Error,
    },
    /// The stored authority has an unexpected format.
    #[error("{} is not a certificate authority of this program. Move the file away to create a new one", path.display())]
    Content {
        /// The file of the authority.
        path: PathBuf,
        /// Error of the JSON decoder.
        #[source]
        source: serde_json::Error,
    },
    /// The TLS library refuses the certificate.
    #[error("failed to use the server certificate")]
    Tls(#[source] rustls::Error),
    /// The file system refused.
    #[error(transparent)]
    File(#[from] private_file::Error),
}

/// A certificate authority with the file of its certificate.
pub(crate) struct CertificateAuthority {
    stored: Stored,
    path: PathBuf,
    /// PEM file with the authority's certificate, for clients to trust.
    pub(crate) certificate: PathBuf,
}

/// The stored form of an authority, in a file that only its owner can read.
#[derive(Serialize, Deserialize)]
struct Stored {
    common_name: String,
    /// Names and networks the authority may certify.
    permitted: BTreeSet<String>,
    expires: civil::Date,
    certificate_pem: String,
    key_pem: String,
}

// === impl CertificateAuthority ===

impl CertificateAuthority {
    /// Opens the authority `name` in `directory`, or creates one that may certify `hosts`.
    ///
    /// An authority that may not certify a host or is about to expire is replaced.
    ///
    /// # Errors
    /// When a file cannot be read or written, or a certificate cannot be created.
    pub(crate) fn open(
        directory: &Path,
        name: &str,
        hosts: &[String],
        now: Timestamp,
    ) -> Result<Self, Error> {
        let path = directory.join(format!("{name}-authority.json"));
        let certificate = directory.join(format!("{name}-ca.pem"));
        let permitted = permitted(hosts);
        let stored = private_file::read_and_restrict(&path)?
            .map(|content| serde_json::from_slice::<Stored>(&content))
            .transpose()
            .map_err(|source| Error::Content {
                path: path.clone(),
                source,
            })?;
        let today = day(now);
        let stored = match stored {
            Some(stored)
                if stored.permitted.is_superset(&permitted)
                    && stored.expires > days_after(today, limits::SERVER_CERTIFICATE_DAYS) =>
            {
                stored
            }
            outdated => {
                if outdated.is_some() {
                    tracing::warn!(
                        path = %certificate.display(),
                        "replaced the certificate authority because it does not cover all hosts or expires soon; clients must trust the new one"
                    );
                }
                let made = Stored::make(name, permitted, today)
                    .map_err(certificate_error("make a certificate authority", &path))?;
                let content =
                    serde_json::to_vec_pretty(&made).map_err(|source| Error::Content {
                        path: path.clone(),
                        source,
                    })?;
                private_file::write(&path, &content)?;
                made
            }
        };
        private_file::write_public(&certificate, stored.certificate_pem.as_bytes())?;
        Ok(Self {
            stored,
            path,
            certificate,
        })
    }

    /// A TLS acceptor with a new certificate for this machine and for `hosts`.
    ///
    /// # Errors
    /// When the certificate cannot be issued or used.
    pub(crate) fn acceptor(&self, hosts: &[String], now: Timestamp) -> Result<TlsAcceptor, Error> {
        let (certificate, key) = self.issue(hosts, day(now)).map_err(certificate_error(
            "issue the server certificate",
            &self.path,
        ))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(Error::Tls)?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .map_err(Error::Tls)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    fn issue(
        &self,
        hosts: &[String],
        today: civil::Date,
    ) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), rcgen::Error> {
        let issuer_key = KeyPair::from_pem(&self.stored.key_pem)?;
        let issuer = Issuer::new(self.stored.params()?, issuer_key);

        let names: BTreeSet<String> = loopback_hosts().chain(hosts.iter().cloned()).collect();
        let mut params = CertificateParams::new(Vec::from_iter(names))?;
        params.distinguished_name = named("Underpass emulator");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        set_validity(
            &mut params,
            today,
            days_after(today, limits::SERVER_CERTIFICATE_DAYS),
        );

        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &issuer)?;
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        Ok((certificate.der().clone(), key.into()))
    }
}

// === impl Stored ===

impl Stored {
    fn make(
        name: &str,
        permitted: BTreeSet<String>,
        today: civil::Date,
    ) -> Result<Self, rcgen::Error> {
        let key = KeyPair::generate()?;
        // Clients look up an issuer by its name, so two authorities must have different names.
        let id = URL_SAFE_NO_PAD.encode(CertificateParams::default().key_identifier(&key));
        let mut stored = Self {
            common_name: format!("Underpass emulated {name} {id}"),
            permitted,
            expires: days_after(today, limits::AUTHORITY_DAYS),
            certificate_pem: String::new(),
            key_pem: key.serialize_pem(),
        };
        let mut params = stored.params()?;
        set_validity(&mut params, today, stored.expires);
        stored.certificate_pem = params.self_signed(&key)?.pem();
        Ok(stored)
    }

    /// The parameters of the authority's certificate without dates, which an issuer does not need.
    fn params(&self) -> Result<CertificateParams, rcgen::Error> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name = named(&self.common_name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![
            KeyUsagePurpose::KeyCertSign,
            KeyUsagePurpose::DigitalSignature,
        ];
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: self.permitted.iter().map(|name| subtree(name)).collect(),
            excluded_subtrees: Vec::new(),
        });
        Ok(params)
    }
}

fn loopback_hosts() -> impl Iterator<Item = String> {
    let addresses = [
        IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(Ipv6Addr::LOCALHOST),
    ];
    addresses
        .into_iter()
        .map(|address| address.to_string())
        .chain(["localhost".to_owned()])
}

/// The names and networks that an authority for `hosts` must be permitted to certify: loopback, and
/// each host.
fn permitted(hosts: &[String]) -> BTreeSet<String> {
    let loopback = ["localhost", "127.0.0.0/8", "::1/128"].map(str::to_owned);
    let others = hosts
        .iter()
        .filter(|host| *host != "localhost")
        .filter_map(|host| match host.parse::<IpAddr>() {
            Ok(address) if address.is_loopback() => None,
            Ok(address) => Some(ipnet::IpNet::from(address).to_string()),
            Err(_) => Some(host.clone()),
        });
    loopback.into_iter().chain(others).collect()
}

fn subtree(name: &str) -> GeneralSubtree {
    match name.parse::<ipnet::IpNet>() {
        Ok(network) => {
            let (address, length) = (network.addr(), network.prefix_len());
            GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(address, length))
        }
        Err(_) => GeneralSubtree::DnsName(name.to_owned()),
    }
}

fn named(common_name: &str) -> rcgen::DistinguishedName {
    let mut name = rcgen::DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

/// Sets the validity. It begins on the day before, for clients whose clock is behind.
fn set_validity(params: &mut CertificateParams, today: civil::Date, until: civil::Date) {
    let [from, until] = [today.saturating_sub(1.day()), until].map(|date| {
        date_time_ymd(
            date.year().into(),
            date.month().unsigned_abs(),
            date.day().unsigned_abs(),
        )
    });
    params.not_before = from;
    params.not_after = until;
}

fn days_after(date: civil::Date, days: i64) -> civil::Date {
    date.saturating_add(days.days())
}

fn day(now: Timestamp) -> civil::Date {
    now.to_zoned(TimeZone::UTC).date()
}

fn certificate_error(action: &'static str, path: &Path) -> impl FnOnce(rcgen::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Certificate {
        action,
        path,
        source,
    }
}
