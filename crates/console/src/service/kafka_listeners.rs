//! Settings that Kafka brokers need for links.

use underpass_api_types::kafka_listener::{BrokerView, KafkaListenersAnswer, KafkaListenersView};

use crate::api_error::ApiError;
use crate::page::Page;

/// Path of the API for the settings of a service.
pub(super) fn kafka_listeners_path(page: &Page, service: &str) -> String {
    page.own_route(["service", service, "kafka-listeners"])
}

/// Settings of a service that has a link.
///
/// # Errors
/// If the service has no link, no brokers, or the API refuses the request.
pub(super) async fn kafka_listeners(
    page: &Page,
    service: &str,
) -> Result<KafkaListenersView, ApiError> {
    let path = kafka_listeners_path(page, service);
    let answer: KafkaListenersAnswer = page.api.get(&path).await?;
    Ok(answer.kafka_listeners)
}

/// Settings of a broker as lines of its file.
pub(super) fn lines(broker: &BrokerView) -> String {
    let lines = broker.server_properties.iter();
    let lines: Vec<_> = lines.map(|(key, value)| format!("{key}={value}")).collect();
    lines.join("\n")
}
