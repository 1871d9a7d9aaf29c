//! The optional inputs that each tool supports.

use super::client_option::ClientOption;
use super::tool::{TOOLS, Tool, of_service, words};
use crate::protocol::Protocol;
use crate::refusal::Refusal;
use crate::service::Service;
use crate::service_type::{ComponentFacts, SERVICE_TYPES};

impl Tool {
    /// Reports whether the option changes the output for a component.
    pub fn supports(&self, option: ClientOption, component: &ComponentFacts) -> bool {
        // ClickHouse over HTTP has no database in its URI; tools with a query name it there.
        let in_query = option == ClientOption::Database
            && component.uri.protocol == Protocol::ClickHouseHttp
            && self.protocols.contains(&Protocol::ClickHouseHttp);
        self.supported.contains(&option) && (option.concerns(component) || in_query)
    }

    /// Reports whether the option changes the output for any component of any type.
    pub fn ever_supports(&self, option: ClientOption) -> bool {
        SERVICE_TYPES.iter().any(|facts| {
            let mut components = facts.components.iter();
            components.any(|it| self.fits(facts.name, it) && self.supports(option, it))
        })
    }

    /// Refuses options that the tool does not support for the component, or, without a component,
    /// for every component of the service.
    ///
    /// An option without an effect would mislead. The compatible command line takes some flags that
    /// it does not use; its tools support those flags here, too.
    ///
    /// # Errors
    /// * `option_without_use`: the tool does not support an option.
    pub fn check_options(
        &self,
        service: &Service,
        component: Option<&ComponentFacts>,
        options: &[ClientOption],
    ) -> Result<(), Refusal> {
        let components = service.facts().map_or(&[][..], |it| it.components);
        let supports = |tool: &Tool, option| {
            let mut candidates = components
                .iter()
                .filter(|it| component.is_none_or(|component| component.name == it.name));
            candidates.any(|it| tool.fits(&service.service_type, it) && tool.supports(option, it))
        };
        let Some(unsupported) = options.iter().find(|option| !supports(self, **option)) else {
            return Ok(());
        };
        let place =
            component.map_or_else(String::new, |it| format!(" for component `{}`", it.name));
        let mut others = of_service(service)
            .filter(|tool| supports(tool, *unsupported))
            .peekable();
        let remedy = if others.peek().is_none() {
            format!(
                "No tool for service `{}` supports it. Omit it",
                service.name
            )
        } else {
            format!(
                "Tools for service `{}` that support it: {}",
                service.name,
                words(others)
            )
        };
        Err(Refusal::invalid(
            "option_without_use",
            format!(
                "Tool `{}` does not support `{}`{place}. {remedy}",
                self.word,
                unsupported.flag()
            ),
        ))
    }
}

/// The tools of any product that support an option.
pub fn tools_that_support(option: ClientOption) -> String {
    words(TOOLS.iter().filter(|tool| tool.ever_supports(option)))
}
