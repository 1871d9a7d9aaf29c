//! Executor for futures that are always ready.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Runs a future to its end, or returns `None` at an injected crash. The future is dropped there, like
/// the memory of a killed process.
pub(crate) fn run<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    // A task may yield a few times without waiting; a crash yields forever.
    for _ in 0..100 {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Some(output);
        }
    }
    None
}

/// Crashes the process: never completes.
pub(crate) async fn crash<T>() -> T {
    std::future::pending().await
}
