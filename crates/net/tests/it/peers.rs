//! Backends that send their name and echo, clients, and waits with a deadline.

use std::io;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use underpass_net::{BackendAddr, ListenAddr};

/// The deadline of every wait: 20 s. Loopback needs milliseconds, a busy machine more.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

static NEXT_HOST: AtomicU8 = AtomicU8::new(1);

/// An address that is used only once.
///
/// Each call returns a loopback host of its own instead of a port that was unused before: no client
/// of this process can be assigned it as its local port.
pub(crate) fn fresh_addr() -> ListenAddr {
    let host = NEXT_HOST.fetch_add(1, Ordering::Relaxed);
    let [.., high, low] = std::process::id().to_be_bytes();
    ListenAddr::new(
        Ipv4Addr::new(127, 200, low, host).into(),
        20_000 + u16::from(high),
    )
}

pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    timeout(DEADLINE, what)
        .await
        .expect("it happens within the deadline")
}

pub(crate) async fn until(condition: impl Fn() -> bool) {
    soon(async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// A server that sends its name, one byte, and then echoes.
pub(crate) struct Backend {
    pub(crate) addr: BackendAddr,
    _tasks: JoinSet<()>,
}

impl Backend {
    pub(crate) async fn start(name: u8) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let addr = listener.local_addr().unwrap().into();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut flows = JoinSet::new();
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                flows.spawn(async move {
                    stream.write_all(&[name]).await?;
                    let (mut read, mut write) = stream.split();
                    tokio::io::copy(&mut read, &mut write).await?;
                    write.shutdown().await
                });
            }
        });
        Self {
            addr,
            _tasks: tasks,
        }
    }
}

/// An address that refuses connections: bound but not listening.
pub(crate) struct Dead {
    pub(crate) addr: BackendAddr,
    _socket: tokio::net::TcpSocket,
}

impl Dead {
    pub(crate) fn new() -> Self {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        Self {
            addr: socket.local_addr().unwrap().into(),
            _socket: socket,
        }
    }
}

/// Connects and reads the name of the backend.
pub(crate) async fn call(listen: ListenAddr) -> io::Result<(TcpStream, u8)> {
    let mut stream = soon(TcpStream::connect(listen.socket_addr())).await?;
    let name = soon(stream.read_u8()).await?;
    Ok((stream, name))
}

/// Sends `bytes` and reads as many back.
pub(crate) async fn echoed(stream: &mut TcpStream, bytes: &[u8]) -> Vec<u8> {
    let (mut read, mut write) = stream.split();
    let mut back = vec![0; bytes.len()];
    let (sent, received) =
        soon(async { tokio::join!(write.write_all(bytes), read.read_exact(&mut back)) }).await;
    sent.unwrap();
    received.unwrap();
    back
}

/// The end of a flow as seen by a peer: closed in order, or an error.
pub(crate) async fn ending(stream: &mut TcpStream) -> Result<(), io::ErrorKind> {
    let mut rest = Vec::new();
    soon(stream.read_to_end(&mut rest))
        .await
        .map(drop)
        .map_err(|error| error.kind())
}

/// Bytes in which a loss, a duplicate or a swap shows.
pub(crate) fn pattern(seed: usize, length: usize) -> Vec<u8> {
    (0..length).map(|at| ((at + seed) % 251) as u8).collect()
}
