//! The network a service is to be in.

use underpass_model::cloud::CloudName;
use underpass_model::id::ProjectVpcId;
use underpass_model::name::{ProjectName, ServiceName};
use underpass_model::part::Observed;
use underpass_model::refusal::Refusal;
use underpass_model::remedy::Remedy;
use underpass_model::vpc::ProjectVpc;
use underpass_model::work::WorkKey;
use underpass_store::{Change, Key, Kind, Lookup, Versioned, VpcResident};

use crate::api::Error;
use crate::app::App;

/// A project VPC with what was seen of it.
pub(super) struct Place {
    pub(super) vpc: Versioned<ProjectVpc>,
    observed: Observed,
}

impl Place {
    /// Reads the project VPC of that id, or says that the project has none such.
    pub(super) async fn load(
        app: &App,
        project: &ProjectName,
        id: ProjectVpcId,
    ) -> Result<Self, Error> {
        let key = Key::vpc(project, id);
        let seen = Key::observed(&WorkKey::Vpc(project.clone(), id));
        let lookups = [
            Lookup::One(Kind::Vpc, key.clone()),
            Lookup::One(Kind::Observed, seen.clone()),
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
            .one::<Observed>(&seen)?
            .map(|row| row.value)
            .unwrap_or_default();
        Ok(Self { vpc, observed })
    }

    /// Makes a service a resident. The VPC's row is only looked at, so that many services can be
    /// registered in one VPC at once; who deletes the VPC expects that it has no residents.
    pub(super) fn move_in(&self, change: Change, service: &ServiceName) -> Result<Change, Error> {
        let vpc = &self.vpc.value;
        let key = Key::vpc_resident(&vpc.project, vpc.id, service);
        let resident = VpcResident {
            service: service.clone(),
        };
        Ok(change.expect_unchanged(&self.vpc).put(key, &resident)?)
    }

    /// Ends a service's residence.
    pub(super) fn move_out(
        change: Change,
        project: &ProjectName,
        vpc: ProjectVpcId,
        service: &ServiceName,
    ) -> Change {
        change.remove::<VpcResident>(Key::vpc_resident(project, vpc, service))
    }

    /// Refuses a service that cannot be here.
    pub(super) fn admit(&self, cloud: &CloudName) -> Result<(), Refusal> {
        self.vpc.value.admit(cloud, &self.observed)
    }
}
