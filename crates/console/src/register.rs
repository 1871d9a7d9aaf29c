//! Registration of a service that already runs.

mod draft;
mod send;
mod snippets;

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use underpass_api_types::cloud::CloudView;
use underpass_api_types::static_ip::StaticIpView;
use underpass_api_types::vpc::CompatibleVpc;
use underpass_model::service_type::{SERVICE_TYPES, ServiceTypeFacts};
use underpass_model::static_ip::StaticIpState;
use underpass_model::vpc::VpcState;

use self::draft::{Draft, StaticIpChoice};
use crate::api_error::ApiError;
use crate::catalogue::{self, CloudGroup, MOST_STATIC_IPS};
use crate::console::Console;
use crate::href::{ROOT, project_href};
use crate::layout::{PageLayout, Section};
use crate::page::{Page, Submission};
use crate::rows::{Rows, provider_of};

/// Sources of static IPs, with their labels.
const STATIC_IP_CHOICES: [(StaticIpChoice, &str); 3] = [
    (
        StaticIpChoice::Auto,
        "Create as many as the service needs (Azure only)",
    ),
    (StaticIpChoice::Chosen, "Use these"),
    (StaticIpChoice::None, "None"),
];

/// Button that creates a project VPC.
const CREATE_VPC: &str = "create-vpc";

pub(crate) fn routes() -> Router<Console> {
    Router::new().route(
        &format!("{ROOT}/project/{{project}}/register-service"),
        get(show).post(submit),
    )
}

#[derive(Template)]
#[template(path = "console/register.html")]
struct RegisterPage {
    layout: PageLayout,
    draft: Draft,
    /// Service type; `None` if it is unknown.
    facts: Option<&'static ServiceTypeFacts>,
    types: &'static [ServiceTypeFacts],
    vpcs: Vec<CompatibleVpc>,
    /// Clouds with a project VPC.
    clouds_with_vpc: Vec<CloudView>,
    other_clouds: Vec<CloudGroup>,
    /// Static IPs without a service.
    static_ips: Vec<StaticIpView>,
    static_ip_choice: [(StaticIpChoice, &'static str); 3],
    /// Rows of the form, shared with the page of nodes.
    rows: Rows,
    /// Range for a new project VPC, while a link of the service would lack one.
    new_range: Option<String>,
}

async fn show(page: Page) -> Response {
    let draft = Draft::new(&page.query("type"));
    present(page, draft, true).await
}

async fn submit(Submission { page, fields }: Submission) -> Response {
    let mut draft = Draft::read(&fields);
    let was_type = fields.text("rows_type");
    let is_type_changed = draft.service_type != was_type;
    if is_type_changed {
        draft.apply_type();
    }
    let button = fields.text("do");
    if button == CREATE_VPC {
        return create_vpc(page, draft, fields.text("new_range")).await;
    }
    if draft.rows.add(button, &draft.service_type) || button != "register" {
        return present(page, draft, false).await;
    }
    if is_type_changed {
        let refused = ApiError::invalid(format!(
            "The type was changed to `{}`, and the components with it. Check the components, then \
             register again",
            draft.service_type
        ));
        return present(page.with_problem(refused), draft, false).await;
    }
    match send::register(&page, &draft, fields.raw("password")).await {
        Ok(()) => {
            let name = draft.name.as_str();
            let notice =
                format!("Registered service `{name}`; create its link under “Private link”");
            page.done(&page.href(["service", name]), notice)
        }
        Err(refused) => present(page.with_problem(refused), draft, false).await,
    }
}

/// Creates a project VPC in the cloud of the service, and shows the form with it.
async fn create_vpc(page: Page, mut draft: Draft, range: &str) -> Response {
    if draft.cloud.is_empty() {
        let refused = ApiError::invalid("Choose the cloud of the project VPC".to_owned());
        return present(page.with_problem(refused), draft, false).await;
    }
    match catalogue::create_vpc(&page, &draft.cloud, range).await {
        Ok(vpc) => {
            let notice = format!(
                "Project VPC {} in {} is being created; it accepts services when it is ACTIVE",
                vpc.network_cidr, vpc.cloud_name
            );
            draft.vpc = vpc.project_vpc_id;
            present(page.with_notice(notice), draft, false).await
        }
        Err(refused) => present(page.with_problem(refused), draft, false).await,
    }
}

/// Shows the form; for a new one, selects a project VPC.
async fn present(page: Page, draft: Draft, is_new: bool) -> Response {
    match load(&page, draft, is_new).await {
        Ok(form) => page.render(&form),
        Err(refused) => page.refuse(refused),
    }
}

async fn load(page: &Page, mut draft: Draft, is_new: bool) -> Result<RegisterPage, ApiError> {
    let vpcs = catalogue::vpcs(page).await?;
    let free = [("free", "true"), ("limit", MOST_STATIC_IPS)];
    let rows = catalogue::static_ips(page, free).await?.static_ips;
    let mut static_ips: Vec<_> = rows.into_iter().map(|row| row.static_ip).collect();
    static_ips.retain(|ip| ip.state != StaticIpState::Deleting);
    if is_new && let Some(vpc) = vpcs.iter().find(|vpc| vpc.state == VpcState::Active) {
        draft.vpc.clone_from(&vpc.project_vpc_id);
    }
    let mut other_clouds = catalogue::clouds(page).await?;
    let mut clouds_with_vpc = Vec::new();
    for group in &mut other_clouds {
        let all = std::mem::take(&mut group.clouds);
        let has_vpc = |cloud: &CloudView| vpcs.iter().any(|vpc| vpc.cloud_name == cloud.cloud_name);
        let (with, without): (Vec<_>, Vec<_>) = all.into_iter().partition(has_vpc);
        clouds_with_vpc.extend(with);
        group.clouds = without;
    }
    let snippets = snippets::snippets(page, &draft, &vpcs);
    Ok(RegisterPage {
        layout: page
            .layout("Register service", Section::Services)
            .await
            .with_snippets(snippets),
        facts: draft.facts(),
        rows: draft.rows.clone(),
        new_range: lacks_vpc(&draft, &vpcs).then(|| catalogue::free_range(&vpcs)),
        draft,
        types: SERVICE_TYPES,
        vpcs,
        clouds_with_vpc,
        other_clouds,
        static_ips,
        static_ip_choice: STATIC_IP_CHOICES,
    })
}

/// Reports whether a link of the service would lack a project VPC that can be created here.
fn lacks_vpc(draft: &Draft, vpcs: &[CompatibleVpc]) -> bool {
    let is_usable = |vpc: &CompatibleVpc| {
        let is_there = draft.cloud.is_empty() || vpc.cloud_name == draft.cloud;
        is_there && vpc.state != VpcState::Deleting
    };
    let is_published = draft.facts().is_some_and(|facts| {
        let providers = facts.providers;
        match draft.cloud.as_str() {
            "" => !providers.is_empty(),
            cloud => providers.contains(&provider_of(cloud)),
        }
    });
    draft.vpc.is_empty() && is_published && !vpcs.iter().any(is_usable)
}

impl RegisterPage {
    fn services_href(&self) -> String {
        project_href(&self.layout.project, ["service"])
    }

    fn networks_href(&self) -> String {
        project_href(&self.layout.project, ["network"])
    }

    fn register_href(&self) -> String {
        project_href(&self.layout.project, ["register-service"])
    }
}
