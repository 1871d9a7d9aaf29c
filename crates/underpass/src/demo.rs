//! `demo`: publishes services privately in both emulated clouds, and checks and times each step.
//!
//! It runs an `up` of its own and uses only public APIs, as a provider and its consumers would: the
//! API of the control plane for the provider, and those of the emulated clouds for the consumers.

mod azure_cloud;
mod checklist;
mod cleanup;
mod cloud;
mod demo_service;
mod environment;
mod google_cloud;
mod http_service;
mod postgres;
mod programs;
mod resource_inventory;
mod scenario;
mod work_dir;

use serde_json::json;

use self::azure_cloud::AzureCloud;
use self::checklist::Checklist;
use self::cloud::Cloud;
use self::demo_service::DemoService;
use self::environment::Environment;
use self::google_cloud::GoogleCloud;
use self::http_service::HttpService;
use self::postgres::Postgres;
use self::programs::Programs;
use self::work_dir::WorkDir;
use crate::cli::demo::DemoArgs;
use crate::cli::span::Switchable;
use crate::cli::up::UpArgs;
use crate::control_plane::signals;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::up::wiring::Up;

/// Interval of discovery: off, because the demo requests each refresh itself.
const DISCOVERY: Switchable = Switchable(None);

/// Runs all scenarios.
///
/// # Errors
/// The first check that fails.
pub(crate) async fn run(args: &DemoArgs, printer: Printer) -> Result<(), Failure> {
    let work_dir = WorkDir::new(args.kept_dir.as_deref())?;
    let mut checklist = Checklist::new(printer);
    let mut stop = signals::stop_on_signal()?;
    let running = Box::pin(run_with_up(args, &work_dir, &mut checklist));
    let outcome = tokio::select! {
        outcome = running => outcome,
        _ = stop.wait_for(|stop| *stop) => return Err(Failure::refused("interrupted")),
    };
    match outcome {
        Ok(()) => checklist.note(&format!("\nAll {} checks passed.", checklist.passed())),
        Err(failure) => Err(failure.hint(format!(
            "{} checks passed before this one; run `underpass demo --log info` for the log of \
             every part",
            checklist.passed()
        ))),
    }
}

/// Starts an `up`, runs all scenarios, and stops it.
async fn run_with_up(
    args: &DemoArgs,
    work_dir: &WorkDir,
    checklist: &mut Checklist,
) -> Result<(), Failure> {
    checklist.heading("Start an `underpass up` in a temporary directory")?;
    let (data_dir, up_args) = (work_dir.path().join("up"), up_args(args));
    let up = Box::pin(Up::start(&data_dir, &up_args));
    let up = checklist
        .check("control plane, emulated clouds and DNS server answer", up)
        .await?;
    let clouds = [
        Cloud::Azure(AzureCloud::of(&up)?),
        Cloud::Google(GoogleCloud::of(&up)?),
    ];
    let env = Environment::of(&up)?;
    let outcome = Box::pin(run_scenarios(args, work_dir, checklist, &env, &clouds)).await;
    let stopped = up.stop().await;
    outcome.and(stopped)
}

/// Runs the scenario for each service on each cloud, and cleans up.
async fn run_scenarios(
    args: &DemoArgs,
    work_dir: &WorkDir,
    checklist: &mut Checklist,
    env: &Environment,
    clouds: &[Cloud],
) -> Result<(), Failure> {
    for cloud in clouds {
        let title = cloud.title();
        checklist.heading(&format!(
            "Publish a built-in HTTP service privately on {title}"
        ))?;
        let name = match cloud {
            Cloud::Azure(_) => "web-1",
            Cloud::Google(_) => "web-2",
        };
        let http = DemoService::http(name, HttpService::start().await?);
        Box::pin(scenario::run(checklist, env, cloud, &http)).await?;
    }
    for cloud in clouds {
        let programs = if args.without_postgres {
            Err("--without-postgres is set".to_owned())
        } else {
            Programs::find(args.path.as_deref(), work_dir.path())
        };
        match programs {
            Ok(programs) => {
                let postgres = Postgres::prepare(programs, work_dir)?;
                Box::pin(with_postgres(checklist, env, cloud, postgres)).await?;
            }
            Err(why) => {
                checklist.note(&format!("\nPostgreSQL is skipped: {why}."))?;
                break;
            }
        }
    }

    checklist.heading("Clean up")?;
    Box::pin(cleanup::run(checklist, env, clouds)).await
}

async fn with_postgres(
    checklist: &mut Checklist,
    env: &Environment,
    cloud: &Cloud,
    postgres: Postgres,
) -> Result<(), Failure> {
    checklist.heading(&format!(
        "Publish PostgreSQL privately on {}, with TLS verified for the private name",
        cloud.title()
    ))?;
    let name = match cloud {
        Cloud::Azure(_) => "pg-1",
        Cloud::Google(_) => {
            allow_postgres(checklist, env).await?;
            "pg-2"
        }
    };
    let service = DemoService::postgres(name, postgres);
    let outcome = Box::pin(scenario::run(checklist, env, cloud, &service)).await;
    service.stop().await;
    outcome
}

/// Enables PostgreSQL on Google, a feature that is disabled by default.
async fn allow_postgres(checklist: &mut Checklist, env: &Environment) -> Result<(), Failure> {
    let switched = async {
        let project = ["underpass", "project", &env.project];
        let path = [&project[..], &["features", "privatelink_google_pg"]].concat();
        env.client.put(&path, json!({ "enabled": true })).await
    };
    let line = "the operator enables the feature privatelink_google_pg for the project";
    checklist.check(line, switched).await.map(drop)
}

fn up_args(args: &DemoArgs) -> UpArgs {
    UpArgs {
        cloud_delay: args.cloud_delay,
        discovery_interval: DISCOVERY,
        ..UpArgs::on_free_ports()
    }
}
