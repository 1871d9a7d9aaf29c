use std::time::Duration;

use underpass_net::probe;

use crate::peers::{Backend, DEADLINE, Dead};

#[tokio::test]
async fn a_listener_answers() {
    let backend = Backend::start(b'a').await;
    assert!(probe::answers(backend.addr.socket_addr(), DEADLINE).await);
}

#[tokio::test]
async fn an_address_without_a_listener_does_not() {
    let dead = Dead::new();
    assert!(!probe::answers(dead.addr.socket_addr(), DEADLINE).await);
}

#[tokio::test]
async fn a_timeout_counts_as_no_answer() {
    // Documentation range (RFC 5737): unreachable or silent.
    let silent = "192.0.2.1:9".parse().unwrap();
    assert!(!probe::answers(silent, Duration::from_millis(50)).await);
}
