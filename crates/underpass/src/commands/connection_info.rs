//! `service connection-info …`

mod choose;
mod postgres;

use super::{Session, service};
use crate::cli::connection_info::{ConnectionInfoCommand, PgArgs, PgCommand};
use crate::failure::Failure;

use self::postgres::PgLogin;

pub(super) async fn run(command: ConnectionInfoCommand, session: &Session) -> Result<(), Failure> {
    let (args, show): (PgArgs, fn(&PgLogin) -> String) = match command {
        ConnectionInfoCommand::Psql(args) => (args, |login| format!("psql {}", login.uri())),
        ConnectionInfoCommand::Pg(PgCommand::Uri(args)) => (args, PgLogin::uri),
        ConnectionInfoCommand::Pg(PgCommand::String(args)) => (args, PgLogin::connection_string),
    };
    let shown = service::fetch(session, &args.service_name).await?;
    let login = PgLogin::of(&shown, &args)?;
    session.printer.data(&show(&login))
}
