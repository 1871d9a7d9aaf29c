//! Creation of a private endpoint: the steps of the real portal, on one page.

use std::net::Ipv4Addr;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use underpass_web::form::Fields;
use underpass_web::page::see_other;

use super::account::{Account, Subnet};
use super::portal::AzurePortal;
use super::snippets::{self, EndpointRequest};
use super::state::AppState;
use crate::azure::{NewEndpoint, is_endpoint_name, is_group_name};
use crate::failure::Failure;
use crate::portal::context::{Submission, Visitor, status_of};
use crate::portal::layout::{NavLink, PageLayout};

/// Error code of the API for an alias or ID that is not visible to the caller.
const NOT_VISIBLE: &str = "InvalidPrivateLinkServiceId";

/// Values of the form.
#[derive(Debug, Clone)]
struct FormInput {
    subscription: String,
    group: String,
    name: String,
    location: String,
    target: String,
    message: String,
    subnet: String,
    address: String,
}

#[derive(Template)]
#[template(path = "portal/azure_create.html")]
struct FormPage {
    layout: PageLayout,
    input: FormInput,
    subnets: Vec<Subnet>,
    list: String,
    action: String,
}

pub(super) async fn form(State(state): State<AppState>, visitor: Visitor) -> Response {
    let input = match Account::of(&state.portal, &visitor) {
        Ok(account) => FormInput::proposed(&account, visitor.query().text("target")),
        Err(failure) => return visitor.refuse(&failure),
    };
    visitor.answer(load(&state, &visitor, input, None).await)
}

pub(super) async fn send(State(state): State<AppState>, submission: Submission) -> Response {
    let Submission { visitor, fields } = submission;
    let input = FormInput::read(&fields);
    match request_endpoint(&state.portal, &visitor, &input).await {
        Ok(list) => see_other(&format!("{list}?done=requested")),
        Err(failure) => {
            let page = load(&state, &visitor, input, Some(&failure)).await;
            visitor.answer_with(status_of(&failure), page)
        }
    }
}

/// Requests the endpoint; returns the address of the list. The cloud validates the request before it
/// answers, and provisions the endpoint afterwards.
async fn request_endpoint(
    portal: &AzurePortal,
    visitor: &Visitor,
    input: &FormInput,
) -> Result<String, Failure> {
    let tenant = visitor.segment("tenant");
    let account = Account::open(portal, tenant, &input.subscription)?;
    let request = input.request()?;
    let id = account.endpoint_id(request.group, request.name);
    // A PUT would change an existing endpoint.
    if account.arm.get(&id).await?.is_some() {
        return Err(Failure::refused(format!(
            "endpoint `{}` already exists in resource group `{}`",
            request.name, request.group
        ))
        .hint("choose another name"));
    }
    let group = account.group_id(request.group);
    if account.arm.get(&group).await?.is_none() {
        let body = snippets::group_body(request.new.location);
        account.arm.put(&group, body).await?;
    }
    account
        .arm
        .begin_put(&id, request.new.body())
        .await
        .map_err(with_hint)?;
    Ok(account.href(["endpoint"]))
}

/// Adds a hint: Azure does not tell a service that does not exist from one that is not visible.
fn with_hint(failure: Failure) -> Failure {
    if failure.to_string().contains(NOT_VISIBLE) {
        failure.hint("check the alias; the provider must also allow your subscription")
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
    let account = Account::of(&state.portal, visitor)?;
    let layout = account.layout(visitor, "Create a private endpoint").await?;
    let list = account.href(["endpoint"]);
    let snippets = snippets::of_new(&account, &input.with_placeholders());
    let subnets = account.subnets().await?;
    // An endpoint must be in the region of its network.
    let mut input = input;
    if failure.is_none()
        && let Some(subnet) = subnets.iter().find(|it| it.id == input.subnet)
    {
        input.location.clone_from(&subnet.location);
    }
    Ok(FormPage {
        layout: layout
            .below(vec![NavLink::new("Private endpoints", list.clone())])
            .after(failure)
            .with_snippets(snippets),
        input,
        subnets,
        list,
        action: account.href(["create"]),
    })
}

impl FormInput {
    /// Values that the form proposes.
    fn proposed(account: &Account, target: &str) -> Self {
        let options = &account.portal.options;
        Self {
            subscription: account.subscription.clone(),
            group: account.portal.group().to_owned(),
            name: String::new(),
            location: options.location.clone(),
            target: target.to_owned(),
            message: String::new(),
            subnet: options.subnet.clone().unwrap_or_default(),
            address: String::new(),
        }
    }

    fn read(fields: &Fields) -> Self {
        let text = |name| fields.text(name).to_owned();
        Self {
            subscription: text("subscription"),
            group: text("group"),
            name: text("name"),
            location: text("location"),
            target: text("target"),
            message: text("message"),
            subnet: text("subnet"),
            address: text("address"),
        }
    }

    /// Checks the values and makes a request of them; the cloud checks the rest.
    fn request(&self) -> Result<EndpointRequest<'_>, Failure> {
        if !is_endpoint_name(&self.name) {
            return Err(
                Failure::usage(format!("`{}` is not a valid endpoint name", self.name)).hint(
                    "use up to 64 letters, digits, `_`, `.` and `-`, a letter or digit first",
                ),
            );
        }
        if !is_group_name(&self.group) {
            return Err(Failure::usage(format!(
                "`{}` is not a valid resource group name",
                self.group
            ))
            .hint("use up to 90 letters, digits, `_`, `.`, `-` and parentheses"));
        }
        if self.target.is_empty() {
            return Err(Failure::usage("the service is missing")
                .hint("enter the resource ID or alias from the provider"));
        }
        if !self.subnet.starts_with("/subscriptions/") {
            return Err(Failure::usage("the subnet is missing")
                .hint("choose a subnet, or enter its resource ID: /subscriptions/…/subnets/NAME"));
        }
        let address = Some(self.address.as_str()).filter(|text| !text.is_empty());
        let address = address
            .map(str::parse::<Ipv4Addr>)
            .transpose()
            .map_err(|_| {
                Failure::usage(format!("`{}` is not an IPv4 address", self.address)).hint(
                    "enter an address of the subnet, or leave the field empty for the next free one",
                )
            })?;
        Ok(EndpointRequest {
            group: &self.group,
            name: &self.name,
            new: NewEndpoint {
                address,
                ..self.with_placeholders().new
            },
        })
    }

    /// A request with placeholders in capitals for missing values.
    fn with_placeholders(&self) -> EndpointRequest<'_> {
        fn or<'a>(text: &'a str, word: &'a str) -> &'a str {
            if text.is_empty() { word } else { text }
        }
        EndpointRequest {
            group: or(&self.group, "GROUP"),
            name: or(&self.name, "NAME"),
            new: NewEndpoint {
                location: &self.location,
                subnet: or(&self.subnet, "SUBNET"),
                target: or(&self.target, "ALIAS"),
                address: self.address.parse().ok(),
                message: Some(self.message.as_str()).filter(|message| !message.is_empty()),
            },
        }
    }
}

impl FormPage {
    fn is_known(&self, subnet: &str) -> bool {
        self.subnets.iter().any(|it| it.id == subnet)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input() -> FormInput {
        FormInput {
            subscription: "20000000-0000-4000-8000-000000000003".to_owned(),
            group: "consumer".to_owned(),
            name: "pe".to_owned(),
            location: "westeurope".to_owned(),
            target: "up.x.westeurope.azure.privatelinkservice".to_owned(),
            message: String::new(),
            subnet: "/subscriptions/s/subnets/default".to_owned(),
            address: String::new(),
        }
    }

    #[test]
    fn what_becomes_part_of_a_path_is_checked_here() {
        assert!(input().request().is_ok());
        let wrong: [fn(&mut FormInput); 6] = [
            |it| it.name = "../x".to_owned(),
            |it| it.name.clear(),
            |it| it.group = "a/b".to_owned(),
            |it| it.subnet = "default".to_owned(),
            |it| it.target.clear(),
            |it| it.address = "127.64.0".to_owned(),
        ];
        for (row, change) in wrong.into_iter().enumerate() {
            let mut input = input();
            change(&mut input);
            let failure = input.request().err().unwrap();
            assert_eq!(failure.status(), 400, "{row}");
            assert!(failure.next().is_some(), "{row}: what next?");
        }
    }

    #[test]
    fn an_address_and_a_message_are_sent_only_if_filled_in() {
        let mut input = input();
        let body = input.request().unwrap().new.body();
        assert_eq!(body.pointer("/properties/ipConfigurations"), None);
        input.address = "127.64.0.9".to_owned();
        input.message = "team blue".to_owned();
        let body = input.request().unwrap().new.body();
        let text = |pointer: &str| body.pointer(pointer).unwrap().as_str().unwrap().to_owned();
        assert_eq!(
            text("/properties/ipConfigurations/0/properties/privateIPAddress"),
            "127.64.0.9"
        );
        assert_eq!(
            text("/properties/manualPrivateLinkServiceConnections/0/properties/requestMessage"),
            "team blue"
        );
    }
}
