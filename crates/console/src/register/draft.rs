//! A service as it was filled in.

use std::collections::BTreeSet;

use underpass_model::service_type::{self, ServiceTypeFacts};
use underpass_web::form::Fields;

use crate::answer::vpc::Vpc;
use crate::rows::Rows;

/// The type a form begins with.
const FIRST_TYPE: &str = "pg";

/// The plan that services have unless told otherwise; any name is kept.
const FIRST_PLAN: &str = "startup-4";

/// A service that is to be registered. Its password is not here, so that no page can show it.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) name: String,
    pub(super) service_type: String,
    pub(super) plan: String,
    /// That of the project VPC when empty.
    pub(super) cloud: String,
    /// The id of a project VPC; none when empty.
    pub(super) vpc: String,
    pub(super) static_ip_choice: StaticIpChoice,
    /// The static IPs to be kept for it, if they are chosen.
    pub(super) chosen: BTreeSet<String>,
    pub(super) rows: Rows,
    /// The components that are to be open on its links.
    pub(super) open: BTreeSet<String>,
    pub(super) username: String,
    pub(super) ca_pem: String,
    pub(super) protected: bool,
}

/// Where a service's static IPs come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StaticIpChoice {
    /// As many as its nodes need are made with it.
    Auto,
    /// They are there already.
    Chosen,
    /// It has none.
    None,
}

impl StaticIpChoice {
    /// The word in the form.
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
    /// What a form begins with.
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

    /// Forgets the components of another type, and proposes those of this one: the main one is
    /// there, and open to whoever will be approved.
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

    /// Where it runs: as said, or where its project VPC is.
    pub(super) fn place<'a>(&'a self, vpcs: &'a [Vpc]) -> &'a str {
        if !self.cloud.is_empty() {
            return &self.cloud;
        }
        let found = vpcs.iter().find(|vpc| vpc.project_vpc_id == self.vpc);
        found.map_or("", |vpc| &vpc.cloud_name)
    }
}
