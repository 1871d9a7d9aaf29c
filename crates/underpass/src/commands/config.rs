//! `config defaults|check|show`

use crate::cli::config::{CheckArgs, ConfigCommand, ShowArgs};
use crate::cli::global::GlobalArgs;
use crate::config::{DEFAULTS, Missing, Sources, load};
use crate::failure::Failure;
use crate::printer::Printer;

pub(super) fn run(
    command: ConfigCommand,
    global: &GlobalArgs,
    printer: Printer,
) -> Result<(), Failure> {
    match command {
        ConfigCommand::Defaults => printer.data(DEFAULTS.trim_end()),
        ConfigCommand::Check(args) => check(args, global, printer),
        ConfigCommand::Show(args) => show(args, global, printer),
    }
}

fn check(args: CheckArgs, global: &GlobalArgs, printer: Printer) -> Result<(), Failure> {
    let file = args.file.display().to_string();
    let loaded = load(&Sources::of(args.file, args.set, global))?;
    for warning in &loaded.warnings.0 {
        printer.say(&format!("warning: {warning}"));
    }
    let missing = loaded.missing();
    for warning in &missing.variables.0 {
        printer.say(&format!("warning: {warning}"));
    }
    let files = Missing {
        files: missing.files,
        ..Missing::default()
    };
    files.refuse()?;
    let names: Vec<_> = loaded.accounts.iter().map(|it| it.name.as_str()).collect();
    let accounts = match names.as_slice() {
        [] => "no accounts".to_owned(),
        names => format!("accounts {}", names.join(", ")),
    };
    printer.say(&format!("{file} can be used: {accounts}"));
    Ok(())
}

fn show(args: ShowArgs, global: &GlobalArgs, printer: Printer) -> Result<(), Failure> {
    let loaded = load(&Sources::of(args.config.config, args.config.set, global))?;
    let lines: Vec<_> = loaded
        .values()
        .map(|(key, value, origin)| {
            let place = args.origin.then(|| format!("  # {origin}"));
            format!("{key} = {value}{}", place.unwrap_or_default())
        })
        .collect();
    printer.data(&lines.join("\n"))
}
