use std::net::SocketAddr;
use std::path::Path;

use reqwest::{Certificate, Client, Proxy};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::google_emulator::{CONSUMER, Emulator, PROJECT, TOKEN, options};

async fn with_proxy(directory: &Path) -> Emulator {
    let mut options = options(directory);
    options.proxy_listen = Some("127.0.0.1:0".parse().unwrap());
    Emulator::start_with(options).await
}

fn proxy(emulator: &Emulator) -> SocketAddr {
    emulator.handle.proxy_address().unwrap()
}

/// A client with Google's URLs, configured with the proxy and the certificate authority.
fn unchanged_client(emulator: &Emulator) -> Client {
    let ca = std::fs::read(emulator.handle.ca_path().unwrap()).unwrap();
    Client::builder()
        .tls_certs_only([Certificate::from_pem(&ca).unwrap()])
        .proxy(Proxy::https(format!("http://{}", proxy(emulator))).unwrap())
        .build()
        .unwrap()
}

/// Sends the head of a request to the proxy and returns its reply.
async fn reply_to(emulator: &Emulator, head: &str) -> String {
    let mut stream = TcpStream::connect(proxy(emulator)).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut reply = Vec::new();
    while !reply.ends_with(b"\n") || !reply.windows(4).any(|it| it == b"\r\n\r\n") {
        if stream.read_buf(&mut reply).await.unwrap() == 0 {
            break;
        }
    }
    String::from_utf8(reply).unwrap()
}

#[tokio::test]
async fn googles_hosts_are_reached_through_the_proxy() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = with_proxy(directory.path()).await;
    let client = unchanged_client(&emulator);
    for host in ["compute.googleapis.com", "www.googleapis.com"] {
        let url = format!("https://{host}/compute/v1/projects/{PROJECT}/global/networks");
        // Two requests over one tunnel.
        for _ in 0..2 {
            let reply = client.get(&url).bearer_auth(TOKEN).send().await.unwrap();
            assert_eq!(reply.status(), 200);
            let list: Value = reply.json().await.unwrap();
            assert_eq!(list["kind"], "compute#networkList", "{list:#}");
        }
    }
    let token = client.post("https://oauth2.googleapis.com/token").body("x");
    assert_eq!(token.send().await.unwrap().status(), 400);
    emulator.stop().await;
}

#[tokio::test]
async fn the_proxy_refuses_other_hosts_and_ports() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = with_proxy(directory.path()).await;
    for target in [
        "storage.googleapis.com:443",
        "compute.googleapis.com:80",
        "compute.googleapis.com.example:443",
        "127.0.0.1:443",
        "169.254.169.254:443",
    ] {
        let head = format!("CONNECT {target} HTTP/1.1\r\nhost: {target}\r\n\r\n");
        let reply = reply_to(&emulator, &head).await;
        assert!(reply.starts_with("HTTP/1.1 403 "), "{target}: {reply}");
        assert!(reply.contains("NO_PROXY"), "{reply}");
    }
    let head =
        "GET http://compute.googleapis.com/ HTTP/1.1\r\nhost: compute.googleapis.com\r\n\r\n";
    let reply = reply_to(&emulator, head).await;
    assert!(reply.starts_with("HTTP/1.1 501 "), "{reply}");
    assert!(reply.contains("HTTPS_PROXY"), "{reply}");

    let opened = "CONNECT Compute.GoogleAPIs.com:443 HTTP/1.1\r\nhost: x\r\n\r\n";
    let reply = reply_to(&emulator, opened).await;
    assert!(reply.starts_with("HTTP/1.1 200 "), "{reply}");
    emulator.stop().await;
}

#[tokio::test]
async fn authority_and_port_are_kept_and_other_clients_do_not_trust_it() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = with_proxy(directory.path()).await;
    let address = proxy(&emulator);
    let ca = std::fs::read(emulator.handle.ca_path().unwrap()).unwrap();
    let untrusting = Client::builder()
        .proxy(Proxy::https(format!("http://{address}")).unwrap())
        .build()
        .unwrap();
    let url = format!("https://compute.googleapis.com/compute/v1/projects/{CONSUMER}");
    let refused = untrusting.get(url).send().await.unwrap_err();
    assert!(refused.is_connect(), "{refused:?}");
    emulator.stop().await;

    let emulator = with_proxy(directory.path()).await;
    assert_eq!(proxy(&emulator), address);
    let again = std::fs::read(emulator.handle.ca_path().unwrap()).unwrap();
    assert_eq!(again, ca);
    emulator.stop().await;

    let emulator = Emulator::start(directory.path()).await;
    assert_eq!(emulator.handle.proxy_address(), None);
    assert_eq!(emulator.handle.ca_path(), None);
    emulator.stop().await;
}
