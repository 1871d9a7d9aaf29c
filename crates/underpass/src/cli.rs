//! What can be typed: clap structs and nothing else, one file per noun.

pub(crate) mod cloud;
pub(crate) mod connection_info;
pub(crate) mod demo;
pub(crate) mod dns;
pub(crate) mod emulate;
pub(crate) mod events;
pub(crate) mod global;
mod loopback;
pub(crate) mod output;
pub(crate) mod privatelink;
pub(crate) mod project;
pub(crate) mod service;
pub(crate) mod span;
pub(crate) mod static_ip;
pub(crate) mod token;
pub(crate) mod try_out;
pub(crate) mod up;
pub(crate) mod vpc;

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
  underpass demo                     the whole story, live, on free ports
  underpass try pg 127.0.0.1:5432    from a running service to a client command that works
  underpass up                       control plane and emulated clouds on this machine
  eval \"$(underpass env)\"            in a second shell: point avn, az and this program at it
  underpass service create --help    register a service that runs already

Exit codes: 0 done, 1 failed or refused, 2 called wrongly, 3 our own fault."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The first word.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run everything on this machine: control plane, emulated clouds, DNS
    Up(Box<up::UpArgs>),
    /// Tell the whole story live and check every line of it
    Demo(demo::DemoArgs),
    /// Offer a running service privately and print a client command that works
    Try(try_out::TryArgs),
    /// Run one emulated cloud alone
    #[command(subcommand)]
    Emulate(emulate::EmulateCommand),
    /// Print the environment for a running `up`, to be evaluated by a shell
    #[command(after_help = "\
Example:
  eval \"$(underpass env)\"

AZURE_* are the ready consumer's. REQUESTS_CA_BUNDLE is left alone, since it would replace the
roots of every Python program in that shell; where a program needs to trust emulated Azure, give
it the file in UNDERPASS_AZURE_CA.")]
    Env,
    /// Make this machine's resolver know the private names
    #[command(subcommand)]
    Dns(dns::DnsCommand),
    /// Look at projects and switch their features
    #[command(subcommand)]
    Project(project::ProjectCommand),
    /// Make, list and revoke access tokens
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Make and remove project VPCs, the networks services live in
    #[command(subcommand)]
    Vpc(vpc::VpcCommand),
    /// Make static IP addresses and keep them for services
    #[command(subcommand)]
    StaticIp(static_ip::StaticIpCommand),
    /// Register services and offer them privately
    #[command(subcommand)]
    Service(Box<service::ServiceCommand>),
    /// Act as the consumer, through a cloud's own API
    #[command(subcommand)]
    Cloud(cloud::CloudCommand),
    /// Show what happened in a project
    Events(events::EventsArgs),
}

#[cfg(test)]
mod remedy_tests;
