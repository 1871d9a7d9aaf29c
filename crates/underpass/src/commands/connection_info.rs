//! `service connection-info …`: requests the text for a tool and prints it.

mod files;
mod hints;

use serde_json::Value;
use underpass_model::connection_info::{Tool, find_tool, tools_that_support};

use self::hints::words;
use super::session::Session;
use crate::cli::connection_info::{ConnectionInfoArgs, SslMode, Usage};
use crate::cli::output::OutputArgs;
use crate::client::{list, member, text};
use crate::failure::Failure;
use crate::table::Layout;

pub(super) async fn run(args: &ConnectionInfoArgs, session: &Session) -> Result<(), Failure> {
    let (tool, service) = args.tool_and_service();
    let tool = tool.as_deref().map(find).transpose()?;
    if tool.is_none() && find_tool(service).is_ok() {
        return Err(
            Failure::usage(format!("`{service}` is a tool, and no service is given")).hint(
                format!("run `underpass service connection-info {service} NAME`"),
            ),
        );
    }
    let output = args.output.as_deref().map(find).transpose()?;
    if let Some(writer) = output.or(tool) {
        check_options(args, writer)?;
    }
    let path = path(session, service);
    let answer = session.client.get_with(&path, &query(args, tool)).await?;
    let info = member(&answer, "connection_info")?;
    let tools = list(info, "tools")?;
    let only = match tools {
        [only] if tool.is_some() || args.output.is_some() => Some(only),
        _ => None,
    };
    if args.write || args.overwrite {
        let only = only.ok_or_else(|| {
            Failure::usage("-w and -W write the files of a tool, and no tool is given")
        })?;
        files::write(session, only, args)?;
    }
    if args.json {
        let output = OutputArgs {
            json: true,
            ..OutputArgs::default()
        };
        return session.printer.row(info, Layout::Sorted, &output);
    }
    let Some(only) = only else {
        let layout = Layout::Columns(&["tool", "title", "form"]);
        session
            .printer
            .rows(tools, layout, &OutputArgs::default())?;
        hints::print_other_components(session, info);
        return Ok(());
    };
    session.printer.data(text(only, "text")?)?;
    hints::print(session, only);
    Ok(())
}

/// Prints the command of the first tool that fits a connection, in a form that needs no resolver;
/// an address if no command fits. `tls` states whether the service uses TLS.
///
/// # Errors
/// A refusal of the server, or no tool that fits.
pub(super) async fn print_first(
    session: &Session,
    service: &str,
    connection: &str,
    tls: bool,
) -> Result<(), Failure> {
    let path = path(session, service);
    let mut query = vec![("privatelink_connection_id", connection.to_owned())];
    if !tls {
        query.push(("sslmode", SslMode::Disable.as_str().to_owned()));
    }
    let answer = session.client.get_with(&path, &query).await?;
    let info = member(&answer, "connection_info")?;
    let tools = list(info, "tools")?;
    let fits = |form: &'static str| {
        let is_it =
            move |tool: &&Value| words(tool, "form") == Some(form) && words(tool, "text").is_some();
        tools.iter().find(is_it)
    };
    if let Some(command) = fits("command") {
        if let Some(line) = hints::without_resolver(command) {
            hints::print_notes(session, command);
            return session.printer.data(&line);
        }
        hints::print(session, command);
        return session.printer.data(text(command, "text")?);
    }
    let address = fits("address").ok_or_else(|| {
        Failure::refused("no tool supports this component").hint(format!(
            "list the tools with `underpass service connection-info {service}`"
        ))
    })?;
    let uri = text(address, "text")?;
    match words(info, "user_ip_address") {
        // psql accepts a URI without a user and then applies its own defaults.
        Some(ip) if uri.starts_with("postgres://") => session
            .printer
            .data(&format!("PGHOSTADDR={ip} psql '{uri}'")),
        Some(_) | None => {
            hints::print(session, address);
            session.printer.data(uri)
        }
    }
}

/// Finds the named tool; an unknown name is a usage error.
fn find(word: &str) -> Result<&'static Tool, Failure> {
    find_tool(word).map_err(|refusal| {
        Failure::usage(refusal).hint("run `underpass service connection-info [TOOL] NAME`")
    })
}

/// Refuses options that a tool never supports.
fn check_options(args: &ConnectionInfoArgs, writer: &Tool) -> Result<(), Failure> {
    let Some(unsupported) = args.options().find(|option| !writer.ever_supports(*option)) else {
        return Ok(());
    };
    Err(Failure::usage(format!(
        "`{}` does not support `{}`. Tools that support it: {}",
        writer.word,
        unsupported.flag(),
        tools_that_support(unsupported)
    )))
}

fn path<'a>(session: &'a Session, service: &'a str) -> [&'a str; 6] {
    let project = session.project.as_str();
    [
        "underpass",
        "project",
        project,
        "service",
        service,
        "connection-info",
    ]
}

/// Returns the query parameters for the arguments.
fn query(args: &ConnectionInfoArgs, tool: Option<&Tool>) -> Vec<(&'static str, String)> {
    let usage = args.usage.or(args.replica.then_some(Usage::Replica));
    let method = args.kafka_authentication_method;
    let text = |word: &str| Some(word.to_owned());
    let parameters = [
        ("tool", tool.map(|tool| tool.word.to_owned())),
        ("output", args.output.clone()),
        ("route", args.route.and_then(|it| text(it.as_str()))),
        (
            "privatelink_connection_id",
            args.privatelink_connection_id.clone(),
        ),
        ("component", args.component.clone()),
        ("usage", usage.and_then(|it| text(it.as_str()))),
        (
            "kafka_authentication_method",
            method.and_then(|it| text(it.as_str())),
        ),
        (
            "kafka_ssl_ca",
            args.kafka_ssl_ca.and_then(|it| text(it.as_str())),
        ),
        ("username", args.username.clone()),
        ("dbname", args.dbname.clone()),
        ("sslmode", args.sslmode.and_then(|it| text(it.as_str()))),
        ("ca", text(&args.ca)),
        ("client_cert", args.client_cert.clone()),
        ("client_key", args.client_key.clone()),
    ];
    parameters
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| (name, value)))
        .collect()
}
