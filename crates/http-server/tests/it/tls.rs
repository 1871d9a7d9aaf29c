//! A listener with TLS, whose certificate is replaced while it serves.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsConnector;
use underpass_http_server::{Server, TlsError, TlsIdentity};
use underpass_net::connections::{ConnectionLimits, Connections};

use crate::world::{DEADLINE, render};

struct Pem {
    chain: Vec<u8>,
    key: Vec<u8>,
    der: CertificateDer<'static>,
}

fn certificate() -> Pem {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    Pem {
        chain: cert.pem().into_bytes(),
        key: signing_key.serialize_pem().into_bytes(),
        der: cert.der().clone(),
    }
}

async fn serve(identity: TlsIdentity) -> (SocketAddr, watch::Sender<bool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = watch::channel(false);
    let connections = Connections::new(ConnectionLimits::with_total(16));
    let server = Server::new(connections, render, DEADLINE);
    let router = Router::new().route("/", get(async || "secured"));
    tokio::spawn(server.serve_tls(listener, router, identity, stopped));
    (address, stop)
}

/// Sends a request as a client that trusts one certificate.
async fn answer(address: SocketAddr, trusted: &CertificateDer<'static>) -> std::io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await?;
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .await?;
    let mut text = String::new();
    stream.read_to_string(&mut text).await?;
    Ok(text)
}

#[tokio::test]
async fn a_certificate_is_replaced_for_new_connections() {
    let (first, second) = (certificate(), certificate());
    let identity = TlsIdentity::from_pem(&first.chain, &first.key).unwrap();
    let (address, _stop) = serve(identity.clone()).await;
    assert!(
        answer(address, &first.der)
            .await
            .unwrap()
            .ends_with("secured")
    );
    assert!(answer(address, &second.der).await.is_err());

    // What does not fit leaves the former one.
    assert!(identity.replace(&second.chain, &first.key).is_err());
    assert!(answer(address, &first.der).await.is_ok());

    identity.replace(&second.chain, &second.key).unwrap();
    assert!(
        answer(address, &second.der)
            .await
            .unwrap()
            .ends_with("secured")
    );
    assert!(answer(address, &first.der).await.is_err());
}

#[test]
fn files_that_are_no_certificate_are_refused_without_quoting_them() {
    let pem = certificate();
    let refused = |chain: &[u8], key: &[u8]| TlsIdentity::from_pem(chain, key).unwrap_err();
    assert!(matches!(refused(b"", &pem.key), TlsError::NoCertificate));
    assert!(matches!(refused(&pem.chain, b"secret"), TlsError::Key));
    assert!(matches!(refused(&pem.chain, &pem.chain), TlsError::Key));
    let other = certificate();
    assert!(matches!(
        refused(&pem.chain, &other.key),
        TlsError::Rejected(_)
    ));
    assert!(
        !refused(&pem.chain, b"secret")
            .to_string()
            .contains("secret")
    );
}
