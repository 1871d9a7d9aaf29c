//! Commands that do from a shell what the pages do.

use axum::http::Method;
use serde_json::{Value, json};
use underpass_web::cli_snippet::{CliSnippet, CurlCall};
use underpass_web::shell::command_line;

use super::project::{Project, Row};
use crate::google::{Compute, NewEndpoint};

/// Commands for the list of endpoints.
pub(super) fn of_list(project: &Project) -> Vec<CliSnippet> {
    let mut words = vec!["cloud", "google", "endpoint", "list"];
    words.extend(account_flags(project));
    let path = format!("projects/{}/aggregated/forwardingRules", project.name);
    vec![snippet(
        "List endpoints",
        words,
        call(&Method::GET, &path, None),
    )]
}

/// Commands that create an endpoint.
pub(super) fn of_new(project: &Project, new: &NewEndpoint<'_>) -> Vec<CliSnippet> {
    let address = new.address.map(|address| address.to_string());
    let mut words = vec!["cloud", "google", "endpoint", "create", new.name];
    words.extend(["--target", new.target]);
    words.extend(account_flags(project));
    if project.portal.options.subnet.as_deref() != Some(new.subnet) {
        words.extend(["--subnet", new.subnet]);
    }
    if let Some(address) = &address {
        words.extend(["--address", address]);
    }
    if let Some(message) = new.message {
        words.extend(["--message", message]);
    }
    let addresses = new.collection("addresses");
    let reserved = format!("{addresses}/{}", new.name);
    let rules = new.collection("forwardingRules");
    vec![
        snippet(
            "Connect the endpoint: reserve its address",
            words,
            call(&Method::POST, &addresses, Some(&new.address_body())),
        ),
        snippet(
            "Then connect it to the service, when the address is reserved",
            Vec::new(),
            call(&Method::POST, &rules, Some(&new.rule_body(&reserved))),
        ),
    ]
}

/// Commands for an existing endpoint.
pub(super) fn of_endpoint(project: &Project, row: &Row) -> Vec<CliSnippet> {
    let path = project.endpoint_path(&row.region, &row.name);
    let words = |verb| {
        let mut words = vec!["cloud", "google", "endpoint", verb, &row.name];
        words.extend(account_flags(project));
        if row.region != project.portal.options.region {
            words.extend(["--region", &row.region]);
        }
        words
    };
    vec![
        snippet(
            "Show the endpoint",
            words("show"),
            call(&Method::GET, &path, None),
        ),
        snippet(
            "Delete the endpoint",
            words("delete"),
            call(&Method::DELETE, &path, None),
        ),
    ]
}

/// Commands that create a network and a subnetwork.
pub(super) fn of_network(project: &Project) -> Vec<CliSnippet> {
    let networks = format!("projects/{}/global/networks", project.name);
    let region = &project.portal.options.region;
    let subnets = format!("projects/{}/regions/{region}/subnetworks", project.name);
    let network = json!({ "name": "consumer", "autoCreateSubnetworks": false });
    let subnet = json!({
        "name": "default", "network": format!("{networks}/consumer"), "ipCidrRange": "RANGE",
    });
    vec![
        snippet(
            "Create a network",
            Vec::new(),
            call(&Method::POST, &networks, Some(&network)),
        ),
        snippet(
            "Then create a subnetwork; its RANGE must be within $UNDERPASS_CONSUMER_CIDR",
            Vec::new(),
            call(&Method::POST, &subnets, Some(&subnet)),
        ),
    ]
}

/// Flags for the project, unless it is the default one.
fn account_flags(project: &Project) -> Vec<&str> {
    if project.name == project.portal.options.project {
        Vec::new()
    } else {
        vec!["--project", &project.name]
    }
}

/// A call of the API at a path. Consumers need no authentication.
fn call(method: &Method, path: &str, body: Option<&Value>) -> String {
    let call = CurlCall {
        authentication: "",
        base_variable: "UNDERPASS_GOOGLE_URL",
        method,
        path: &Compute::route(path),
        body,
    };
    call.line()
}

/// Without words, the command line has no such command.
fn snippet(title: &str, words: Vec<&str>, call: String) -> CliSnippet {
    CliSnippet {
        title: title.to_owned(),
        command: if words.is_empty() {
            String::new()
        } else {
            command_line("underpass", words)
        },
        call,
    }
}
