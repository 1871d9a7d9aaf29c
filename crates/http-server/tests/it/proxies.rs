//! Clients behind a trusted proxy.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use underpass_net::connections::Ended;

use crate::world::{DEADLINE, World, assert_refused};

/// Limit per address of a world with 16 connections.
const PER_ADDRESS: usize = 4;

fn request(path: &str, client: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: a\r\nx-forwarded-for: {client}\r\n\r\n")
}

/// Reads the answer to one request on a connection that stays open.
async fn answer(stream: &mut TcpStream, end: &str) {
    let mut text = String::new();
    while !text.ends_with(end) {
        let mut bytes = [0; 512];
        let count = timeout(DEADLINE, stream.read(&mut bytes))
            .await
            .unwrap()
            .unwrap();
        assert!(count > 0, "the connection ended: {text}");
        text.push_str(std::str::from_utf8(bytes.get(..count).unwrap()).unwrap());
    }
}

#[tokio::test]
async fn the_reported_address_counts_while_its_request_is_answered() {
    let world = World::behind_proxy(16).await;
    let mut held = Vec::new();
    for _ in 0..PER_ADDRESS {
        // What a client writes itself has no effect.
        held.push(
            world
                .send(&request("/held", "203.0.113.9, 192.0.2.1"))
                .await,
        );
    }
    world.until_open(PER_ADDRESS).await;
    let refused = loop {
        // The requests before may not have been read yet.
        let mut stream = world.send(&request("/fresh", "192.0.2.1")).await;
        stream.shutdown().await.unwrap();
        let text = crate::world::read_to_end(stream).await;
        if !text.ends_with("fresh") {
            break text;
        }
    };
    assert_refused(&refused, 429);
    assert!(refused.contains("retry-after: 1"), "{refused}");
    assert_eq!(world.ended(Ended::Address), 1);

    // Others are answered, and so is the same client when its requests are complete.
    for client in ["192.0.2.2", "2001:db8::1", "unreadable"] {
        let mut stream = world.send(&request("/fresh", client)).await;
        answer(&mut stream, "fresh").await;
    }
    world.held.add_permits(PER_ADDRESS);
    for stream in &mut held {
        answer(stream, "held").await;
    }
    // The connections of the proxy are idle now, and count for no client.
    let mut stream = held.remove(0);
    for _ in 0..2 * PER_ADDRESS {
        let fresh = request("/fresh", "192.0.2.1");
        stream.write_all(fresh.as_bytes()).await.unwrap();
        answer(&mut stream, "fresh").await;
    }
}

#[tokio::test]
async fn a_proxy_may_hold_more_connections_than_an_address() {
    let world = World::behind_proxy(16).await;
    let mut open = Vec::new();
    for last in 0..3 * PER_ADDRESS {
        let client = format!("192.0.2.{last}");
        open.push(world.send(&request("/held", &client)).await);
    }
    world.until_open(3 * PER_ADDRESS).await;
    world.held.add_permits(open.len());
    for stream in &mut open {
        answer(stream, "held").await;
    }
}
