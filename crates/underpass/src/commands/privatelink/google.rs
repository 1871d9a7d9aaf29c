//! `service privatelink google …`

use serde_json::{Value, json};

use super::connection;
use super::link::{GOOGLE, Link};
use crate::cli::privatelink::connection::ConnectionApproveArgs;
use crate::cli::privatelink::google::{
    GoogleCommand, GoogleConnectionCommand, GoogleConnectionListArgs,
};
use crate::cli::privatelink::link::LinkArgs;
use crate::commands::session::Session;
use crate::document::raw_rows;
use crate::failure::Failure;
use crate::table::Layout;

pub(super) async fn run(command: GoogleCommand, session: &Session) -> Result<(), Failure> {
    match command {
        GoogleCommand::Create(args) => {
            let link = Link::of(session, &GOOGLE, &args.service_name);
            link.create(json!({}), &args.wait, &args.output).await
        }
        GoogleCommand::Get(args) => {
            let link = Link::of(session, &GOOGLE, &args.service_name);
            link.get(&args.output).await
        }
        GoogleCommand::Delete(args) => {
            let link = Link::of(session, &GOOGLE, &args.service_name);
            link.delete(&args).await
        }
        GoogleCommand::Refresh(args) => refresh(session, &args).await,
        GoogleCommand::Connection(command) => decide(command, session).await,
    }
}

async fn decide(command: GoogleConnectionCommand, session: &Session) -> Result<(), Failure> {
    match command {
        GoogleConnectionCommand::List(args) => list(session, &args).await,
        GoogleConnectionCommand::Approve(args) => approve(session, &args).await,
        GoogleConnectionCommand::Update(args) => connection::update(session, &GOOGLE, &args).await,
        GoogleConnectionCommand::Reject(args) => connection::reject(session, &GOOGLE, &args).await,
        GoogleConnectionCommand::Restore(args) => {
            connection::restore(session, &GOOGLE, &args).await
        }
        GoogleConnectionCommand::Label(args) => connection::label(session, &GOOGLE, &args).await,
    }
}

/// Prints the connections; that of one endpoint if its number is given.
async fn list(session: &Session, args: &GoogleConnectionListArgs) -> Result<(), Failure> {
    let Some(number) = &args.psc_connection_id else {
        return connection::list(session, &GOOGLE, &args.link).await;
    };
    let link = Link::of(session, &GOOGLE, &args.link.service_name);
    let mut rows = raw_rows(link.connections().await?);
    rows.retain(|row| {
        row.get("psc_connection_id")
            .is_some_and(|it| is_number(it, number))
    });
    if rows.is_empty() {
        return Err(
            Failure::missing(format!("no connection has PSC connection ID {number}")).hint(
                format!(
                    "discover new endpoints with `underpass service privatelink google refresh {}`",
                    link.service
                ),
            ),
        );
    }
    session
        .printer
        .rows(&rows, Layout::Columns(GOOGLE.columns), &args.link.output)
}

/// Reports whether a member, a number or its text, is this number.
fn is_number(member: &Value, number: &str) -> bool {
    match member.as_str() {
        Some(text) => text == number,
        None => member.as_u64().is_some_and(|it| number.parse() == Ok(it)),
    }
}

/// Prints the answer, as the compatible command line does on this cloud.
async fn refresh(session: &Session, args: &LinkArgs) -> Result<(), Failure> {
    let link = Link::of(session, &GOOGLE, &args.service_name);
    let answer = link.refresh().await?;
    session
        .printer
        .rows(&[answer], Layout::Sorted, &args.output)
}

/// Approves with the address, which Google never reports to the producer.
async fn approve(session: &Session, args: &ConnectionApproveArgs) -> Result<(), Failure> {
    let link = Link::of(session, &GOOGLE, &args.connection.service_name);
    let id = connection::chosen(&link, &args.connection).await?;
    let Some(address) = args.ip_address() else {
        return Err(Failure::usage(format!(
            "no address given for the endpoint of {id}, and Google does not report it"
        ))
        .hint(
            "add --user-ip-address IP_ADDRESS. The consumer reads it from the endpoint, here with \
             `underpass cloud google endpoint list`",
        ));
    };
    let body = json!({ "user_ip_address": address });
    connection::approve(&link, &id, body, &["active"], args).await
}
