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

/// A request for `/fresh` whose head has this size.
fn head_of(bytes: usize) -> String {
    let (before, after) = (
        "GET /fresh HTTP/1.1\r\nhost: a\r\nconnection: close\r\nx: ",
        "\r\n\r\n",
    );
    let filler = "x".repeat(bytes - before.len() - after.len());
    format!("{before}{filler}{after}")
}

/// A request whose first line has this size, with its end.
fn line_of(bytes: usize) -> String {
    let (before, after) = ("GET /", " HTTP/1.1\r\n");
    let filler = "x".repeat(bytes - before.len() - after.len());
    format!("{before}{filler}{after}host: a\r\nconnection: close\r\n\r\n")
}

#[tokio::test]
async fn the_size_of_a_head_is_limited_to_the_byte() {
    let world = World::new(64, patient()).await;
    for (head, status) in [
        (head_of(HEAD_BYTES), 200),
        (head_of(HEAD_BYTES + 1), 431),
        (head_of(HEAD_BYTES + HEAD_BYTES / 4), 431),
        (line_of(HEAD_BYTES - 1_000), 404),
        (line_of(HEAD_BYTES - 10), 431),
        (line_of(HEAD_BYTES + 1), 414),
        (line_of(3 * HEAD_BYTES), 414),
    ] {
        for parts in [1, 2, 7] {
            let mut stream = world.connect().await;
            let size = head.len().div_ceil(parts);
            for part in head.as_bytes().chunks(size) {
                // A refusal may come before the last part.
                if stream.write_all(part).await.is_err() {
                    break;
                }
                tokio::time::sleep(SHORT / 40).await;
            }
            let answer = read_to_end(stream).await;
            let expected = format!("HTTP/1.1 {status} ");
            assert!(
                answer.starts_with(&expected),
                "{} in {parts}: {answer}",
                head.len()
            );
            if status > 404 {
                assert_refused(&answer, status);
            }
        }
    }
}

#[tokio::test]
async fn ambiguous_heads_and_tunnels_are_refused_and_end_the_connection() {
    let world = World::new(64, patient()).await;
    let next = "GET /fresh HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    for (head, status) in [
        (
            "GET /fresh HTTP/1.1\r\nhost: a\r\nauthorization: Bearer a\r\nauthorization: Bearer b\r\n\r\n",
            400,
        ),
        ("GET /fresh HTTP/1.1\r\nhost: a\r\nhost: a\r\n\r\n", 400),
        ("GET http://u@a/fresh HTTP/1.1\r\nhost: a\r\n\r\n", 400),
        ("CONNECT a:22 HTTP/1.1\r\nhost: a:22\r\n\r\n", 405),
        (
            "POST /length HTTP/1.1\r\nhost: a\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc",
            400,
        ),
    ] {
        let answer = world.exchange(&format!("{head}{next}")).await;
        assert_refused(&answer, status);
    }
}

#[tokio::test]
async fn an_absolute_target_names_the_host_and_the_header_does_not() {
    let world = World::new(64, patient()).await;
    for (target, header, host) in [
        ("/host", "own", "own"),
        ("http://own/host", "evil", "own"),
        ("http://evil:1/host?a", "own", "evil:1"),
    ] {
        let text = format!("GET {target} HTTP/1.1\r\nhost: {header}\r\nconnection: close\r\n\r\n");
        let answer = world.exchange(&text).await;
        assert!(answer.ends_with(&format!("\r\n\r\n{host}")), "{answer}");
    }
}

#[tokio::test]
async fn an_answer_of_the_router_is_never_replaced() {
    let world = World::new(64, patient()).await;
    let answer = world.get("/refused").await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(answer.ends_with("\r\n\r\n"), "{answer}");
}
