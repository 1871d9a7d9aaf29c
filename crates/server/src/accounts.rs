//! Cloud accounts that the operator configured.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use underpass_clouds::Cloud;
use underpass_model::cloud::{CloudName, Provider};
use underpass_model::name::{AccountName, ProjectName};

/// Driver of one cloud account, with the regions it serves.
#[derive(Clone)]
pub struct Account {
    /// Provider of the cloud.
    pub provider: Provider,
    /// Regions that the account serves; if empty, every region of the provider.
    pub regions: Vec<String>,
    /// Projects that may use the account for new objects; `None`: every project.
    pub projects: Option<BTreeSet<ProjectName>>,
    /// The provider's ID of what the account manages: a subscription on Azure, a project on Google.
    pub native_id: String,
    /// Driver.
    pub cloud: Arc<dyn Cloud>,
}

impl Account {
    fn is_for(&self, project: &ProjectName) -> bool {
        let granted = self.projects.as_ref();
        granted.is_none_or(|projects| projects.contains(project))
    }
}

/// All configured accounts by name.
#[derive(Clone, Default)]
pub struct Accounts {
    accounts: BTreeMap<AccountName, Account>,
}

impl Accounts {
    /// Wraps the configured accounts.
    pub const fn new(accounts: BTreeMap<AccountName, Account>) -> Self {
        Self { accounts }
    }

    /// Returns the names of all accounts.
    pub fn names(&self) -> impl Iterator<Item = &AccountName> {
        self.accounts.keys()
    }

    /// Returns the account with a name.
    pub fn get(&self, name: &AccountName) -> Option<&Account> {
        self.accounts.get(name)
    }

    /// Returns the account with a name, if a project may use it for new objects.
    pub fn granted(&self, name: &AccountName, project: &ProjectName) -> Option<&Account> {
        self.get(name).filter(|account| account.is_for(project))
    }

    /// Returns the first account, in the order of names, that serves a cloud for new objects of a
    /// project. Without a project, one of any project.
    pub fn serving(
        &self,
        cloud: &CloudName,
        project: Option<&ProjectName>,
    ) -> Option<&AccountName> {
        self.accounts
            .iter()
            .find(|(_, account)| {
                account.provider == cloud.provider()
                    && project.is_none_or(|project| account.is_for(project))
                    && (account.regions.is_empty()
                        || account
                            .regions
                            .iter()
                            .any(|region| region == cloud.region()))
            })
            .map(|(name, _)| name)
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use jiff::Timestamp;
    use underpass_clouds::{Error, Listing, PlacedAttachment, Report, Scope};
    use underpass_model::cloud_target::CloudTarget;
    use underpass_model::reconcile::Step;

    use super::*;

    struct NoCloud;

    #[async_trait]
    impl Cloud for NoCloud {
        async fn perform(&self, _: &CloudTarget, _: &Step, _: Timestamp) -> Result<Report, Error> {
            unreachable!("no call is made")
        }

        async fn sweep(&self, _: &Scope, _: Timestamp) -> Result<Listing, Error> {
            unreachable!("no call is made")
        }

        async fn attachments(&self, _: Timestamp) -> Result<Vec<PlacedAttachment>, Error> {
            unreachable!("no call is made")
        }

        async fn networks(&self, _: &[CloudTarget], _: Timestamp) -> Result<Listing, Error> {
            unreachable!("no call is made")
        }
    }

    fn account(regions: &[&str], projects: Option<&[&str]>) -> Account {
        Account {
            provider: Provider::Azure,
            regions: regions.iter().map(|region| (*region).to_owned()).collect(),
            projects: projects
                .map(|names| names.iter().map(|name| name.parse().unwrap()).collect()),
            native_id: "s".to_owned(),
            cloud: Arc::new(NoCloud),
        }
    }

    #[test]
    fn an_account_serves_its_regions_and_its_projects() {
        let name = |text: &str| text.parse::<AccountName>().unwrap();
        let accounts = Accounts::new(BTreeMap::from([
            (name("a-own"), account(&[], Some(&["team"]))),
            (name("b-west"), account(&["westeurope"], None)),
        ]));
        let cloud: CloudName = "azure-westeurope".parse().unwrap();
        let (team, other) = ("team".parse().unwrap(), "other".parse().unwrap());
        let serving = |cloud, project| {
            let serving: Option<&AccountName> = accounts.serving(cloud, project);
            serving.map(AccountName::as_str)
        };
        assert_eq!(serving(&cloud, Some(&team)), Some("a-own"));
        assert_eq!(serving(&cloud, Some(&other)), Some("b-west"));
        let north: CloudName = "azure-northeurope".parse().unwrap();
        assert_eq!(serving(&north, Some(&other)), None);
        assert_eq!(serving(&north, None), Some("a-own"));
        assert!(accounts.granted(&name("a-own"), &team).is_some());
        assert!(accounts.granted(&name("a-own"), &other).is_none());
        assert!(accounts.granted(&name("b-west"), &other).is_some());
    }
}
