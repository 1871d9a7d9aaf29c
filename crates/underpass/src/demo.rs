//! `demo`: the whole story, live, every line measured and checked.
//!
//! It runs an `up` of its own and does everything through public APIs, as people would: the
//! provider through the control plane, the consumers through the emulated clouds.

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
mod resolve;
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
use crate::failure::Failure;
use crate::printer::Printer;
use crate::up::signals;
use crate::up::wiring::Up;

/// How often new endpoints are looked for; the story asks itself, as a person would.
const DISCOVERY: Switchable = Switchable(None);

/// Tells the story; fails with its first line that does not hold.
pub(crate) async fn run(args: &DemoArgs, printer: Printer) -> Result<(), Failure> {
    let work_dir = WorkDir::new(args.keep.as_deref())?;
    let mut checklist = Checklist::new(printer);
    let mut stop = signals::stop_on_signal()?;
    let telling = Box::pin(tell(args, &work_dir, &mut checklist));
    let told = tokio::select! {
        told = telling => told,
        _ = stop.wait_for(|stop| *stop) => return Err(Failure::refused("interrupted")),
    };
    match told {
        Ok(()) => checklist.note(&format!("\nAll {} checks hold.", checklist.passed())),
        Err(failure) => Err(failure.hint(format!(
            "{} checks held before this one; run again with --log info to see what every part did",
            checklist.passed()
        ))),
    }
}

async fn tell(
    args: &DemoArgs,
    work_dir: &WorkDir,
    checklist: &mut Checklist,
) -> Result<(), Failure> {
    checklist.heading("An `underpass up` of its own")?;
    let (data_dir, up_args) = (work_dir.path().join("up"), up_args(args));
    let up = Box::pin(Up::start(&data_dir, &up_args));
    let up = checklist
        .check("control plane, emulated clouds and DNS answer", up)
        .await?;
    let clouds = [
        Cloud::Azure(AzureCloud::of(&up)?),
        Cloud::Google(GoogleCloud::of(&up)?),
    ];
    let env = Environment::of(&up)?;
    let told = Box::pin(acts(args, work_dir, checklist, &env, &clouds)).await;
    let stopped = up.stop().await;
    told.and(stopped)
}

async fn acts(
    args: &DemoArgs,
    work_dir: &WorkDir,
    checklist: &mut Checklist,
    env: &Environment,
    clouds: &[Cloud],
) -> Result<(), Failure> {
    for cloud in clouds {
        let title = cloud.title();
        checklist.heading(&format!(
            "A built-in HTTP service, published privately on {title}"
        ))?;
        let name = match cloud {
            Cloud::Azure(_) => "web-1",
            Cloud::Google(_) => "web-2",
        };
        let http = DemoService::http(name, HttpService::start().await?);
        Box::pin(scenario::tell(checklist, env, cloud, &http)).await?;
    }
    for cloud in clouds {
        let programs = if args.without_postgres {
            Err("left out, as asked".to_owned())
        } else {
            Programs::find(args.path.as_deref(), work_dir.path())
        };
        match programs {
            Ok(programs) => {
                let postgres = Postgres::prepare(programs, work_dir)?;
                Box::pin(with_postgres(checklist, env, cloud, postgres)).await?;
            }
            Err(why) => {
                checklist.note(&format!(
                    "\nPostgreSQL: {why}; the HTTP service told the story."
                ))?;
                break;
            }
        }
    }

    checklist.heading("And nothing is left")?;
    Box::pin(cleanup::nothing(checklist, env, clouds)).await
}

async fn with_postgres(
    checklist: &mut Checklist,
    env: &Environment,
    cloud: &Cloud,
    postgres: Postgres,
) -> Result<(), Failure> {
    checklist.heading(&format!(
        "A real PostgreSQL on {}, with TLS checked through the private name",
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
    let told = Box::pin(scenario::tell(checklist, env, cloud, &service)).await;
    service.stop().await;
    told
}

/// PostgreSQL on Google is behind a switch of its own, off at first.
async fn allow_postgres(checklist: &mut Checklist, env: &Environment) -> Result<(), Failure> {
    let switched = async {
        let project = ["underpass", "project", &env.project];
        let path = [&project[..], &["features", "privatelink_google_pg"]].concat();
        env.client.put(&path, json!({ "enabled": true })).await
    };
    let line = "feature privatelink_google_pg switched on for the project";
    checklist.check(line, switched).await.map(drop)
}

fn up_args(args: &DemoArgs) -> UpArgs {
    UpArgs {
        cloud_delay: args.cloud_delay,
        discovery_interval: DISCOVERY,
        ..UpArgs::on_free_ports()
    }
}
