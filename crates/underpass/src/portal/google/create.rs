//! Connecting an endpoint to a published service.

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
use super::{AppState, snippets};
use crate::failure::Failure;
use crate::google::{NewEndpoint, is_name, path_of, place_of};
use crate::portal::context::{Submission, Visitor, status_of};
use crate::portal::layout::{NavLink, PageLayout};

/// What was filled in.
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
    /// Addresses that are reserved and not used.
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
    match ask(&state, &visitor, &input).await {
        Ok(list) => see_other(&format!("{list}?done=asked")),
        Err(failure) => {
            let page = load(&state, &visitor, input, Some(&failure)).await;
            visitor.answer_with(status_of(&failure), page)
        }
    }
}

/// Makes the endpoint; gives the list that it is in. This waits until it is made: what the cloud
/// has against an address it says only at the end of an operation.
async fn ask(state: &AppState, visitor: &Visitor, input: &FormInput) -> Result<String, Failure> {
    let project = Project::of(&state.portal, visitor)?;
    let address = input.check()?;
    let (_, region) = input.place()?;
    let subnet = path_of(&input.subnet);
    let shown = project.compute.get(subnet).await?;
    let network = shown
        .as_ref()
        .and_then(|shown| shown.get("network")?.as_str())
        .ok_or_else(|| Failure::missing(format!("there is no subnetwork {subnet}")))?;
    let new = NewEndpoint {
        name: &input.name,
        project: &project.name,
        region,
        network,
        subnet,
        target: &input.target,
        address,
        message: input.note(),
    };
    let reserved = project.reserved().await?;
    let made = match reserved.get(&input.address) {
        Some(path) => new.make_at(&project.compute, path).await,
        None => new.make(&project.compute).await,
    };
    made.map_err(with_hint)?;
    Ok(project.href([]))
}

/// Google names the endpoint where the service attachment is what is not there.
fn with_hint(failure: Failure) -> Failure {
    if failure.is_missing() {
        failure.hint(
            "so it is said when there is no such service attachment: compare the target service \
             with what the publisher gave you",
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
            .with(snippets),
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

    fn note(&self) -> Option<&str> {
        Some(self.message.as_str()).filter(|message| !message.is_empty())
    }

    /// Project and region of the service attachment.
    fn place(&self) -> Result<(&str, &str), Failure> {
        place_of(&self.target, "serviceAttachments").ok_or_else(|| {
            Failure::usage(format!("`{}` is not a service attachment", self.target)).hint(
                "give what the provider gave you: \
                 projects/PROJECT/regions/REGION/serviceAttachments/NAME",
            )
        })
    }

    /// Checks what becomes part of a path, and reads the address; the rest of the rules are the
    /// cloud's.
    fn check(&self) -> Result<Option<Ipv4Addr>, Failure> {
        self.place()?;
        if !is_name(&self.name) {
            return Err(
                Failure::usage(format!("`{}` cannot be an endpoint's name", self.name))
                    .hint("use up to 63 lower-case letters, digits and `-`, a letter first"),
            );
        }
        if place_of(&self.subnet, "subnetworks").is_none() {
            return Err(Failure::usage("which subnetwork is the endpoint to be in?")
                .hint("choose one, or give its path: projects/…/subnetworks/NAME"));
        }
        if self.address.is_empty() {
            return Ok(None);
        }
        self.address.parse().map(Some).map_err(|_| {
            Failure::usage(format!("`{}` is not an IPv4 address", self.address)).hint(
                "give an address of the subnetwork, or leave the field empty for the next free one",
            )
        })
    }

    /// How to do it from a shell, with words in capitals for what is still to be filled in.
    async fn snippets(&self, project: &Project) -> Result<Vec<CliSnippet>, Failure> {
        fn or<'a>(text: &'a str, word: &'a str) -> &'a str {
            if text.is_empty() { word } else { text }
        }
        let subnet = path_of(&self.subnet);
        let shown = match place_of(subnet, "subnetworks") {
            Some(_) => project.compute.get(subnet).await?,
            None => None,
        };
        let network = shown
            .as_ref()
            .and_then(|it| it.get("network").and_then(Value::as_str));
        let place = self.place().ok();
        let new = NewEndpoint {
            name: or(&self.name, "NAME"),
            project: &project.name,
            region: place.map_or(project.portal.options.region.as_str(), |(_, it)| it),
            network: network.unwrap_or("NETWORK"),
            subnet: or(subnet, "SUBNETWORK"),
            target: or(&self.target, "SERVICE_ATTACHMENT"),
            address: self.address.parse().ok(),
            message: self.note(),
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
        for (turn, change) in wrong.into_iter().enumerate() {
            let mut input = input();
            change(&mut input);
            let failure = input.check().err().unwrap();
            assert_eq!(failure.status(), 400, "{turn}");
            assert!(failure.next().is_some(), "{turn}: what next?");
        }
    }
}
