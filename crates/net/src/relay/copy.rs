//! Copying the bytes of one direction of a flow.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::AsyncWriteExt;
use tokio::net::tcp::{ReadHalf, WriteHalf};

use crate::limits::COPY_BUFFER_BYTES;

/// Copies bytes until `from` ends, then shuts down the write half `to`.
///
/// The buffer exists only while bytes arrive, so idle flows hold none. Most flows of a database are
/// idle most of the time. Bytes are read only after the previous ones are written, so a slow reader
/// slows its sender.
pub(super) async fn copy(
    from: &ReadHalf<'_>,
    to: &mut WriteHalf<'_>,
    copied_bytes: &AtomicU64,
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
                    copied_bytes.fetch_add(read as u64, Ordering::Relaxed);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
    }
}
