//! `up`: control plane, emulated clouds, DNS and portals in one process.

mod claimed_resources;
mod consumer_cidr;
mod control_plane;
mod emulated_azure;
mod emulated_google;
pub(crate) mod files_beside_store;
mod held_accounts;
pub(crate) mod identity;
pub(crate) mod node_provisioner;
pub(crate) mod ports;
pub(crate) mod restore;
mod saved_choices;
pub(crate) mod seed;
pub(crate) mod wiring;

use std::convert::Infallible;
use std::time::Duration;

use tokio::sync::watch;

use self::wiring::Up;
use crate::cli::up::UpArgs;
use crate::control_plane::signals;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::ready::Ready;
use crate::settings::Settings;
use crate::weather;

/// Duration after which a start is explained: 1 s; only the first start takes longer.
const EXPLAIN_AFTER: Duration = Duration::from_secs(1);

/// Runs until a signal stops it.
///
/// # Errors
/// If a part does not start, or ends before the signal.
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
    let weather = weather::read(&args.weather)?;
    let mut starting = Box::pin(Up::start(settings.data_dir(), args));
    let explained = async {
        tokio::time::sleep(EXPLAIN_AFTER).await;
        printer
            .say("Creating networks in the emulated clouds. The first start takes a few seconds.");
        std::future::pending::<Infallible>().await
    };
    let up = tokio::select! {
        up = &mut starting => up?,
        never = explained => match never {},
        _ = stop.wait_for(|stop| *stop) => return Ok(()),
    };
    up.azure().begin_weather(weather.clone(), args.weather_seed);
    up.google().begin_weather(weather, args.weather_seed);
    let announced = announce(up.ready(), printer);
    let ended = match announced {
        Ok(()) => up.run_until(stop).await,
        Err(failure) => up.stop().await.and(Err(failure)),
    };
    printer.say("stopped");
    ended
}

/// Prints the addresses and the first commands on stderr, and the ready line for programs on stdout.
fn announce(ready: &Ready, printer: Printer) -> Result<(), Failure> {
    let vpc = |cloud: &str| {
        let id = ready.project_vpcs.get(cloud);
        id.map_or("ID", String::as_str)
    };
    let data_dir = ready.data_dir.display();
    let page_url = |url: Option<&str>| url.unwrap_or("none").to_owned();
    let azure_portal = ready.azure.as_ref().map(|azure| azure.portal.as_deref());
    let google_portal = ready.google.as_ref().map(|google| google.portal.as_deref());
    let text = format!(
        "\
Underpass is running.

API:      {api} (project {project})
DNS:      {dns} (domain {domain})
Console:  {console} (sign in with the token in {token_file})
Portals:  {azure_portal} (consumers in emulated Azure)
          {google_portal} (consumers in emulated Google)

In a second shell, create a service and its private link (password.txt has the password of its user):
  eval \"$(underpass env --data-dir '{data_dir}')\"
  underpass service create pg-1 -t pg --cloud azure-westeurope --project-vpc-id {azure_vpc} \\
      --auto-static-ips --node n1=127.0.0.1 --component pg=5432,tls=off --user avnadmin:@password.txt \\
      -c privatelink_access.pg=true
  underpass service privatelink azure create pg-1 --user-subscription-id {subscription} --wait
  underpass service privatelink azure --help

On Google, use --cloud google-europe-west1 --project-vpc-id {google_vpc}, omit --auto-static-ips, and see
  underpass service privatelink google --help

`avn` and the SDKs of the clouds use the same environment variables.
Press Ctrl-C to stop. All data stays in {data_dir}.",
        api = ready.api,
        console = page_url(ready.console.as_deref()),
        token_file = ready.token_file.display(),
        azure_portal = page_url(azure_portal.flatten()),
        google_portal = page_url(google_portal.flatten()),
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
    if printer.writes_to_terminal() {
        return Ok(());
    }
    printer.data(&ready.line()?)
}
