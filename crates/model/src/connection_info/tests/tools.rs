//! Each tool, on both routes, with and without TLS.

use std::fmt::Write as _;

use super::scene::{Scene, through_the_link, user, whole};
use super::*;
use crate::service::{Component, Tls};
use crate::service_type::SERVICE_TYPES;

/// Every tool of every type, as a person reads them.
fn catalogue(tls: Tls, asked: &Asked) -> String {
    let mut lines = String::new();
    for facts in SERVICE_TYPES {
        let scene = Scene::new(whole(facts.name, tls), user("avnadmin", "s3cret"));
        for tool in TOOLS.iter().filter(|it| it.form != Form::File) {
            let outcome = scene.render(tool, asked.clone());
            match outcome {
                Ok(rendered) => {
                    let detour = rendered.detour.map(|it| format!("    [{}]", it.text()));
                    let _infallible = writeln!(
                        lines,
                        "{}: {}{}",
                        tool.word,
                        rendered.text,
                        detour.unwrap_or_default()
                    );
                }
                Err(refusal) => assert_eq!(refusal.code, "tool_not_for_type", "{refusal}"),
            }
        }
    }
    lines
}

#[test]
fn every_tool_through_the_link() {
    insta::assert_snapshot!(catalogue(Tls::On, &through_the_link()), @r#"
    psql: psql postgres://avnadmin:s3cret@privatelink-1-pg-1-demo.underpass.test:5432/defaultdb?sslmode=require    [PGHOSTADDR=127.64.0.4]
    pg uri: postgres://avnadmin:s3cret@privatelink-1-pg-1-demo.underpass.test:5432/defaultdb?sslmode=require    [PGHOSTADDR=127.64.0.4]
    pg string: host='privatelink-1-pg-1-demo.underpass.test' port='5432' user=avnadmin dbname='defaultdb'    [PGHOSTADDR=127.64.0.4]
    alloydbomni uri: postgres://avnadmin:s3cret@privatelink-1-pg-1-demo.underpass.test:5432/defaultdb?sslmode=require    [PGHOSTADDR=127.64.0.4]
    alloydbomni string: host='privatelink-1-pg-1-demo.underpass.test' port='5432' user=avnadmin dbname='defaultdb'    [PGHOSTADDR=127.64.0.4]
    curl: printf '%s\n' 'user = "avnadmin:s3cret"' | curl -sS --fail-with-body --config - --cacert ca.pem https://privatelink-1-pg-1-demo.underpass.test:9273/    [--resolve privatelink-1-pg-1-demo.underpass.test:9273:127.64.0.4]
    uri: postgres://avnadmin:s3cret@privatelink-1-pg-1-demo.underpass.test:5432/defaultdb?sslmode=require    [127.64.0.4 privatelink-1-pg-1-demo.underpass.test]
    mysql: MYSQL_PWD=s3cret mysql --host=privatelink-1-pg-1-demo.underpass.test --port=9004 --user=avnadmin --ssl-ca=ca.pem --database=default    [--host=127.64.0.4]
    mysql uri: mysql://avnadmin:s3cret@privatelink-1-pg-1-demo.underpass.test:9004/default?ssl-mode=REQUIRED    [127.64.0.4 privatelink-1-pg-1-demo.underpass.test]
    clickhouse: CLICKHOUSE_PASSWORD=s3cret SSL_CERT_FILE=ca.pem clickhouse-client --host privatelink-1-pg-1-demo.underpass.test --port 9440 --user avnadmin --database default --secure    [127.64.0.4 privatelink-1-pg-1-demo.underpass.test]
    clickhouse https: printf '%s\n' 'user = "avnadmin:s3cret"' | curl -sS --fail-with-body --config - --cacert ca.pem 'https://privatelink-1-pg-1-demo.underpass.test:8443/?query=select%201'    [--resolve privatelink-1-pg-1-demo.underpass.test:8443:127.64.0.4]
    curl: printf '%s\n' 'user = "avnadmin:s3cret"' | curl -sS --fail-with-body --config - --cacert ca.pem https://privatelink-1-pg-1-demo.underpass.test:8443/    [--resolve privatelink-1-pg-1-demo.underpass.test:8443:127.64.0.4]
    uri: clickhouse://avnadmin:s3cret@privatelink-1-pg-1-demo.underpass.test:9440/default?secure=true    [127.64.0.4 privatelink-1-pg-1-demo.underpass.test]
    dragonfly cli: REDISCLI_AUTH=s3cret redis-cli -h privatelink-1-pg-1-demo.underpass.test -p 6379 --tls --cacert ca.pem --sni privatelink-1-pg-1-demo.underpass.test    [-h 127.64.0.4]
    dragonfly uri: rediss://default:s3cret@privatelink-1-pg-1-demo.underpass.test:6379    [127.64.0.4 privatelink-1-pg-1-demo.underpass.test]
    curl: printf '%s\n' 'user = "avnadmin:s3cret"' | curl -sS --fail-with-body --config - --cacert ca.pem https://privatelink-1-pg-1-demo.underpass.test:9273/    [--resolve privatelink-1-pg-1-demo.underpass.test:9273:127.64.0.4]
    uri: rediss://default:s3cret@privatelink-1-pg-1-demo.underpass.test:6379    [127.64.0.4 privatelink-1-pg-1-demo.underpass.test]
    curl: printf '%s\n' 'user = "avnadmin:s3cret"' | curl -sS --fail-with-body --config - --cacert ca.pem https://privatelink-1-pg-1-demo.underpass.test:8081/    [--resolve privatelink-1-pg-1-demo.underpass.test:8081:127.64.0.4]
    uri: https://avnadmin:s3cret@privatelink-1-pg-1-demo.underpass.test:8081    [127.64.0.4 privatelink-1-pg-1-demo.underpass.test]
    grafana: printf '%s\n' 'user = "avnadmin:s3cret"' | curl -sS --fail-with-body --config - --cacert ca.pem https://privatelink-1-pg-1-demo.underpass.test:3000/api/health    [--resolve privatelink-1-pg-1-demo.underpass.test:3000:127.64.0.4]
    curl: printf '%s\n' 'user = "avnadmin:s3cret"' | curl -sS --fail-with-body --config - --cacert ca.pem https://privatelink-1-pg-1-demo.underpass.test:3000/    [--resolve privatelink-1-pg-1-demo.underpass.test:3000:127.64.0.4]
    uri: https://avnadmin:s3cret@privatelink-1-pg-1-demo.underpass.test:3000    [127.64.0.4 privatelink-1-pg-1-demo.underpass.test]
    influx: INFLUX_USERNAME=avnadmin INFLUX_PASSWORD=s3cret SSL_CERT_FILE=ca.pem influx -host privatelink-1-pg-1-demo.underpass.test -port 8086 -ssl -database defaultdb    [127.64.0.4 privatelink-1-pg-1-demo.underpass.test]
    curl: printf '%s\n' 'user = "avnadmin:s3cret"' | curl -sS --fail-with-body --config - --cacert ca.pem https://privatelink-1-pg-1-demo.underpass.test:8086/    [--resolve privatelink-1-pg-1-demo.underpass.test:8086:127.64.0.4]
    uri: https+influxdb://avnadmin:s3cret@privatelink-1-pg-1-demo.underpass.test:8086/defaultdb    [127.64.0.4 privatelink-1-pg-1-demo.underpass.test]
    kcat: kcat -b privatelink-1-pg-1-demo.underpass.test:9092 -X security.protocol=SSL -X ssl.ca.location=ca.pem -X ssl.key.location=service.key -X ssl.certificate.location=service.crt    [127.64.0.4 privatelink-1-pg-1-demo.underpass.test]
    kafkacat: kafkacat -b privatelink-1-pg-1-demo.underpass.test:9092 -X security.protocol=SSL -X ssl.ca.location=ca.pem -X ssl.key.location=service.key -X ssl.certificate.location=service.crt    [127.64.0.4 privatelink-1-pg-1-demo.underpass.test]
    kafka-connect: printf '%s\n' 'user = "avnadmin:s3cret"' | curl -sS --fail-with-body --config - --cacert ca.pem https://privatelink-1-pg-1-demo.underpass.test:8083/connectors    [--resolve privatelink-1-pg-1-demo.underpass.test:8083:127.64.0.4]
    curl: printf '%s\n' 'user = "avnadmin:s3cret"' | curl -sS --fail-with-body --config - --cacert ca.pem https://privatelink-1-pg-1-demo.underpass.test:8083/    [--resolve privatelink-1-pg-1-demo.underpass.test:8083:127.64.0.4]
    uri: privatelink-1-pg-1-demo.underpass.test:9092    [127.64.0.4 privatelink-1-pg-1-demo.underpass.test]
    kafka-connect: printf '%s\n' 'user = "avnadmin:s3cret"' | curl -sS --fail-with-body --config - --cacert ca.pem https://privatelink-1-pg-1-demo.underpass.test:8083/connectors    [--resolve privatelink-1-pg-1-demo.underpass.test:8083:127.64.0.4]
    curl: printf '%s\n' 'user = "avnadmin:s3cret"' | curl -sS --fail-with-body --config - --cacert ca.pem https://privatelink-1-pg-1-demo.underpass.test:8083/    [--resolve privatelink-1-pg-1-demo.underpass.test:8083:127.64.0.4]
    uri: https://avnadmin:s3cret@privatelink-1-pg-1-demo.underpass.test:8083    [127.64.0.4 privatelink-1-pg-1-demo.underpass.test]
    mysql: MYSQL_PWD=s3cret mysql --host=privatelink-1-pg-1-demo.underpass.test --port=3306 --user=avnadmin --ssl-ca=ca.pem --database=defaultdb    [--host=127.64.0.4]
    mysql uri: mysql://avnadmin:s3cret@privatelink-1-pg-1-demo.underpass.test:3306/defaultdb?ssl-mode=REQUIRED    [127.64.0.4 privatelink-1-pg-1-demo.underpass.test]
    curl: printf '%s\n' 'user = "avnadmin:s3cret"' | curl -sS --fail-with-body --config - --cacert ca.pem https://privatelink-1-pg-1-demo.underpass.test:9273/    [--resolve privatelink-1-pg-1-demo.underpass.test:9273:127.64.0.4]
    uri: mysql://avnadmin:s3cret@privatelink-1-pg-1-demo.underpass.test:3306/defaultdb?ssl-mode=REQUIRED    [127.64.0.4 privatelink-1-pg-1-demo.underpass.test]
    opensearch: printf '%s\n' 'user = "avnadmin:s3cret"' | curl -sS --fail-with-body --config - --cacert ca.pem https://privatelink-1-pg-1-demo.underpass.test:9200/_cluster/health    [--resolve privatelink-1-pg-1-demo.underpass.test:9200:127.64.0.4]
    curl: printf '%s\n' 'user = "avnadmin:s3cret"' | curl -sS --fail-with-body --config - --cacert ca.pem https://privatelink-1-pg-1-demo.underpass.test:9200/    [--resolve privatelink-1-pg-1-demo.underpass.test:9200:127.64.0.4]
    uri: https://avnadmin:s3cret@privatelink-1-pg-1-demo.underpass.test:9200    [127.64.0.4 privatelink-1-pg-1-demo.underpass.test]
    psql: psql postgres://avnadmin:s3cret@privatelink-1-pg-1-demo.underpass.test:5432/defaultdb?sslmode=require    [PGHOSTADDR=127.64.0.4]
    pg uri: postgres://avnadmin:s3cret@privatelink-1-pg-1-demo.underpass.test:5432/defaultdb?sslmode=require    [PGHOSTADDR=127.64.0.4]
    pg string: host='privatelink-1-pg-1-demo.underpass.test' port='5432' user=avnadmin dbname='defaultdb'    [PGHOSTADDR=127.64.0.4]
    alloydbomni uri: postgres://avnadmin:s3cret@privatelink-1-pg-1-demo.underpass.test:5432/defaultdb?sslmode=require    [PGHOSTADDR=127.64.0.4]
    alloydbomni string: host='privatelink-1-pg-1-demo.underpass.test' port='5432' user=avnadmin dbname='defaultdb'    [PGHOSTADDR=127.64.0.4]
    curl: printf '%s\n' 'user = "avnadmin:s3cret"' | curl -sS --fail-with-body --config - --cacert ca.pem https://privatelink-1-pg-1-demo.underpass.test:9273/    [--resolve privatelink-1-pg-1-demo.underpass.test:9273:127.64.0.4]
    uri: postgres://avnadmin:s3cret@privatelink-1-pg-1-demo.underpass.test:5432/defaultdb?sslmode=require    [127.64.0.4 privatelink-1-pg-1-demo.underpass.test]
    redis cli: REDISCLI_AUTH=s3cret redis-cli -h privatelink-1-pg-1-demo.underpass.test -p 6379 --tls --cacert ca.pem --sni privatelink-1-pg-1-demo.underpass.test    [-h 127.64.0.4]
    redis uri: rediss://default:s3cret@privatelink-1-pg-1-demo.underpass.test:6379    [127.64.0.4 privatelink-1-pg-1-demo.underpass.test]
    curl: printf '%s\n' 'user = "avnadmin:s3cret"' | curl -sS --fail-with-body --config - --cacert ca.pem https://privatelink-1-pg-1-demo.underpass.test:9273/    [--resolve privatelink-1-pg-1-demo.underpass.test:9273:127.64.0.4]
    uri: rediss://default:s3cret@privatelink-1-pg-1-demo.underpass.test:6379    [127.64.0.4 privatelink-1-pg-1-demo.underpass.test]
    curl: printf '%s\n' 'user = "avnadmin:s3cret"' | curl -sS --fail-with-body --config - --cacert ca.pem https://privatelink-1-pg-1-demo.underpass.test:10902/    [--resolve privatelink-1-pg-1-demo.underpass.test:10902:127.64.0.4]
    uri: https://avnadmin:s3cret@privatelink-1-pg-1-demo.underpass.test:10902    [127.64.0.4 privatelink-1-pg-1-demo.underpass.test]
    valkey cli: REDISCLI_AUTH=s3cret redis-cli -h privatelink-1-pg-1-demo.underpass.test -p 6379 --tls --cacert ca.pem --sni privatelink-1-pg-1-demo.underpass.test    [-h 127.64.0.4]
    valkey uri: rediss://default:s3cret@privatelink-1-pg-1-demo.underpass.test:6379    [127.64.0.4 privatelink-1-pg-1-demo.underpass.test]
    curl: printf '%s\n' 'user = "avnadmin:s3cret"' | curl -sS --fail-with-body --config - --cacert ca.pem https://privatelink-1-pg-1-demo.underpass.test:9273/    [--resolve privatelink-1-pg-1-demo.underpass.test:9273:127.64.0.4]
    uri: rediss://default:s3cret@privatelink-1-pg-1-demo.underpass.test:6379    [127.64.0.4 privatelink-1-pg-1-demo.underpass.test]
    "#);
}

#[test]
fn every_tool_without_tls_beside_the_service() {
    insta::assert_snapshot!(catalogue(Tls::Off, &Asked::default()), @r#"
    psql: psql postgres://avnadmin:s3cret@127.0.0.1:5432/defaultdb?sslmode=disable
    pg uri: postgres://avnadmin:s3cret@127.0.0.1:5432/defaultdb?sslmode=disable
    pg string: host='127.0.0.1' port='5432' user=avnadmin dbname='defaultdb'
    alloydbomni uri: postgres://avnadmin:s3cret@127.0.0.1:5432/defaultdb?sslmode=disable
    alloydbomni string: host='127.0.0.1' port='5432' user=avnadmin dbname='defaultdb'
    curl: printf '%s\n' 'user = "avnadmin:s3cret"' | curl -sS --fail-with-body --config - http://127.0.0.1:9273/
    uri: postgres://avnadmin:s3cret@127.0.0.1:5432/defaultdb?sslmode=disable
    mysql: MYSQL_PWD=s3cret mysql --host=127.0.0.1 --port=9004 --user=avnadmin --database=default
    mysql uri: mysql://avnadmin:s3cret@127.0.0.1:9004/default?ssl-mode=DISABLED
    clickhouse: CLICKHOUSE_PASSWORD=s3cret clickhouse-client --host 127.0.0.1 --port 9440 --user avnadmin --database default
    clickhouse https: printf '%s\n' 'user = "avnadmin:s3cret"' | curl -sS --fail-with-body --config - 'http://127.0.0.1:8443/?query=select%201'
    curl: printf '%s\n' 'user = "avnadmin:s3cret"' | curl -sS --fail-with-body --config - http://127.0.0.1:8443/
    uri: clickhouse://avnadmin:s3cret@127.0.0.1:9440/default?secure=false
    dragonfly cli: REDISCLI_AUTH=s3cret redis-cli -h 127.0.0.1 -p 6379
    dragonfly uri: redis://default:s3cret@127.0.0.1:6379
    curl: printf '%s\n' 'user = "avnadmin:s3cret"' | curl -sS --fail-with-body --config - http://127.0.0.1:9273/
    uri: redis://default:s3cret@127.0.0.1:6379
    curl: printf '%s\n' 'user = "avnadmin:s3cret"' | curl -sS --fail-with-body --config - http://127.0.0.1:8081/
    uri: http://avnadmin:s3cret@127.0.0.1:8081
    grafana: printf '%s\n' 'user = "avnadmin:s3cret"' | curl -sS --fail-with-body --config - http://127.0.0.1:3000/api/health
    curl: printf '%s\n' 'user = "avnadmin:s3cret"' | curl -sS --fail-with-body --config - http://127.0.0.1:3000/
    uri: http://avnadmin:s3cret@127.0.0.1:3000
    influx: INFLUX_USERNAME=avnadmin INFLUX_PASSWORD=s3cret influx -host 127.0.0.1 -port 8086 -database defaultdb
    curl: printf '%s\n' 'user = "avnadmin:s3cret"' | curl -sS --fail-with-body --config - http://127.0.0.1:8086/
    uri: http+influxdb://avnadmin:s3cret@127.0.0.1:8086/defaultdb
    kcat: kcat -b 127.0.0.1:9092 -X security.protocol=PLAINTEXT
    kafkacat: kafkacat -b 127.0.0.1:9092 -X security.protocol=PLAINTEXT
    kafka-connect: printf '%s\n' 'user = "avnadmin:s3cret"' | curl -sS --fail-with-body --config - http://127.0.0.1:8083/connectors
    curl: printf '%s\n' 'user = "avnadmin:s3cret"' | curl -sS --fail-with-body --config - http://127.0.0.1:8083/
    uri: 127.0.0.1:9092
    kafka-connect: printf '%s\n' 'user = "avnadmin:s3cret"' | curl -sS --fail-with-body --config - http://127.0.0.1:8083/connectors
    curl: printf '%s\n' 'user = "avnadmin:s3cret"' | curl -sS --fail-with-body --config - http://127.0.0.1:8083/
    uri: http://avnadmin:s3cret@127.0.0.1:8083
    mysql: MYSQL_PWD=s3cret mysql --host=127.0.0.1 --port=3306 --user=avnadmin --database=defaultdb
    mysql uri: mysql://avnadmin:s3cret@127.0.0.1:3306/defaultdb?ssl-mode=DISABLED
    curl: printf '%s\n' 'user = "avnadmin:s3cret"' | curl -sS --fail-with-body --config - http://127.0.0.1:9273/
    uri: mysql://avnadmin:s3cret@127.0.0.1:3306/defaultdb?ssl-mode=DISABLED
    opensearch: printf '%s\n' 'user = "avnadmin:s3cret"' | curl -sS --fail-with-body --config - http://127.0.0.1:9200/_cluster/health
    curl: printf '%s\n' 'user = "avnadmin:s3cret"' | curl -sS --fail-with-body --config - http://127.0.0.1:9200/
    uri: http://avnadmin:s3cret@127.0.0.1:9200
    psql: psql postgres://avnadmin:s3cret@127.0.0.1:5432/defaultdb?sslmode=disable
    pg uri: postgres://avnadmin:s3cret@127.0.0.1:5432/defaultdb?sslmode=disable
    pg string: host='127.0.0.1' port='5432' user=avnadmin dbname='defaultdb'
    alloydbomni uri: postgres://avnadmin:s3cret@127.0.0.1:5432/defaultdb?sslmode=disable
    alloydbomni string: host='127.0.0.1' port='5432' user=avnadmin dbname='defaultdb'
    curl: printf '%s\n' 'user = "avnadmin:s3cret"' | curl -sS --fail-with-body --config - http://127.0.0.1:9273/
    uri: postgres://avnadmin:s3cret@127.0.0.1:5432/defaultdb?sslmode=disable
    redis cli: REDISCLI_AUTH=s3cret redis-cli -h 127.0.0.1 -p 6379
    redis uri: redis://default:s3cret@127.0.0.1:6379
    curl: printf '%s\n' 'user = "avnadmin:s3cret"' | curl -sS --fail-with-body --config - http://127.0.0.1:9273/
    uri: redis://default:s3cret@127.0.0.1:6379
    curl: printf '%s\n' 'user = "avnadmin:s3cret"' | curl -sS --fail-with-body --config - http://127.0.0.1:10902/
    uri: http://avnadmin:s3cret@127.0.0.1:10902
    valkey cli: REDISCLI_AUTH=s3cret redis-cli -h 127.0.0.1 -p 6379
    valkey uri: redis://default:s3cret@127.0.0.1:6379
    curl: printf '%s\n' 'user = "avnadmin:s3cret"' | curl -sS --fail-with-body --config - http://127.0.0.1:9273/
    uri: redis://default:s3cret@127.0.0.1:6379
    "#);
}

#[test]
fn words_differ_and_every_tool_is_of_use_for_something() {
    for (index, tool) in TOOLS.iter().enumerate() {
        assert_eq!(
            TOOLS.iter().position(|it| it.word == tool.word),
            Some(index)
        );
        let fits = SERVICE_TYPES.iter().any(|facts| {
            let mut components = facts.components.iter();
            components.any(|component| tool.fits(facts.name, component))
        });
        assert!(fits, "{}", tool.word);
    }
    for facts in SERVICE_TYPES {
        for component in facts.components {
            let fit = TOOLS.iter().filter(|tool| tool.fits(facts.name, component));
            assert!(fit.count() >= 3, "{}", component.name);
        }
    }
}

#[test]
fn a_listener_that_a_public_ca_signed_for_needs_no_file_of_ours() {
    let mut scene = Scene::of("kafka");
    for option in ["letsencrypt_sasl", "letsencrypt_sasl_privatelink"] {
        scene
            .service
            .user_config
            .insert(option.to_owned(), json!(true));
    }
    let ask = |scene: &Scene, tool, kafka_ssl_ca| {
        let asked = Asked {
            kafka_authentication_method: Some(KafkaAuthentication::Sasl),
            kafka_ssl_ca,
            ..through_the_link()
        };
        scene.render(find_tool(tool).unwrap(), asked)
    };
    let asked_for = Some(KafkaSslCa::Letsencrypt);
    insta::assert_snapshot!(ask(&scene, "kcat", asked_for).unwrap_err(), @"Service `pg-1` offers nothing on route `privatelink` for `kcat` with usage `primary` and `sasl` login and a certificate of `letsencrypt`");
    let components = &mut scene.service.components;
    let sasl = components
        .iter()
        .position(|it| it.rule_name() == "kafka-sasl")
        .unwrap();
    let public = Component {
        port: 19096,
        link_port: 19096,
        kafka_ssl_ca: KafkaSslCa::Letsencrypt,
        ..components[sasl].clone()
    };
    components.insert(0, public);
    let unsaid = ask(&scene, "kcat", None).unwrap();
    assert!(
        unsaid.text.contains(":9093 ") && unsaid.text.contains("ca.pem"),
        "{}",
        unsaid.text
    );
    let kcat = ask(&scene, "kcat", asked_for).unwrap();
    insta::assert_snapshot!(kcat.text, @"kcat -b privatelink-1-pg-1-demo.underpass.test:19096 -X security.protocol=SASL_SSL -X sasl.mechanisms=SCRAM-SHA-256 -X sasl.username=avnadmin -X sasl.password=s3cret");
    assert!(kcat.files.is_empty());
    let env = ask(&scene, "env", asked_for).unwrap();
    assert!(!env.text.contains("KAFKA_SSL_CA_LOCATION") && env.files.is_empty());
}

#[test]
fn kafka_logs_in_by_certificate_unless_told_otherwise() {
    let scene = Scene::of("kafka");
    let by = |method| {
        let asked = Asked {
            kafka_authentication_method: Some(method),
            ..through_the_link()
        };
        scene.render(find_tool("kcat").unwrap(), asked).unwrap()
    };
    let (certificate, sasl) = (
        by(KafkaAuthentication::Certificate),
        by(KafkaAuthentication::Sasl),
    );
    let unsaid = scene.render(find_tool("kcat").unwrap(), through_the_link());
    assert_eq!(unsaid.unwrap(), certificate);
    insta::assert_snapshot!(sasl.text, @"kcat -b privatelink-1-pg-1-demo.underpass.test:9093 -X security.protocol=SASL_SSL -X ssl.ca.location=ca.pem -X sasl.mechanisms=SCRAM-SHA-256 -X sasl.username=avnadmin -X sasl.password=s3cret");
    let names = |rendered: Rendered| -> Vec<_> {
        let files = rendered.files.into_iter();
        files.map(|file| (file.path, file.content)).collect()
    };
    insta::assert_debug_snapshot!(names(certificate), @r#"
    [
        (
            "service.crt",
            "-----CERT-----\n",
        ),
        (
            "service.key",
            "-----KEY-----\n",
        ),
        (
            "ca.pem",
            "-----CA-----\n",
        ),
    ]
    "#);
    insta::assert_debug_snapshot!(names(sasl), @r#"
    [
        (
            "ca.pem",
            "-----CA-----\n",
        ),
    ]
    "#);
}

#[test]
fn a_login_method_without_a_listener_is_refused_with_the_other() {
    let mut scene = Scene::of("kafka");
    let kafka = |component: &Component| component.component == "kafka";
    scene.service.components.retain(|component| {
        !kafka(component)
            || component.kafka_authentication_method == Some(KafkaAuthentication::Sasl)
    });
    let kcat = find_tool("kcat").unwrap();
    let refusal = scene.render(kcat, Asked::default()).unwrap_err();
    insta::assert_snapshot!(refusal, @"Certificate authentication is not enabled in pg-1; ask for `-a sasl`");
    scene
        .service
        .components
        .retain(|component| !kafka(component));
    let asked = Asked {
        kafka_authentication_method: Some(KafkaAuthentication::Sasl),
        ..Asked::default()
    };
    let refusal = scene.render(kcat, asked).unwrap_err();
    insta::assert_snapshot!(refusal, @"SASL authentication is not enabled in pg-1; register a listener for it: `--component kafka=PORT,auth=sasl`");
}

#[test]
fn a_broker_without_tls_may_still_ask_for_a_password() {
    let mut scene = Scene::new(whole("kafka", Tls::Off), user("avnadmin", "s3cret"));
    scene.service.components[0].kafka_authentication_method = Some(KafkaAuthentication::Sasl);
    let asked = Asked {
        kafka_authentication_method: Some(KafkaAuthentication::Sasl),
        ..Asked::default()
    };
    insta::assert_snapshot!(scene.text("kcat", asked), @"kcat -b 127.0.0.1:9092 -X security.protocol=SASL_PLAINTEXT -X sasl.mechanisms=SCRAM-SHA-256 -X sasl.username=avnadmin -X sasl.password=s3cret");
}

#[test]
fn the_files_lie_where_they_are_told_to() {
    let scene = Scene::of("kafka");
    let files = FileNames {
        ca: "my ca.pem",
        client_cert: "c.crt",
        client_key: "c.key",
    };
    let rendered = scene.render_with(
        find_tool("kcat").unwrap(),
        through_the_link(),
        None,
        |target| Target { files, ..target },
    );
    insta::assert_snapshot!(rendered.unwrap().text, @"kcat -b privatelink-1-pg-1-demo.underpass.test:9092 -X security.protocol=SSL -X 'ssl.ca.location=my ca.pem' -X ssl.key.location=c.key -X ssl.certificate.location=c.crt");
}

#[test]
fn a_login_that_lacks_something_is_refused_and_none_may_do() {
    let bare = ServiceUser {
        password: None,
        access_cert: None,
        access_key: None,
        ..user("avnadmin", "")
    };
    let refusal = |service_type: &str, word| {
        let scene = Scene::new(whole(service_type, Tls::On), bare.clone());
        let outcome = scene.render(find_tool(word).unwrap(), Asked::default());
        outcome.unwrap_err().to_string()
    };
    insta::assert_snapshot!(refusal("pg", "psql"), @"Could not find password for username avnadmin of service `pg-1`. Another user can be named with `-u`");
    insta::assert_snapshot!(refusal("kafka", "kcat"), @"Could not find client certificate for username avnadmin of service `pg-1`. Another user can be named with `-u`");
    insta::assert_snapshot!(refusal("valkey", "valkey uri"), @"Could not find password for username default of service `pg-1`. Another user can be named with `-u`");
    // A developer's Redis asks for no password.
    let mut open = Scene::new(whole("redis", Tls::Off), bare);
    open.users.clear();
    let cli = open.text("redis cli", through_the_link());
    insta::assert_snapshot!(cli, @"redis-cli -h privatelink-1-pg-1-demo.underpass.test -p 6379");
    assert!(
        open.text("redis uri", Asked::default())
            .starts_with("redis://127.0.0.1:6379")
    );
}

#[test]
fn the_only_login_is_used_by_every_tool() {
    for facts in SERVICE_TYPES {
        let mut scene = Scene::new(whole(facts.name, Tls::On), user("app", "s3cret"));
        for tool in tools_of(&scene.service.clone()) {
            let refused = scene.render(tool, through_the_link()).err();
            assert_eq!(refused, None, "{}: {}", facts.name, tool.word);
        }
        scene.users.clear();
        for word in ["psql", "kcat"] {
            let tool = find_tool(word).unwrap();
            if tool.check(&scene.service).is_ok() {
                let refused = scene.render(tool, through_the_link()).unwrap_err();
                assert_eq!(refused.code, "login_incomplete", "{word}: {refused}");
            }
        }
    }
}

#[test]
fn avnadmin_is_used_before_another_login() {
    let mut scene = Scene::new(whole("pg", Tls::On), user("app", "one"));
    scene.users.push(user("avnadmin", "two"));
    let uri = scene.text("pg uri", Asked::default());
    assert!(uri.starts_with("postgres://avnadmin:two@"), "{uri}");
    scene.users[1].username = "other".to_owned();
    let uri = scene.text("pg uri", Asked::default());
    assert!(uri.starts_with("postgres://app:one@"), "{uri}");
}

#[test]
fn redis_means_its_own_default_user() {
    let mut scene = Scene::of("valkey");
    assert!(
        scene
            .text("valkey uri", Asked::default())
            .starts_with("rediss://default:s3cret@")
    );
    scene.users.push(user("default", "own"));
    assert!(
        scene
            .text("valkey uri", Asked::default())
            .starts_with("rediss://default:own@")
    );
    let cli = find_tool("valkey cli").unwrap();
    let named = scene.render_with(cli, Asked::default(), Some("avnadmin"), |target| target);
    assert!(named.unwrap().text.contains("--user avnadmin"));
    let missing = scene.render_with(cli, Asked::default(), Some("eve"), |target| target);
    assert_eq!(missing.unwrap_err().code, "user_not_found");
}

#[test]
fn secrets_are_held_back_in_every_form() {
    for facts in SERVICE_TYPES {
        let mut scene = Scene::of(facts.name);
        scene.secrecy = Secrecy::Redacted;
        for tool in tools_of(&scene.service.clone()) {
            let rendered = scene.render(tool, through_the_link()).unwrap();
            let whole = format!("{rendered:?}");
            assert!(!whole.contains("s3cret"), "{}: {whole}", tool.word);
            assert!(!whole.contains("-----KEY"), "{}: {whole}", tool.word);
            assert!(whole.contains("your role is read-only"), "{whole}");
        }
    }
}

#[test]
fn a_person_is_told_what_stands_in_the_way() {
    let notes = |tls, password: &str, sslmode: Option<&'static str>| {
        let scene = Scene::new(whole("pg", tls), user("avnadmin", password));
        let tool = find_tool("psql").unwrap();
        let rendered = scene.render_with(tool, through_the_link(), None, |target| Target {
            sslmode,
            ..target
        });
        rendered.unwrap().notes
    };
    assert!(notes(Tls::On, "s3cret", None).is_empty());
    assert!(notes(Tls::Off, "s3cret", Some("disable")).is_empty());
    insta::assert_debug_snapshot!(notes(Tls::Off, "a/b", None), @r#"
    [
        "component `pg` is registered without TLS, so the client encrypts nothing",
        "libpq misreads a `/` in the user or password of a URI. The tool `uri`, with the same options, escapes it",
    ]
    "#);
    insta::assert_debug_snapshot!(notes(Tls::On, "s3cret", Some("verify-full")), @r#"
    [
        "`verify-full` needs the CA: write it with `-W` and set PGSSLROOTCERT=ca.pem",
    ]
    "#);
}

#[test]
fn a_closed_component_is_no_choice_and_the_option_is_named() {
    let mut scene = Scene::of("clickhouse");
    scene.service.user_config = json!({"privatelink_access": {"clickhouse": true}})
        .as_object()
        .cloned()
        .unwrap();
    let refusal = scene
        .render(find_tool("clickhouse https").unwrap(), through_the_link())
        .unwrap_err();
    insta::assert_snapshot!(refusal, @"Service `pg-1` offers nothing on route `privatelink` for `clickhouse https` with usage `primary`");
}

#[test]
fn an_unknown_tool_and_one_of_another_product_name_those_there_are() {
    insta::assert_snapshot!(find_tool("mongo").unwrap_err(), @"`mongo` is not a tool for connection information. Valid values: `psql`, `pg uri`, `pg string`, `alloydbomni uri`, `alloydbomni string`, `mysql`, `mysql uri`, `redis cli`, `redis uri`, `valkey cli`, `valkey uri`, `dragonfly cli`, `dragonfly uri`, `clickhouse`, `clickhouse https`, `kcat`, `kafkacat`, `kafka-connect`, `opensearch`, `grafana`, `influx`, `curl`, `uri`, `env`, `k8s`, `jdbc`, `service-conf`");
    let refusal = Scene::of("kafka")
        .render(find_tool("psql").unwrap(), Asked::default())
        .unwrap_err();
    insta::assert_snapshot!(refusal, @"Cannot format psql connection info for service type kafka. Tools for service `pg-1`: `kcat`, `kafkacat`, `kafka-connect`, `curl`, `uri`, `env`, `k8s`");
}
