//! The certificate that a client is shown, and whether it would accept it.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, InvalidMessage, RootCertStore,
    SignatureScheme,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use underpass_model::protocol::Protocol;

use crate::certificate_end;

/// Longest handshake: 5 s.
const PATIENCE: Duration = Duration::from_secs(5);

/// PostgreSQL's `SSLRequest`: its length and the code 80877103 (protocol, message formats).
const POSTGRES_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// Largest packet of a MySQL server's greeting that is read.
const MYSQL_GREETING: usize = 1024;

/// A certificate of a server, and what a client that verifies it finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shown {
    /// The end of its validity, if it can be read.
    pub(super) end: Option<Timestamp>,
    /// The reason of a refusal.
    pub(super) refused: Option<Reason>,
}

/// The reason why a client refuses a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reason {
    /// Its validity has ended.
    Expired,
    /// Its validity has not begun.
    NotYetValid,
    /// Another authority issued it, or it issued itself.
    OtherIssuer,
    /// It has other names.
    OtherNames(Vec<String>),
    /// Another reason, in the library's words.
    Other(String),
}

/// Failure to be shown a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NotShown {
    /// The server does not use TLS.
    PlainText,
    /// The flow or the handshake fails; in words.
    Failed(String),
}

/// Begins TLS as a client of a protocol, and verifies the certificate against a name and a CA.
pub(super) async fn shown(
    protocol: Protocol,
    at: SocketAddr,
    name: &str,
    ca_pem: &str,
    now: Timestamp,
) -> Result<Shown, NotShown> {
    let handshake = timeout(PATIENCE, handshake(protocol, at, name));
    let chain = match handshake.await {
        Ok(chain) => chain?,
        Err(_elapsed) => {
            let message = format!("the handshake does not end within {} s", PATIENCE.as_secs());
            return Err(NotShown::Failed(message));
        }
    };
    let Some((own, intermediates)) = chain.split_first() else {
        return Err(NotShown::Failed("the server shows none".to_owned()));
    };
    Ok(Shown {
        end: certificate_end::not_after(own),
        refused: verify(own, intermediates, name, ca_pem, now).err(),
    })
}

/// Keeps the chain of a server, and accepts every one: it is verified afterwards.
#[derive(Debug)]
struct ChainRecorder {
    provider: Arc<CryptoProvider>,
    chain: Mutex<Vec<CertificateDer<'static>>>,
}

impl ServerCertVerifier for ChainRecorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let all = std::iter::once(end_entity).chain(intermediates);
        let chain = all.map(|it| it.clone().into_owned()).collect();
        // No code that changes the chain panics.
        *self.chain.lock().unwrap_or_else(PoisonError::into_inner) = chain;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.provider.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}

/// Returns the chain of the server. A server that refuses the client afterwards has shown it.
async fn handshake(
    protocol: Protocol,
    at: SocketAddr,
    name: &str,
) -> Result<Vec<CertificateDer<'static>>, NotShown> {
    let failed = |error: &dyn std::fmt::Display| NotShown::Failed(error.to_string());
    let mut flow = TcpStream::connect(at)
        .await
        .map_err(|error| failed(&error))?;
    begin(protocol, &mut flow).await?;
    let provider = Arc::new(ring::default_provider());
    let recorder = Arc::new(ChainRecorder {
        provider: Arc::clone(&provider),
        chain: Mutex::default(),
    });
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(&error))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&recorder) as Arc<dyn ServerCertVerifier>)
        .with_no_client_auth();
    let name = ServerName::try_from(name.to_owned()).map_err(|error| failed(&error))?;
    let ended = TlsConnector::from(Arc::new(config))
        .connect(name, flow)
        .await;
    let chain = recorder.chain.lock();
    let chain = chain.unwrap_or_else(PoisonError::into_inner).clone();
    match ended {
        Err(error) if chain.is_empty() => Err(refusal(&error)),
        Ok(_) | Err(_) => Ok(chain),
    }
}

fn refusal(error: &io::Error) -> NotShown {
    let inner = error.get_ref().and_then(|it| it.downcast_ref::<Error>());
    match inner {
        Some(Error::InvalidMessage(InvalidMessage::InvalidContentType)) => NotShown::PlainText,
        _ => NotShown::Failed(error.to_string()),
    }
}

/// Asks for TLS where a protocol begins in plain text.
async fn begin(protocol: Protocol, flow: &mut TcpStream) -> Result<(), NotShown> {
    let failed = |error: io::Error| NotShown::Failed(error.to_string());
    match protocol {
        Protocol::Postgres => {
            flow.write_all(&POSTGRES_REQUEST).await.map_err(failed)?;
            match flow.read_u8().await.map_err(failed)? {
                b'S' => Ok(()),
                b'N' => Err(NotShown::PlainText),
                _ => Err(NotShown::Failed(
                    "the server does not answer as PostgreSQL does".to_owned(),
                )),
            }
        }
        Protocol::MySql => {
            let mut greeting = [0; MYSQL_GREETING];
            let _length = flow.read(&mut greeting).await.map_err(failed)?;
            flow.write_all(&mysql_request()).await.map_err(failed)
        }
        Protocol::Redis
        | Protocol::MySqlX
        | Protocol::ClickHouse
        | Protocol::ClickHouseHttp
        | Protocol::ArrowFlight
        | Protocol::Kafka
        | Protocol::Influx
        | Protocol::OpenSearch
        | Protocol::Http => Ok(()),
    }
}

/// MySQL's `SSLRequest`: a header (length 32, number 1), capabilities (protocol 4.1, TLS, secure
/// connection), the largest packet, the character set, 23 zeros (protocol, connection phase).
fn mysql_request() -> [u8; 36] {
    const HEAD: [u8; 13] = [32, 0, 0, 1, 0x00, 0x8a, 0x00, 0x00, 0, 0, 0, 1, 33];
    let mut request = [0; 36];
    for (to, from) in request.iter_mut().zip(HEAD) {
        *to = from;
    }
    request
}

fn verify(
    own: &CertificateDer<'_>,
    intermediates: &[CertificateDer<'_>],
    name: &str,
    ca_pem: &str,
    now: Timestamp,
) -> Result<(), Reason> {
    let other = |error: &dyn std::fmt::Display| Reason::Other(error.to_string());
    let mut roots = RootCertStore::empty();
    for root in CertificateDer::pem_slice_iter(ca_pem.as_bytes()) {
        let root = root.map_err(|error| other(&error))?;
        roots.add(root).map_err(|error| other(&error))?;
    }
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|error| other(&error))?;
    let server_name = ServerName::try_from(name.to_owned()).map_err(|error| other(&error))?;
    let seconds = u64::try_from(now.as_second()).unwrap_or_default();
    let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    match verifier.verify_server_cert(own, intermediates, &server_name, &[], now) {
        Ok(_verified) => Ok(()),
        Err(Error::InvalidCertificate(error)) => Err(reason(error)),
        Err(error) => Err(other(&error)),
    }
}

fn reason(error: CertificateError) -> Reason {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Reason::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            Reason::NotYetValid
        }
        CertificateError::UnknownIssuer | CertificateError::BadSignature => Reason::OtherIssuer,
        CertificateError::NotValidForName => Reason::OtherNames(Vec::new()),
        CertificateError::NotValidForNameContext { presented, .. } => Reason::OtherNames(presented),
        // A certificate that issued itself is a CA for the library.
        CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
            Reason::OtherIssuer
        }
        error => Reason::Other(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mysql_client_asks_for_tls_in_one_packet() {
        let request = mysql_request();
        assert_eq!(request[..4], [32, 0, 0, 1]);
        // CLIENT_PROTOCOL_41, CLIENT_SSL and CLIENT_SECURE_CONNECTION, little-endian.
        assert_eq!(request[4..8], 0x8a00_u32.to_le_bytes());
        assert_eq!(request[12], 33);
        assert_eq!(request[13..], [0; 23]);
    }

    #[test]
    fn each_reason_of_a_refusal_is_told_apart() {
        let names = vec!["other.example".to_owned()];
        for (error, expected) in [
            (CertificateError::Expired, Reason::Expired),
            (CertificateError::NotValidYet, Reason::NotYetValid),
            (CertificateError::UnknownIssuer, Reason::OtherIssuer),
            (CertificateError::BadSignature, Reason::OtherIssuer),
            (
                CertificateError::NotValidForNameContext {
                    expected: ServerName::try_from("a.example").unwrap(),
                    presented: names.clone(),
                },
                Reason::OtherNames(names),
            ),
        ] {
            assert_eq!(reason(error), expected);
        }
        assert!(matches!(
            reason(CertificateError::BadEncoding),
            Reason::Other(_)
        ));
    }
}
