//! Bodies of requests, long requests, and answers that are not read.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use underpass_http_server::Limits;
use underpass_net::connections::Ended;

use crate::world::{DEADLINE, MAX_BODY, SHORT, World, assert_refused, patient, read_to_end};

fn post(length: usize, more: &str) -> String {
    format!("POST /length HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n{more}\r\n")
}

fn all_short() -> Limits {
    Limits {
        head: SHORT,
        body: SHORT,
        body_longest: SHORT,
        idle: SHORT,
        write: SHORT,
    }
}

#[tokio::test]
async fn a_slow_body_is_answered_with_408() {
    let limits = Limits {
        body: SHORT,
        ..patient()
    };
    let world = World::new(64, limits).await;
    let mut stream = world.send(&post(10, "")).await;
    stream.write_all(b"12345").await.unwrap();
    assert_refused(&read_to_end(stream).await, 408);
    assert_eq!(world.ended(Ended::Body), 1);
}

#[tokio::test]
async fn single_bytes_do_not_extend_the_time_of_a_body() {
    let limits = Limits {
        body: SHORT,
        ..patient()
    };
    let world = World::new(64, limits).await;
    let mut stream = world.send(&post(MAX_BODY, "")).await;
    let (mut reading, mut writing) = stream.split();
    let trickle = async {
        while writing.write_all(b"x").await.is_ok() {
            tokio::time::sleep(SHORT / 20).await;
        }
    };
    let mut answer = [0; 12];
    tokio::select! {
        read = timeout(DEADLINE, reading.read_exact(&mut answer)) => { read.unwrap().unwrap(); }
        () = trickle => panic!("the connection ended without an answer"),
    }
    assert_eq!(&answer, b"HTTP/1.1 408");
}

/// Sends a body in pieces of 500 bytes, each a tenth of [`SHORT`] after the one before.
async fn send_pieces(stream: &mut TcpStream, pieces: usize) -> Vec<u8> {
    let (mut reading, mut writing) = stream.split();
    let sending = async {
        for _ in 0..pieces {
            if writing.write_all(&[b'x'; 500]).await.is_err() {
                break;
            }
            tokio::time::sleep(SHORT / 10).await;
        }
    };
    let mut answer = vec![0; 12];
    let reading = timeout(DEADLINE, reading.read_exact(&mut answer));
    let (read, ()) = tokio::join!(reading, sending);
    read.unwrap().unwrap();
    answer
}

#[tokio::test]
async fn a_body_that_keeps_arriving_gets_more_time() {
    let limits = Limits {
        body: SHORT,
        ..patient()
    };
    let world = World::new(64, limits).await;
    let mut stream = world.send(&post(15_000, "")).await;
    assert_eq!(send_pieces(&mut stream, 30).await, b"HTTP/1.1 200");
    assert_eq!(world.ended(Ended::Body), 0);
}

#[tokio::test]
async fn the_time_of_a_body_has_a_maximum() {
    let limits = Limits {
        body: SHORT,
        body_longest: SHORT * 2,
        ..patient()
    };
    let world = World::new(64, limits).await;
    let mut stream = world.send(&post(MAX_BODY, "")).await;
    assert_eq!(send_pieces(&mut stream, 60).await, b"HTTP/1.1 408");
    assert_eq!(world.ended(Ended::Body), 1);
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_before_the_client_is_asked_for_it() {
    let world = World::new(64, patient()).await;
    let expect = "expect: 100-continue\r\n";
    let answer = world.exchange(&post(MAX_BODY + 1, expect)).await;
    assert!(!answer.contains("100 Continue"), "{answer}");
    assert_refused(&answer, 413);

    let mut stream = world
        .send(&post(3, "expect: 100-continue\r\nconnection: close\r\n"))
        .await;
    let mut asked = [0; 25];
    timeout(DEADLINE, stream.read_exact(&mut asked))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"abc").await.unwrap();
    assert!(read_to_end(stream).await.ends_with("\r\n\r\n3"));
}

#[tokio::test]
async fn a_refusal_reaches_a_client_that_sends_its_whole_body_first() {
    let world = World::new(64, patient()).await;
    let length = 4 * 1024 * 1024;
    let mut stream = world.send(&post(length, "")).await;
    let body = vec![b'x'; length];
    stream
        .write_all(&body)
        .await
        .expect("the body is discarded");
    assert_refused(&read_to_end(stream).await, 413);
    // Without a declared length the limit counts what arrives.
    let head = "POST /length HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n";
    let mut stream = world.send(head).await;
    let chunk = format!("{length:x}\r\n");
    stream.write_all(chunk.as_bytes()).await.unwrap();
    stream
        .write_all(&body)
        .await
        .expect("the body is discarded");
    assert_refused(&read_to_end(stream).await, 413);
}

#[tokio::test]
async fn a_long_request_is_not_limited_and_ends_before_shutdown() {
    let world = World::new(64, all_short()).await;
    let stream = world.send("GET /held HTTP/1.1\r\nhost: a\r\n\r\n").await;
    tokio::time::sleep(SHORT * 3).await;
    world.stop.send(true).unwrap();
    tokio::time::sleep(SHORT / 4).await;
    world.held.add_permits(1);
    assert!(read_to_end(stream).await.ends_with("held"));
    let cut = timeout(DEADLINE, world.server).await.unwrap().unwrap();
    assert_eq!(cut, 0);
}

#[tokio::test]
async fn shutdown_does_not_wait_for_connections_without_a_request() {
    let world = World::new(64, patient()).await;
    let _new = world.connect().await;
    let mut idle = world.send("GET /fresh HTTP/1.1\r\nhost: a\r\n\r\n").await;
    let mut answer = [0; 12];
    idle.read_exact(&mut answer).await.unwrap();
    let _half = world.send("GET /fresh HTTP/1.1\r\nho").await;
    world.until_open(3).await;
    world.stop.send(true).unwrap();
    let half = DEADLINE / 2;
    let cut = timeout(half, world.server).await.unwrap().unwrap();
    assert_eq!(cut, 0);
}

#[tokio::test]
async fn a_slow_reader_that_makes_progress_is_kept() {
    let limits = Limits {
        write: SHORT,
        ..patient()
    };
    let world = World::new(64, limits).await;
    let mut stream = world.send("GET /large HTTP/1.1\r\nhost: a\r\n\r\n").await;
    for _ in 0..12 {
        tokio::time::sleep(SHORT / 4).await;
        let mut some = vec![0; 4 * 1024 * 1024];
        timeout(DEADLINE, stream.read_exact(&mut some))
            .await
            .unwrap()
            .unwrap();
    }
    assert_eq!(world.ended(Ended::Write), 0);
}

#[tokio::test]
async fn an_answer_that_is_not_read_ends() {
    let limits = Limits {
        write: SHORT,
        ..patient()
    };
    let world = World::new(64, limits).await;
    let _stream = world.send("GET /large HTTP/1.1\r\nhost: a\r\n\r\n").await;
    world.until_open(1).await;
    world.until_open(0).await;
    assert_eq!(world.ended(Ended::Write), 1);
}
