//! One TCP flow to a port of an endpoint.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longest time to accept a flow: 3 s, one retransmission of a lost packet included.
const PATIENCE: Duration = Duration::from_secs(3);

/// Time within which a relay without a backend hangs up: 400 ms.
const HANG_UP: Duration = Duration::from_millis(400);

/// The answer to a new flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// It is accepted.
    Accepted,
    /// It is accepted, and ends without a byte.
    HungUp,
    /// It is refused: nothing listens.
    Refused,
    /// There is no answer.
    Silent,
    /// The error of the operating system.
    Failed(String),
}

impl Answer {
    /// The answer in words, as the predicate of a sentence about the port.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Accepted => "accepts connections".to_owned(),
            Self::HungUp => "accepts connections and ends them without a byte".to_owned(),
            Self::Refused => "refuses connections".to_owned(),
            Self::Silent => format!("does not answer within {} s", PATIENCE.as_secs()),
            Self::Failed(error) => format!("cannot be reached: {error}"),
        }
    }
}

/// Opens a flow, and closes it again.
pub(super) async fn open(at: SocketAddr) -> Answer {
    let mut flow = match timeout(PATIENCE, TcpStream::connect(at)).await {
        Ok(Ok(flow)) => flow,
        Ok(Err(error)) if error.kind() == ErrorKind::ConnectionRefused => return Answer::Refused,
        Ok(Err(error)) => return Answer::Failed(error.to_string()),
        Err(_elapsed) => return Answer::Silent,
    };
    let mut byte = [0];
    match timeout(HANG_UP, flow.read(&mut byte)).await {
        Ok(Ok(0) | Err(_)) => Answer::HungUp,
        // The server speaks first, or waits for the client.
        Ok(Ok(_)) | Err(_) => Answer::Accepted,
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_refusal_an_end_and_an_answer_are_told_apart() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let (answer, ()) = tokio::join!(open(at), async {
            drop(listener.accept().await.unwrap());
        });
        assert_eq!(answer, Answer::HungUp);
        let (answer, _flow) = tokio::join!(open(at), async {
            let (mut flow, _) = listener.accept().await.unwrap();
            flow.write_all(b"hello").await.unwrap();
            flow
        });
        assert_eq!(answer, Answer::Accepted);
        let (answer, _flow) = tokio::join!(open(at), listener.accept());
        assert_eq!(answer, Answer::Accepted);
        drop(listener);
        assert_eq!(open(at).await, Answer::Refused);
    }
}
