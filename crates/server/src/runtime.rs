//! Runtimes on which the control plane runs: one answers requests, one does the work behind them.

use std::io;

use tokio::runtime::{Builder, Handle, Runtime};

/// Polls of tasks after which a thread of a runtime looks for network events and timers: 4.
///
/// A poll here reads the store and takes up to a millisecond or two, where those that the default of 61
/// is meant for take microseconds. With 61, a request that arrives while the threads are busy waits for
/// some 60 ms before anything of it is done; looking costs a microsecond.
pub const EVENT_INTERVAL: u32 = 4;

/// Nice value of the threads that work in the background: 10, halfway to the lowest.
///
/// Where requests need all processors, such a thread gets about a tenth of the time of one that answers
/// them (weight 110 against 1024 in Linux's scheduler). It always gets some, so that what was asked for is
/// done in the end, and a lock that it holds is released.
const BACKGROUND_NICE: i32 = 10;

/// Runtime of workers, sweeps and the publisher.
#[derive(Debug)]
pub struct BackgroundRuntime {
    handle: Handle,
    own: Option<Runtime>,
}

// === impl BackgroundRuntime ===

impl BackgroundRuntime {
    /// Starts a runtime with a thread for each processor, which lets the threads of requests go first.
    ///
    /// # Errors
    /// If the system starts no thread.
    pub fn start() -> io::Result<Self> {
        let mut builder = Builder::new_multi_thread();
        builder
            .thread_name("background")
            .event_interval(EVENT_INTERVAL)
            .on_thread_start(let_others_first)
            .enable_all();
        let runtime = builder.build()?;
        Ok(Self {
            handle: runtime.handle().clone(),
            own: Some(runtime),
        })
    }

    /// Returns the handle by which tasks are spawned on it.
    pub(crate) const fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for BackgroundRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.own.take() {
            // A task may not wait for threads; those of this runtime have nothing to do any more.
            runtime.shutdown_background();
        }
    }
}

/// Lowers the priority of the calling thread. Only Linux gives each thread its own; where it is refused,
/// the thread keeps the ordinary one.
fn let_others_first() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, BACKGROUND_NICE) {
        tracing::debug!(%error, "failed to lower the priority of a background thread");
    }
}
