//! On which routes a service's listeners are offered, by its options and by what is registered.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Component, KAFKA, KafkaAuthentication, Node, RouteAddress, Service};
use crate::refusal::Refusal;
use crate::route::Route;

/// Who signed the certificate of a Kafka listener.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KafkaSslCa {
    /// The service's CA: the project's, unless the service has one of its own.
    #[default]
    ProjectCa,
    /// Let's Encrypt, which clients trust without a file of ours.
    Letsencrypt,
}

impl KafkaSslCa {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ProjectCa => "project_ca",
            Self::Letsencrypt => "letsencrypt",
        }
    }

    /// Whether it is what is taken for granted.
    pub const fn is_project_ca(&self) -> bool {
        matches!(self, Self::ProjectCa)
    }
}

/// The option that shows listeners with a certificate of Let's Encrypt beside privatelinks.
const LETSENCRYPT: &str = "letsencrypt_sasl";

/// The option that opens them on privatelinks.
const LETSENCRYPT_ON_LINKS: &str = "letsencrypt_sasl_privatelink";

impl Service {
    /// Whether a listener is offered on a route, as far as the options go.
    pub fn offers(&self, component: &Component, route: Route) -> bool {
        let on_links = route == Route::Privatelink;
        let signed = match component.kafka_ssl_ca {
            KafkaSslCa::ProjectCa => true,
            KafkaSslCa::Letsencrypt if on_links => self.is_set(LETSENCRYPT_ON_LINKS),
            KafkaSslCa::Letsencrypt => self.is_set(LETSENCRYPT),
        };
        let switched = route
            .access_option()
            .is_none_or(|group| self.is_on(group, &component.component));
        signed && switched
    }

    /// The first node's address on the public or the private route, if it has one there.
    pub fn address_on(&self, route: Route) -> Option<&RouteAddress> {
        self.nodes.first()?.address_on(route)
    }

    /// Refuses options that are about a listener which is not registered.
    pub fn check_options(&self) -> Result<(), Refusal> {
        let mut components = self.components.iter();
        if components.any(|component| !component.kafka_ssl_ca.is_project_ca()) {
            return Ok(());
        }
        let options = [LETSENCRYPT_ON_LINKS, LETSENCRYPT];
        let Some(option) = options.into_iter().find(|option| self.is_set(option)) else {
            return Ok(());
        };
        Err(Refusal::conflict(
            "letsencrypt_listener_missing",
            format!(
                "Service `{0}` is to have `{option}` on, but no listener with a certificate of \
                 Let's Encrypt: Underpass neither runs brokers nor asks for certificates. Register \
                 the listener, `--component kafka=PORT,auth=sasl,ssl_ca=letsencrypt`, before the \
                 option is switched on or along with it; or leave the option off",
                self.name
            ),
        ))
    }

    fn is_set(&self, option: &str) -> bool {
        let value = self.user_config.get(option);
        value.and_then(Value::as_bool).unwrap_or(false)
    }

    fn is_on(&self, group: &str, component: &str) -> bool {
        let group = self.user_config.get(group);
        let value = group.and_then(|group| group.get(component));
        value.and_then(Value::as_bool).unwrap_or(false)
    }
}

impl Node {
    /// Its address on the public or the private route, if it has one there.
    pub const fn address_on(&self, route: Route) -> Option<&RouteAddress> {
        match route {
            Route::Public => self.public_address.as_ref(),
            Route::Private => self.private_address.as_ref(),
            Route::Dynamic | Route::Privatelink => None,
        }
    }
}

/// Refuses a certificate of Let's Encrypt where the contract has none: it is for SASL listeners of
/// Kafka brokers alone.
pub(super) fn check_ssl_ca(component: &Component) -> Result<(), Refusal> {
    let by_sasl = component.kafka_authentication_method == Some(KafkaAuthentication::Sasl);
    let fits = component.component == KAFKA && by_sasl && component.tls.is_on();
    if fits || component.kafka_ssl_ca.is_project_ca() {
        return Ok(());
    }
    Err(Refusal::invalid(
        "letsencrypt_without_sasl",
        format!(
            "Component `{}` has `ssl_ca=letsencrypt`, which is for TLS listeners of component \
             `kafka` with SASL login; give it `auth=sasl`, or leave `ssl_ca` out",
            component.component
        ),
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::access::tests::service;
    use crate::service::Tls;

    fn kafka(components: Vec<Component>) -> Service {
        Service {
            service_type: KAFKA.to_owned(),
            components,
            ..service()
        }
    }

    fn listener(auth: KafkaAuthentication, kafka_ssl_ca: KafkaSslCa) -> Component {
        Component {
            component: KAFKA.to_owned(),
            port: 9094,
            link_port: 9094,
            usage: crate::service::Usage::Primary,
            kafka_authentication_method: Some(auth),
            kafka_ssl_ca,
            tls: Tls::On,
        }
    }

    #[test]
    fn a_public_certificate_is_for_sasl_over_tls() {
        let sasl = listener(KafkaAuthentication::Sasl, KafkaSslCa::Letsencrypt);
        check_ssl_ca(&sasl).unwrap();
        assert_eq!(sasl.rule_name(), "kafka-sasl-letsencrypt");
        let plain = Component {
            tls: Tls::Off,
            ..sasl.clone()
        };
        let elsewhere = Component {
            component: "kafka_rest".to_owned(),
            ..sasl
        };
        let certificate = listener(KafkaAuthentication::Certificate, KafkaSslCa::Letsencrypt);
        for bad in [plain, elsewhere, certificate] {
            assert_eq!(
                check_ssl_ca(&bad).unwrap_err().code,
                "letsencrypt_without_sasl"
            );
        }
    }

    #[test]
    fn each_option_about_lets_encrypt_is_about_its_own_routes() {
        let listener = listener(KafkaAuthentication::Sasl, KafkaSslCa::Letsencrypt);
        let mut service = kafka(vec![listener.clone()]);
        let mut offered = |config: Value| {
            service.user_config = config.as_object().cloned().unwrap();
            service.check_options().unwrap();
            [Route::Dynamic, Route::Public, Route::Privatelink]
                .map(|route| service.offers(&listener, route))
        };
        let access = json!({"kafka": true});
        assert_eq!(offered(json!({"privatelink_access": access})), [false; 3]);
        assert_eq!(
            offered(json!({"privatelink_access": access, "letsencrypt_sasl_privatelink": true})),
            [false, false, true]
        );
        assert_eq!(
            offered(json!({"letsencrypt_sasl": true, "letsencrypt_sasl_privatelink": true})),
            [true, false, false]
        );
        assert_eq!(
            offered(json!({"public_access": access, "letsencrypt_sasl": true})),
            [true, true, false]
        );
    }

    #[test]
    fn an_option_about_a_listener_that_is_not_there_is_refused() {
        let sasl = listener(KafkaAuthentication::Sasl, KafkaSslCa::ProjectCa);
        let mut service = kafka(vec![sasl]);
        service.check_options().unwrap();
        service.user_config = json!({"letsencrypt_sasl_privatelink": true})
            .as_object()
            .cloned()
            .unwrap();
        insta::assert_snapshot!(service.check_options().unwrap_err(), @"Service `pg-1` is to have `letsencrypt_sasl_privatelink` on, but no listener with a certificate of Let's Encrypt: Underpass neither runs brokers nor asks for certificates. Register the listener, `--component kafka=PORT,auth=sasl,ssl_ca=letsencrypt`, before the option is switched on or along with it; or leave the option off");
    }
}
