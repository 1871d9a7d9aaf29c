//! Files of a client.

use std::path::Path;

use serde_json::Value;
use underpass_model::credentials::REDACTED;
use underpass_private_file as private_file;

use crate::cli::connection_info::ConnectionInfoArgs;
use crate::client::{list, text};
use crate::commands::session::Session;
use crate::failure::Failure;

/// Writes the files of a tool, readable only by their owner.
///
/// # Errors
/// A file that was not requested, a secret that the role may not read, or a failed write.
pub(super) fn write(
    session: &Session,
    tool: &Value,
    args: &ConnectionInfoArgs,
) -> Result<(), Failure> {
    let files = list(tool, "files")?;
    let named = args.files();
    let named = [named.ca, named.client_cert, named.client_key];
    // No file is written unless all can be.
    for file in files {
        let path = text(file, "path")?;
        // The caller chooses the paths, never the server.
        if !named.contains(&path) {
            return Err(Failure::ours(format!(
                "the server's answer names the file {path}, which was not requested"
            )));
        }
        if text(file, "content")? == REDACTED {
            return Err(Failure::refused(format!(
                "{path} contains a secret, which your role may not read. No file was written"
            ))
            .hint("use the token of an admin of the project"));
        }
    }
    if files.is_empty() {
        session.printer.say("No file is needed");
    }
    for file in files {
        let path = Path::new(text(file, "path")?);
        if !args.overwrite && path.exists() {
            continue;
        }
        private_file::write(path, text(file, "content")?.as_bytes())?;
        session.printer.say(&format!("Wrote {}", path.display()));
    }
    Ok(())
}
