//! `service connection-info …`

mod choose;
mod postgres;

use serde_json::Value;

use super::{Session, privatelink, service};
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
    session.printer.data(&show(&login))?;
    if let Some(connection) = login.connection() {
        tell_address(session, &args.service_name, connection).await;
    }
    Ok(())
}

/// Most resolvers do not know private names yet, and the C library asks port 53 alone; says how
/// to get there all the same. Only a hint, so failing to give it is no failure.
async fn tell_address(session: &Session, service: &str, connection: &str) {
    let Ok(connections) = privatelink::shown(session, service).await else {
        return;
    };
    let is_it = |one: &&Value| {
        one.get("privatelink_connection_id").and_then(Value::as_str) == Some(connection)
    };
    let address = connections
        .iter()
        .find(is_it)
        .and_then(|one| one.get("user_ip_address"));
    if let Some(address) = address.and_then(Value::as_str) {
        session.printer.say(&format!(
            "hint: until your resolver knows the name (see `underpass dns setup`), set \
             PGHOSTADDR={address}"
        ));
    }
}
