//! The check of an Azure account.

use async_trait::async_trait;
use jiff::Timestamp;
use percent_encoding::utf8_percent_encode;
use serde_json::Value;

use super::Azure;
use super::action::Action;
use super::granted::{Grant, Granted};
use super::principal::Principal;
use super::resource::{ESCAPED, Resource};
use super::role::role_name;
use crate::account_check::{
    CheckAccount, CheckKind, CheckPlan, Finding, Report, is_denied, is_end, not_reached, quota,
};
use crate::document;
use crate::error::Error;

/// The API version of subscriptions and regions (Microsoft.Resources REST reference).
const SUBSCRIPTION_API: &str = "2022-12-01";

/// The API version of permissions (Microsoft.Authorization REST reference).
const PERMISSIONS_API: &str = "2022-04-01";

/// The API version of providers (Microsoft.Resources REST reference).
const PROVIDER_API: &str = "2021-04-01";

/// The API version of quotas (Microsoft.Network REST reference).
const USAGES_API: &str = "2024-05-01";

/// The provider of all resources but groups.
const PROVIDER: &str = "Microsoft.Network";

/// The quotas of a region that links use (Microsoft.Network, "Usages - List").
const QUOTAS: [&str; 4] = [
    "VirtualNetworks",
    "LoadBalancers",
    "PrivateLinkServices",
    "NetworkInterfaces",
];

/// The actions that the account has: in the subscription, and in its own resource group.
struct AccountActions {
    subscription: Result<Granted, Error>,
    group: Result<Granted, Error>,
}

#[async_trait]
impl CheckAccount for Azure {
    async fn check_account(&self, plan: &CheckPlan, now: Timestamp, report: &mut Report<'_>) {
        let check = AccountCheck {
            azure: self,
            plan,
            now,
        };
        check.run(report).await;
    }
}

#[derive(Clone, Copy)]
struct AccountCheck<'a> {
    azure: &'a Azure,
    plan: &'a CheckPlan,
    now: Timestamp,
}

/// The check ended: the endpoints do not answer.
struct Ended;

impl AccountCheck<'_> {
    async fn run(self, report: &mut Report<'_>) {
        let Some(principal) = self.sign_in(report).await else {
            not_reached(self.after_sign_in(), report);
            return;
        };
        if self.subscription(report).await.is_err() {
            not_reached(self.after_reachability(), report);
            return;
        }
        // Each later call is about one subject, so the first that is not answered ends the check.
        let _ended = self.rest(&principal, report).await;
    }

    async fn rest(self, principal: &Principal, report: &mut Report<'_>) -> Result<(), Ended> {
        self.permissions(principal, report).await?;
        self.group(report).await?;
        self.provider(report).await?;
        self.regions(report).await?;
        for region in &self.plan.regions {
            self.quotas(region, report).await?;
        }
        Ok(())
    }

    fn after_sign_in(self) -> Vec<(CheckKind, String)> {
        let host = self.azure.client.base_url().to_owned();
        let mut all = vec![
            (CheckKind::Reachability, host.clone()),
            (CheckKind::Clock, host),
            (CheckKind::Scope, self.azure.subscription.clone()),
        ];
        all.extend(self.after_reachability());
        all
    }

    fn after_reachability(self) -> Vec<(CheckKind, String)> {
        let permissions = Action::ALL.iter();
        let mut all: Vec<_> = permissions
            .map(|it| (CheckKind::Permission, it.name().to_owned()))
            .collect();
        all.push((CheckKind::ResourceGroup, self.azure.account_group.clone()));
        all.push((CheckKind::Service, PROVIDER.to_owned()));
        let regions = self.plan.regions.iter();
        all.extend(regions.flat_map(|region| {
            [
                (CheckKind::Region, region.clone()),
                (CheckKind::Quota, region.clone()),
            ]
        }));
        all
    }

    async fn sign_in(self, report: &mut Report<'_>) -> Option<Principal> {
        let check = CheckKind::SignIn;
        let account = &self.plan.account;
        match self.azure.client.token(self.now).await {
            Ok((token, sign_in)) => {
                let principal = Principal::of(&token);
                let until = sign_in.expires_at;
                let message = format!("{}; the token is valid until {until}", principal.in_words());
                report(Finding::ok(check, account, message));
                Some(principal)
            }
            Err(error) => {
                report(failed(check, account, &error));
                None
            }
        }
    }

    /// Reads the subscription: the first call to the resource manager.
    async fn subscription(self, report: &mut Report<'_>) -> Result<(), Ended> {
        let host = self.azure.client.base_url();
        let subscription = &self.azure.subscription;
        let path = format!("{}?api-version={SUBSCRIPTION_API}", self.path());
        let action = format!("read subscription `{subscription}`");
        let read = self
            .azure
            .client
            .document(&path, &action, Action::ReadSubscription, self.now)
            .await;
        if let Err(error) = &read.1
            && is_end(error)
        {
            report(failed(CheckKind::Reachability, host, error));
            report(Finding::not_checked(CheckKind::Clock, host, error));
            report(Finding::not_checked(CheckKind::Scope, subscription, error));
            return Err(Ended);
        }
        report(Finding::ok(CheckKind::Reachability, host, "answers"));
        report(read.0.as_ref().map_or_else(
            || Finding::unknown(CheckKind::Clock, host, "its answer was not read"),
            |answer| Finding::of_clock(answer, host),
        ));
        report(match &read.1 {
            Ok(document) => {
                let state = document::text(document, "/state").unwrap_or_default();
                if state == "Enabled" {
                    Finding::ok(
                        CheckKind::Scope,
                        subscription,
                        "the subscription is enabled",
                    )
                } else {
                    let state = document::bounded(state, 40);
                    Finding::missing(
                        CheckKind::Scope,
                        subscription,
                        format!("the subscription is in state `{state}`"),
                        "Enable the subscription in the Azure portal",
                    )
                }
            }
            Err(error) if error.code == "SubscriptionNotFound" => {
                failed(CheckKind::Scope, subscription, error)
            }
            Err(error) => Finding::not_checked(CheckKind::Scope, subscription, error),
        });
        Ok(())
    }

    async fn permissions(
        self,
        principal: &Principal,
        report: &mut Report<'_>,
    ) -> Result<(), Ended> {
        let group = Resource::group(&self.azure.subscription, &self.azure.account_group);
        let actions = AccountActions {
            subscription: self.granted(&self.path()).await,
            group: self.granted(&group.escaped()).await,
        };
        let is_assigned = [&actions.subscription, &actions.group]
            .iter()
            .any(|it| it.as_ref().is_ok_and(|it| *it != Granted::default()));
        for action in Action::ALL {
            let at = if action.is_in_account_group() {
                &actions.group
            } else {
                &actions.subscription
            };
            let name = action.name();
            report(match at.as_ref().map(|granted| granted.grant(name)) {
                Ok(Grant::Granted) => Finding::ok(CheckKind::Permission, name, "granted"),
                Ok(Grant::Conditional) => Finding::unknown(
                    CheckKind::Permission,
                    name,
                    "granted only under a condition of the role assignment, which is not evaluated",
                ),
                Ok(Grant::Missing) => self.missing(*action, &actions, principal, is_assigned),
                Err(error) => Finding::not_checked(CheckKind::Permission, name, error),
            });
        }
        let ends = |read: &Result<Granted, Error>| read.as_ref().is_err_and(is_end);
        if ends(&actions.subscription) || ends(&actions.group) {
            let rest = self.after_reachability().into_iter();
            not_reached(rest.filter(|(it, _)| *it != CheckKind::Permission), report);
            return Err(Ended);
        }
        Ok(())
    }

    fn missing(
        self,
        action: Action,
        actions: &AccountActions,
        principal: &Principal,
        is_assigned: bool,
    ) -> Finding {
        let name = action.name();
        let (subscription, group) = (&self.azure.subscription, &self.azure.account_group);
        let only_group = actions
            .group
            .as_ref()
            .is_ok_and(|granted| granted.grant(name) == Grant::Granted);
        let message = if action.is_in_account_group() {
            format!("not granted in resource group `{group}`")
        } else if only_group {
            format!("granted only in resource group `{group}`, not in the subscription")
        } else {
            "not granted in the subscription".to_owned()
        };
        let role = &self.plan.role_command;
        let object = principal.oid.as_deref().unwrap_or("OBJECT_ID");
        let assign = format!(
            "az role assignment create --assignee-object-id {object} --assignee-principal-type \
             ServicePrincipal --role \"{}\" --scope /subscriptions/{subscription}",
            role_name(&self.plan.account)
        );
        let remedy = if is_assigned && !only_group {
            format!(
                "Grant it with `{role} > role.json && az role definition update --role-definition \
                 role.json`. If the role is not assigned yet: `{assign}`"
            )
        } else {
            format!(
                "Grant it with `{role} > role.json && az role definition create --role-definition \
                 role.json && {assign}`"
            )
        };
        Finding::missing(CheckKind::Permission, name, message, remedy)
    }

    async fn granted(self, scope: &str) -> Result<Granted, Error> {
        let path = format!(
            "{scope}/providers/Microsoft.Authorization/permissions?api-version={PERMISSIONS_API}"
        );
        let action = "list the account's own permissions";
        let needs = Action::ReadPermissions;
        let client = &self.azure.client;
        let listed = client.list(&path, action, needs, self.now).await?;
        // A group that does not exist has the permissions of nothing.
        Ok(listed.map_or_else(Granted::default, |listed| Granted::read(&listed)))
    }

    async fn group(self, report: &mut Report<'_>) -> Result<(), Ended> {
        let name = &self.azure.account_group;
        let group = Resource::group(&self.azure.subscription, name);
        let check = CheckKind::ResourceGroup;
        let read = self.azure.client.get(&group, self.now).await;
        self.conclude(check, name, read, report, |found| match found {
            Some(_) => Finding::ok(check, name, "exists"),
            None => Finding::missing(
                check,
                name,
                "does not exist",
                format!(
                    "Create it with `az group create --name {name} --location REGION \
                     --subscription {}`",
                    self.azure.subscription
                ),
            ),
        })
    }

    async fn provider(self, report: &mut Report<'_>) -> Result<(), Ended> {
        let path = format!(
            "{}/providers/{PROVIDER}?api-version={PROVIDER_API}",
            self.path()
        );
        let action = format!("read the registration of {PROVIDER}");
        let check = CheckKind::Service;
        let needs = Action::ReadProvider;
        let read = self.document(&path, &action, needs).await;
        self.conclude(check, PROVIDER, read, report, |document| {
            let state = document::text(&document, "/registrationState").unwrap_or_default();
            if state == "Registered" {
                return Finding::ok(check, PROVIDER, "is registered");
            }
            let state = document::bounded(state, 40);
            let remedy = format!(
                "Register it with `az provider register --namespace {PROVIDER} --subscription {}`",
                self.azure.subscription
            );
            let message = format!("is in state `{state}`");
            Finding::missing(check, PROVIDER, message, remedy)
        })
    }

    async fn regions(self, report: &mut Report<'_>) -> Result<(), Ended> {
        let check = CheckKind::Region;
        if self.plan.regions.is_empty() {
            return Ok(());
        }
        let path = format!("{}/locations?api-version={SUBSCRIPTION_API}", self.path());
        let needs = Action::ReadLocations;
        let read = self
            .document(&path, "list the subscription's regions", needs)
            .await;
        let mut is_ended = false;
        for region in &self.plan.regions {
            report(match &read {
                Ok(document) => {
                    let mut listed = document::list(document, "/value").iter();
                    if listed.any(|it| document::says(it, "/name", region)) {
                        Finding::ok(check, region, "exists")
                    } else {
                        let message = "the subscription does not have this region";
                        let remedy = format!(
                            "Correct accounts.{}.regions; `az account list-locations` prints the \
                             names",
                            self.plan.account
                        );
                        Finding::missing(check, region, message, remedy)
                    }
                }
                Err(error) => {
                    is_ended |= is_end(error);
                    Finding::not_checked(check, region, error)
                }
            });
        }
        if is_ended {
            let regions = self.plan.regions.iter();
            let rest = regions.map(|region| (CheckKind::Quota, region.clone()));
            not_reached(rest, report);
            return Err(Ended);
        }
        Ok(())
    }

    async fn quotas(self, region: &str, report: &mut Report<'_>) -> Result<(), Ended> {
        let path = format!(
            "{}/providers/{PROVIDER}/locations/{}/usages?api-version={USAGES_API}",
            self.path(),
            utf8_percent_encode(region, ESCAPED)
        );
        let check = CheckKind::Quota;
        let action = format!("list the quotas of {region}");
        let needs = Action::ReadUsages;
        let read = self.document(&path, &action, needs).await;
        let document = match read {
            Ok(document) => document,
            Err(error) => {
                report(Finding::not_checked(check, region, &error));
                return if is_end(&error) { Err(Ended) } else { Ok(()) };
            }
        };
        let remedy = format!(
            "Delete unused resources in {region}, or request a higher quota in the Azure portal"
        );
        for name in QUOTAS {
            let subject = format!("{region} {name}");
            let mut listed = document::list(&document, "/value").iter();
            let found = listed.find(|it| document::says(it, "/name/value", name));
            let number = |pointer: &str| found?.pointer(pointer)?.as_f64();
            let shown = number("/currentValue").zip(number("/limit"));
            report(shown.map_or_else(
                || Finding::unknown(check, &subject, "Azure does not list this quota"),
                |(used, limit)| quota(&subject, used, limit, &remedy),
            ));
        }
        Ok(())
    }

    async fn document(self, path: &str, action: &str, needs: Action) -> Result<Value, Error> {
        let client = &self.azure.client;
        client.document(path, action, needs, self.now).await.1
    }

    fn conclude<T>(
        self,
        check: CheckKind,
        subject: &str,
        read: Result<T, Error>,
        report: &mut Report<'_>,
        finding: impl FnOnce(T) -> Finding,
    ) -> Result<(), Ended> {
        match read {
            Ok(found) => report(finding(found)),
            Err(error) => {
                report(Finding::not_checked(check, subject, &error));
                if is_end(&error) {
                    let rest = self.after_reachability().into_iter();
                    let rest = rest.filter(|(later, _)| *later > check);
                    not_reached(rest, report);
                    return Err(Ended);
                }
            }
        }
        Ok(())
    }

    fn path(self) -> String {
        let subscription = utf8_percent_encode(&self.azure.subscription, ESCAPED);
        format!("/subscriptions/{subscription}")
    }
}

/// The finding about a call that failed and thereby answers the question.
fn failed(check: CheckKind, subject: &str, error: &Error) -> Finding {
    let remedy = error.remedy.clone().unwrap_or_else(|| {
        if is_denied(error) {
            "Check the account's credentials".to_owned()
        } else {
            "Check the network and the account's addresses, and try again".to_owned()
        }
    });
    Finding::missing(check, subject, error.to_string(), remedy)
}
