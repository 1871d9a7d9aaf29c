//! Requests that no route receives, on every plain listener of an emulator.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::google_emulator::{Emulator, options};

/// Longest time for what happens immediately, also on a busy machine.
const DEADLINE: Duration = Duration::from_secs(30);

/// Sends text; returns status and JSON of the answer.
async fn ask(to: SocketAddr, text: &str) -> (String, Value) {
    let mut stream = TcpStream::connect(to).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let read = timeout(DEADLINE, stream.read_to_string(&mut answer)).await;
    read.unwrap().unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").expect(&answer);
    let status = head.split(' ').nth(1).expect(&answer);
    let body = serde_json::from_str(body).expect(&answer);
    (status.to_owned(), body)
}

#[tokio::test]
async fn refusals_without_a_route_are_json() {
    let directory = tempfile::tempdir().unwrap();
    let mut options = options(directory.path());
    options.metadata_listen = Some("127.0.0.1:0".parse().unwrap());
    let emulator = Emulator::start_with(options).await;
    let handle = &emulator.handle;
    let (admin, metadata) = (handle.admin_address(), handle.metadata_address().unwrap());
    for to in [handle.address(), admin, metadata] {
        let (status, body) = ask(to, "not HTTP\r\n\r\n").await;
        assert_eq!(status, "400", "{body}");
        assert!(body["error"]["message"].is_string(), "{body}");
    }
    let secret = handle.admin_secret().reveal();
    let large = format!(
        "PUT /hosts HTTP/1.1\r\nhost: {admin}\r\nauthorization: Bearer {secret}\r\n\
         connection: close\r\nexpect: 100-continue\r\ncontent-length: 70000\r\n\r\n"
    );
    let (status, body) = ask(admin, &large).await;
    assert_eq!(status, "413", "{body}");
    let form = format!(
        "POST /token HTTP/1.1\r\nhost: a\r\nconnection: close\r\nexpect: 100-continue\r\n\
         content-length: {}\r\n\r\n",
        64 * 1024 + 1
    );
    let (status, body) = ask(handle.address(), &form).await;
    assert_eq!(status, "413", "{body}");
    assert_eq!(body["error"], "invalid_request", "{body}");
    emulator.stop().await;
}
