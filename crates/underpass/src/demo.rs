//! `demo`: the whole story, live, every line measured and checked.
//!
//! It runs an `up` of its own and does everything through public APIs, as people would: the
//! provider through the control plane, the consumers through the emulated clouds.

mod azure_side;
mod backstage;
mod google_side;
mod guest;
mod http_service;
mod leave;
mod postgres;
mod programs;
mod resolve;
mod scratch;
mod side;
mod stage;
mod story;
mod world;

use serde_json::json;

use self::azure_side::AzureSide;
use self::google_side::GoogleSide;
use self::guest::Guest;
use self::http_service::HttpService;
use self::postgres::Postgres;
use self::programs::Programs;
use self::scratch::Scratch;
use self::side::Side;
use self::stage::Stage;
use self::world::World;
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
    let scratch = Scratch::new(args.keep.as_deref())?;
    let mut stage = Stage::new(printer);
    let mut stop = signals::stop_on_signal()?;
    let telling = Box::pin(tell(args, &scratch, &mut stage));
    let told = tokio::select! {
        told = telling => told,
        _ = stop.wait_for(|stop| *stop) => return Err(Failure::refused("interrupted")),
    };
    match told {
        Ok(()) => stage.say(&format!("\nAll {} checks hold.", stage.held())),
        Err(failure) => Err(failure.hint(format!(
            "{} checks held before this one; run again with --log info to see what every part did",
            stage.held()
        ))),
    }
}

async fn tell(args: &DemoArgs, scratch: &Scratch, stage: &mut Stage) -> Result<(), Failure> {
    stage.chapter("An `underpass up` of its own")?;
    let (data_dir, up_args) = (scratch.path().join("up"), up_args(args));
    let up = Box::pin(Up::start(&data_dir, &up_args));
    let up = stage
        .check("control plane, emulated clouds and DNS answer", up)
        .await?;
    let sides = [
        Side::Azure(AzureSide::of(&up)?),
        Side::Google(GoogleSide::of(&up)?),
    ];
    let world = World::of(&up)?;
    let told = Box::pin(acts(args, scratch, stage, &world, &sides)).await;
    let stopped = up.stop().await;
    told.and(stopped)
}

async fn acts(
    args: &DemoArgs,
    scratch: &Scratch,
    stage: &mut Stage,
    world: &World,
    sides: &[Side],
) -> Result<(), Failure> {
    for side in sides {
        let title = side.title();
        stage.chapter(&format!(
            "A built-in HTTP service, published privately on {title}"
        ))?;
        let name = match side {
            Side::Azure(_) => "web-1",
            Side::Google(_) => "web-2",
        };
        let http = Guest::http(name, HttpService::start().await?);
        Box::pin(story::tell(stage, world, side, &http)).await?;
    }
    for side in sides {
        let programs = if args.without_postgres {
            Err("left out, as asked".to_owned())
        } else {
            Programs::find(args.path.as_deref(), scratch.path())
        };
        match programs {
            Ok(programs) => {
                let postgres = Postgres::prepare(programs, scratch)?;
                Box::pin(with_postgres(stage, world, side, postgres)).await?;
            }
            Err(why) => {
                stage.say(&format!(
                    "\nPostgreSQL: {why}; the HTTP service told the story."
                ))?;
                break;
            }
        }
    }

    stage.chapter("And nothing is left")?;
    Box::pin(leave::nothing(stage, world, sides)).await
}

async fn with_postgres(
    stage: &mut Stage,
    world: &World,
    side: &Side,
    postgres: Postgres,
) -> Result<(), Failure> {
    stage.chapter(&format!(
        "A real PostgreSQL on {}, with TLS checked through the private name",
        side.title()
    ))?;
    let name = match side {
        Side::Azure(_) => "pg-1",
        Side::Google(_) => {
            allow_postgres(stage, world).await?;
            "pg-2"
        }
    };
    let guest = Guest::postgres(name, postgres);
    let told = Box::pin(story::tell(stage, world, side, &guest)).await;
    guest.stop().await;
    told
}

/// PostgreSQL on Google is behind a switch of its own, off at first.
async fn allow_postgres(stage: &mut Stage, world: &World) -> Result<(), Failure> {
    let switched = async {
        let project = ["underpass", "project", &world.project];
        let path = [&project[..], &["features", "privatelink_google_pg"]].concat();
        world.client.put(&path, json!({ "enabled": true })).await
    };
    let line = "feature privatelink_google_pg switched on for the project";
    stage.check(line, switched).await.map(drop)
}

fn up_args(args: &DemoArgs) -> UpArgs {
    UpArgs {
        cloud_delay: args.cloud_delay,
        discovery_interval: DISCOVERY,
        ..UpArgs::on_free_ports()
    }
}
