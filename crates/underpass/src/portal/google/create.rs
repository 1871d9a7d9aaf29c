//! Connection of an endpoint to a published service.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde_json::Value;
use underpass_web::cli_snippet::CliSnippet;
use underpass_web::form::Fields;
use underpass_web::page::see_other;

use super::project::{Project, Subnet};
use super::snippets;
use super::state::AppState;
use crate::failure::Failure;
use crate::google::{NewEndpoint, is_name, path_of, project_and_region};
use crate::portal::context::{Submission, Visitor, status_of};
use crate::portal::layout::{NavLink, PageLayout};

/// Values of the form.
#[derive(Debug, Clone, Default)]
struct FormInput {
    target: String,
    name: String,
    subnet: String,
    address: String,
    message: String,
}

#[derive(Template)]
#[template(path = "portal/google_create.html")]
struct FormPage {
    layout: PageLayout,
    input: FormInput,
    subnets: Vec<Subnet>,
    /// Addresses that are reserved and not in use.
    reserved: BTreeMap<String, String>,
    list: String,
    action: String,
}

pub(super) async fn form(State(state): State<AppState>, visitor: Visitor) -> Response {
    let options = &state.portal.options;
    let input = FormInput {
        target: visitor.query().text("target").to_owned(),
        subnet: options.subnet.clone().unwrap_or_default(),
        ..FormInput::default()
    };
    visitor.answer(load(&state, &visitor, input, None).await)
}

pub(super) async fn send(State(state): State<AppState>, submission: Submission) -> Response {
    let Submission { visitor, fields } = submission;
    let input = FormInput::read(&fields);
    match request_endpoint(&state, &visitor, &input).await {
        Ok(list) => see_other(&format!("{list}?done=requested")),
        Err(failure) => {
            let page = load(&state, &visitor, input, Some(&failure)).await;
            visitor.answer_with(status_of(&failure), page)
        }
    }
}

/// Creates the endpoint; returns the address of the list. It waits until the endpoint exists: the
/// cloud reports a wrong address only at the end of the operation.
async fn request_endpoint(
    state: &AppState,
    visitor: &Visitor,
    input: &FormInput,
) -> Result<String, Failure> {
    let project = Project::of(&state.portal, visitor)?;
    let address = input.check()?;
    let (_, region) = input.target_location()?;
    let subnet = path_of(&input.subnet);
    let shown = project.compute.get(subnet).await?;
    let network = shown
        .as_ref()
        .and_then(|shown| shown.get("network")?.as_str())
        .ok_or_else(|| Failure::missing(format!("subnetwork {subnet} does not exist")))?;
    let new = NewEndpoint {
        name: &input.name,
        project: &project.name,
        region,
        network,
        subnet,
        target: &input.target,
        address,
        message: input.description(),
    };
    let reserved = project.reserved().await?;
    let made = match reserved.get(&input.address) {
        Some(path) => new.create_at(&project.compute, path).await,
        None => new.create(&project.compute).await,
    };
    made.map_err(with_hint)?;
    Ok(project.href([]))
}

/// Adds a hint: Google names the endpoint if the service attachment does not exist.
fn with_hint(failure: Failure) -> Failure {
    if failure.is_missing() {
        failure.hint(
            "Google answers this also if the service attachment does not exist: check the target \
             service",
        )
    } else {
        failure
    }
}

async fn load(
    state: &AppState,
    visitor: &Visitor,
    input: FormInput,
    failure: Option<&Failure>,
) -> Result<FormPage, Failure> {
    let project = Project::of(&state.portal, visitor)?;
    let subnets = project.subnets().await?;
    let list = project.href([]);
    let snippets = if subnets.is_empty() {
        snippets::of_network(&project)
    } else {
        input.snippets(&project).await?
    };
    let layout = project.layout(visitor, "Connect endpoint");
    Ok(FormPage {
        layout: layout
            .below(vec![NavLink::new("Connected endpoints", list.clone())])
            .after(failure)
            .with_snippets(snippets),
        input,
        subnets,
        reserved: project.reserved().await?,
        action: project.href(["create"]),
        list,
    })
}

impl FormInput {
    fn read(fields: &Fields) -> Self {
        let text = |name| fields.text(name).to_owned();
        Self {
            target: text("target"),
            name: text("name"),
            subnet: text("subnet"),
            address: text("address"),
            message: text("message"),
        }
    }

    fn description(&self) -> Option<&str> {
        Some(self.message.as_str()).filter(|message| !message.is_empty())
    }

    /// Project and region of the service attachment.
    fn target_location(&self) -> Result<(&str, &str), Failure> {
        project_and_region(&self.target, "serviceAttachments").ok_or_else(|| {
            Failure::usage(format!("`{}` is not a service attachment", self.target)).hint(
                "enter the path from the publisher: \
                 projects/PROJECT/regions/REGION/serviceAttachments/NAME",
            )
        })
    }

    /// Checks values that become part of a path, and reads the address; the cloud checks the rest.
    fn check(&self) -> Result<Option<Ipv4Addr>, Failure> {
        self.target_location()?;
        if !is_name(&self.name) {
            return Err(
                Failure::usage(format!("`{}` is not a valid endpoint name", self.name))
                    .hint("use up to 63 lower-case letters, digits and `-`, a letter first"),
            );
        }
        if project_and_region(&self.subnet, "subnetworks").is_none() {
            return Err(Failure::usage("the subnetwork is missing")
                .hint("choose a subnetwork, or enter its path: projects/…/subnetworks/NAME"));
        }
        if self.address.is_empty() {
            return Ok(None);
        }
        self.address.parse().map(Some).map_err(|_| {
            Failure::usage(format!("`{}` is not an IPv4 address", self.address)).hint(
                "enter an address of the subnetwork, or leave the field empty for the next free one",
            )
        })
    }

    /// Commands for a shell, with placeholders in capitals for missing values.
    async fn snippets(&self, project: &Project) -> Result<Vec<CliSnippet>, Failure> {
        fn or<'a>(text: &'a str, word: &'a str) -> &'a str {
            if text.is_empty() { word } else { text }
        }
        let subnet = path_of(&self.subnet);
        let shown = match project_and_region(subnet, "subnetworks") {
            Some(_) => project.compute.get(subnet).await?,
            None => None,
        };
        let network = shown
            .as_ref()
            .and_then(|it| it.get("network").and_then(Value::as_str));
        let location = self.target_location().ok();
        let new = NewEndpoint {
            name: or(&self.name, "NAME"),
            project: &project.name,
            region: location.map_or(project.portal.options.region.as_str(), |(_, it)| it),
            network: network.unwrap_or("NETWORK"),
            subnet: or(subnet, "SUBNETWORK"),
            target: or(&self.target, "SERVICE_ATTACHMENT"),
            address: self.address.parse().ok(),
            message: self.description(),
        };
        Ok(snippets::of_new(project, &new))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input() -> FormInput {
        FormInput {
            target: "projects/p/regions/europe-west1/serviceAttachments/a".to_owned(),
            name: "pe".to_owned(),
            subnet: "projects/c/regions/europe-west1/subnetworks/default".to_owned(),
            ..FormInput::default()
        }
    }

    #[test]
    fn what_becomes_part_of_a_path_is_checked_here() {
        assert_eq!(input().check().unwrap(), None);
        let wrong: [fn(&mut FormInput); 5] = [
            |it| it.target = "projects/p/regions/../serviceAttachments/a".to_owned(),
            |it| it.name = "PE".to_owned(),
            |it| it.name = "../x".to_owned(),
            |it| it.subnet = "default".to_owned(),
            |it| it.address = "127.64.192".to_owned(),
        ];
        for (row, change) in wrong.into_iter().enumerate() {
            let mut input = input();
            change(&mut input);
            let failure = input.check().err().unwrap();
            assert_eq!(failure.status(), 400, "{row}");
            assert!(failure.next().is_some(), "{row}: what next?");
        }
    }
}
