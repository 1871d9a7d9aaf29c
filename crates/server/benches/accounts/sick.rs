//! Endpoints of an account that does not answer as it should.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// The way in which the account fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sickness {
    /// It accepts connections and never answers.
    Dead,
    /// Each answer takes 5 seconds.
    Slow,
    /// It limits requests, for 30 seconds each time.
    Limiting,
}

const TOKEN: &str = r#"{"access_token":"t","expires_in":3600}"#;

const ABSENT: &str = r#"{"error":{"code":"ResourceNotFound","message":"It does not exist."}}"#;

const LIMIT: &str = r#"{"error":{"code":"TooManyRequests","message":"Too many requests."}}"#;

/// Serves such an account; returns its address and the number of requests.
pub(crate) async fn serve(sickness: Sickness) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&requests);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, sickness, Arc::clone(&counted)));
        }
    });
    (format!("http://{address}"), requests)
}

async fn answer(mut stream: TcpStream, sickness: Sickness, requests: Arc<AtomicUsize>) {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read_buf(&mut head).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
    requests.fetch_add(1, Ordering::Relaxed);
    match sickness {
        Sickness::Dead => std::future::pending().await,
        Sickness::Slow => tokio::time::sleep(Duration::from_secs(5)).await,
        Sickness::Limiting => {}
    }
    let (status, body) = if head.starts_with(b"POST") {
        ("200 OK", TOKEN)
    } else if sickness == Sickness::Limiting {
        ("429 Too Many Requests\r\nretry-after: 30", LIMIT)
    } else {
        ("404 Not Found", ABSENT)
    };
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    // The client may be gone.
    let _unsent = stream.write_all(answer.as_bytes()).await;
}
