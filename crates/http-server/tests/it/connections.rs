//! More connections than the limit.

use tokio::io::AsyncReadExt as _;
use tokio::time::timeout;
use underpass_http_server::Limits;
use underpass_net::connections::Ended;

use crate::world::{DEADLINE, SHORT, World, assert_refused, patient, read_to_end};

const HALF: &str = "POST /length HTTP/1.1\r\nhost: a\r\ncontent-le";

/// A complete head whose body does not follow.
const WITHOUT_BODY: &str = "POST /length HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n";

#[tokio::test]
async fn fresh_requests_are_answered_beside_1500_half_sent_ones() {
    const TOTAL: usize = 64;
    for half in [HALF, WITHOUT_BODY, ""] {
        let world = World::new(TOTAL, patient()).await;
        let mut open = Vec::new();
        for count in 0..1_500 {
            open.push(world.send(half).await);
            if count % 250 == 249 {
                let answer = world.get("/fresh").await;
                assert!(answer.ends_with("fresh"), "{half} {count}: {answer}");
            }
        }
        let counts = world.connections.counts();
        assert!(counts.open <= TOTAL, "{half}: {counts:?}");
        assert!(counts.ended(Ended::Evicted) > 1_000, "{half}: {counts:?}");
        assert_eq!(counts.ended(Ended::Total), 0, "{half}: {counts:?}");
    }
}

#[tokio::test]
async fn half_sent_requests_end_by_themselves() {
    let limits = Limits {
        head: SHORT,
        body: SHORT,
        ..patient()
    };
    let world = World::new(256, limits).await;
    let mut open = Vec::new();
    for count in 0..1_500 {
        let half = if count % 2 == 0 { HALF } else { WITHOUT_BODY };
        open.push(world.send(half).await);
    }
    world.until_open(0).await;
}

#[tokio::test]
async fn connections_whose_answers_are_not_read_give_way_to_fresh_requests() {
    const TOTAL: usize = 16;
    const LARGE: &str = "GET /large HTTP/1.1\r\nhost: a\r\n\r\n";
    let world = World::new(TOTAL, patient()).await;
    let mut unread = Vec::new();
    for _ in 0..TOTAL - 1 {
        // With further requests behind it.
        unread.push(world.send(&LARGE.repeat(3)).await);
    }
    world.until_open(TOTAL - 1).await;
    let mut reader = world.send(LARGE).await;
    for _ in 0..6 {
        // It reads on, so it waits for less time than the others.
        let mut some = vec![0; 8 * 1024 * 1024];
        timeout(DEADLINE, reader.read_exact(&mut some))
            .await
            .unwrap()
            .expect("a reader that makes progress is kept");
        let answer = world.get("/fresh").await;
        assert!(answer.ends_with("fresh"), "{answer}");
        unread.push(world.send(LARGE).await);
        unread.push(world.send(LARGE).await);
    }
    assert!(world.ended(Ended::Evicted) > 0);
    assert_eq!(world.ended(Ended::Write), 0);
}

#[tokio::test]
async fn requests_that_are_answered_keep_their_connections() {
    const TOTAL: usize = 16;
    let world = World::new(TOTAL, patient()).await;
    let mut held = Vec::new();
    for _ in 0..TOTAL {
        held.push(world.send("GET /held HTTP/1.1\r\nhost: a\r\n\r\n").await);
    }
    world.until_open(TOTAL).await;
    // They begin one after the other; the refusal shows that all have.
    while world.ended(Ended::Total) == 0 {
        assert_eq!(world.ended(Ended::Evicted), 0);
        let _answer = world.get("/fresh").await;
    }
    world.held.add_permits(TOTAL);
    for mut stream in held {
        let mut answer = [0; 15];
        timeout(DEADLINE, stream.read_exact(&mut answer))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200 OK");
    }
    assert!(world.get("/fresh").await.ends_with("fresh"));
}

#[tokio::test]
async fn a_probe_is_answered_when_all_connections_are() {
    const TOTAL: usize = 16;
    let world = World::with_probe(TOTAL).await;
    let mut held = Vec::new();
    for _ in 0..TOTAL {
        held.push(world.send("GET /held HTTP/1.1\r\nhost: a\r\n\r\n").await);
    }
    // They begin one after the other; the refusal shows that all have.
    let refused = loop {
        let answer = world.get("/host").await;
        if answer.starts_with("HTTP/1.1 503 ") {
            break answer;
        }
        held.push(world.send("GET /held HTTP/1.1\r\nhost: a\r\n\r\n").await);
    };
    assert_refused(&refused, 503);
    assert!(refused.contains("\r\nretry-after: 1\r\n"), "{refused}");
    for _ in 0..3 {
        let probed = world.send("GET /fresh HTTP/1.1\r\nhost: a\r\n\r\n").await;
        let answer = read_to_end(probed).await;
        assert!(answer.ends_with("fresh"), "{answer}");
        assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
    }
    // A query is no other path, and another path is no probe.
    assert!(world.get("/fresh?x=1").await.ends_with("fresh"));
    assert_refused(&world.get("/fresh/x").await, 503);
    world.held.add_permits(held.len());
    drop(held);
    world.until_open(0).await;
    let answer = world.get("/host").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[tokio::test]
async fn a_request_names_its_client() {
    let world = World::new(4, patient()).await;
    let answer = world.get("/client").await;
    assert!(answer.ends_with("\r\n\r\n127.0.0.1"), "{answer}");
    let world = World::behind_proxy(4).await;
    let request = "GET /client HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\
                   x-forwarded-for: 192.0.2.7\r\n\r\n";
    let answer = world.exchange(request).await;
    assert!(answer.ends_with("\r\n\r\n192.0.2.7"), "{answer}");
}
