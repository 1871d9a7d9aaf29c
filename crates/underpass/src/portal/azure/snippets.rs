//! Commands that do from a shell what the pages do.

use axum::http::Method;
use serde_json::{Value, json};
use underpass_web::cli_snippet::{CliSnippet, CurlCall};
use underpass_web::shell::{command_line, quote};

use super::account::{Account, Row};
use crate::azure::{Arm, NewEndpoint};

/// Authentication with the token of the first call. The shell itself reads it, so that no list of
/// processes shows it.
const AUTHENTICATION: &str = "--cacert \"$UNDERPASS_AZURE_CA\" \
                   -H @<(printf 'authorization: Bearer %s' \"$TOKEN\")";

/// A request for an endpoint.
pub(super) struct EndpointRequest<'a> {
    pub(super) group: &'a str,
    pub(super) name: &'a str,
    pub(super) new: NewEndpoint<'a>,
}

/// Commands for the list of endpoints.
pub(super) fn of_list(account: &Account) -> Vec<CliSnippet> {
    let mut words = vec!["cloud", "azure", "endpoint", "list"];
    words.extend(account_flags(account, account.portal.group()));
    let route = account.collection("privateEndpoints");
    vec![
        token(account),
        snippet("List endpoints", words, call(&Method::GET, &route, None)),
    ]
}

/// Commands that create an endpoint.
pub(super) fn of_new(account: &Account, request: &EndpointRequest<'_>) -> Vec<CliSnippet> {
    vec![token(account), new(account, "Create the endpoint", request)]
}

/// Commands for an existing endpoint.
pub(super) fn of_endpoint(account: &Account, row: &Row) -> Vec<CliSnippet> {
    let (name, group) = (row.name.as_str(), row.group.as_str());
    let id = account.endpoint_id(group, name);
    let words = |verb| {
        let mut words = vec!["cloud", "azure", "endpoint", verb, name];
        words.extend(account_flags(account, group));
        words
    };
    let request = EndpointRequest {
        group,
        name,
        new: NewEndpoint {
            location: &row.it.location,
            subnet: &row.it.subnet,
            target: &row.it.target,
            address: None,
            message: Some(row.it.message.as_str()).filter(|message| !message.is_empty()),
        },
    };
    vec![
        token(account),
        snippet(
            "Show the endpoint",
            words("show"),
            call(&Method::GET, &id, None),
        ),
        new(account, "Create a similar endpoint", &request),
        snippet(
            "Delete the endpoint",
            words("delete"),
            call(&Method::DELETE, &id, None),
        ),
    ]
}

fn new(account: &Account, title: &str, request: &EndpointRequest<'_>) -> CliSnippet {
    let EndpointRequest { group, name, new } = request;
    let address = new.address.map(|address| address.to_string());
    let mut words = vec!["cloud", "azure", "endpoint", "create", *name];
    words.extend(["--target", new.target]);
    words.extend(account_flags(account, group));
    let is_usual = account.portal.options.subnet.as_deref() == Some(new.subnet);
    if !is_usual || !account.is_default() {
        words.extend(["--subnet", new.subnet]);
    }
    if let Some(address) = &address {
        words.extend(["--address", address]);
    }
    if let Some(message) = new.message {
        words.extend(["--message", message]);
    }
    let id = account.endpoint_id(group, name);
    snippet(title, words, call(&Method::PUT, &id, Some(&new.body())))
}

/// Flags for the account, unless it is the default one.
fn account_flags<'a>(account: &'a Account, group: &'a str) -> Vec<&'a str> {
    let options = &account.portal.options;
    let mut words = Vec::new();
    if account.tenant != options.tenant {
        words.extend(["--tenant", &account.tenant]);
    }
    if account.subscription != options.subscription {
        words.extend(["--subscription", &account.subscription]);
    }
    if group != account.portal.group() {
        words.extend(["--resource-group", group]);
    }
    words
}

/// The call that gets the token for the other calls.
fn token(account: &Account) -> CliSnippet {
    let route = format!("/{}/oauth2/v2.0/token", account.tenant);
    CliSnippet {
        title: "Get a token for the calls below; it expires after one hour".to_owned(),
        command: String::new(),
        call: format!(
            "TOKEN=\"$(curl -sS --fail-with-body --cacert \"$UNDERPASS_AZURE_CA\" \
             -d grant_type=client_credentials -d client_id=\"$AZURE_CLIENT_ID\" \
             --data-urlencode client_secret@<(printf '%s' \"$AZURE_CLIENT_SECRET\") \
             -d scope=https://management.azure.com/.default \"$AZURE_AUTHORITY_HOST\"{} \
             | python3 -c 'import json, sys; print(json.load(sys.stdin)[\"access_token\"])')\"",
            quote(&route)
        ),
    }
}

/// A call of the resource manager at a path.
fn call(method: &Method, path: &str, body: Option<&Value>) -> String {
    let call = CurlCall {
        authentication: AUTHENTICATION,
        base_variable: "UNDERPASS_AZURE_URL",
        method,
        path: &Arm::route(path),
        body,
    };
    call.line()
}

fn snippet(title: &str, words: Vec<&str>, call: String) -> CliSnippet {
    CliSnippet {
        title: title.to_owned(),
        command: command_line("underpass", words),
        call,
    }
}

/// Body of a resource group, which must exist before its resources.
pub(super) fn group_body(location: &str) -> Value {
    json!({ "location": location })
}
