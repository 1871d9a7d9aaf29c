//! `service …`

mod cert;
mod create;
pub(super) mod document;
mod effects;
mod kafka_listeners;
mod plan;
mod register;
mod registration;
mod show;
mod static_ips;
mod submit;
mod terminate;
mod unregistered;
mod update;
mod user_config;

use self::document::wait_running;
pub(super) use self::plan::Plan;
use super::session::Session;
use super::{connection_info, privatelink};
use crate::cli::service::ServiceCommand;
use crate::cli::span::WaitArgs;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::settings::Settings;

pub(super) async fn run(
    command: ServiceCommand,
    settings: &Settings,
    printer: Printer,
) -> Result<(), Failure> {
    let session = Session::open(settings, printer)?;
    match command {
        ServiceCommand::Create(args) => {
            create::run(&session, &args).await?;
            create::print_next(&session, &args);
            Ok(())
        }
        ServiceCommand::Update(args) => update::run(&session, &args).await,
        ServiceCommand::Register(args) => register::run(&session, &args).await,
        ServiceCommand::Get(args) => show::get(&session, &args).await,
        ServiceCommand::List(args) => show::list(&session, &args).await,
        ServiceCommand::Terminate(args) => terminate::run(&session, &args).await,
        ServiceCommand::Wait(args) => {
            let wait = WaitArgs {
                wait: true,
                timeout: args.timeout,
            };
            for service in &args.service_names {
                wait_running(&session, service, &wait).await?;
            }
            Ok(())
        }
        ServiceCommand::Cert(args) => cert::run(&session, &args).await,
        ServiceCommand::KafkaListeners(args) => kafka_listeners::run(&session, &args).await,
        ServiceCommand::Connections(args) => {
            privatelink::connection::list_all(&session, &args).await
        }
        ServiceCommand::Privatelink(command) => privatelink::run(command, &session).await,
        ServiceCommand::ConnectionInfo(args) => connection_info::run(&args, &session).await,
    }
}
