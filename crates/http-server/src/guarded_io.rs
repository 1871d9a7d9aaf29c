//! A connection's bytes, with the time limits that the HTTP library does not have: of a head, of a
//! pause between requests, and of an answer that is not accepted.
//!
//! It also gives the library's own refusals a body: the library answers invalid heads by itself,
//! with a status only.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep, sleep_until};
use underpass_net::connections::Ended;

use crate::limits::{LINGER, LINGER_BYTES};
use crate::progress::{HeadPart, Phase, Progress};
use crate::refusal::{Refused, RenderRefusal};
use crate::request_line::RequestLine;

/// A connection with time limits.
pub struct GuardedIo<Io> {
    inner: Io,
    progress: Arc<Progress>,
    render: RenderRefusal,
    /// Ends a wait for the client's bytes.
    reading: Option<(Instant, Pin<Box<Sleep>>)>,
    /// Ends a wait for the client to accept bytes.
    writing: Option<Pin<Box<Sleep>>>,
    /// The first line of the head that arrives.
    line: RequestLine,
    /// A refusal of ours that replaces one of the HTTP library, from its first unwritten byte.
    replacement: Option<Bytes>,
    /// Set when the connection ends before its request was read.
    lingering: Option<(Pin<Box<Sleep>>, usize)>,
}

// === impl GuardedIo ===

impl<Io> GuardedIo<Io> {
    pub(crate) fn new(inner: Io, progress: Arc<Progress>, render: RenderRefusal) -> Self {
        Self {
            inner,
            progress,
            render,
            reading: None,
            writing: None,
            line: RequestLine::default(),
            replacement: None,
            lingering: None,
        }
    }

    /// Notes bytes of the client.
    fn receive(&mut self, bytes: &[u8]) {
        let part = self.progress.receive();
        if part == Some(HeadPart::First) {
            self.line = RequestLine::default();
        }
        if part.is_some() {
            self.line.receive(bytes);
        }
    }

    /// Waits for the end of the current wait for the client's bytes; returns its phase.
    fn overdue(&mut self, cx: &mut Context<'_>) -> Poll<Phase> {
        let Some((phase, deadline)) = self.progress.deadline() else {
            return Poll::Pending;
        };
        let (until, timer) = self
            .reading
            .get_or_insert_with(|| (deadline, Box::pin(sleep_until(deadline))));
        if *until != deadline {
            *until = deadline;
            timer.as_mut().reset(deadline);
        }
        timer.as_mut().poll(cx).map(|()| phase)
    }

    /// Passes on a write of the inner connection, unless it has waited too long.
    fn limit_write<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            if self.writing.take().is_some() {
                self.progress.accept();
            }
            return written;
        }
        self.progress.stall();
        let limit = self.progress.write_limit();
        let timer = self.writing.get_or_insert_with(|| Box::pin(sleep(limit)));
        ready!(timer.as_mut().poll(cx));
        self.progress.count(Ended::Write);
        let reason = "the client accepted no byte of the answer for too long";
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, reason)))
    }
}

impl<Io: AsyncWrite + Unpin> GuardedIo<Io> {
    /// Writes the replaced refusal; the library's bytes count as written after it.
    fn write_replacement(
        &mut self,
        cx: &mut Context<'_>,
        mut rest: Bytes,
        length: usize,
    ) -> Poll<io::Result<usize>> {
        while !rest.is_empty() {
            let written = Pin::new(&mut self.inner).poll_write(cx, &rest);
            match self.limit_write(cx, written) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(written)) => rest.advance(written),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    self.replacement = Some(rest);
                    return Poll::Pending;
                }
            }
        }
        Poll::Ready(Ok(length))
    }

    /// Ends a wait that took too long: with an answer if a part of a head was sent.
    fn end_wait(&mut self, cx: &mut Context<'_>, phase: Phase) -> io::Result<()> {
        if phase != Phase::Head {
            self.progress.count(Ended::Idle);
            // The end of the stream: the HTTP library closes the connection.
            return Ok(());
        }
        self.progress.count(Ended::Head);
        let answer = Refused::HeadTimeout.answer(self.render);
        // A socket without a pending answer accepts a short one; if not, closing it is as good.
        let _ = Pin::new(&mut self.inner).poll_write(cx, &answer);
        let _ = Pin::new(&mut self.inner).poll_flush(cx);
        let _ = Pin::new(&mut self.inner).poll_shutdown(cx);
        let reason = "the head of a request took too long";
        Err(io::Error::new(io::ErrorKind::TimedOut, reason))
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> AsyncRead for GuardedIo<Io> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        if let Poll::Ready(read) = Pin::new(&mut this.inner).poll_read(cx, buf) {
            if buf.filled().len() > before {
                this.receive(buf.filled().get(before..).unwrap_or_default());
            }
            return Poll::Ready(read);
        }
        let phase = ready!(this.overdue(cx));
        Poll::Ready(this.end_wait(cx, phase))
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> AsyncWrite for GuardedIo<Io> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if let Some(rest) = this.replacement.take() {
            return this.write_replacement(cx, rest, buf.len());
        }
        if this.progress.is_between_answers()
            && let Some(refused) = Refused::read(buf)
        {
            // The rest of what the client sends is not a request.
            this.progress.cut_short();
            let refused = match refused {
                Refused::HeadTooLarge if this.line.is_too_long() => Refused::UriTooLong,
                other => other,
            };
            let answer = refused.answer(this.render);
            return this.write_replacement(cx, answer, buf.len());
        }
        let written = Pin::new(&mut this.inner).poll_write(cx, buf);
        this.limit_write(cx, written)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.inner).poll_flush(cx);
        if matches!(written, Poll::Ready(Ok(()))) {
            this.progress.flush();
            // The HTTP library does not read again before bytes arrive, so the wait for the next
            // request begins here.
            if this.overdue(cx).is_ready() {
                cx.waker().wake_by_ref();
            }
        }
        this.limit_write(cx, written)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.lingering.is_none() {
            let written = Pin::new(&mut this.inner).poll_shutdown(cx);
            let ended = ready!(this.limit_write(cx, written));
            if ended.is_err() || !this.progress.is_cut_short() {
                return Poll::Ready(ended);
            }
        }
        let (timer, left) = this
            .lingering
            .get_or_insert_with(|| (Box::pin(sleep(LINGER)), LINGER_BYTES));
        let mut discarded = [0; 4096];
        while timer.as_mut().poll(cx).is_pending() && *left > 0 {
            let mut buf = ReadBuf::new(&mut discarded);
            match ready!(Pin::new(&mut this.inner).poll_read(cx, &mut buf)) {
                Ok(()) if !buf.filled().is_empty() => {
                    *left = left.saturating_sub(buf.filled().len());
                }
                Ok(()) | Err(_) => break,
            }
        }
        Poll::Ready(Ok(()))
    }
}
