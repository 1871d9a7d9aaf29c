//! Commands that register the service of the form from a shell.

use axum::http::Method;
use serde_json::{Value, json};
use underpass_api_types::vpc::CompatibleVpc;
use underpass_model::static_ip;
use underpass_web::cli_snippet::CliSnippet;

use super::draft::{Draft, StaticIpChoice};
use super::send;
use crate::cli_snippet::cli_snippet;
use crate::page::Page;
use crate::rows::provider_of;

/// Placeholder for a missing name.
const NAME: &str = "NAME";

/// Commands for the current input.
pub(super) fn snippets(page: &Page, draft: &Draft, vpcs: &[CompatibleVpc]) -> Vec<CliSnippet> {
    let mut named = draft.clone();
    if named.name.is_empty() {
        NAME.clone_into(&mut named.name);
    }
    let command = command(page, &named, vpcs);
    // Invalid input has no call.
    let body = send::body(&named, vpcs, Some("PASSWORD")).ok();
    let service = cli_snippet(
        "Register this service",
        command.iter().map(String::as_str),
        &Method::POST,
        &page.route(["service"]),
        body.map(Value::Object).as_ref(),
    );
    let static_ip_choice =
        send::creates_static_ips(&named, vpcs).then(|| static_ip_choice(page, &named, vpcs));
    static_ip_choice.into_iter().chain([service]).collect()
}

/// The call that creates static IPs, which the command line does by itself.
fn static_ip_choice(page: &Page, draft: &Draft, vpcs: &[CompatibleVpc]) -> CliSnippet {
    let needed = static_ip::required(draft.rows.machines().count());
    let title = format!(
        "Create the {needed} static IPs that the service needs, one by one, and enter their IDs as \
         `static_ips` below"
    );
    let body = json!({"cloud_name": draft.place(vpcs)});
    CliSnippet {
        command: String::new(),
        ..cli_snippet(
            &title,
            [],
            &Method::POST,
            &page.route(["static-ips"]),
            Some(&body),
        )
    }
}

fn command(page: &Page, draft: &Draft, vpcs: &[CompatibleVpc]) -> Vec<String> {
    let mut words: Vec<String> = ["service", "create", &draft.name, "-t", &draft.service_type]
        .map(str::to_owned)
        .into();
    let mut flag = |name: &str, value: &str| {
        if !value.is_empty() {
            words.extend([name.to_owned(), value.to_owned()]);
        }
    };
    flag("-p", &draft.plan);
    flag("--cloud", draft.place(vpcs));
    flag("--project-vpc-id", &draft.vpc);
    if draft.vpc.is_empty() {
        words.push("--no-project-vpc".to_owned());
    }
    if send::creates_static_ips(draft, vpcs) {
        words.push("--auto-static-ips".to_owned());
    }
    if draft.static_ip_choice == StaticIpChoice::Chosen {
        for id in &draft.chosen {
            words.extend(["--static-ip".to_owned(), id.clone()]);
        }
        if send::uses_static_ips(draft, vpcs) {
            words.extend(["-c".to_owned(), "static_ips=true".to_owned()]);
        }
    }
    words.extend(draft.rows.flags(provider_of(draft.place(vpcs))));
    for component in &draft.open {
        words.extend([
            "-c".to_owned(),
            format!("privatelink_access.{component}=true"),
        ]);
    }
    if !draft.username.is_empty() {
        // The password is read from stdin: every process can see arguments.
        words.extend(["--user".to_owned(), format!("{}:@-", draft.username)]);
    }
    if !draft.ca_pem.is_empty() {
        words.extend(["--ca".to_owned(), "ca.pem".to_owned()]);
    }
    if draft.protected {
        words.push("--enable-termination-protection".to_owned());
    }
    words.extend(["--project".to_owned(), page.project().to_owned()]);
    words
}
