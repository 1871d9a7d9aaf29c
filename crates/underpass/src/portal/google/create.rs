//! Connecting an endpoint to a published service.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde_json::Value;
use underpass_server::console::fields::Fields;
use underpass_server::console::go_to;
use underpass_server::console::recipe::Recipe;

use super::project::{Project, Subnet};
use super::{Office, recipes};
use crate::failure::Failure;
use crate::google::{NewEndpoint, is_name, path_of, place_of};
use crate::portal::desk::{Submission, Visitor, status_of};
use crate::portal::frame::{Frame, Place};

/// What was filled in.
#[derive(Debug, Clone, Default)]
struct Filled {
    target: String,
    name: String,
    subnet: String,
    address: String,
    message: String,
}

#[derive(Template)]
#[template(path = "portal/google_create.html")]
struct FormPage {
    frame: Frame,
    filled: Filled,
    subnets: Vec<Subnet>,
    /// Addresses that are reserved and not used.
    reserved: BTreeMap<String, String>,
    list: String,
    action: String,
}

pub(super) async fn form(State(office): State<Office>, visitor: Visitor) -> Response {
    let beginning = &office.portal.beginning;
    let filled = Filled {
        target: visitor.query().text("target").to_owned(),
        subnet: beginning.subnet.clone().unwrap_or_default(),
        ..Filled::default()
    };
    visitor.answer(load(&office, &visitor, filled, None).await)
}

pub(super) async fn send(State(office): State<Office>, submission: Submission) -> Response {
    let Submission { visitor, fields } = submission;
    let filled = Filled::read(&fields);
    match ask(&office, &visitor, &filled).await {
        Ok(list) => go_to(&format!("{list}?done=asked")),
        Err(failure) => {
            let page = load(&office, &visitor, filled, Some(&failure)).await;
            visitor.answer_with(status_of(&failure), page)
        }
    }
}

/// Makes the endpoint; gives the list that it is in. This waits until it is made: what the cloud
/// has against an address it says only at the end of an operation.
async fn ask(office: &Office, visitor: &Visitor, filled: &Filled) -> Result<String, Failure> {
    let project = Project::of(&office.portal, visitor)?;
    let address = filled.check()?;
    let (_, region) = filled.place()?;
    let subnet = path_of(&filled.subnet);
    let shown = project.compute.get(subnet).await?;
    let network = shown
        .as_ref()
        .and_then(|shown| shown.get("network")?.as_str())
        .ok_or_else(|| Failure::missing(format!("there is no subnetwork {subnet}")))?;
    let new = NewEndpoint {
        name: &filled.name,
        project: &project.name,
        region,
        network,
        subnet,
        target: &filled.target,
        address,
        message: filled.note(),
    };
    let reserved = project.reserved().await?;
    let made = match reserved.get(&filled.address) {
        Some(path) => new.make_at(&project.compute, path).await,
        None => new.make(&project.compute).await,
    };
    made.map_err(explained)?;
    Ok(project.href([]))
}

/// Google names the endpoint where the service attachment is what is not there.
fn explained(failure: Failure) -> Failure {
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
    office: &Office,
    visitor: &Visitor,
    filled: Filled,
    failure: Option<&Failure>,
) -> Result<FormPage, Failure> {
    let project = Project::of(&office.portal, visitor)?;
    let subnets = project.subnets().await?;
    let list = project.href([]);
    let recipes = if subnets.is_empty() {
        recipes::of_network(&project)
    } else {
        filled.recipes(&project).await?
    };
    let frame = project.frame(visitor, "Connect endpoint");
    Ok(FormPage {
        frame: frame
            .below(vec![Place::new("Connected endpoints", list.clone())])
            .after(failure)
            .with(recipes),
        filled,
        subnets,
        reserved: project.reserved().await?,
        action: project.href(["create"]),
        list,
    })
}

impl Filled {
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
    async fn recipes(&self, project: &Project) -> Result<Vec<Recipe>, Failure> {
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
            region: place.map_or(project.portal.beginning.region.as_str(), |(_, it)| it),
            network: network.unwrap_or("NETWORK"),
            subnet: or(subnet, "SUBNETWORK"),
            target: or(&self.target, "SERVICE_ATTACHMENT"),
            address: self.address.parse().ok(),
            message: self.note(),
        };
        Ok(recipes::of_new(project, &new))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled() -> Filled {
        Filled {
            target: "projects/p/regions/europe-west1/serviceAttachments/a".to_owned(),
            name: "pe".to_owned(),
            subnet: "projects/c/regions/europe-west1/subnetworks/default".to_owned(),
            ..Filled::default()
        }
    }

    #[test]
    fn what_becomes_part_of_a_path_is_checked_here() {
        assert_eq!(filled().check().unwrap(), None);
        let wrong: [fn(&mut Filled); 5] = [
            |it| it.target = "projects/p/regions/../serviceAttachments/a".to_owned(),
            |it| it.name = "PE".to_owned(),
            |it| it.name = "../x".to_owned(),
            |it| it.subnet = "default".to_owned(),
            |it| it.address = "127.64.192".to_owned(),
        ];
        for (turn, change) in wrong.into_iter().enumerate() {
            let mut filled = filled();
            change(&mut filled);
            let failure = filled.check().err().unwrap();
            assert_eq!(failure.status(), 400, "{turn}");
            assert!(failure.next().is_some(), "{turn}: what next?");
        }
    }
}
