use bytes::Bytes;
use http::Request;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use underpass_clouds::{HttpTransport, HttpTransportError, Proxy, Transport as _, Trust};

/// The head of the first request to a listener, whose connection is closed then.
async fn first_request(listener: TcpListener) -> String {
    let (mut connection, _) = listener.accept().await.unwrap();
    let mut head = vec![0; 4096];
    let length = connection.read(&mut head).await.unwrap();
    String::from_utf8_lossy(&head[..length]).into_owned()
}

async fn send(transport: &HttpTransport, url: &str) -> bool {
    let request = Request::builder().uri(url).body(Bytes::new()).unwrap();
    transport.send(request).await.is_ok()
}

#[tokio::test]
async fn calls_to_clouds_go_through_the_proxy_with_its_password() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let proxy = Proxy::new(&format!("http://u:p@127.0.0.1:{port}"), "").unwrap();
    let transport = HttpTransport::with(Trust::System, Some(&proxy)).unwrap();
    let request = tokio::spawn(first_request(listener));
    send(&transport, "https://management.azure.com/").await;
    let head = request.await.unwrap().to_ascii_lowercase();
    assert!(
        head.starts_with("connect management.azure.com:443 http/1.1"),
        "{head}"
    );
    assert!(head.contains("proxy-authorization: basic dtpw"), "{head}");
}

#[tokio::test]
async fn loopback_metadata_servers_and_exceptions_are_never_reached_through_the_proxy() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (port, unused) = (listener.local_addr().unwrap().port(), "127.0.0.1:9");
    let proxy = Proxy::new(&format!("127.0.0.1:{port}"), "except.invalid,10.0.0.0/8").unwrap();
    let transport = HttpTransport::with(Trust::System, Some(&proxy)).unwrap();
    let mut request = tokio::spawn(first_request(listener));
    for url in [
        format!("https://{unused}/"),
        "https://[::1]:9/".to_owned(),
        "https://localhost:9/".to_owned(),
        "https://deep.except.invalid/".to_owned(),
        "http://metadata.google.internal.invalid:9/".to_owned(),
    ] {
        assert!(!send(&transport, &url).await, "{url}");
    }
    // Unreachable here, and slow to fail: only that the proxy is not asked counts.
    for url in [
        "http://169.254.169.254/metadata",
        "https://169.254.169.254/metadata",
        "https://metadata.google.internal/",
    ] {
        let wait = std::time::Duration::from_millis(300);
        let _ = tokio::time::timeout(wait, send(&transport, url)).await;
    }
    let wait = std::time::Duration::from_millis(50);
    assert!(
        tokio::time::timeout(wait, &mut request).await.is_err(),
        "the proxy was asked"
    );
    request.abort();
}

#[test]
fn a_bundle_without_a_certificate_is_refused() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let error = HttpTransport::with(Trust::SystemAnd(b"no PEM"), None).unwrap_err();
    assert!(
        matches!(error, HttpTransportError::NoCertificate),
        "{error}"
    );
    let ca = include_bytes!("../fixtures/test-only-certificate.pem");
    HttpTransport::with(Trust::SystemAnd(ca), None).unwrap();
}
