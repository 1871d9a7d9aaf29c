//! Polls a future that never really waits.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Runs a future to its end, or gives `None` when it came to a point that never goes on: a
/// planted crash. Everything in memory is dropped there, as it is when a process is killed.
pub(crate) fn run<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    // A task may yield a few times without waiting for anything; a crash yields for ever.
    for _ in 0..100 {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Some(output);
        }
    }
    None
}

/// A point that never goes on.
pub(crate) async fn crash<T>() -> T {
    std::future::pending().await
}
