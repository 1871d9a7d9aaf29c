//! Arguments of the command line: clap structs and their parsers, one file per noun.

pub(crate) mod account;
pub(crate) mod backup;
pub(crate) mod cloud;
pub(crate) mod config;
pub(crate) mod connection_info;
pub(crate) mod consent;
pub(crate) mod demo;
pub(crate) mod dns;
pub(crate) mod doctor;
pub(crate) mod emulate;
pub(crate) mod events;
pub(crate) mod explain;
pub(crate) mod global;
pub(crate) mod key;
pub(crate) mod limit;
mod loopback;
mod number;
pub(crate) mod output;
pub(crate) mod privatelink;
pub(crate) mod project;
pub(crate) mod recovery;
mod region;
pub(crate) mod retention;
pub(crate) mod serve;
pub(crate) mod service;
pub(crate) mod span;
pub(crate) mod static_ip;
pub(crate) mod store;
pub(crate) mod token;
pub(crate) mod try_out;
pub(crate) mod up;
pub(crate) mod vpc;
pub(crate) mod weather;

use clap::{Parser, Subcommand};

use self::global::GlobalArgs;

/// Private links for any TCP service
#[derive(Debug, Parser)]
#[command(
    name = "underpass",
    version,
    about,
    propagate_version = true,
    after_help = "\
First steps:
  underpass demo                     run the whole path from service to client, on free ports
  underpass try pg 127.0.0.1:5432    publish a running service and print a client command
  underpass up                       run control plane and emulated clouds on this machine
  eval \"$(underpass env)\"            in a second shell: configure avn, az and this program
  underpass service create --help    register a running service
  underpass serve --help             run the control plane on real cloud accounts

Exit codes: 0 success, 1 failed or refused, 2 usage error, 3 internal error."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Command to run.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run control plane, emulated clouds and DNS on this machine
    Up(Box<up::UpArgs>),
    /// Run the control plane on real cloud accounts, by a configuration file
    Serve(serve::ServeArgs),
    /// Print, check and explain the configuration of `serve`
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Print the role of a cloud account, and check accounts before `serve` uses them
    #[command(subcommand)]
    Account(account::AccountCommand),
    /// Run every step from service to client and check each result
    Demo(demo::DemoArgs),
    /// Publish a running service privately and print a client command that works
    Try(try_out::TryArgs),
    /// Run one emulated cloud by itself
    #[command(subcommand)]
    Emulate(emulate::EmulateCommand),
    /// Print environment variables for a running `up`, as shell commands
    #[command(after_help = "\
Example:
  eval \"$(underpass env)\"

AZURE_* belong to the prepared consumer. REQUESTS_CA_BUNDLE is not set, because it would replace
the root certificates of every Python program in that shell. Give a program that must trust
emulated Azure the file in UNDERPASS_AZURE_CA.")]
    Env,
    /// Print how to configure this machine's DNS resolver for private names
    #[command(subcommand)]
    Dns(dns::DnsCommand),
    /// Show projects and switch their features
    #[command(subcommand)]
    Project(project::ProjectCommand),
    /// Create, list and revoke access tokens
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Create, list and delete project VPCs, the networks of services
    #[command(subcommand)]
    Vpc(vpc::VpcCommand),
    /// Create static IP addresses and associate them with services
    #[command(subcommand)]
    StaticIp(static_ip::StaticIpCommand),
    /// Register services and publish them privately
    #[command(subcommand)]
    Service(Box<service::ServiceCommand>),
    /// Manage endpoints as the consumer, through a cloud's own API
    #[command(subcommand)]
    Cloud(cloud::CloudCommand),
    /// Compare a store that is older than its clouds, and let work go on
    #[command(subcommand)]
    Recovery(recovery::RecoveryCommand),
    /// Write an encrypted copy of the store to a file
    Backup(backup::BackupArgs),
    /// Replace the store of a stopped `up` by the one in a backup
    Restore(backup::RestoreArgs),
    /// Move the store of a stopped server to a PostgreSQL database
    #[command(subcommand)]
    Store(store::StoreCommand),
    /// Replace the key that encrypts the secrets of the store of `serve`
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Check the path to a service, and name the first broken hop with one command that mends it
    #[command(after_help = doctor::HELP)]
    Doctor(doctor::DoctorArgs),
    /// List the events of a project
    Events(events::EventsArgs),
    /// Explain a refusal by its code: the rule, its reason and the next steps
    Explain(explain::ExplainArgs),
}

#[cfg(test)]
mod remedy_tests;
