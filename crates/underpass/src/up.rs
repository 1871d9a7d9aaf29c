//! `up`: everything in one process, each part in a room of its own.

mod claimed_resources;
mod console;
mod consumer_cidr;
mod control_plane;
mod data_dir;
mod emulated_azure;
mod emulated_google;
pub(crate) mod identity;
mod node_provisioner;
pub(crate) mod ports;
mod saved_choices;
pub(crate) mod seed;
pub(crate) mod signals;
mod task_group;
pub(crate) mod wiring;

use std::convert::Infallible;
use std::time::Duration;

use tokio::sync::watch;

use self::wiring::Up;
use crate::cli::up::UpArgs;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::ready::Ready;
use crate::settings::Settings;

/// A start that takes longer is explained: 1 s, in which any but the first is over.
const PATIENCE: Duration = Duration::from_secs(1);

/// Runs until it is told to stop.
pub(crate) async fn run(
    settings: &Settings,
    args: &UpArgs,
    printer: Printer,
) -> Result<(), Failure> {
    let stop = signals::stop_on_signal()?;
    start(settings, args, stop.clone(), printer).await
}

async fn start(
    settings: &Settings,
    args: &UpArgs,
    mut stop: watch::Receiver<bool>,
    printer: Printer,
) -> Result<(), Failure> {
    let mut starting = Box::pin(Up::start(settings.data_dir(), args));
    let explained = async {
        tokio::time::sleep(PATIENCE).await;
        printer.say("The first start makes networks in the emulated clouds, in a few seconds …");
        std::future::pending::<Infallible>().await
    };
    let up = tokio::select! {
        up = &mut starting => up?,
        never = explained => match never {},
        _ = stop.wait_for(|stop| *stop) => return Ok(()),
    };
    let announced = announce(up.ready(), printer);
    let ended = match announced {
        Ok(()) => up.run_until(stop).await,
        Err(failure) => up.stop().await.and(Err(failure)),
    };
    printer.say("stopped");
    ended
}

/// A short text for people, then the one line for scripts.
fn announce(ready: &Ready, printer: Printer) -> Result<(), Failure> {
    let vpc = |cloud: &str| {
        let id = ready.project_vpcs.get(cloud);
        id.map_or("ID", String::as_str)
    };
    let data_dir = ready.data_dir.display();
    let page = |url: Option<&str>| url.unwrap_or("none").to_owned();
    let azure_portal = ready.azure.as_ref().map(|azure| azure.portal.as_deref());
    let google_portal = ready.google.as_ref().map(|google| google.portal.as_deref());
    let text = format!(
        "\
Underpass answers on {api} (project {project}); DNS for {domain} on {dns}.

For browsers:
  {console}  the console; sign in with the token in {token_file}
  {azure_portal}  emulated Azure's portal, for consumers
  {google_portal}  emulated Google's portal, for consumers

In a second shell:
  eval \"$(underpass env --data-dir '{data_dir}')\"
  underpass service create pg-1 -t pg --cloud azure-westeurope --project-vpc-id {azure_vpc} \\
      --auto-static-ips --node n1=127.0.0.1 --component pg=5432 --user avnadmin:@password.txt \\
      -c privatelink_access.pg=true
  underpass service privatelink azure create pg-1 --user-subscription-id {subscription} --wait
  underpass service privatelink azure --help

The same on Google: --cloud google-europe-west1 --project-vpc-id {google_vpc}, no static IPs, and
  underpass service privatelink google --help

`avn` and the clouds' SDKs work with the same environment. Ctrl-C stops; everything is kept in
{data_dir}.",
        api = ready.api,
        console = page(ready.console.as_deref()),
        token_file = ready.token_file.display(),
        azure_portal = page(azure_portal.flatten()),
        google_portal = page(google_portal.flatten()),
        project = ready.project,
        domain = ready.domain,
        dns = ready.dns,
        azure_vpc = vpc("azure-westeurope"),
        google_vpc = vpc("google-europe-west1"),
        subscription = ready
            .azure
            .as_ref()
            .map_or("ID", |azure| azure.consumer_subscription.as_str()),
    );
    text.lines().for_each(|line| printer.say(line));
    printer.data(&ready.line()?)
}
