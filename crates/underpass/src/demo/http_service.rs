//! HTTP service with a random response, by which the demo recognises it.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::failure::Failure;
use crate::ids;

/// Longest request read: 8 KiB.
const MAX_REQUEST: usize = 8 * 1024;

/// A service on a free port of 127.0.0.1; stopped when dropped.
pub(super) struct HttpService {
    address: SocketAddr,
    greeting: String,
    _task: JoinSet<()>,
}

impl HttpService {
    /// Starts the service.
    ///
    /// # Errors
    /// If no port can be bound.
    pub(super) async fn start() -> Result<Self, Failure> {
        let failed = |error: std::io::Error| Failure::caused("start an HTTP service", &error);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let greeting = format!("hello from behind the link, {}", ids::uuid()?);
        let mut task = JoinSet::new();
        task.spawn(serve(listener, greeting.clone()));
        Ok(Self {
            address,
            greeting,
            _task: task,
        })
    }

    /// Listen address of the service.
    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends a request to another address and checks the response; returns the open connection.
    ///
    /// # Errors
    /// If the connection fails or another service answers.
    pub(super) async fn request(&self, at: SocketAddr, host: &str) -> Result<TcpStream, Failure> {
        let failed =
            |error: std::io::Error| Failure::caused(&format!("send a request to {at}"), &error);
        let mut stream = TcpStream::connect(at).await.map_err(failed)?;
        let request = format!("GET / HTTP/1.1\r\nhost: {host}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.map_err(failed)?;
        let mut answer = vec![0; response(&self.greeting).len()];
        stream.read_exact(&mut answer).await.map_err(failed)?;
        if answer == response(&self.greeting) {
            Ok(stream)
        } else {
            Err(Failure::refused(format!(
                "another service answered on {at}"
            )))
        }
    }
}

async fn serve(listener: TcpListener, greeting: String) {
    let mut flows = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    flows.spawn(answer_requests(stream, greeting.clone()));
                }
            }
            Some(_) = flows.join_next() => {}
        }
    }
}

/// Answers the requests of a connection until the client closes it.
async fn answer_requests(mut stream: TcpStream, greeting: String) {
    let mut request = Vec::new();
    loop {
        let mut chunk = [0; 1024];
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return,
            Ok(length) => request.extend(chunk.iter().take(length)),
        }
        if request.ends_with(b"\r\n\r\n") {
            request.clear();
            if stream.write_all(&response(&greeting)).await.is_err() {
                return;
            }
        }
        if request.len() > MAX_REQUEST {
            return;
        }
    }
}

fn response(greeting: &str) -> Vec<u8> {
    let length = greeting.len();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: {length}\r\n\r\n{greeting}"
    )
    .into_bytes()
}
