//! `restore`

use serde_json::json;

use crate::cli::backup::RestoreArgs;
use crate::clock;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::settings::Settings;
use crate::table::Layout;
use crate::up::restore::restore;

pub(super) fn run(
    args: &RestoreArgs,
    settings: &Settings,
    printer: Printer,
) -> Result<(), Failure> {
    let data_dir = settings.data_dir();
    let restored = restore(data_dir, &args.file, args.key_file.as_deref(), clock::now())?;
    let replaced = restored.replaced.map(|path| path.display().to_string());
    let row = json!({
        "data_dir": data_dir.display().to_string(),
        "made_at": restored.made_at.to_string(),
        "replaced": replaced,
    });
    let columns = Layout::Columns(&["data_dir", "made_at", "replaced"]);
    printer.row(&row, columns, &args.output)?;
    printer.say(
        "Start `underpass up`, then compare with `underpass recovery show`: what was decided after \
         the backup is still in the clouds. Nothing is written to any account before `underpass \
         recovery resume`",
    );
    printer.say(
        "Tokens that were revoked after the backup are valid again, and so are grants and projects \
         that ended since. After the start, end all tokens but your own with `underpass token revoke \
         --all`",
    );
    Ok(())
}
