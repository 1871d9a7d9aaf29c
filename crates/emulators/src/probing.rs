//! Carries out health probes.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{self, CryptoProvider};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::health::{Exchange, Outcome, Probe};

/// Bytes of an answer that are read: Google looks at the first 1,024 bytes of the body; the rest is
/// for the head of an HTTP answer.
const ANSWER_BYTES: u64 = 8 * 1024;

/// Bytes of a body that may contain the expected text (documented by Google).
const BODY_BYTES: usize = 1024;

/// Carries out a probe.
pub(crate) async fn perform(probe: &Probe) -> Outcome {
    if probe.is_blocked {
        return Outcome::Timeout;
    }
    match timeout(probe.timeout, attempt(probe)).await {
        Ok(Ok(true)) => Outcome::Success,
        Ok(Ok(false)) => Outcome::WrongAnswer,
        Ok(Err(_)) => Outcome::Unreachable,
        Err(_) => Outcome::Timeout,
    }
}

/// Reports whether the answer is the expected one.
async fn attempt(probe: &Probe) -> std::io::Result<bool> {
    let stream = TcpStream::connect(probe.target).await?;
    if !probe.is_tls {
        return exchange(stream, &probe.exchange).await;
    }
    let name = ServerName::from(probe.target.ip());
    let connector = TlsConnector::from(Arc::new(any_certificate()?));
    exchange(connector.connect(name, stream).await?, &probe.exchange).await
}

async fn exchange(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    exchange: &Exchange,
) -> std::io::Result<bool> {
    let is_expected = match exchange {
        Exchange::Bytes { send, expect } => {
            stream.write_all(send).await?;
            let mut answer = vec![0; expect.len()];
            if !expect.is_empty() {
                stream.read_exact(&mut answer).await?;
            }
            answer == *expect
        }
        Exchange::Http { host, path, expect } => {
            let request =
                format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).await?;
            let mut answer = Vec::new();
            let mut limited = (&mut stream).take(ANSWER_BYTES);
            let read = limited.read_to_end(&mut answer).await;
            // A server may end TLS or TCP without a proper close.
            if answer.is_empty() {
                read?;
            }
            is_ok(&answer, expect)
        }
    };
    // The peer may have closed already.
    let _ = stream.shutdown().await;
    Ok(is_expected)
}

/// Reports whether an HTTP answer has status 200 and the text in the beginning of its body.
fn is_ok(answer: &[u8], expect: &str) -> bool {
    let text = String::from_utf8_lossy(answer);
    let mut head = text.split_whitespace();
    let is_http = head.next().is_some_and(|it| it.starts_with("HTTP/1."));
    let has_status = is_http && head.next() == Some("200");
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let mut end = body.len().min(BODY_BYTES);
    while !body.is_char_boundary(end) {
        end -= 1;
    }
    has_status && body.get(..end).is_some_and(|it| it.contains(expect))
}

fn any_certificate() -> std::io::Result<ClientConfig> {
    let provider = Arc::new(crypto::ring::default_provider());
    let verifier = AnyCertificate(Arc::clone(&provider));
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(std::io::Error::other)?;
    Ok(builder
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth())
}

/// Accepts any certificate: neither cloud verifies those of probed backends (documented).
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::is_ok;

    #[test]
    fn only_status_200_with_the_expected_text_is_a_success() {
        let answer = |status: &str| format!("HTTP/1.1 {status}\r\nA: b\r\n\r\nit works");
        assert!(is_ok(answer("200 OK").as_bytes(), ""));
        assert!(is_ok(answer("200").as_bytes(), "works"));
        assert!(!is_ok(answer("200 OK").as_bytes(), "fails"));
        for status in ["204 No Content", "301 Moved", "503 Unavailable", "2000", ""] {
            assert!(!is_ok(answer(status).as_bytes(), ""), "{status}");
        }
        assert!(!is_ok(b"SSH-2.0-OpenSSH", ""));
    }
}
