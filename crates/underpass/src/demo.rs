//! `demo`: the whole story, live, every line measured and checked.
//!
//! It runs an `up` of its own and does everything through public APIs, as people would: the
//! provider through the control plane, the consumer through the emulated cloud.

mod guest;
mod http_service;
mod postgres;
mod programs;
mod resolve;
mod scratch;
mod stage;
mod story;
mod world;

use std::net::SocketAddr;

use self::guest::Guest;
use self::http_service::HttpService;
use self::postgres::Postgres;
use self::programs::Programs;
use self::scratch::Scratch;
use self::stage::Stage;
use self::world::World;
use crate::cli::demo::DemoArgs;
use crate::cli::span::Switchable;
use crate::cli::up::{ConsumerCidrArg, UpArgs};
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
        .check("control plane, emulated Azure and DNS answer", up)
        .await?;
    let world = World::of(&up)?;
    let told = Box::pin(acts(args, scratch, stage, &world)).await;
    let stopped = up.stop().await;
    told.and(stopped)
}

async fn acts(
    args: &DemoArgs,
    scratch: &Scratch,
    stage: &mut Stage,
    world: &World,
) -> Result<(), Failure> {
    stage.chapter("A built-in HTTP service, published privately")?;
    let http = Guest::Http(HttpService::start().await?);
    Box::pin(story::tell(stage, world, &http)).await?;

    let programs = if args.without_postgres {
        Err("left out, as asked".to_owned())
    } else {
        Programs::find(args.path.as_deref(), scratch.path())
    };
    match programs {
        Ok(programs) => {
            stage.chapter("A real PostgreSQL, with TLS checked through the private name")?;
            let postgres = Postgres::prepare(programs, scratch)?;
            let guest = Guest::Postgres(Box::new(postgres));
            let told = Box::pin(story::tell(stage, world, &guest)).await;
            guest.stop().await;
            told?;
        }
        Err(why) => stage.say(&format!(
            "\nPostgreSQL: {why}; the HTTP service told the story."
        ))?,
    }

    stage.chapter("And nothing is left")?;
    Box::pin(story::leave_nothing(stage, world)).await
}

fn up_args(args: &DemoArgs) -> UpArgs {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    UpArgs {
        api: any,
        dns: any,
        azure: any,
        google: any,
        aws: any,
        domain: "underpass.test".to_owned(),
        consumer_cidr: ConsumerCidrArg::Auto,
        cloud_delay: args.cloud_delay,
        discovery_interval: DISCOVERY,
    }
}
