use std::io::ErrorKind;
use std::net::SocketAddr;

use reqwest::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::echo_server;
use crate::emulator::Emulator;
use crate::private_link::{connection, decide, endpoint, publish};

#[tokio::test]
async fn bytes_flow_from_the_reply_to_an_approval_until_the_reply_to_a_rejection() {
    let directory = tempfile::tempdir().unwrap();
    let mut tasks = JoinSet::new();
    let backend = echo_server::start(&mut tasks).await;
    let emulator = Emulator::start(directory.path()).await;
    let (provider, consumer) = (emulator.provider().await, emulator.consumer().await);
    let published = publish(&emulator, &provider, backend).await;
    let (_, address) = endpoint(&consumer, &published.alias, 1).await;
    let dial = SocketAddr::new(address.parse().unwrap(), backend.port());

    let pending = connection(&provider, &published.service).await;
    assert_eq!(
        echo_server::connect(dial).await.unwrap_err().kind(),
        ErrorKind::ConnectionRefused
    );
    for _ in 0..10 {
        decide(&provider, &pending, "Approved").await;
        let mut flow = echo_server::connect(dial).await.unwrap();
        flow.write_all(b"ping").await.unwrap();
        let mut echo = [0; 4];
        flow.read_exact(&mut echo).await.unwrap();
        assert_eq!(&echo, b"ping");

        decide(&provider, &pending, "Rejected").await;
        assert_eq!(
            echo_server::connect(dial).await.unwrap_err().kind(),
            ErrorKind::ConnectionRefused
        );
        assert!(
            !matches!(flow.read(&mut echo).await, Ok(1..)),
            "the flow is cut"
        );
    }
    emulator.stop().await;
}

#[tokio::test]
async fn an_approved_endpoint_carries_bytes_again_after_a_restart_and_none_once_deleted() {
    let directory = tempfile::tempdir().unwrap();
    let mut tasks = JoinSet::new();
    let backend = echo_server::start(&mut tasks).await;
    let emulator = Emulator::start(directory.path()).await;
    let (provider, consumer) = (emulator.provider().await, emulator.consumer().await);
    let published = publish(&emulator, &provider, backend).await;
    let (created, address) = endpoint(&consumer, &published.service, 2).await;
    let dial = SocketAddr::new(address.parse().unwrap(), backend.port());
    decide(
        &provider,
        &connection(&provider, &published.service).await,
        "Approved",
    )
    .await;
    echo_server::connect(dial).await.unwrap();
    emulator.stop().await;
    assert_eq!(
        echo_server::connect(dial).await.unwrap_err().kind(),
        ErrorKind::ConnectionRefused
    );

    let emulator = Emulator::start(directory.path()).await;
    let consumer = emulator.consumer().await;
    let status = emulator.admin(Method::GET, "/endpoints", None).await;
    assert_eq!(status["value"][0]["state"], "listening", "{status:#}");
    echo_server::connect(dial).await.unwrap();
    assert!(consumer.delete(&created).await.is_success());
    assert_eq!(
        echo_server::connect(dial).await.unwrap_err().kind(),
        ErrorKind::ConnectionRefused
    );
    emulator.stop().await;
}

#[tokio::test]
async fn a_server_on_all_addresses_keeps_an_endpoint_closed_and_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let everywhere = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let backend = SocketAddr::new(
        "127.0.0.1".parse().unwrap(),
        everywhere.local_addr().unwrap().port(),
    );
    let emulator = Emulator::start(directory.path()).await;
    let (provider, consumer) = (emulator.provider().await, emulator.consumer().await);
    let published = publish(&emulator, &provider, backend).await;
    endpoint(&consumer, &published.alias, 3).await;
    decide(
        &provider,
        &connection(&provider, &published.service).await,
        "Approved",
    )
    .await;
    let status = emulator.admin(Method::GET, "/endpoints", None).await;
    assert_eq!(status["value"][0]["state"], "refused", "{status:#}");
    let reason = status["value"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("bind it to 127.0.0.1"), "{reason}");
    emulator.stop().await;
}
