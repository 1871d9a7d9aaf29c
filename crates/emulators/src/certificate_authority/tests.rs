use std::path::Path;
use std::sync::Arc;

use jiff::{Timestamp, ToSpan as _};
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};

use super::{CertificateAuthority, day};

fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

/// Reports whether a client that trusts `trusted` accepts a certificate of `issuer` for `host`.
fn accepts(
    trusted: &CertificateAuthority,
    issuer: &CertificateAuthority,
    host: &str,
    at: Timestamp,
) -> bool {
    let (certificate, _) = issuer.issue(&[host.to_owned()], day(now())).unwrap();
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(&trusted.certificate).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .unwrap();
    let name = ServerName::try_from(host.to_owned()).unwrap();
    let seconds = u64::try_from(at.as_second()).unwrap();
    let at = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
    verifier
        .verify_server_cert(&certificate, &[], &name, &[], at)
        .is_ok()
}

fn open(directory: &Path, hosts: &[&str], now: Timestamp) -> CertificateAuthority {
    let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
    CertificateAuthority::open(directory, "test", &hosts, now).unwrap()
}

#[test]
fn an_authority_is_accepted_for_this_machine_only() {
    let directory = tempfile::tempdir().unwrap();
    let authority = open(directory.path(), &["127.0.0.1"], now());
    for host in ["localhost", "127.0.0.1", "127.64.0.1", "::1"] {
        assert!(accepts(&authority, &authority, host, now()), "{host}");
    }
    for host in [
        "management.azure.com",
        "localhost.example",
        "10.0.0.1",
        "::2",
    ] {
        assert!(!accepts(&authority, &authority, host, now()), "{host}");
    }
}

#[test]
fn a_new_host_makes_a_new_authority_and_the_old_one_is_not_accepted_for_it() {
    let directory = tempfile::tempdir().unwrap();
    let first = open(directory.path(), &["127.0.0.1"], now());
    let again = open(directory.path(), &["127.0.0.1"], now());
    assert_eq!(again.stored.common_name, first.stored.common_name);
    let wider = open(directory.path(), &["azure.example", "10.0.0.1"], now());
    assert_ne!(wider.stored.common_name, first.stored.common_name);
    assert!(accepts(&wider, &wider, "azure.example", now()));
    assert!(accepts(&wider, &wider, "10.0.0.1", now()));
    assert!(!accepts(&wider, &first, "localhost", now()));
}

#[test]
fn an_authority_is_replaced_before_it_could_expire_under_a_server_certificate() {
    let directory = tempfile::tempdir().unwrap();
    let years = |count: i64| now() + (count * 365 * 24).hours();
    let young = open(directory.path(), &[], now());
    assert!(accepts(&young, &young, "localhost", years(2)));
    assert!(
        !accepts(&young, &young, "localhost", years(3)),
        "its server certificate is over"
    );
    assert_eq!(
        open(directory.path(), &[], years(7)).stored.common_name,
        young.stored.common_name
    );
    assert_ne!(
        open(directory.path(), &[], years(8)).stored.common_name,
        young.stored.common_name
    );
}
