//! File by which clients find a running `emulate`.

use std::path::Path;

use serde_json::Value;
use underpass_private_file as private_file;

use crate::failure::Failure;
use crate::printer::Printer;
use crate::ready::CLIENT_FILE;

/// Writes the ready line, with these members, to the state directory, and prints it.
///
/// # Errors
/// If the file cannot be written.
pub(super) fn announce(
    state: &Path,
    mut ready: Value,
    members: Vec<(&str, String)>,
    printer: Printer,
) -> Result<(), Failure> {
    if let Some(object) = ready.as_object_mut() {
        let members = members.into_iter();
        object.extend(members.map(|(name, text)| (name.to_owned(), Value::from(text))));
    }
    let line = ready.to_string();
    private_file::write(&state.join(CLIENT_FILE), format!("{line}\n").as_bytes())?;
    printer.data(&line)
}

/// Removes the file, so that no client finds a stopped emulator.
pub(super) fn remove(state: &Path) {
    // It may be missing.
    let _ = std::fs::remove_file(state.join(CLIENT_FILE));
}
