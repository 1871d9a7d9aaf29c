use std::collections::{BTreeMap, BTreeSet};

use underpass_model::project::ExternalApproval;

use super::*;

const NOW: i64 = 1_800_000_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(NOW + seconds).unwrap()
}

fn project() -> (Project, CaKey) {
    let name: ProjectName = "demo".parse().unwrap();
    let (ca_pem, key) = make(&name, at(0)).unwrap();
    let project = Project {
        name,
        ca_pem,
        features: BTreeSet::new(),
        external_approval: ExternalApproval::default(),
        grants: Vec::new(),
        limits: underpass_model::project_limits::OwnLimits::default(),
        tags: BTreeMap::new(),
        created_at: at(0),
        incarnation: underpass_model::id::ProjectIncarnation::default(),
        history_after: 0,
    };
    (project, key)
}

fn subject() -> Subject {
    Subject {
        names: vec!["pg-1-demo.underpass.test".to_owned()],
        addresses: vec!["127.0.0.1".parse().unwrap()],
    }
}

#[test]
fn a_client_that_trusts_the_ca_trusts_the_node() {
    let (project, key) = project();
    let node = sign(
        &project,
        &key,
        &subject(),
        SignedDuration::from_hours(24),
        at(0),
    )
    .unwrap();
    let verifier = verifier(&project.ca_pem);
    let leaf = certificate(&node.certificate);
    let now = rustls::pki_types::UnixTime::since_unix_epoch(Duration::from_secs(1_800_000_100));
    for name in ["pg-1-demo.underpass.test", "127.0.0.1"] {
        let name = rustls::pki_types::ServerName::try_from(name).unwrap();
        verifier
            .verify_server_cert(&leaf, &[], &name, &[], now)
            .unwrap();
    }
    let other = rustls::pki_types::ServerName::try_from("pg-2-demo.underpass.test").unwrap();
    assert!(
        verifier
            .verify_server_cert(&leaf, &[], &other, &[], now)
            .is_err()
    );
}

#[test]
fn a_node_certificate_never_outlives_the_ca() {
    let (project, key) = project();
    let (year, end) = (SignedDuration::from_hours(24 * 365), 3600 * 24 * 3650);
    let sign = |now| {
        sign(&project, &key, &subject(), year, at(now))
            .unwrap()
            .not_after
    };
    assert_eq!(sign(0), at(3600 * 24 * 365));
    assert_eq!(sign(end - 60), at(end));
}

fn certificate(pem: &str) -> rustls::pki_types::CertificateDer<'static> {
    use rustls::pki_types::pem::PemObject as _;
    rustls::pki_types::CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()
}

fn verifier(ca_pem: &str) -> std::sync::Arc<dyn rustls::client::danger::ServerCertVerifier> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate(ca_pem)).unwrap();
    let provider = rustls::crypto::ring::default_provider();
    rustls::client::WebPkiServerVerifier::builder_with_provider(roots.into(), provider.into())
        .build()
        .unwrap()
}
