//! Settings that Kafka brokers need for links.

use crate::answer::kafka_listeners::{KafkaListeners, KafkaListenersAnswer};
use crate::api_error::ApiError;
use crate::page::Page;

/// Path of the API for the settings of a service.
pub(super) fn kafka_listeners_path(page: &Page, service: &str) -> String {
    page.own_route(["service", service, "kafka-listeners"])
}

/// Settings of a service that has a link.
pub(super) async fn kafka_listeners(
    page: &Page,
    service: &str,
) -> Result<KafkaListeners, ApiError> {
    let path = kafka_listeners_path(page, service);
    let answer: KafkaListenersAnswer = page.api.get(&path).await?;
    Ok(answer.kafka_listeners)
}
