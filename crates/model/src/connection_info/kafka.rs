//! Kafka: `kcat`, formerly `kafkacat`, in the syntax of the compatible command line.

use super::command::CommandLine;
use super::rendered::{ClientFile, Rendered, ca_file};
use super::target::Target;
use crate::refusal::Refusal;
use crate::service::{KafkaAuthentication, Tls};

/// `kcat …`
pub(super) fn kcat(target: &Target<'_>) -> Result<Rendered, Refusal> {
    command("kcat", target)
}

/// `kafkacat …`
pub(super) fn kafkacat(target: &Target<'_>) -> Result<Rendered, Refusal> {
    command("kafkacat", target)
}

/// The security protocol, as named by librdkafka and the Java client.
pub(super) fn security_protocol(target: &Target<'_>) -> &'static str {
    match (target.way.kafka_authentication_method, target.way.tls) {
        (Some(KafkaAuthentication::Sasl), Tls::On) => "SASL_SSL",
        (Some(KafkaAuthentication::Sasl), Tls::Off) => "SASL_PLAINTEXT",
        (Some(KafkaAuthentication::Certificate) | None, Tls::On) => "SSL",
        (Some(KafkaAuthentication::Certificate) | None, Tls::Off) => "PLAINTEXT",
    }
}

/// The mechanism of the compatible command line.
pub(super) const SASL_MECHANISM: &str = "SCRAM-SHA-256";

/// The client's certificate and key, if the listener authenticates by certificate.
pub(super) fn login_files(target: &Target<'_>) -> Result<Vec<ClientFile>, Refusal> {
    if target.way.kafka_authentication_method != Some(KafkaAuthentication::Certificate) {
        return Ok(Vec::new());
    }
    let (certificate, key) = target.certificate_login()?;
    let file = |path: &str, content: &str| ClientFile {
        path: path.to_owned(),
        content: content.to_owned(),
    };
    Ok(vec![
        file(target.files.client_cert, certificate),
        file(target.files.client_key, key),
    ])
}

fn command(program: &str, target: &Target<'_>) -> Result<Rendered, Refusal> {
    let mut line = CommandLine::new(program)
        .word("-b".to_owned())
        .word(format!("{}:{}", target.host(), target.port()));
    let mut set = |name: &str, value: &str| {
        line = std::mem::take(&mut line)
            .word("-X".to_owned())
            .word(format!("{name}={value}"));
    };
    let (method, files) = (target.way.kafka_authentication_method, target.files);
    set("security.protocol", security_protocol(target));
    if target.needs_ca() {
        set("ssl.ca.location", files.ca);
    }
    match method {
        Some(KafkaAuthentication::Certificate) => {
            set("ssl.key.location", files.client_key);
            set("ssl.certificate.location", files.client_cert);
        }
        Some(KafkaAuthentication::Sasl) => {
            let (username, password) = target.password_login()?;
            set("sasl.mechanisms", SASL_MECHANISM);
            set("sasl.username", username);
            // In the arguments, as in the compatible output: the program otherwise reads it only
            // from a file.
            set("sasl.password", password);
        }
        None => {}
    }
    let mut rendered = Rendered::new(target, line.to_string());
    rendered.files = login_files(target)?;
    if target.needs_ca() {
        rendered.files.push(ca_file(target));
    }
    Ok(rendered)
}
