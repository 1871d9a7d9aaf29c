//! Runs the emulated Azure alone, for tests outside of Rust.
//!
//! ```text
//! azure --data-dir DIR --secret-file FILE [--listen ADDR] [--admin ADDR] [--metadata ADDR]
//!       [--delay-ms N] [--consumer-cidr CIDR] [--consumer-dns ADDR] [--record FILE]
//! ```
//!
//! Prints one line of JSON on stdout when it is ready; ends on SIGTERM and SIGINT.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::error::Error;
use std::io::Write as _;
use std::time::Duration;

use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use underpass_emulators::Secret;
use underpass_emulators::azure::Options;

const TENANT: &str = "10000000-0000-4000-8000-000000000001";
const CLIENT: &str = "10000000-0000-4000-8000-000000000002";
const SUBSCRIPTION: &str = "10000000-0000-4000-8000-000000000003";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let flags = flags(std::env::args().skip(1))?;
    let flag = |name: &str| flags.get(name).map(String::as_str);
    let need = |name: &str| flag(name).ok_or_else(|| format!("--{name} is missing"));

    let options = Options {
        listen: flag("listen").unwrap_or("127.0.0.1:0").parse()?,
        admin_listen: flag("admin").unwrap_or("127.0.0.1:0").parse()?,
        data_dir: need("data-dir")?.into(),
        operation_delay: Duration::from_millis(flag("delay-ms").unwrap_or("1000").parse()?),
        further_regions: BTreeSet::new(),
        consumer_cidr: flag("consumer-cidr").map(str::parse).transpose()?,
        metadata_listen: flag("metadata").map(str::parse).transpose()?,
        consumer_dns: flag("consumer-dns").map(str::parse).transpose()?,
        provider_tenant: TENANT.to_owned(),
        provider_client: CLIENT.to_owned(),
        application: None,
        provider_secret: Secret::new(std::fs::read_to_string(need("secret-file")?)?.trim()),
        provider_subscription: SUBSCRIPTION.to_owned(),
        public_host: None,
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
    let ready = json!({
        "ready": true,
        "url": handle.base_url(),
        "ca": handle.ca_path(),
        "metadata": handle.metadata_address().map(|it| format!("http://{it}")),
        "consumer_dns": handle.consumer_dns_address(),
        "tenant": TENANT,
        "client_id": CLIENT,
        "subscription": SUBSCRIPTION,
        "admin_url": handle.admin_url(),
        "admin_secret_file": handle.admin_secret_file(),
    });
    writeln!(std::io::stdout(), "{ready}")?;
    service.run(stopped).await?;
    Ok(())
}

/// Flags of the form `--name value`.
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
