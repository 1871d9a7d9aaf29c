//! Input of the form.

use std::collections::BTreeSet;

use underpass_api_types::vpc::CompatibleVpc;
use underpass_model::service_type::{self, ServiceTypeFacts};
use underpass_web::form::Fields;

use crate::rows::Rows;

/// Type of a new form.
const FIRST_TYPE: &str = "pg";

/// Default plan; any name is accepted.
const FIRST_PLAN: &str = "startup-4";

/// A service to register. It has no password, so that no page can show one.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) name: String,
    pub(super) service_type: String,
    pub(super) plan: String,
    /// Cloud; that of the project VPC if empty.
    pub(super) cloud: String,
    /// ID of a project VPC; none if empty.
    pub(super) vpc: String,
    pub(super) static_ip_choice: StaticIpChoice,
    /// Static IPs to associate, if they are chosen.
    pub(super) chosen: BTreeSet<String>,
    pub(super) rows: Rows,
    /// Components to open on links.
    pub(super) open: BTreeSet<String>,
    pub(super) username: String,
    pub(super) ca_pem: String,
    pub(super) protected: bool,
}

/// Source of the static IPs of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StaticIpChoice {
    /// Created with the service, as many as its nodes need.
    Auto,
    /// Existing ones.
    Chosen,
    /// No static IPs.
    None,
}

impl StaticIpChoice {
    /// Value in the form.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Chosen => "chosen",
            Self::None => "none",
        }
    }

    fn read(word: &str) -> Self {
        match word {
            "auto" => Self::Auto,
            "chosen" => Self::Chosen,
            _ => Self::None,
        }
    }
}

impl Draft {
    /// Values of a new form.
    pub(super) fn new(service_type: &str) -> Self {
        let service_type = match service_type::find(service_type) {
            Some(facts) => facts.name,
            None => FIRST_TYPE,
        };
        let mut draft = Self {
            name: String::new(),
            service_type: service_type.to_owned(),
            plan: FIRST_PLAN.to_owned(),
            cloud: String::new(),
            vpc: String::new(),
            static_ip_choice: StaticIpChoice::Auto,
            chosen: BTreeSet::new(),
            rows: Rows::default(),
            open: BTreeSet::new(),
            username: String::new(),
            ca_pem: String::new(),
            protected: false,
        };
        draft.rows = draft.facts().map(Rows::for_type).unwrap_or_default();
        draft.apply_type();
        draft
    }

    pub(super) fn read(fields: &Fields) -> Self {
        let text = |name| fields.text(name).to_owned();
        let all = |name| fields.all(name).map(str::to_owned).collect();
        Self {
            name: text("name"),
            service_type: text("type"),
            plan: text("plan"),
            cloud: text("cloud"),
            vpc: text("vpc"),
            static_ip_choice: StaticIpChoice::read(fields.text("static_ips")),
            chosen: all("static_ip"),
            rows: Rows::read(fields),
            open: all("open"),
            username: text("username"),
            ca_pem: text("ca_pem"),
            protected: fields.filled("protected").is_some(),
        }
    }

    /// Replaces the components by those of the type; the main one is enabled and open.
    pub(super) fn apply_type(&mut self) {
        let facts = self.facts();
        self.rows.components = facts
            .map(|facts| Rows::for_type(facts).components)
            .unwrap_or_default();
        self.open = facts
            .and_then(ServiceTypeFacts::main_component)
            .map(|main| main.name.to_owned())
            .into_iter()
            .collect();
    }

    pub(super) fn facts(&self) -> Option<&'static ServiceTypeFacts> {
        service_type::find(&self.service_type)
    }

    /// Cloud of the service: the chosen one, or that of the project VPC.
    pub(super) fn place<'a>(&'a self, vpcs: &'a [CompatibleVpc]) -> &'a str {
        if !self.cloud.is_empty() {
            return &self.cloud;
        }
        let found = vpcs.iter().find(|vpc| vpc.project_vpc_id == self.vpc);
        found.map_or("", |vpc| &vpc.cloud_name)
    }
}
