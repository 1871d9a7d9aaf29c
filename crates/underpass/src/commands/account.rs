//! `account role|check`

mod check;
mod configured;
mod role;
mod trial;

use crate::cli::account::AccountCommand;
use crate::cli::global::GlobalArgs;
use crate::failure::Failure;
use crate::printer::Printer;

pub(super) async fn run(
    command: AccountCommand,
    global: &GlobalArgs,
    printer: Printer,
) -> Result<(), Failure> {
    match command {
        AccountCommand::Role(args) => role::run(args, global, printer),
        AccountCommand::Trial(args) => trial::run(args, global, printer).await,
        AccountCommand::Check(args) => check::run(args, global, printer).await,
    }
}
