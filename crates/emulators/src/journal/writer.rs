//! The file of a journal: read once when it is opened, then only written.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use underpass_private_file::{self as private_file, PendingFile};

use super::error::Error;
use super::record;

/// Version of the format; it increases when older programs could not read the file.
const FORMAT: u32 = 1;

/// The file of a journal, open for appending.
#[derive(Debug)]
pub(super) struct Writer {
    path: PathBuf,
    header: String,
    file: File,
    /// Length of the file in bytes.
    size: u64,
    /// Length of the file after its last snapshot, in bytes.
    base: u64,
}

// === impl Writer ===

impl Writer {
    /// Reads all changes of the journal at `path` and opens it for appending; creates a missing one.
    ///
    /// # Errors
    /// When the file cannot be read or is damaged.
    pub(super) fn open<C: DeserializeOwned>(
        path: PathBuf,
        name: &str,
    ) -> Result<(Self, Vec<C>), Error> {
        // The lock of the directory makes this the only writer.
        private_file::remove_leftovers(&path)?;
        let header = format!("underpass journal of {name}, format {FORMAT}");
        let content = match fs::read(&path) {
            Ok(content) => Some(content),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(private_file::Error::at("read", &path)(error).into()),
        };
        let Some(content) = content else {
            let file = begin(&path, &header, &[])?;
            let size = header.len() as u64 + 1;
            return Ok((
                Self {
                    path,
                    header,
                    file,
                    size,
                    base: size,
                },
                Vec::new(),
            ));
        };

        let (changes, size) = read(&path, &header, &content)?;
        let file = File::options()
            .append(true)
            .open(&path)
            .map_err(private_file::Error::at("open", &path))?;
        if size < content.len() as u64 {
            tracing::warn!(
                path = %path.display(),
                size_bytes = content.len() as u64 - size,
                "discarding an incomplete, unacknowledged WAL record"
            );
            file.set_len(size)
                .and_then(|()| file.sync_all())
                .map_err(private_file::Error::at(
                    "truncate the incomplete record of",
                    &path,
                ))?;
        }
        Ok((
            Self {
                path,
                header,
                file,
                size,
                base: size,
            },
            changes,
        ))
    }

    /// Writes a snapshot, if given, then changes (each followed by a comma), and syncs the file.
    ///
    /// # Errors
    /// When the file cannot be written or synced.
    pub(super) fn write(
        &mut self,
        snapshot: Option<&[u8]>,
        changes: &[u8],
    ) -> Result<(), private_file::Error> {
        let mut lines = Vec::with_capacity(changes.len() + snapshot.map_or(0, <[u8]>::len) + 64);
        if let Some(snapshot) = snapshot {
            record::encode(snapshot, &mut lines);
        }
        let snapshot_size = lines.len() as u64;
        if let Some(listed) = changes.strip_suffix(b",") {
            record::encode(&[b"[", listed, b"]"].concat(), &mut lines);
        }
        if snapshot.is_some() {
            self.file = begin(&self.path, &self.header, &lines)?;
            let header_size = self.header.len() as u64 + 1;
            self.base = header_size + snapshot_size;
            self.size = header_size + lines.len() as u64;
            return Ok(());
        }
        self.file
            .write_all(&lines)
            .and_then(|()| self.file.sync_data())
            .map_err(private_file::Error::at("append to", &self.path))?;
        self.size += lines.len() as u64;
        Ok(())
    }

    /// Reports whether the file is longer than `least` bytes and `times` its last snapshot.
    pub(super) fn has_outgrown(&self, least: u64, times: u64) -> bool {
        self.size > least && self.size > self.base.saturating_mul(times)
    }
}

/// Writes a new journal beside the old one, and replaces it.
fn begin(path: &Path, header: &str, lines: &[u8]) -> Result<File, private_file::Error> {
    let mut file = PendingFile::create(path)?;
    file.write_all(&[header.as_bytes(), b"\n", lines].concat())
        .map_err(private_file::Error::at("write", path))?;
    file.persist()
}

/// Reads all changes; returns them with the length of the complete lines, in bytes.
fn read<C: DeserializeOwned>(
    path: &Path,
    header: &str,
    content: &[u8],
) -> Result<(Vec<C>, u64), Error> {
    let mut lines = content
        .split_inclusive(|byte| *byte == b'\n')
        .enumerate()
        .peekable();
    let first = lines.next().map_or(&b""[..], |(_, line)| line);
    if first.strip_suffix(b"\n") != Some(header.as_bytes()) {
        // The message shows only the beginning of a foreign file.
        let shown = first.get(..first.len().min(80)).unwrap_or_default();
        return Err(Error::Foreign {
            path: path.to_owned(),
            found: String::from_utf8_lossy(shown).into_owned(),
            expected: header.to_owned(),
        });
    }

    let mut changes = Vec::new();
    let mut size = first.len();
    while let Some((index, line)) = lines.next() {
        let payload = line.strip_suffix(b"\n").and_then(record::decode);
        match payload {
            Some(payload) => {
                let group: Vec<C> =
                    serde_json::from_slice(payload).map_err(|source| Error::Content {
                        path: path.to_owned(),
                        line: index + 1,
                        source,
                    })?;
                changes.extend(group);
                size += line.len();
            }
            None if lines.peek().is_none() => break,
            None => {
                return Err(Error::Damaged {
                    path: path.to_owned(),
                    line: index + 1,
                });
            }
        }
    }
    Ok((changes, size as u64))
}
