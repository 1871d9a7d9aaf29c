//! `emulate azure`

use serde_json::json;
use underpass_emulators::Secret;
use underpass_emulators::azure::Options;

use crate::cli::emulate::{EmulateAzureArgs, EmulateCommand};
use crate::failure::{Chain, Failure};
use crate::printer::Printer;
use crate::up::{identity, signals};

pub(super) async fn run(command: EmulateCommand, printer: Printer) -> Result<(), Failure> {
    let EmulateCommand::Azure(args) = command;
    azure(args, printer).await
}

async fn azure(args: EmulateAzureArgs, printer: Printer) -> Result<(), Failure> {
    let who = identity::AzureProvider::open(&args.state)?;
    let options = Options {
        listen: args.listen,
        admin_listen: args.admin,
        data_dir: args.state.clone(),
        operation_delay: args.cloud_delay,
        consumer_cidr: Some(args.consumer_cidr),
        provider_tenant: who.tenant.clone(),
        provider_client: who.client_id.clone(),
        provider_secret: Secret::new(who.secret.expose()),
        provider_subscription: who.subscription.clone(),
        public_host: args.public_host,
    };
    let service = options
        .build()
        .await
        .map_err(|error| Failure::refused(Chain(&error)))?;
    let handle = service.handle();
    let stopped = signals::stop_on_signal()?;
    let ready = json!({
        "ready": true,
        "schema": 1,
        "pid": std::process::id(),
        "url": handle.base_url(),
        "ca": handle.ca_path(),
        "tenant": who.tenant,
        "subscription": who.subscription,
        "client_id": who.client_id,
        "secret_file": who.secret_file,
        "consumer_cidr": args.consumer_cidr,
        "admin_url": handle.admin_url(),
        "admin_secret_file": handle.admin_secret_file(),
    });
    // Its listeners are bound: whoever connects now is answered as soon as it runs.
    printer.data(&ready.to_string())?;
    service
        .run(stopped)
        .await
        .map_err(|error| Failure::refused(Chain(&error)))
}
