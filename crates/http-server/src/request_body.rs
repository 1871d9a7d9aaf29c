//! The body of a request, with a time limit.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::HttpBody;
use bytes::Bytes;
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep, sleep};
use underpass_net::connections::Ended;

use crate::progress::Progress;

/// A body as it arrives. Its errors are those of I/O: one that takes too long is
/// [`TimedOut`](io::ErrorKind::TimedOut).
pub(crate) struct RequestBody {
    inner: Incoming,
    progress: Arc<Progress>,
    /// Runs from the first wait for the client, with the time of that.
    timer: Option<(Instant, Pin<Box<Sleep>>)>,
    /// Bytes that arrived since then.
    received: u64,
    is_complete: bool,
}

impl RequestBody {
    pub(crate) fn new(inner: Incoming, progress: Arc<Progress>) -> Self {
        let is_complete = inner.is_end_stream();
        Self {
            inner,
            progress,
            timer: None,
            received: 0,
            is_complete,
        }
    }

    fn is_late(&mut self, cx: &mut Context<'_>) -> bool {
        let timer = self.timer.as_mut();
        timer.is_some_and(|(_, timer)| timer.as_mut().poll(cx).is_ready())
    }

    /// Extends the time by what arrived.
    fn extend(&mut self, length: usize) {
        let Some((since, timer)) = &mut self.timer else {
            return;
        };
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        self.received = self.received.saturating_add(length);
        let until = *since + self.progress.body_limit(self.received);
        if timer.deadline() < until {
            timer.as_mut().reset(until);
        }
    }

    fn read(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let frame = Pin::new(&mut self.inner).poll_frame(cx);
        if frame.is_pending() {
            if self.timer.is_none() {
                let limit = self.progress.body_limit(0);
                self.timer = Some((Instant::now(), Box::pin(sleep(limit))));
            }
            self.progress.await_body();
            if !self.is_late(cx) {
                return Poll::Pending;
            }
        } else if !self.is_late(cx) {
            if let Poll::Ready(Some(Ok(frame))) = &frame {
                self.extend(frame.data_ref().map_or(0, Bytes::len));
            }
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
