//! Runtimes on which the control plane runs: one answers requests and publishes names, one does the work
//! in the background, so that requests wait behind no step of it.

use std::io;

use tokio::runtime::{Builder, Handle, Runtime};

/// Polls of tasks after which a thread of a runtime looks for network events and timers: 4.
///
/// A poll here reads the store and takes up to a millisecond or two, where those that the default of 61
/// is meant for take microseconds. With 61, a request that arrives while the threads are busy waits for
/// some 60 ms before anything of it is done; looking costs a microsecond.
pub const EVENT_INTERVAL: u32 = 4;

/// Runtime of passes, sweeps and the removal of old rows.
#[derive(Debug)]
pub struct BackgroundRuntime(OwnRuntime);

/// Runtime with threads of its own.
#[derive(Debug)]
pub(crate) struct OwnRuntime {
    handle: Handle,
    own: Option<Runtime>,
}

// === impl BackgroundRuntime ===

impl BackgroundRuntime {
    /// Starts a runtime with a thread for each processor.
    ///
    /// # Errors
    /// If the system starts no thread.
    pub fn start() -> io::Result<Self> {
        OwnRuntime::start("background", None).map(Self)
    }

    /// Returns the handle by which tasks are spawned on it.
    pub(crate) const fn handle(&self) -> &Handle {
        self.0.handle()
    }
}

// === impl OwnRuntime ===

impl OwnRuntime {
    /// Starts a runtime with so many threads, or one for each processor.
    ///
    /// # Errors
    /// If the system starts no thread.
    pub(crate) fn start(name: &str, threads: Option<usize>) -> io::Result<Self> {
        let mut builder = Builder::new_multi_thread();
        builder
            .thread_name(name)
            .event_interval(EVENT_INTERVAL)
            .enable_all();
        if let Some(threads) = threads {
            builder.worker_threads(threads);
        }
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

impl Drop for OwnRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.own.take() {
            // A task may not wait for threads; those of this runtime have nothing to do any more.
            runtime.shutdown_background();
        }
    }
}
