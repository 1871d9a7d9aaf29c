//! Registers a service that runs already.

mod draft;
mod send;
mod snippets;

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use underpass_model::service_type::{SERVICE_TYPES, ServiceTypeFacts};

use self::draft::{Addresses, Draft};
use crate::answer::cloud::Cloud;
use crate::answer::static_ip::StaticIp;
use crate::answer::vpc::Vpc;
use crate::api_error::ApiError;
use crate::catalogue::{self, CloudGroup, MOST_STATIC_IPS};
use crate::console::Console;
use crate::href::{ROOT, project_href};
use crate::page::{Page, Submission};
use crate::rows::Rows;
use crate::shell::{Section, Shell};

/// Where static IPs come from, for people.
const ADDRESSES: [(Addresses, &str); 3] = [
    (
        Addresses::Auto,
        "As many as it needs, made now; none outside Azure",
    ),
    (Addresses::Chosen, "These"),
    (Addresses::None, "None"),
];

pub(crate) fn routes() -> Router<Console> {
    Router::new().route(
        &format!("{ROOT}/project/{{project}}/register-service"),
        get(show).post(submit),
    )
}

#[derive(Template)]
#[template(path = "console/register.html")]
struct RegisterPage {
    shell: Shell,
    draft: Draft,
    /// What the rows are made of; none for a type that there is not.
    facts: Option<&'static ServiceTypeFacts>,
    types: &'static [ServiceTypeFacts],
    vpcs: Vec<Vpc>,
    /// Those with a project VPC first.
    near: Vec<Cloud>,
    far: Vec<CloudGroup>,
    /// Those that are kept for no service.
    static_ips: Vec<StaticIp>,
    addresses: [(Addresses, &'static str); 3],
    /// For the rows, which the page of nodes has as well.
    rows: Rows,
}

async fn show(page: Page) -> Response {
    let draft = Draft::new(&page.query("type"));
    present(page, draft, true).await
}

async fn submit(Submission { page, fields }: Submission) -> Response {
    let mut draft = Draft::read(&fields);
    let was_type = fields.text("rows_type");
    let is_retyped = draft.service_type != was_type;
    if is_retyped {
        draft.retype();
    }
    let button = fields.text("do");
    if draft.rows.add(button, &draft.service_type) || button != "register" {
        return present(page, draft, false).await;
    }
    if is_retyped {
        let refused = ApiError::invalid(format!(
            "The type was changed to `{}`: its components are listed now; look through them and \
             register again",
            draft.service_type
        ));
        return present(page.with_problem(refused), draft, false).await;
    }
    match send::register(&page, &draft, fields.raw("password")).await {
        Ok(()) => {
            let name = draft.name.as_str();
            let notice = format!(
                "Service `{name}` is registered; create its link under “Private link” to offer it"
            );
            page.done(&page.href(["service", name]), notice)
        }
        Err(refused) => present(page.with_problem(refused), draft, false).await,
    }
}

/// Shows the form; `is_new` lets it choose what most people would.
async fn present(page: Page, draft: Draft, is_new: bool) -> Response {
    match load(&page, draft, is_new).await {
        Ok(form) => page.render(&form),
        Err(refused) => page.refuse(refused),
    }
}

async fn load(page: &Page, mut draft: Draft, is_new: bool) -> Result<RegisterPage, ApiError> {
    let vpcs = catalogue::vpcs(page).await?;
    let free = [("free", "true"), ("limit", MOST_STATIC_IPS)];
    let mut static_ips = catalogue::static_ips(page, free).await?.static_ips;
    static_ips.retain(|ip| ip.state != "deleting");
    if is_new && let Some(vpc) = vpcs.iter().find(|vpc| vpc.state == "ACTIVE") {
        draft.vpc.clone_from(&vpc.project_vpc_id);
    }
    let mut far = catalogue::clouds(page).await?;
    let mut near = Vec::new();
    for group in &mut far {
        let all = std::mem::take(&mut group.clouds);
        let has_vpc = |cloud: &Cloud| vpcs.iter().any(|vpc| vpc.cloud_name == cloud.cloud_name);
        let (with, without): (Vec<_>, Vec<_>) = all.into_iter().partition(has_vpc);
        near.extend(with);
        group.clouds = without;
    }
    let snippets = snippets::snippets(page, &draft, &vpcs);
    Ok(RegisterPage {
        shell: page
            .shell("Register service", Section::Services)
            .await
            .with(snippets),
        facts: draft.facts(),
        rows: draft.rows.clone(),
        draft,
        types: SERVICE_TYPES,
        vpcs,
        near,
        far,
        static_ips,
        addresses: ADDRESSES,
    })
}

impl RegisterPage {
    fn services_href(&self) -> String {
        project_href(&self.shell.project, ["service"])
    }

    fn networks_href(&self) -> String {
        project_href(&self.shell.project, ["network"])
    }

    fn register_href(&self) -> String {
        project_href(&self.shell.project, ["register-service"])
    }
}
