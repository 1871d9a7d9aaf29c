//! `backup`

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;
use underpass_private_file::PendingFile;

use crate::cli::backup::BackupArgs;
use crate::client::Client;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::settings::Settings;
use crate::table::Layout;
use crate::up::files_beside_store;

pub(super) async fn run(
    args: &BackupArgs,
    settings: &Settings,
    printer: Printer,
) -> Result<(), Failure> {
    let file = &args.file;
    // Without following a link, which the backup would replace.
    if !args.force && fs::symlink_metadata(file).is_ok() {
        return Err(Failure::refused(format!("{} exists", file.display()))
            .hint("choose another file, or replace this one with --force"));
    }
    let target = settings.target()?;
    let data_dir = data_dir(settings, &target.url);
    let client = Client::new(target)?;
    let mut pending = PendingFile::create(file)?;
    let bytes = client
        .download(&["underpass", "backup"], &mut pending)
        .await?;
    if args.force {
        pending.persist()?;
    } else {
        pending.persist_new()?;
    }
    let beside: Vec<_> = files_beside_store::ALL
        .iter()
        .map(|it| (path_of(data_dir.as_deref(), it.name), it))
        .filter(|(path, _)| data_dir.is_none() || path.exists())
        .collect();
    let row = json!({
        "file": file.display().to_string(),
        "bytes": bytes,
        "not_included": beside
            .iter()
            .map(|(path, it)| json!({"path": path.display().to_string(), "content": it.content}))
            .collect::<Vec<_>>(),
    });
    printer.row(&row, Layout::Columns(&["file", "bytes"]), &args.output)?;
    printer
        .say("The backup does not contain these files. Copy them too, store.key to another place:");
    for (path, it) in &beside {
        printer.say(&format!("  {}: {}", path.display(), it.content));
    }
    if data_dir.is_none() {
        printer.say("They are on the machine of the server.");
    }
    Ok(())
}

/// Returns the data directory of the server, if it is an `up` of this machine.
fn data_dir(settings: &Settings, url: &str) -> Option<PathBuf> {
    let running = settings.running().ok()?;
    (running.api.trim_end_matches('/') == url).then_some(running.data_dir)
}

fn path_of(data_dir: Option<&Path>, name: &str) -> PathBuf {
    data_dir.map_or_else(
        || Path::new("DATA-DIR").join(name),
        |directory| directory.join(name),
    )
}
