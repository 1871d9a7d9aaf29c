//! A service to publish.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

/// A server on 127.0.0.1 that greets every client, as long as the test process runs.
pub(crate) fn greeter() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = stream;
            let _ = stream.write_all(b"hello");
        }
    });
    port
}

/// Reports whether the server answers there.
pub(crate) fn greets(at: SocketAddr) -> bool {
    let Ok(mut stream) = TcpStream::connect(at) else {
        return false;
    };
    stream
        .set_read_timeout(Some(Duration::from_secs(5)))
        .unwrap();
    let mut greeting = [0; 5];
    stream
        .read_exact(&mut greeting)
        .is_ok_and(|()| &greeting == b"hello")
}
