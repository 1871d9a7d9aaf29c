//! `underpass up`

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, ValueEnum};
use ipnet::Ipv4Net;
use underpass_model::cloud::{CloudName, Provider};
use underpass_model::google::RejectList;

use super::limit::LimitArgs;
use super::loopback::{consumer_dns, loopback};
use super::span::{Switchable, span, switchable};
use super::weather::WeatherSource;

#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Prints messages on stderr and, once it is ready, one line of JSON on stdout unless that is a
terminal.
All state survives a restart, also after kill -9. Stops on SIGTERM and SIGINT.

In a second shell:
  eval \"$(underpass env)\"
  underpass project list
  avn project list")]
pub(crate) struct UpArgs {
    /// API listen address; port 0 chooses a free port and keeps it
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8780",
        env = "UNDERPASS_UP_API"
    )]
    pub(crate) api: SocketAddr,
    /// Host name, without port, under which clients may call the API besides loopback addresses;
    /// repeatable
    #[arg(
        long = "api-host",
        value_name = "NAME",
        env = "UNDERPASS_UP_API_HOSTS",
        value_delimiter = ','
    )]
    pub(crate) api_hosts: Vec<String>,
    /// DNS listen address, UDP and TCP
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8753",
        env = "UNDERPASS_UP_DNS"
    )]
    pub(crate) dns: SocketAddr,
    /// Listen address of emulated Azure, HTTPS
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8781",
        env = "UNDERPASS_UP_AZURE"
    )]
    pub(crate) azure: SocketAddr,
    /// Listen address of emulated Google Cloud, HTTP
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8782",
        env = "UNDERPASS_UP_GOOGLE"
    )]
    pub(crate) google: SocketAddr,
    /// Listen address of emulated AWS; reserved for it and without effect yet
    #[arg(
        long,
        hide = true,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8783",
        env = "UNDERPASS_UP_AWS"
    )]
    pub(crate) aws: SocketAddr,
    /// Listen address of the emulated Azure portal, on loopback
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8784",
        value_parser = loopback,
        env = "UNDERPASS_UP_AZURE_PORTAL"
    )]
    pub(crate) azure_portal: SocketAddr,
    /// Listen address of the emulated Google portal, on loopback
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8785",
        value_parser = loopback,
        env = "UNDERPASS_UP_GOOGLE_PORTAL"
    )]
    pub(crate) google_portal: SocketAddr,
    /// Listen address, UDP and TCP, of a resolver for the private DNS zones that are linked to networks of
    /// consumers in emulated Azure, on loopback; omit for no resolver
    #[arg(
        long,
        value_name = "ADDRESS",
        value_parser = consumer_dns,
        env = "UNDERPASS_UP_CONSUMER_DNS"
    )]
    pub(crate) consumer_dns: Option<SocketAddr>,
    /// Domain of private names
    #[arg(
        long,
        value_name = "NAME",
        default_value = "underpass.test",
        env = "UNDERPASS_UP_DOMAIN"
    )]
    pub(crate) domain: String,
    /// Address range of emulated consumers: a range of 127.0.0.0/8, or `auto` for the first free /16
    /// of 127.64 to 127.79, which is kept
    #[arg(
        long,
        value_name = "CIDR",
        default_value = "auto",
        env = "UNDERPASS_UP_CONSUMER_CIDR"
    )]
    pub(crate) consumer_cidr: ConsumerCidrArg,
    /// Duration of emulated cloud operations
    #[arg(
        long,
        value_name = "SPAN",
        default_value = "1s",
        value_parser = span,
        env = "UNDERPASS_UP_CLOUD_DELAY"
    )]
    pub(crate) cloud_delay: Duration,
    /// Interval of endpoint discovery, or `off`
    #[arg(
        long,
        value_name = "SPAN",
        default_value = "10s",
        value_parser = switchable,
        env = "UNDERPASS_UP_DISCOVERY_INTERVAL"
    )]
    pub(crate) discovery_interval: Switchable,
    /// Time over which repeated reads must not find a cloud object before it counts as deleted
    #[arg(
        long,
        value_name = "SPAN",
        default_value = "4s",
        value_parser = span,
        env = "UNDERPASS_UP_ABSENCE_WINDOW"
    )]
    pub(crate) absence_window: Duration,
    /// Allow a region that is newer than this version, such as azure-newregion; repeatable
    #[arg(
        long = "allow-region",
        value_name = "CLOUD",
        value_delimiter = ',',
        env = "UNDERPASS_UP_ALLOW_REGION"
    )]
    pub(crate) further_regions: Vec<CloudName>,
    /// Use of Google's reject list for rejected endpoints
    #[arg(
        long,
        value_name = "omit|list",
        default_value = "omit",
        env = "UNDERPASS_UP_GOOGLE_REJECT"
    )]
    pub(crate) google_reject: GoogleReject,
    /// Give the control plane exactly the role that `underpass account role` prints, in each emulated
    /// cloud; otherwise it may do everything there
    #[arg(long, env = "UNDERPASS_UP_ENFORCE_ROLES")]
    pub(crate) enforce_roles: bool,
    /// Record the exchanges with the APIs of the emulated clouds, without tokens, at the end of
    /// DIR/azure.jsonl and DIR/google.jsonl, one line of JSON each
    #[arg(long, value_name = "DIR", env = "UNDERPASS_UP_RECORD")]
    pub(crate) record: Option<PathBuf>,
    /// Faults that requests to the emulated clouds meet once `up` is ready: those of a normal week
    /// (breezy), of a bad day (storm), or of a file
    #[arg(
        long,
        value_name = "calm|breezy|storm|FILE",
        default_value = "calm",
        env = "UNDERPASS_UP_WEATHER"
    )]
    pub(crate) weather: WeatherSource,
    /// Seed of the faults: the same requests meet the same ones
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 1,
        env = "UNDERPASS_UP_WEATHER_SEED"
    )]
    pub(crate) weather_seed: u64,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
}

/// Use of the reject list of service attachments on Google.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GoogleReject {
    /// Rejected endpoints are on no list; their consumers see them as pending.
    Omit,
    /// Rejected endpoints are on the reject list.
    List,
}

impl From<GoogleReject> for RejectList {
    fn from(given: GoogleReject) -> Self {
        match given {
            GoogleReject::Omit => Self::Omit,
            GoogleReject::List => Self::List,
        }
    }
}

impl UpArgs {
    /// Returns the allowed regions of a provider, by the provider's own names.
    pub(crate) fn further_regions_of(&self, provider: Provider) -> BTreeSet<String> {
        let all = self.further_regions.iter();
        let own = all.filter(|cloud| cloud.provider() == provider);
        own.map(|cloud| cloud.region().to_owned()).collect()
    }

    /// Returns arguments with free ports on loopback and defaults for the rest.
    pub(crate) fn on_free_ports() -> Self {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            api: any,
            api_hosts: Vec::new(),
            dns: any,
            azure: any,
            google: any,
            aws: any,
            azure_portal: any,
            google_portal: any,
            consumer_dns: None,
            domain: "underpass.test".to_owned(),
            consumer_cidr: ConsumerCidrArg::Auto,
            cloud_delay: Duration::from_secs(1),
            discovery_interval: Switchable(Some(Duration::from_secs(10))),
            absence_window: Duration::from_secs(4),
            further_regions: Vec::new(),
            google_reject: GoogleReject::Omit,
            enforce_roles: false,
            record: None,
            weather: WeatherSource::Named("calm"),
            weather_seed: 1,
            limits: LimitArgs::default(),
        }
    }
}

/// Address range of emulated consumers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConsumerCidrArg {
    /// The first free range, which is kept.
    Auto,
    /// A given range.
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
                "`{text}` has host bits set. Did you mean {}?",
                range.trunc()
            ));
        }
        Ok(Self::Fixed(range))
    }
}
