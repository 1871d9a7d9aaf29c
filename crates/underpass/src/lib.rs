//! The program `underpass`: control plane, emulated clouds, command line.
//!
//! A library, so that a fuzz target can use its parts; the binary calls [`run`].

mod azure;
mod certificate_end;
mod cli;
mod client;
mod clock;
mod commands;
mod compatible;
mod config;
mod consumer;
mod control_plane;
mod demo;
mod dns_query;
mod document;
mod failure;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod google;
mod http_client;
mod ids;
mod json_text;
mod log;
mod portal;
mod printer;
mod ready;
mod refusal_hint;
#[cfg(test)]
#[path = "../../../fuzz/replay.rs"]
mod replay;
mod serve;
mod settings;
mod table;
mod tls_detection;
mod up;
mod usage;
mod wait;
mod weather;

use std::process::ExitCode;

use underpass_server::runtime::EVENT_INTERVAL;

use crate::cli::{Cli, Command};
use crate::failure::Failure;
use crate::printer::Printer;

/// Runs the command of this process's arguments.
pub fn run() -> ExitCode {
    let cli = usage::parse();
    let printer = Printer;
    match start(cli, printer) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.lines().iter().for_each(|line| printer.say(line));
            failure.exit_code()
        }
    }
}

fn start(cli: Cli, printer: Printer) -> Result<(), Failure> {
    let log = log::start(cli.global.log.as_deref())?;
    // Fails only if a default is installed already; this is the only call.
    let _ = rustls::crypto::ring::default_provider().install_default();

    let mut runtime = match cli.command {
        Command::Up(_) | Command::Serve(_) | Command::Demo(_) | Command::Emulate(_) => {
            tokio::runtime::Builder::new_multi_thread()
        }
        _ => tokio::runtime::Builder::new_current_thread(),
    };
    let runtime = runtime
        .event_interval(EVENT_INTERVAL)
        .enable_all()
        .build()
        .map_err(|error| Failure::ours(format!("start the runtime: {error}")))?;
    runtime.block_on(Box::pin(commands::run(cli, log, printer)))
}
