//! Moves the bytes of one direction.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::AsyncWriteExt;
use tokio::net::tcp::{ReadHalf, WriteHalf};

use crate::limits::COPY_BUFFER_BYTES;

/// Moves bytes until `from` ends, then ends `to` in this direction only.
///
/// The buffer is taken when bytes arrive and given back when they stop, so that an idle flow
/// holds none; most flows of a database are idle most of the time.
/// Nothing is read before the last bytes are written: a slow reader slows its sender.
pub(super) async fn pump(
    from: &ReadHalf<'_>,
    to: &mut WriteHalf<'_>,
    moved_bytes: &AtomicU64,
) -> io::Result<()> {
    loop {
        from.readable().await?;
        let mut buffer = Vec::with_capacity(COPY_BUFFER_BYTES);
        loop {
            buffer.clear();
            match from.try_read_buf(&mut buffer) {
                Ok(0) => return to.shutdown().await,
                Ok(read) => {
                    to.write_all(&buffer).await?;
                    moved_bytes.fetch_add(read as u64, Ordering::Relaxed);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
    }
}
