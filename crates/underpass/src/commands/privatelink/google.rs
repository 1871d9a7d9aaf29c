//! `service privatelink google …`

use serde_json::json;

use super::connection;
use super::link::{GOOGLE, Link};
use crate::cli::privatelink::connection::ConnectionApproveArgs;
use crate::cli::privatelink::google::{GoogleCommand, GoogleConnectionCommand};
use crate::cli::privatelink::link::LinkArgs;
use crate::commands::session::Session;
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
        GoogleConnectionCommand::List(args) => connection::list(session, &GOOGLE, &args).await,
        GoogleConnectionCommand::Approve(args) => approve(session, &args).await,
        GoogleConnectionCommand::Update(args) => connection::update(session, &GOOGLE, &args).await,
        GoogleConnectionCommand::Reject(args) => connection::reject(session, &GOOGLE, &args).await,
        GoogleConnectionCommand::Restore(args) => {
            connection::restore(session, &GOOGLE, &args).await
        }
        GoogleConnectionCommand::Label(args) => connection::label(session, &GOOGLE, &args).await,
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
