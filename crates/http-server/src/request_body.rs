//! The body of a request, with a time limit.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::HttpBody;
use bytes::Bytes;
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::time::{Sleep, sleep};
use underpass_net::connections::Ended;

use crate::progress::Progress;

/// A body as it arrives. Its errors are those of I/O: one that takes too long is
/// [`TimedOut`](io::ErrorKind::TimedOut).
pub(crate) struct RequestBody {
    inner: Incoming,
    progress: Arc<Progress>,
    /// Runs from the first wait for the client.
    timer: Option<Pin<Box<Sleep>>>,
    is_complete: bool,
}

impl RequestBody {
    pub(crate) fn new(inner: Incoming, progress: Arc<Progress>) -> Self {
        let is_complete = inner.is_end_stream();
        Self {
            inner,
            progress,
            timer: None,
            is_complete,
        }
    }

    fn read(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let frame = Pin::new(&mut self.inner).poll_frame(cx);
        let mut is_late = |timer: &mut Pin<Box<Sleep>>| timer.as_mut().poll(cx).is_ready();
        if frame.is_pending() {
            let limit = self.progress.body_limit();
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(limit)));
            self.progress.await_body();
            if !is_late(timer) {
                return Poll::Pending;
            }
        } else if !self.timer.as_mut().is_some_and(&mut is_late) {
            self.is_complete = match &frame {
                Poll::Ready(None) => true,
                _ => self.inner.is_end_stream(),
            };
            if !self.progress.receive_body() {
                return Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into())));
            }
            return frame
                .map_err(|error| io::Error::other(Box::<dyn Error + Send + Sync>::from(error)));
        }
        self.progress.count(Ended::Body);
        let reason = "the body of the request took too long to arrive";
        Poll::Ready(Some(Err(io::Error::new(io::ErrorKind::TimedOut, reason))))
    }
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.get_mut().read(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        if !self.is_complete {
            self.progress.cut_short();
        }
    }
}
