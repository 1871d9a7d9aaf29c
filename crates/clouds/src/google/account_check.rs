//! The check of a Google Cloud account.

use std::collections::BTreeSet;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Google;
use super::permission::Permission;
use super::role::role_id;
use crate::account_check::{
    CheckAccount, CheckKind, CheckPlan, Finding, Report, is_denied, is_end, not_reached, quota,
};
use crate::document;
use crate::error::{Error, ErrorKind};

/// The API of all resources of links.
const SERVICE: &str = "compute.googleapis.com";

/// The most permissions of one request: 100 (Resource Manager API, `projects.testIamPermissions`).
const MOST_PERMISSIONS: usize = 100;

/// The quotas of the project that links use (Compute Engine API, `Quota.metric`).
const PROJECT_QUOTAS: [&str; 5] = [
    "NETWORKS",
    "SUBNETWORKS",
    "FIREWALLS",
    "FORWARDING_RULES",
    "BACKEND_SERVICES",
];

/// The quotas of a region that links use (likewise).
const REGION_QUOTAS: [&str; 1] = ["SERVICE_ATTACHMENTS"];

#[async_trait]
impl CheckAccount for Google {
    async fn check_account(&self, plan: &CheckPlan, now: Timestamp, report: &mut Report<'_>) {
        let check = AccountCheck {
            google: self,
            plan,
            now,
        };
        check.run(report).await;
    }
}

#[derive(Clone, Copy)]
struct AccountCheck<'a> {
    google: &'a Google,
    plan: &'a CheckPlan,
    now: Timestamp,
}

/// The check ended: the endpoints do not answer.
struct Ended;

impl AccountCheck<'_> {
    async fn run(self, report: &mut Report<'_>) {
        if self.sign_in(report).await.is_none() {
            not_reached(self.after_sign_in(), report);
            return;
        }
        if self.project(report).await.is_err() {
            return;
        }
        if self.permissions(report).await.is_err() {
            not_reached(self.later(CheckKind::Permission), report);
            return;
        }
        if self.service(report).await.is_err() {
            not_reached(self.later(CheckKind::Service), report);
            return;
        }
        let mut regions = self.plan.regions.iter();
        while let Some(region) = regions.next() {
            if self.region(region, report).await.is_err() {
                let rest = regions.flat_map(|region| of_region(region));
                not_reached(rest, report);
                return;
            }
        }
    }

    fn after_sign_in(self) -> Vec<(CheckKind, String)> {
        let host = self.google.client.base_url().to_owned();
        let mut all = vec![
            (CheckKind::Reachability, host.clone()),
            (CheckKind::Clock, host),
            (CheckKind::Scope, self.google.project.clone()),
        ];
        all.extend(self.later(CheckKind::Scope));
        all
    }

    /// The subjects of later checks.
    fn later(self, check: CheckKind) -> Vec<(CheckKind, String)> {
        let permissions = Permission::ALL.iter();
        let mut all: Vec<_> = permissions
            .map(|it| (CheckKind::Permission, it.name().to_owned()))
            .collect();
        all.push((CheckKind::Service, SERVICE.to_owned()));
        all.extend(
            self.plan
                .regions
                .iter()
                .flat_map(|region| of_region(region)),
        );
        all.retain(|(later, _)| *later > check);
        all
    }

    async fn sign_in(self, report: &mut Report<'_>) -> Option<()> {
        let check = CheckKind::SignIn;
        let account = &self.plan.account;
        match self.google.client.sign_in(self.now).await {
            Ok(sign_in) => {
                let until = sign_in.expires_at;
                let principal = self.google.principal().in_words();
                let message = format!("{principal}; the token is valid until {until}");
                report(if self.google.has_given_token() {
                    let message = format!("{principal}, which is not checked by itself");
                    Finding::ok(check, account, message)
                } else {
                    Finding::ok(check, account, message)
                });
                Some(())
            }
            Err(error) => {
                report(failed(check, account, &error));
                None
            }
        }
    }

    /// Reads the project: the first call to Compute Engine.
    async fn project(self, report: &mut Report<'_>) -> Result<(), Ended> {
        let host = self.google.client.base_url();
        let project = &self.google.project;
        let path = format!("projects/{project}");
        let action = format!("read project `{project}`");
        let client = &self.google.client;
        let needs = Permission::GetProject;
        let (answer, read) = client.document(&path, None, &action, needs, self.now).await;
        if let Err(error) = &read
            && is_end(error)
        {
            report(failed(CheckKind::Reachability, host, error));
            report(Finding::not_checked(CheckKind::Clock, host, error));
            report(Finding::not_checked(CheckKind::Scope, project, error));
            not_reached(self.later(CheckKind::Scope), report);
            return Err(Ended);
        }
        if let Err(error) = &read
            && error.status == Some(401)
        {
            // The token of the configuration shows only here that it is not valid.
            report(failed(CheckKind::Reachability, host, error));
            report(Finding::not_checked(CheckKind::Clock, host, error));
            report(Finding::not_checked(CheckKind::Scope, project, error));
            not_reached(self.later(CheckKind::Scope), report);
            return Err(Ended);
        }
        report(Finding::ok(CheckKind::Reachability, host, "answers"));
        report(answer.as_ref().map_or_else(
            || Finding::unknown(CheckKind::Clock, host, "its answer was not read"),
            |answer| Finding::of_clock(answer, host),
        ));
        match &read {
            Ok(document) => {
                report(Finding::ok(CheckKind::Scope, project, "the project exists"));
                self.quotas("project", document, &PROJECT_QUOTAS, report);
            }
            Err(error) if error.kind == ErrorKind::Missing => {
                report(failed(CheckKind::Scope, project, error));
            }
            Err(error) => {
                report(Finding::not_checked(CheckKind::Scope, project, error));
                report(Finding::not_checked(CheckKind::Quota, "project", error));
            }
        }
        Ok(())
    }

    async fn permissions(self, report: &mut Report<'_>) -> Result<(), Ended> {
        let all: Vec<_> = Permission::ALL.iter().map(|it| it.name()).collect();
        let mut is_ended = false;
        for some in all.chunks(MOST_PERMISSIONS) {
            let granted = self.granted(some).await;
            is_ended |= granted.as_ref().is_err_and(is_end);
            for name in some {
                report(match &granted {
                    Ok(granted) if granted.contains(*name) => {
                        Finding::ok(CheckKind::Permission, name, "granted")
                    }
                    Ok(granted) => self.missing(name, !granted.is_empty()),
                    Err(error) => {
                        let finding = Finding::not_checked(CheckKind::Permission, name, error);
                        self.enabling("cloudresourcemanager.googleapis.com", error, finding)
                    }
                });
            }
        }
        if is_ended { Err(Ended) } else { Ok(()) }
    }

    /// Returns those of the permissions that the account has.
    async fn granted(self, names: &[&str]) -> Result<BTreeSet<String>, Error> {
        let path = format!("projects/{}:testIamPermissions", self.google.project);
        let body = json!({"permissions": names});
        let needs = Permission::GetProject;
        let action = "test the account's own permissions";
        let client = &self.google.resource_manager;
        let read = client
            .document(&path, Some(&body), action, needs, self.now)
            .await;
        let document = read.1?;
        let granted = document::list(&document, "/permissions").iter();
        Ok(granted
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect())
    }

    fn missing(self, name: &str, is_assigned: bool) -> Finding {
        let project = &self.google.project;
        let role = role_id(&self.plan.account);
        let member = self.google.principal().member();
        let bind = format!(
            "gcloud projects add-iam-policy-binding {project} --member {member} --role \
             projects/{project}/roles/{role}"
        );
        let remedy = if is_assigned {
            format!(
                "Grant it with `gcloud iam roles update {role} --project {project} \
                 --add-permissions {name}`. If the role is not bound yet: `{bind}`"
            )
        } else {
            let command = &self.plan.role_command;
            format!(
                "Grant it with `{command} > role.yaml && gcloud iam roles create {role} --project \
                 {project} --file role.yaml && {bind}`"
            )
        };
        let message = format!("not granted in project `{project}`");
        Finding::missing(CheckKind::Permission, name, message, remedy)
    }

    async fn service(self, report: &mut Report<'_>) -> Result<(), Ended> {
        let project = &self.google.project;
        let path = format!("projects/{project}/services/{SERVICE}");
        let action = format!("read the state of {SERVICE}");
        let (needs, check) = (Permission::GetService, CheckKind::Service);
        let client = &self.google.service_usage;
        let read = client.document(&path, None, &action, needs, self.now).await;
        match read.1 {
            Ok(document) if document::text(&document, "/state") == Some("ENABLED") => {
                report(Finding::ok(check, SERVICE, "is enabled"));
                Ok(())
            }
            Ok(document) => {
                let state = document::text(&document, "/state").unwrap_or_default();
                let message = format!("is in state `{}`", document::bounded(state, 40));
                let remedy = format!(
                    "Enable it with `gcloud services enable {SERVICE} --project {project}`"
                );
                report(Finding::missing(check, SERVICE, message, remedy));
                Ok(())
            }
            Err(error) => {
                let finding = Finding::not_checked(check, SERVICE, &error);
                report(self.enabling("serviceusage.googleapis.com", &error, finding));
                if is_end(&error) { Err(Ended) } else { Ok(()) }
            }
        }
    }

    /// Names the API that must be enabled for a check, if that is why it failed.
    fn enabling(self, api: &str, error: &Error, finding: Finding) -> Finding {
        if error.code != "accessNotConfigured" {
            return finding;
        }
        let project = &self.google.project;
        Finding {
            remedy: Some(format!(
                "Enable the API of this check with `gcloud services enable {api} --project {project}`"
            )),
            ..finding
        }
    }

    async fn region(self, region: &str, report: &mut Report<'_>) -> Result<(), Ended> {
        let path = format!("projects/{}/regions/{region}", self.google.project);
        let action = format!("read region `{region}`");
        let check = CheckKind::Region;
        let client = &self.google.client;
        let needs = Permission::GetRegion;
        let read = client.document(&path, None, &action, needs, self.now).await;
        match read.1 {
            Ok(document) => {
                report(Finding::ok(check, region, "exists"));
                self.quotas(region, &document, &REGION_QUOTAS, report);
                Ok(())
            }
            Err(error) if error.kind == ErrorKind::Missing => {
                let remedy = format!(
                    "Correct accounts.{}.regions; `gcloud compute regions list` prints the names",
                    self.plan.account
                );
                let message = "the project does not have this region";
                report(Finding::missing(check, region, message, remedy));
                Ok(())
            }
            Err(error) => {
                report(Finding::not_checked(check, region, &error));
                report(Finding::not_checked(CheckKind::Quota, region, &error));
                if is_end(&error) { Err(Ended) } else { Ok(()) }
            }
        }
    }

    fn quotas(self, place: &str, document: &Value, names: &[&str], report: &mut Report<'_>) {
        let remedy = format!(
            "Delete unused resources, or request a higher quota on the page Quotas of project \
             {}",
            self.google.project
        );
        for name in names {
            let subject = format!("{place} {name}");
            let mut listed = document::list(document, "/quotas").iter();
            let found = listed.find(|it| document::says(it, "/metric", name));
            let number = |member: &str| found?.get(member)?.as_f64();
            let shown = number("usage").zip(number("limit"));
            report(shown.map_or_else(
                || {
                    let message = "Google does not show this quota";
                    Finding::unknown(CheckKind::Quota, &subject, message)
                },
                |(used, limit)| quota(&subject, used, limit, &remedy),
            ));
        }
    }
}

fn of_region(region: &str) -> [(CheckKind, String); 2] {
    [
        (CheckKind::Region, region.to_owned()),
        (CheckKind::Quota, region.to_owned()),
    ]
}

/// The finding about a call that failed and thereby answers the question.
fn failed(check: CheckKind, subject: &str, error: &Error) -> Finding {
    let remedy = error.remedy.clone().unwrap_or_else(|| {
        if is_denied(error) {
            "Check the account's credentials".to_owned()
        } else {
            "Check the network, the project and the account's addresses, and try again".to_owned()
        }
    });
    Finding::missing(check, subject, error.to_string(), remedy)
}
