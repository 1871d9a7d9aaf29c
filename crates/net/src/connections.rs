//! Bounds on the client connections that listeners hold together.
//!
//! A connection takes a descriptor until it ends, and a client needs no permission to open one. So
//! there is a limit in all and one per address; loopback is exempt from the latter, and a few
//! connections are kept for it.
//!
//! At a limit the connection that has waited longest for a complete request is closed for the new
//! one. Refusing the new one would be wrong under attack: half-sent requests cost their client
//! nothing and would hold every place until they time out. A legitimate client sends its request
//! within a round trip, so it waits for less time than those connections do. A connection whose
//! client does not accept its answer waits, too, from its last byte. One whose request is being
//! answered is otherwise never closed for another; if there is no other one, the new one is refused. Connections of other machines are closed before those of loopback, which belong to the
//! parts of this process and to its operator. A listener with probes has a few connections beside the
//! limit, for probes alone.

mod count;
mod limits;
mod registry;

#[cfg(test)]
mod tests;

use std::future::Future;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

pub use self::count::{ConnectionCounts, Ended};
pub use self::limits::ConnectionLimits;
use self::registry::{Admission, Registry};

/// The connections of all listeners with common limits. Clones share them.
#[derive(Debug, Clone)]
pub struct Connections {
    shared: Arc<Shared>,
    /// Some connections beside the limit are admitted for probes.
    has_probes: bool,
}

#[derive(Debug)]
struct Shared {
    registry: Mutex<Registry>,
    /// Notified when a connection has ended.
    ended: Notify,
}

/// An admitted connection. It ends when it is dropped.
#[derive(Debug)]
pub struct Connection {
    id: u64,
    eviction: Arc<Notify>,
    shared: Arc<Shared>,
}

// === impl Connections ===

impl Connections {
    /// Connections with these limits, none of them open.
    pub fn new(limits: ConnectionLimits) -> Self {
        Self {
            shared: Arc::new(Shared {
                registry: Mutex::new(Registry::new(limits)),
                ended: Notify::new(),
            }),
            has_probes: false,
        }
    }

    /// The same connections, for a listener that answers probes: at the limit it admits a few more, on
    /// which nothing else is answered ([`Connection::is_reserved`]).
    #[must_use]
    pub fn with_probes(self) -> Self {
        Self {
            has_probes: true,
            ..self
        }
    }

    /// Admits a connection of a client, closing another one if a limit requires it; `None` if every
    /// other one is being answered.
    ///
    /// The limit per address counts it for `client`.
    pub async fn admit(&self, client: IpAddr) -> Option<Connection> {
        self.admitted(client, false).await
    }

    /// Admits a connection of a proxy, which the limit per address counts for the client of each
    /// request ([`Connection::forward`]). Otherwise as [`admit`](Self::admit).
    pub async fn admit_proxy(&self, proxy: IpAddr) -> Option<Connection> {
        self.admitted(proxy, true).await
    }

    async fn admitted(&self, client: IpAddr, is_proxy: bool) -> Option<Connection> {
        loop {
            let mut ended = std::pin::pin!(self.shared.ended.notified());
            ended.as_mut().enable();
            let admission = self
                .shared
                .registry()
                .admit(client, is_proxy, self.has_probes);
            match admission {
                Admission::Admitted(id, eviction) => {
                    return Some(Connection {
                        id,
                        eviction,
                        shared: Arc::clone(&self.shared),
                    });
                }
                Admission::Refused => return None,
                Admission::Closing => ended.await,
            }
        }
    }

    /// Closes the connection that has waited longest, for want of descriptors.
    pub fn evict_one(&self) {
        self.shared.registry().evict_one();
    }

    /// Counts a connection that a time limit ended.
    pub fn count(&self, ended: Ended) {
        self.shared.registry().count(ended);
    }

    /// The counts now.
    pub fn counts(&self) -> ConnectionCounts {
        self.shared.registry().counts()
    }
}

// === impl Connection ===

impl Connection {
    /// The client's next complete request is awaited from now on.
    pub fn await_request(&self) {
        self.shared.registry().await_request(self.id);
    }

    /// The rest of the request is awaited; the wait counts from its beginning.
    pub fn await_rest(&self) {
        self.shared.registry().await_rest(self.id);
    }

    /// The client does not accept the answer to its request, and is waited for from now on.
    pub fn await_reader(&self) {
        self.shared.registry().await_reader(self.id);
    }

    /// The request is being answered. Returns false if the connection is being closed for another
    /// one; the request must not take effect then.
    #[must_use]
    pub fn answer(&self) -> bool {
        self.shared.registry().answer(self.id)
    }

    /// Returns whether it is one beside the limit, on which only probes are answered. One that is
    /// being answered stays what it is.
    pub fn is_reserved(&self) -> bool {
        self.shared.registry().is_reserved(self.id)
    }

    /// Counts the connection of a proxy for the client of its request, until the next request is
    /// awaited. Returns false if that client has as many as the limit per address, and all of them are
    /// being answered; the request must not take effect then.
    #[must_use]
    pub fn forward(&self, client: IpAddr) -> bool {
        self.shared.registry().forward(self.id, client)
    }

    /// Resolves when the connection must close for another one.
    pub fn evicted(&self) -> impl Future<Output = ()> + Send + use<> {
        let eviction = Arc::clone(&self.eviction);
        async move { eviction.notified().await }
    }

    /// Counts that a time limit ended this connection.
    pub fn count(&self, ended: Ended) {
        self.shared.registry().count(ended);
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.shared.registry().end(self.id);
        self.shared.ended.notify_waiters();
    }
}

// === impl Shared ===

impl Shared {
    fn registry(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
