//! Heads that are late, too large or not valid.

use tokio::io::AsyncWriteExt as _;
use underpass_http_server::{HEAD_BYTES, Limits};
use underpass_net::connections::Ended;

use crate::world::{SHORT, World, assert_refused, patient, read_to_end};

const HALF: &str = "GET /fresh HTTP/1.1\r\nhost: a\r\nx-half: ";

fn short_head() -> Limits {
    Limits {
        head: SHORT,
        ..patient()
    }
}

#[tokio::test]
async fn a_head_that_is_late_is_answered_with_408() {
    let world = World::new(64, short_head()).await;
    assert_refused(&world.exchange(HALF).await, 408);
    assert_eq!(world.ended(Ended::Head), 1);
    world.until_open(0).await;
}

#[tokio::test]
async fn single_bytes_do_not_extend_the_time_of_a_head() {
    let world = World::new(64, short_head()).await;
    let mut stream = world.send(HALF).await;
    let trickle = async {
        while stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(SHORT / 20).await;
        }
    };
    tokio::time::timeout(crate::world::DEADLINE, trickle)
        .await
        .unwrap();
    assert_eq!(world.ended(Ended::Head), 1);
}

#[tokio::test]
async fn a_connection_without_a_byte_ends() {
    let world = World::new(64, short_head()).await;
    assert_eq!(world.exchange("").await, "");
    world.until_open(0).await;
}

#[tokio::test]
async fn an_idle_connection_ends_later_than_a_late_head() {
    let limits = Limits {
        idle: SHORT,
        ..patient()
    };
    let world = World::new(64, limits).await;
    let answer = world
        .exchange("GET /fresh HTTP/1.1\r\nhost: a\r\n\r\n")
        .await;
    assert!(answer.ends_with("fresh"), "{answer}");
    assert_eq!(world.ended(Ended::Idle), 1);
    // The head of the next request has its own time.
    let world = World::new(64, short_head()).await;
    let mut stream = world.send("GET /fresh HTTP/1.1\r\nhost: a\r\n\r\n").await;
    tokio::time::sleep(SHORT * 2).await;
    stream
        .write_all(b"GET /fresh HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let answers = read_to_end(stream).await;
    assert_eq!(answers.matches("200 OK").count(), 2, "{answers}");
}

#[tokio::test]
async fn invalid_heads_are_refused_in_the_form_of_the_face() {
    let world = World::new(64, patient()).await;
    assert_refused(&world.exchange("this is not HTTP\r\n\r\n").await, 400);
    let large = format!(
        "GET /fresh HTTP/1.1\r\nhost: a\r\nx-large: {}\r\n\r\n",
        "x".repeat(2 * HEAD_BYTES)
    );
    assert_refused(&world.exchange(&large).await, 431);
    // Also after an answer on the same connection.
    let mut stream = world.send("GET /fresh HTTP/1.1\r\nhost: a\r\n\r\n").await;
    let mut first = [0; 15];
    tokio::io::AsyncReadExt::read_exact(&mut stream, &mut first)
        .await
        .unwrap();
    tokio::time::sleep(SHORT).await;
    stream.write_all(b"nonsense\r\n\r\n").await.unwrap();
    let rest = read_to_end(stream).await;
    let refusal = rest.find("HTTP/1.1 400").expect("a refusal");
    assert_refused(&rest[refusal..], 400);
}

#[tokio::test]
async fn an_answer_of_the_router_is_never_replaced() {
    let world = World::new(64, patient()).await;
    let answer = world.get("/refused").await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(answer.ends_with("\r\n\r\n"), "{answer}");
}
