//! Alternatives on the page of a service, each as an address of the page.

use std::collections::BTreeSet;

use underpass_model::route::Route;
use underpass_model::service::{Component, KafkaAuthentication, KafkaSslCa};

use super::OverviewPage;
use crate::service::choice::{Choice, DYNAMIC, PRIVATELINK};
use crate::service_components::ServiceComponents as _;

/// One of several alternatives.
pub(super) struct Alternative {
    pub(super) word: String,
    pub(super) href: String,
    pub(super) is_current: bool,
    /// Hint about the alternative.
    pub(super) hint: &'static str,
}

impl OverviewPage {
    fn alternative(&self, word: &str, choice: &Choice, is_current: bool) -> Alternative {
        Alternative {
            word: word.to_owned(),
            href: self.href(choice),
            is_current,
            hint: "",
        }
    }

    pub(super) fn routes(&self) -> Vec<Alternative> {
        let mut addresses = self.service.components.iter();
        let also = addresses
            .any(|it| it.route == Route::Private)
            .then_some("private");
        let routes = [DYNAMIC, "public", PRIVATELINK].into_iter().chain(also);
        let alternative = |route: &str| {
            let is_current = self.choice.route == route;
            self.alternative(route, &self.choice.by_route(route), is_current)
        };
        routes.map(alternative).collect()
    }

    pub(super) fn components(&self) -> Vec<Alternative> {
        let is_closed = |name: &str| self.is_by_link() && !self.service.is_open(name);
        let alternative = |name: &str| Alternative {
            hint: if is_closed(name) { "not open" } else { "" },
            ..self.alternative(name, &self.choice.to(name), self.component() == name)
        };
        let names = self.service.component_names().into_iter();
        names.map(alternative).collect()
    }

    pub(super) fn usages(&self) -> Vec<Alternative> {
        let shown = self.info().map_or("primary", |it| it.usage.as_str());
        let words = self.words(|it| Some(it.usage.as_str()));
        let alternative = |word: &str| {
            let choice = self.choice.for_usage(word);
            self.alternative(word, &choice, shown == word)
        };
        words.into_iter().map(alternative).collect()
    }

    pub(super) fn methods(&self) -> Vec<Alternative> {
        let words = self.words(method_of);
        let alternative = |word: &str| {
            let is_current = self.method() == Some(word);
            self.alternative(word, &self.choice.by_method(word), is_current)
        };
        words.into_iter().map(alternative).collect()
    }

    /// CAs of listeners, if several listeners have the same authentication.
    pub(super) fn authorities(&self) -> Vec<Alternative> {
        let is_by_method = |it: &Component| method_of(it) == self.method();
        let words = self.words(|it| is_by_method(it).then(|| it.kafka_ssl_ca.as_str()));
        let shown = match self.info() {
            _ if !self.choice.ca.is_empty() => self.choice.ca.as_str(),
            Some(info) if info.ca.is_none() => KafkaSslCa::Letsencrypt.as_str(),
            _ => KafkaSslCa::ProjectCa.as_str(),
        };
        let alternative = |word: &str| {
            let choice = self.choice.signed_by(word);
            self.alternative(word, &choice, shown == word)
        };
        words.into_iter().map(alternative).collect()
    }

    /// Authentication of the shown listener.
    fn method(&self) -> Option<&str> {
        match self.info() {
            Some(info) => info
                .kafka_authentication_method
                .map(KafkaAuthentication::as_str),
            None => Some(self.choice.method.as_str()),
        }
    }

    /// Values by which the listeners of the component differ.
    fn words<'a>(&'a self, of: impl Fn(&'a Component) -> Option<&'a str>) -> BTreeSet<&'a str> {
        let listeners = self.service.listeners(self.component());
        listeners.filter_map(of).collect()
    }
}

fn method_of(listener: &Component) -> Option<&str> {
    let method = listener.kafka_authentication_method;
    method.map(KafkaAuthentication::as_str)
}
