//! `underpass up`

use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use ipnet::Ipv4Net;

use super::loopback::loopback;
use super::span::{Switchable, span, switchable};

#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Prints one line of JSON on stdout once everything answers; says more on stderr.
Everything survives a restart, kill -9 included. Ends on SIGTERM and SIGINT.

In a second shell:
  eval \"$(underpass env)\"
  underpass project list
  avn project list")]
pub(crate) struct UpArgs {
    /// Where the API answers; port 0 picks a free one and keeps it
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8780",
        env = "UNDERPASS_UP_API"
    )]
    pub(crate) api: SocketAddr,
    /// Where DNS answers, over UDP and TCP
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8753",
        env = "UNDERPASS_UP_DNS"
    )]
    pub(crate) dns: SocketAddr,
    /// Where emulated Azure answers, over HTTPS
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8781",
        env = "UNDERPASS_UP_AZURE"
    )]
    pub(crate) azure: SocketAddr,
    /// Where emulated Google answers, over plain HTTP
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8782",
        env = "UNDERPASS_UP_GOOGLE"
    )]
    pub(crate) google: SocketAddr,
    /// Where emulated AWS answers; not part of this build yet
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8783",
        env = "UNDERPASS_UP_AWS"
    )]
    pub(crate) aws: SocketAddr,
    /// Where the portal of emulated Azure's consumers answers browsers; a loopback address
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8784",
        value_parser = loopback,
        env = "UNDERPASS_UP_AZURE_PORTAL"
    )]
    pub(crate) azure_portal: SocketAddr,
    /// Where the portal of emulated Google's consumers answers browsers; a loopback address
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8785",
        value_parser = loopback,
        env = "UNDERPASS_UP_GOOGLE_PORTAL"
    )]
    pub(crate) google_portal: SocketAddr,
    /// The domain of private names
    #[arg(
        long,
        value_name = "NAME",
        default_value = "underpass.test",
        env = "UNDERPASS_UP_DOMAIN"
    )]
    pub(crate) domain: String,
    /// Where emulated consumers live: a range of 127.0.0.0/8, or `auto` for the first free /16 of
    /// 127.64 to 127.79, remembered
    #[arg(
        long,
        value_name = "CIDR",
        default_value = "auto",
        env = "UNDERPASS_UP_CONSUMER_CIDR"
    )]
    pub(crate) consumer_cidr: ConsumerCidrArg,
    /// How long emulated cloud operations take
    #[arg(
        long,
        value_name = "SPAN",
        default_value = "1s",
        value_parser = span,
        env = "UNDERPASS_UP_CLOUD_DELAY"
    )]
    pub(crate) cloud_delay: Duration,
    /// How often new endpoints are looked for, or `off`
    #[arg(
        long,
        value_name = "SPAN",
        default_value = "10s",
        value_parser = switchable,
        env = "UNDERPASS_UP_DISCOVERY_INTERVAL"
    )]
    pub(crate) discovery_interval: Switchable,
}

impl UpArgs {
    /// Everything on free ports of loopback, the rest as usual.
    pub(crate) fn on_free_ports() -> Self {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            api: any,
            dns: any,
            azure: any,
            google: any,
            aws: any,
            azure_portal: any,
            google_portal: any,
            domain: "underpass.test".to_owned(),
            consumer_cidr: ConsumerCidrArg::Auto,
            cloud_delay: Duration::from_secs(1),
            discovery_interval: Switchable(Some(Duration::from_secs(10))),
        }
    }
}

/// Which range emulated consumers live in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConsumerCidrArg {
    /// The first free one, remembered.
    Auto,
    /// This one.
    Fixed(Ipv4Net),
}

impl FromStr for ConsumerCidrArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        let range: Ipv4Net = text
            .parse()
            .map_err(|_| format!("`{text}` is neither `auto` nor a range such as 127.64.0.0/16"))?;
        if !range.addr().is_loopback() || range.prefix_len() < 9 || range.prefix_len() > 24 {
            return Err(format!("`{text}` is not a /9 to /24 inside 127.0.0.0/8"));
        }
        if range.trunc() != range {
            return Err(format!(
                "`{text}` has host bits set; did you mean {}?",
                range.trunc()
            ));
        }
        Ok(Self::Fixed(range))
    }
}
