//! Commands: functions of resolved settings, a client and a printer.

mod account;
mod backup;
mod cloud;
mod conditions;
mod config;
mod connection_info;
mod dns;
mod doctor;
mod emulate;
mod env;
mod events;
mod explain;
mod key;
mod privatelink;
mod project;
mod recovery;
mod restore;
mod service;
mod session;
mod static_ip;
mod store;
mod token;
mod try_out;
mod unreadable;
mod vpc;

use crate::cli::{Cli, Command};
use crate::config::Sources;
use crate::failure::Failure;
use crate::log::LogFilter;
use crate::printer::Printer;
use crate::settings::Settings;
use crate::{demo, serve, up};

/// Runs a parsed command.
///
/// # Errors
/// The failure of the command.
pub(crate) async fn run(cli: Cli, log: LogFilter, printer: Printer) -> Result<(), Failure> {
    let settings = Settings::resolve(&cli.global)?;
    match cli.command {
        Command::Up(args) => up::run(&settings, &args, printer).await,
        Command::Serve(args) => {
            let sources = Sources::of(args.config.config, args.config.set, &cli.global);
            serve::run(sources, log, printer).await
        }
        Command::Config(command) => config::run(command, &cli.global, printer),
        Command::Account(command) => account::run(command, &cli.global, printer).await,
        Command::Demo(args) => demo::run(&args, printer).await,
        Command::Try(args) => try_out::run(&settings, &args, printer).await,
        Command::Emulate(command) => emulate::run(command, &settings, printer).await,
        Command::Env => env::run(&settings, printer),
        Command::Dns(command) => dns::run(&command, &settings, printer),
        Command::Project(command) => project::run(command, &settings, printer).await,
        Command::Backup(args) => backup::run(&args, &settings, printer).await,
        Command::Restore(args) => restore::run(&args, &settings, printer),
        Command::Store(command) => store::run(command, printer).await,
        Command::Key(command) => key::run(command, &cli.global, printer).await,
        Command::Recovery(command) => recovery::run(command, &settings, printer).await,
        Command::Token(command) => token::run(command, &settings, printer).await,
        Command::Vpc(command) => vpc::run(command, &settings, printer).await,
        Command::StaticIp(command) => static_ip::run(command, &settings, printer).await,
        Command::Service(command) => service::run(*command, &settings, printer).await,
        Command::Cloud(command) => cloud::run(command, &settings, printer).await,
        Command::Doctor(args) => doctor::run(&args, &settings, printer).await,
        Command::Explain(args) => explain::run(&args, printer),
        Command::Events(args) => events::run(&args, &settings, printer).await,
    }
}
