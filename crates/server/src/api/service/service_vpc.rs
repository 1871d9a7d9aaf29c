//! Project VPC of a service.

use underpass_model::cloud::CloudName;
use underpass_model::id::ProjectVpcId;
use underpass_model::name::{ProjectName, ServiceName};
use underpass_model::part::Observed;
use underpass_model::refusal::Refusal;
use underpass_model::remedy::Remedy;
use underpass_model::service::Service;
use underpass_model::vpc::ProjectVpc;
use underpass_model::work::WorkKey;
use underpass_store::{Change, Key, Kind, Lookup, Versioned, VpcResident};

use crate::api::error::Error;
use crate::app::App;

/// Project VPC with its observed state.
pub(super) struct ServiceVpc {
    pub(super) vpc: Versioned<ProjectVpc>,
    observed: Observed,
}

impl ServiceVpc {
    /// Loads a project VPC.
    ///
    /// # Errors
    /// `unknown_project_vpc` if the project has none with this ID.
    pub(super) async fn load(
        app: &App,
        project: &ProjectName,
        id: ProjectVpcId,
    ) -> Result<Self, Error> {
        let key = Key::vpc(project, id);
        let observed_key = Key::observed(&WorkKey::Vpc(project.clone(), id));
        let lookups = [
            Lookup::One(Kind::Vpc, key.clone()),
            Lookup::One(Kind::Observed, observed_key.clone()),
        ];
        let fetched = app.store.fetch(&lookups).await?;
        let vpc = fetched.one(&key)?.ok_or_else(|| {
            Refusal::invalid(
                "unknown_project_vpc",
                format!("Project `{project}` has no project VPC {id}"),
            )
            .with_remedy(Remedy::ListVpcs)
        })?;
        let observed = fetched
            .one::<Observed>(&observed_key)?
            .map(|row| row.value)
            .unwrap_or_default();
        Ok(Self { vpc, observed })
    }

    /// Makes a service a resident. The VPC's row is not written, so that services can be registered
    /// in one VPC concurrently; a deletion of the VPC expects that it has no residents.
    pub(super) fn move_in(&self, change: Change, service: &Service) -> Result<Change, Error> {
        self.note_nodes(change.expect_unchanged(&self.vpc), service)
    }

    /// Notes the nodes of a resident service.
    pub(super) fn note_nodes(&self, change: Change, service: &Service) -> Result<Change, Error> {
        let vpc = &self.vpc.value;
        let key = Key::vpc_resident(&vpc.project, vpc.id, &service.name);
        Ok(change.put(key, &VpcResident::of(service))?)
    }

    /// Removes a resident service.
    pub(super) fn move_out(
        change: Change,
        project: &ProjectName,
        vpc: ProjectVpcId,
        service: &ServiceName,
    ) -> Change {
        change.remove::<VpcResident>(Key::vpc_resident(project, vpc, service))
    }

    /// Refuses a service that cannot be in this VPC.
    pub(super) fn admit(&self, cloud: &CloudName) -> Result<(), Refusal> {
        self.vpc.value.admit(cloud, &self.observed)
    }
}
