//! How to do the same from a shell.

use serde_json::{Value, json};
use underpass_model::connection_info::quote;
use underpass_server::console::recipe::{Recipe, command_line};

use super::account::{Account, Row};
use crate::azure::{Arm, NewEndpoint};
use crate::portal::recipe::Call;

/// Who calls, once there is a token. The shell reads it by itself, so that no list of processes
/// shows it.
const WHO: &str = "--cacert \"$UNDERPASS_AZURE_CA\" \
                   -H @<(printf 'authorization: Bearer %s' \"$TOKEN\")";

/// An endpoint to ask for, as far as it is known.
pub(super) struct Wish<'a> {
    pub(super) group: &'a str,
    pub(super) name: &'a str,
    pub(super) new: NewEndpoint<'a>,
}

/// All endpoints.
pub(super) fn of_list(account: &Account) -> Vec<Recipe> {
    let mut words = vec!["cloud", "azure", "endpoint", "list"];
    words.extend(whose(account, account.portal.group()));
    let route = account.collection("privateEndpoints");
    vec![
        token(account),
        recipe("List endpoints", words, &call("GET", &route, None)),
    ]
}

/// One more endpoint.
pub(super) fn of_new(account: &Account, wish: &Wish<'_>) -> Vec<Recipe> {
    vec![token(account), new(account, "Create the endpoint", wish)]
}

/// What can be done with an endpoint that is there.
pub(super) fn of_endpoint(account: &Account, row: &Row) -> Vec<Recipe> {
    let (name, group) = (row.name.as_str(), row.group.as_str());
    let id = account.endpoint_id(group, name);
    let words = |verb| {
        let mut words = vec!["cloud", "azure", "endpoint", verb, name];
        words.extend(whose(account, group));
        words
    };
    let wish = Wish {
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
        recipe("Show the endpoint", words("show"), &call("GET", &id, None)),
        new(account, "Create one like it", &wish),
        recipe(
            "Delete the endpoint",
            words("delete"),
            &call("DELETE", &id, None),
        ),
    ]
}

fn new(account: &Account, title: &str, wish: &Wish<'_>) -> Recipe {
    let Wish { group, name, new } = wish;
    let address = new.address.map(|address| address.to_string());
    let mut words = vec!["cloud", "azure", "endpoint", "create", *name];
    words.extend(["--target", new.target]);
    words.extend(whose(account, group));
    let is_usual = account.portal.beginning.subnet.as_deref() == Some(new.subnet);
    if !is_usual || !account.is_first() {
        words.extend(["--subnet", new.subnet]);
    }
    if let Some(address) = &address {
        words.extend(["--address", address]);
    }
    if let Some(message) = new.message {
        words.extend(["--message", message]);
    }
    let id = account.endpoint_id(group, name);
    recipe(title, words, &call("PUT", &id, Some(new.body())))
}

/// The words of a command that say whose endpoint it is, where that is not the ready consumer's.
fn whose<'a>(account: &'a Account, group: &'a str) -> Vec<&'a str> {
    let beginning = &account.portal.beginning;
    let mut words = Vec::new();
    if account.tenant != beginning.tenant {
        words.extend(["--tenant", &account.tenant]);
    }
    if account.subscription != beginning.subscription {
        words.extend(["--subscription", &account.subscription]);
    }
    if group != account.portal.group() {
        words.extend(["--resource-group", group]);
    }
    words
}

/// The call that the others need the answer of.
fn token(account: &Account) -> Recipe {
    let route = format!("/{}/oauth2/v2.0/token", account.tenant);
    Recipe {
        title: "Sign in: a token for the calls below, good for an hour".to_owned(),
        command: String::new(),
        call: format!(
            "TOKEN=\"$(curl -sS --fail-with-body --cacert \"$UNDERPASS_AZURE_CA\" \
             -d grant_type=client_credentials -d client_id=\"$AZURE_CLIENT_ID\" \
             --data-urlencode client_secret@<(printf '%s' \"$AZURE_CLIENT_SECRET\") \
             -d scope=https://management.azure.com/.default \"$AZURE_AUTHORITY_HOST\"{} \
             | python3 -c 'import json, sys; print(json.load(sys.stdin)[\"access_token\"])')\"",
            quote::shell(&route)
        ),
    }
}

fn call(method: &'static str, path: &str, body: Option<Value>) -> Call<'static> {
    Call {
        who: WHO,
        base: "UNDERPASS_AZURE_URL",
        method,
        route: Arm::route(path),
        body,
    }
}

fn recipe(title: &str, words: Vec<&str>, call: &Call<'_>) -> Recipe {
    Recipe {
        title: title.to_owned(),
        command: command_line(words),
        call: call.line(),
    }
}

/// What makes a group, which has to be there before anything is in it.
pub(super) fn group_body(location: &str) -> Value {
    json!({ "location": location })
}
