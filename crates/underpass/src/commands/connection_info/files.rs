//! The files that a client reads.

use std::path::Path;

use serde_json::Value;
use underpass_model::credentials::REDACTED;
use underpass_private_file as private_file;

use crate::cli::connection_info::ConnectionInfoArgs;
use crate::client::{list, text};
use crate::commands::session::Session;
use crate::failure::Failure;

/// Writes the files of a tool, for their owner alone.
pub(super) fn write(
    session: &Session,
    tool: &Value,
    args: &ConnectionInfoArgs,
) -> Result<(), Failure> {
    let files = list(tool, "files")?;
    let named = args.files();
    let named = [named.ca, named.client_cert, named.client_key];
    // None is written unless all can be.
    for file in files {
        let path = text(file, "path")?;
        // Which files are written is for the person to say, not for the server.
        if !named.contains(&path) {
            return Err(Failure::ours(format!(
                "the server's answer names the file {path}, which was not asked for"
            )));
        }
        if text(file, "content")? == REDACTED {
            return Err(Failure::refused(format!(
                "{path} holds a secret, which your role may not see; nothing was written"
            ))
            .hint("use the token of an admin of the project"));
        }
    }
    if files.is_empty() {
        session.printer.say("no file is needed");
    }
    for file in files {
        let path = Path::new(text(file, "path")?);
        if !args.overwrite && path.exists() {
            continue;
        }
        private_file::write(path, text(file, "content")?.as_bytes())?;
        session.printer.say(&format!("wrote {}", path.display()));
    }
    Ok(())
}
