//! Runs the emulated Google in a process of its own, for end-to-end tests.
//!
//! ```text
//! google --data-dir DIR --token-file FILE [--project ID] [--listen ADDR] [--admin ADDR]
//!        [--proxy ADDR] [--metadata ADDR] [--service-account-file FILE]
//!        [--delay-ms N] [--lag-ms N] [--consumer-cidr CIDR] [--record FILE]
//! ```
//!
//! Prints one line of JSON to stdout when it is ready; stops on SIGTERM and SIGINT.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::error::Error;
use std::io::Write as _;
use std::time::Duration;

use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use underpass_emulators::Secret;
use underpass_emulators::google::Options;

const PROJECT: &str = "underpass-provider";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let flags = flags(std::env::args().skip(1))?;
    let flag = |name: &str| flags.get(name).map(String::as_str);
    let need = |name: &str| flag(name).ok_or_else(|| format!("--{name} is required"));
    let millis = |name: &str, default: &str| -> Result<Duration, Box<dyn Error>> {
        Ok(Duration::from_millis(
            flag(name).unwrap_or(default).parse()?,
        ))
    };

    let token_file = need("token-file")?;
    let project = flag("project").unwrap_or(PROJECT);
    let account = flag("service-account-file").map(std::fs::read_to_string);
    let options = Options {
        listen: flag("listen").unwrap_or("127.0.0.1:0").parse()?,
        admin_listen: flag("admin").unwrap_or("127.0.0.1:0").parse()?,
        proxy_listen: flag("proxy").map(str::parse).transpose()?,
        metadata_listen: flag("metadata").map(str::parse).transpose()?,
        data_dir: need("data-dir")?.into(),
        operation_delay: millis("delay-ms", "1000")?,
        further_regions: BTreeSet::new(),
        status_lag: millis("lag-ms", "1000")?,
        consumer_cidr: flag("consumer-cidr").map(str::parse).transpose()?,
        provider_project: project.to_owned(),
        principal: None,
        provider_token: Secret::new(std::fs::read_to_string(token_file)?.trim()),
        service_account: account.transpose()?.map(Secret::new),
    };
    let mut service = options.build().await?;
    if let Some(file) = flag("record") {
        service = service.with_record(file.as_ref())?;
    }
    let handle = service.handle();

    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stop.send(true)
    });
    let url = |address: std::net::SocketAddr| format!("http://{address}");
    let ready = json!({
        "ready": true,
        "url": handle.base_url(),
        "project": project,
        "token_file": token_file,
        "proxy": handle.proxy_address().map(url),
        "ca": handle.ca_path(),
        "metadata": handle.metadata_address().map(url),
        "admin_url": handle.admin_url(),
        "admin_secret_file": handle.admin_secret_file(),
    });
    writeln!(std::io::stdout(), "{ready}")?;
    service.run(stopped).await?;
    Ok(())
}

/// Parses flags of the form `--name value`.
fn flags(mut words: impl Iterator<Item = String>) -> Result<BTreeMap<String, String>, String> {
    let mut flags = BTreeMap::new();
    while let Some(word) = words.next() {
        let name = word
            .strip_prefix("--")
            .ok_or_else(|| format!("{word}: not a flag"))?;
        let value = words
            .next()
            .ok_or_else(|| format!("{word}: needs a value"))?;
        flags.insert(name.to_owned(), value);
    }
    Ok(flags)
}
