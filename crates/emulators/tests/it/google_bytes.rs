use std::io::ErrorKind;
use std::net::SocketAddr;

use reqwest::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinSet;

use crate::echo_server;
use crate::google_emulator::Emulator;
use crate::google_private_service_connect::{
    attachment, connected, create_endpoint, decide, endpoint, publish,
};

async fn refused(dial: SocketAddr) -> bool {
    let answer = echo_server::connect(dial).await;
    answer.is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused)
}

#[tokio::test]
async fn bytes_flow_from_acceptance_until_rejection() {
    let directory = tempfile::tempdir().unwrap();
    let mut tasks = JoinSet::new();
    let backend = echo_server::start(&mut tasks).await;
    let emulator = Emulator::start(directory.path()).await;
    let (provider, consumer) = (emulator.provider(), emulator.consumer());
    let target = publish(&emulator, &provider, backend).await;
    create_endpoint(&consumer, &target, "127.84.1.5").await;
    let dial = SocketAddr::new("127.84.1.5".parse().unwrap(), backend.port());

    let pending = connected(&provider).await;
    assert_eq!(pending["status"], "PENDING", "{pending:#}");
    assert!(refused(dial).await);
    for _ in 0..5 {
        decide(&provider, &pending, true).await;
        assert_eq!(connected(&provider).await["status"], "ACCEPTED");
        let mut flow = echo_server::connect(dial).await.unwrap();
        flow.write_all(b"ping").await.unwrap();
        let mut echo = [0; 4];
        flow.read_exact(&mut echo).await.unwrap();
        assert_eq!(&echo, b"ping");

        decide(&provider, &pending, false).await;
        assert_eq!(
            consumer.get(&endpoint()).await["pscConnectionStatus"],
            "REJECTED"
        );
        assert!(refused(dial).await);
        assert!(
            !matches!(flow.read(&mut echo).await, Ok(1..)),
            "the flow is cut"
        );
    }
    emulator.stop().await;
}

#[tokio::test]
async fn an_accepted_endpoint_carries_bytes_again_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let mut tasks = JoinSet::new();
    let backend = echo_server::start(&mut tasks).await;
    let emulator = Emulator::start(directory.path()).await;
    let (provider, consumer) = (emulator.provider(), emulator.consumer());
    let target = publish(&emulator, &provider, backend).await;
    create_endpoint(&consumer, &target, "127.84.2.5").await;
    let dial = SocketAddr::new("127.84.2.5".parse().unwrap(), backend.port());
    decide(&provider, &connected(&provider).await, true).await;
    echo_server::connect(dial).await.unwrap();
    let before = provider.get(&attachment()).await;
    emulator.stop().await;
    assert!(refused(dial).await);

    let emulator = Emulator::start(directory.path()).await;
    let provider = emulator.provider();
    // The listener is restored without a request to the API.
    let status = emulator.admin(Method::GET, "/endpoints", None).await;
    assert_eq!(status["value"][0]["state"], "listening", "{status:#}");
    echo_server::connect(dial).await.unwrap();
    assert_eq!(provider.get(&attachment()).await, before);

    // The firewall decides about single ports.
    provider.delete("global/firewalls/from-nat").await;
    assert!(refused(dial).await);
    emulator.stop().await;
}

#[tokio::test]
async fn deleting_the_attachment_closes_the_endpoint_for_good() {
    let directory = tempfile::tempdir().unwrap();
    let mut tasks = JoinSet::new();
    let backend = echo_server::start(&mut tasks).await;
    let emulator = Emulator::start(directory.path()).await;
    let (provider, consumer) = (emulator.provider(), emulator.consumer());
    let target = publish(&emulator, &provider, backend).await;
    create_endpoint(&consumer, &target, "127.84.3.5").await;
    let dial = SocketAddr::new("127.84.3.5".parse().unwrap(), backend.port());
    decide(&provider, &connected(&provider).await, true).await;
    echo_server::connect(dial).await.unwrap();
    provider.delete(&attachment()).await;
    assert!(refused(dial).await);
    assert_eq!(
        consumer.get(&endpoint()).await["pscConnectionStatus"],
        "CLOSED"
    );
    consumer.delete(&endpoint()).await;
    emulator.stop().await;
}
