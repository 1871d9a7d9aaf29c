//! Projects of the compatible API.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use underpass_api_types::certificate::ProjectCa;
use underpass_model::auth::{Role, Token, User};
use underpass_model::cloud::CATALOGUE;
use underpass_model::credentials::CaKey;
use underpass_model::name::ProjectName;
use underpass_model::project::Project;
use underpass_model::refusal::Refusal;
use underpass_model::tag::{Tags, check_tags, merge_tags};
use underpass_store::{Change, Expectation, Key, Kind, Lookup, Write};

use super::body::JsonBody;
use super::error::Error;
use super::extract::{Caller, Member, Operator};
use super::history::Subject;
use super::me::{TENANT, membership, memberships};
use super::tags_body::{TagsBody, TagsChangeBody};
use crate::accounts::Accounts;
use crate::app::App;
use crate::bootstrap::{NewProject, insert_project};

/// Code of the last event of a project.
pub(super) const DELETED: &str = "project.deleted";

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/project", get(list).post(create))
        .route(
            "/v1/project/{project}",
            get(show).put(update).delete(remove),
        )
        .route(
            "/v1/project/{project}/tags",
            get(show_tags).put(replace_tags).patch(change_some_tags),
        )
        .route("/v1/project/{project}/kms/ca", get(show_ca))
}

/// Project as the compatible API shows it. Members about billing are empty.
#[derive(Serialize)]
struct ProjectJson<'a> {
    project_name: &'a ProjectName,
    default_cloud: String,
    account_id: &'static str,
    account_name: Option<&'static str>,
    available_credits: &'static str,
    billing_address: &'static str,
    billing_currency: &'static str,
    billing_emails: [Value; 0],
    billing_extra_text: Option<&'static str>,
    billing_group_id: &'static str,
    billing_group_name: &'static str,
    card_info: Option<Value>,
    country: &'static str,
    country_code: &'static str,
    estimated_balance: &'static str,
    estimated_balance_local: &'static str,
    features: BTreeMap<&'static str, bool>,
    payment_method: &'static str,
    tags: &'a BTreeMap<String, String>,
    tech_emails: [Value; 0],
    tenant_id: &'static str,
    trial_expiration_time: Option<&'static str>,
    vat_id: &'static str,
}

#[derive(Deserialize)]
struct ProjectBody {
    project: String,
    #[serde(default)]
    tags: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct ChangedProject {
    #[serde(default)]
    project_name: Option<String>,
    #[serde(default)]
    tags: Option<BTreeMap<String, String>>,
}

async fn list(State(app): State<App>, Caller(caller): Caller) -> Result<Json<Value>, Error> {
    let lookups: Vec<_> = caller
        .projects()
        .map(|(project, _)| Lookup::One(Kind::Project, Key::project(project)))
        .collect();
    let rows = app.store.fetch(&lookups).await?.readable::<Project>();
    let projects: Vec<_> = rows
        .iter()
        .map(|row| json_of(&row.value, &app.accounts))
        .collect();
    Ok(Json(json!({
        "projects": projects,
        "project_membership": membership(&caller),
        "project_memberships": memberships(&caller),
    })))
}

async fn create(
    State(app): State<App>,
    Operator(caller): Operator,
    JsonBody(desired): JsonBody<ProjectBody>,
) -> Result<Json<Value>, Error> {
    let name: ProjectName = desired.project.parse()?;
    let tags = desired.tags.unwrap_or_default();
    check_tags(&tags)?;
    let key = Key::project(&name);
    let user = Key::user(&caller.user.email);
    app.transact(async || {
        let fetched = app
            .store
            .fetch(&[
                Lookup::One(Kind::Project, key.clone()),
                Lookup::One(Kind::User, user.clone()),
            ])
            .await?;
        if fetched.one::<Project>(&key)?.is_some() {
            return Err(Refusal::conflict(
                "project_exists",
                format!("Project `{name}` already exists. Choose another name"),
            )
            .into());
        }
        let desired = NewProject {
            name: &name,
            tags: tags.clone(),
            actor: &caller.actor(),
        };
        let (change, project) = insert_project(&app, Change::new(), desired).await?;
        let change = match fetched.one::<User>(&user)? {
            None => change,
            Some(mut row) => {
                row.value.memberships.insert(name.clone(), Role::Admin);
                change.update(&row)?
            }
        };
        Ok((
            change,
            Json(json!({"project": json_of(&project, &app.accounts)})),
        ))
    })
    .await
}

async fn show(State(app): State<App>, member: Member) -> Json<Value> {
    Json(json!({"project": json_of(&member.project.value, &app.accounts)}))
}

async fn update(
    State(app): State<App>,
    member: Member,
    JsonBody(desired): JsonBody<ChangedProject>,
) -> Result<Json<Value>, Error> {
    if desired
        .project_name
        .is_some_and(|name| name != member.name().as_str())
    {
        return Err(Refusal::invalid(
            "project_rename",
            "A project keeps its name, because private names and certificates carry it; make a \
             new project instead",
        )
        .into());
    }
    let changed = change_tags(&app, &member, |tags| {
        if let Some(desired) = &desired.tags {
            tags.clone_from(desired);
        }
    });
    Ok(Json(
        json!({"project": json_of(&changed.await?, &app.accounts)}),
    ))
}

async fn show_tags(member: Member) -> Json<Value> {
    Json(json!({"tags": member.project.value.tags}))
}

async fn replace_tags(
    State(app): State<App>,
    member: Member,
    JsonBody(desired): JsonBody<TagsBody>,
) -> Result<Json<Value>, Error> {
    change_tags(&app, &member, |tags| tags.clone_from(&desired.tags)).await?;
    Ok(Json(json!({"message": "Tags replaced"})))
}

/// Adds and changes tags; `null` removes a tag.
async fn change_some_tags(
    State(app): State<App>,
    member: Member,
    JsonBody(desired): JsonBody<TagsChangeBody>,
) -> Result<Json<Value>, Error> {
    change_tags(&app, &member, |tags| merge_tags(tags, &desired.tags)).await?;
    Ok(Json(json!({"message": "Tags updated"})))
}

/// Returns the CA that clients of the project's services trust.
async fn show_ca(member: Member) -> Json<ProjectCa> {
    Json(ProjectCa {
        certificate: member.project.value.ca_pem.clone(),
    })
}

async fn change_tags(
    app: &App,
    member: &Member,
    edit: impl Fn(&mut Tags),
) -> Result<Project, Error> {
    change_project(app, member, |project| {
        edit(&mut project.tags);
        check_tags(&project.tags)?;
        Ok((
            "project.tagged",
            format!("The tags of project `{}` were changed", project.name),
        ))
    })
    .await
}

/// Edits the project's row; `edit` returns the code and message of the event.
pub(in crate::api) async fn change_project(
    app: &App,
    member: &Member,
    edit: impl Fn(&mut Project) -> Result<(&'static str, String), Refusal>,
) -> Result<Project, Error> {
    let key = Key::project(member.name());
    app.transact(async || {
        let fetched = app
            .store
            .fetch(&[Lookup::One(Kind::Project, key.clone())])
            .await?;
        let mut row = member.reread(&fetched)?;
        let before = row.value.clone();
        let (code, sentence) = edit(&mut row.value)?;
        if row.value == before {
            return Ok((Change::new(), before));
        }
        let event = member.event(app.clock.now(), &Subject::Project, code, sentence);
        Ok((Change::new().update(&row)?.event(event), row.value))
    })
    .await
}

async fn remove(State(app): State<App>, member: Member) -> Result<Json<Value>, Error> {
    let name = member.name();
    let key = Key::project(name);
    let inside = [Kind::Service, Kind::Vpc, Kind::StaticIp];
    app.transact(async || {
        let mut lookups = rows_of(name);
        lookups.push(Lookup::One(Kind::Project, key.clone()));
        lookups.push(Lookup::Under(Kind::User, Key::root()));
        lookups.push(Lookup::Under(Kind::Token, Key::root()));
        let fetched = app.store.fetch(&lookups).await?;
        let project = member.reread(&fetched)?;
        // By their keys, so that an object that cannot be read counts.
        let named = |kind, word: &'static str, quote: &'static str| {
            let rows = fetched.records().iter().filter(move |row| row.kind == kind);
            rows.filter_map(move |row| {
                let (_, name) = row.key.as_str().split_once('/')?;
                Some(format!("{word} {quote}{name}{quote}"))
            })
        };
        let left: Vec<_> = named(Kind::Service, "service", "`")
            .chain(named(Kind::Vpc, "VPC", ""))
            .chain(named(Kind::StaticIp, "static IP", ""))
            .collect();
        if !left.is_empty() {
            return Err(Refusal::conflict(
                "project_in_use",
                format!(
                    "Project `{name}` still has {}. Delete them first",
                    left.join(", ")
                ),
            )
            .into());
        }
        let mut change = inside.into_iter().fold(Change::new(), |change, kind| {
            change.expect(Expectation::NoneUnder(kind, key.clone()))
        });
        change = change.delete(&project).remove::<CaKey>(key.clone());
        // Nothing of this project belongs to the next one of its name.
        let left = fetched.records().iter();
        change.writes.extend(
            left.filter(|row| row.kind.is_below_project() || row.kind == Kind::Observed)
                .map(|row| Write::Remove(row.kind, row.key.clone())),
        );
        for mut row in fetched.readable::<User>() {
            if row.value.memberships.remove(name).is_some() {
                change = change.update(&row)?;
            }
        }
        let now = app.clock.now();
        for mut row in fetched.readable::<Token>() {
            if row.value.leave(name, now) {
                change = change.update(&row)?;
            }
        }
        let sentence = format!("Project `{name}` was deleted");
        let event = member.event(now, &Subject::Project, DELETED, sentence);
        Ok((change.event(event), Json(json!({"message": "Deleted"}))))
    })
    .await
}

/// Returns the lookups of all rows whose keys are below a project.
fn rows_of(project: &ProjectName) -> Vec<Lookup> {
    let key = Key::project(project);
    let below = Kind::ALL
        .into_iter()
        .filter(|kind| kind.is_below_project())
        .map(|kind| Lookup::Under(kind, key.clone()));
    let observed = [
        Key::observed_links(project),
        Key::observed_vpcs(project),
        Key::observed_static_ips(project),
    ]
    .map(|key| Lookup::Under(Kind::Observed, key));
    below.chain(observed).collect()
}

fn json_of<'a>(project: &'a Project, accounts: &Accounts) -> ProjectJson<'a> {
    ProjectJson {
        project_name: &project.name,
        default_cloud: default_cloud(accounts, &project.name),
        account_id: TENANT,
        account_name: None,
        available_credits: "0.00",
        billing_address: "",
        billing_currency: "USD",
        billing_emails: [],
        billing_extra_text: None,
        billing_group_id: "",
        billing_group_name: "",
        card_info: None,
        country: "",
        country_code: "",
        estimated_balance: "0.00",
        estimated_balance_local: "0.00",
        features: project
            .features
            .iter()
            .map(|feature| (feature.as_str(), true))
            .collect(),
        payment_method: "no_payment_expected",
        tags: &project.tags,
        tech_emails: [],
        tenant_id: TENANT,
        trial_expiration_time: None,
        vat_id: "",
    }
}

/// Returns the first cloud of the list that an account serves.
fn default_cloud(accounts: &Accounts, project: &ProjectName) -> String {
    served(accounts, Some(project))
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// Returns the clouds of the list that accounts serve for a project, or for any.
pub(super) fn served(
    accounts: &Accounts,
    project: Option<&ProjectName>,
) -> impl Iterator<Item = &'static str> + use<> {
    let known: BTreeSet<_> = CATALOGUE
        .iter()
        .filter(|facts| {
            facts
                .name
                .parse()
                .is_ok_and(|cloud| accounts.serving(&cloud, project).is_some())
        })
        .map(|facts| facts.name)
        .collect();
    known.into_iter()
}
