use super::*;

pub(in crate::service) fn listener(
    auth: KafkaAuthentication,
    kafka_ssl_ca: KafkaSslCa,
) -> Component {
    Component {
        component: KAFKA.to_owned(),
        port: 9094,
        link_port: 9094,
        usage: Usage::Primary,
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
