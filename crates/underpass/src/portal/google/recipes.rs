//! How to do the same from a shell.

use serde_json::{Value, json};
use underpass_server::console::recipe::{Recipe, command_line};

use super::project::{Project, Row};
use crate::google::{Compute, NewEndpoint};
use crate::portal::recipe::Call;

/// All endpoints.
pub(super) fn of_list(project: &Project) -> Vec<Recipe> {
    let mut words = vec!["cloud", "google", "endpoint", "list"];
    words.extend(whose(project));
    let path = format!("projects/{}/aggregated/forwardingRules", project.name);
    vec![recipe("List endpoints", words, &call("GET", &path, None))]
}

/// One more endpoint.
pub(super) fn of_new(project: &Project, new: &NewEndpoint<'_>) -> Vec<Recipe> {
    let address = new.address.map(|address| address.to_string());
    let mut words = vec!["cloud", "google", "endpoint", "create", new.name];
    words.extend(["--target", new.target]);
    words.extend(whose(project));
    if project.portal.beginning.subnet.as_deref() != Some(new.subnet) {
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
        recipe(
            "Connect the endpoint: reserve its address",
            words,
            &call("POST", &addresses, Some(new.address_body())),
        ),
        recipe(
            "… and lead it to the service, once the address is reserved",
            Vec::new(),
            &call("POST", &rules, Some(new.rule_body(&reserved))),
        ),
    ]
}

/// What can be done with an endpoint that is there.
pub(super) fn of_endpoint(project: &Project, row: &Row) -> Vec<Recipe> {
    let path = project.endpoint_path(&row.region, &row.name);
    let words = |verb| {
        let mut words = vec!["cloud", "google", "endpoint", verb, &row.name];
        words.extend(whose(project));
        if row.region != project.portal.beginning.region {
            words.extend(["--region", &row.region]);
        }
        words
    };
    vec![
        recipe(
            "Show the endpoint",
            words("show"),
            &call("GET", &path, None),
        ),
        recipe(
            "Delete the endpoint",
            words("delete"),
            &call("DELETE", &path, None),
        ),
    ]
}

/// What a project needs before endpoints can be in it.
pub(super) fn of_network(project: &Project) -> Vec<Recipe> {
    let networks = format!("projects/{}/global/networks", project.name);
    let region = &project.portal.beginning.region;
    let subnets = format!("projects/{}/regions/{region}/subnetworks", project.name);
    let network = json!({ "name": "consumer", "autoCreateSubnetworks": false });
    let subnet = json!({
        "name": "default", "network": format!("{networks}/consumer"), "ipCidrRange": "RANGE",
    });
    vec![
        recipe(
            "Make a network",
            Vec::new(),
            &call("POST", &networks, Some(network)),
        ),
        recipe(
            "… and a subnetwork; a RANGE that carries bytes is inside $UNDERPASS_CONSUMER_CIDR",
            Vec::new(),
            &call("POST", &subnets, Some(subnet)),
        ),
    ]
}

/// The words of a command that say whose endpoint it is, where that is not the ready consumer's.
fn whose(project: &Project) -> Vec<&str> {
    if project.name == project.portal.beginning.project {
        Vec::new()
    } else {
        vec!["--project", &project.name]
    }
}

fn call(method: &'static str, path: &str, body: Option<Value>) -> Call<'static> {
    Call {
        // Whoever asks is a consumer.
        who: "",
        base: "UNDERPASS_GOOGLE_URL",
        method,
        route: Compute::route(path),
        body,
    }
}

/// Without words there is no command of its own.
fn recipe(title: &str, words: Vec<&str>, call: &Call<'_>) -> Recipe {
    Recipe {
        title: title.to_owned(),
        command: if words.is_empty() {
            String::new()
        } else {
            command_line(words)
        },
        call: call.line(),
    }
}
