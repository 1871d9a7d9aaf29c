//! Formats that many tools read.

use std::fmt::Write as _;

use super::scene::{Scene, through_the_link};

/// Formats, one after the other.
fn formats(desired: &[(&str, &str)]) -> String {
    let mut lines = String::new();
    for (service_type, word) in desired {
        let text = Scene::of(service_type).text(word, through_the_link());
        let _infallible = writeln!(lines, "--- {service_type} {word}\n{text}");
    }
    lines
}

#[test]
fn variables_have_the_names_that_clients_read() {
    let env = [
        "pg",
        "mysql",
        "redis",
        "clickhouse",
        "kafka",
        "influxdb",
        "opensearch",
    ];
    insta::assert_snapshot!(formats(&env.map(|it| (it, "env"))), @r"
    --- pg env
    PGHOST=privatelink-1-pg-1-demo.underpass.test
    PGPORT=5432
    PGUSER=avnadmin
    PGPASSWORD=s3cret
    PGDATABASE=defaultdb
    PGSSLMODE=require
    DATABASE_URL='postgres://avnadmin:s3cret@privatelink-1-pg-1-demo.underpass.test:5432/defaultdb?sslmode=require'
    --- mysql env
    MYSQL_HOST=privatelink-1-pg-1-demo.underpass.test
    MYSQL_TCP_PORT=3306
    MYSQL_USER=avnadmin
    MYSQL_PWD=s3cret
    MYSQL_DATABASE=defaultdb
    MYSQL_SSL_CA=ca.pem
    DATABASE_URL='mysql://avnadmin:s3cret@privatelink-1-pg-1-demo.underpass.test:3306/defaultdb?ssl-mode=REQUIRED'
    --- redis env
    REDIS_HOST=privatelink-1-pg-1-demo.underpass.test
    REDIS_PORT=6379
    REDIS_USERNAME=default
    REDIS_PASSWORD=s3cret
    REDISCLI_AUTH=s3cret
    REDIS_CA=ca.pem
    REDIS_URL=rediss://default:s3cret@privatelink-1-pg-1-demo.underpass.test:6379
    --- clickhouse env
    CLICKHOUSE_HOST=privatelink-1-pg-1-demo.underpass.test
    CLICKHOUSE_PORT=9440
    CLICKHOUSE_USER=avnadmin
    CLICKHOUSE_PASSWORD=s3cret
    CLICKHOUSE_DATABASE=default
    CLICKHOUSE_SECURE=1
    CLICKHOUSE_CA=ca.pem
    --- kafka env
    KAFKA_BOOTSTRAP_SERVERS=privatelink-1-pg-1-demo.underpass.test:9092
    KAFKA_SECURITY_PROTOCOL=SSL
    KAFKA_SSL_CA_LOCATION=ca.pem
    KAFKA_SSL_CERTIFICATE_LOCATION=service.crt
    KAFKA_SSL_KEY_LOCATION=service.key
    --- influxdb env
    INFLUXDB_URL=https://privatelink-1-pg-1-demo.underpass.test:8086
    INFLUX_USERNAME=avnadmin
    INFLUX_PASSWORD=s3cret
    INFLUXDB_DATABASE=defaultdb
    INFLUXDB_CA=ca.pem
    --- opensearch env
    OPENSEARCH_URL=https://privatelink-1-pg-1-demo.underpass.test:9200
    OPENSEARCH_USERNAME=avnadmin
    OPENSEARCH_PASSWORD=s3cret
    OPENSEARCH_CA=ca.pem
    ");
}

#[test]
fn a_secret_of_kubernetes_holds_the_files_as_well() {
    insta::assert_snapshot!(formats(&[("pg", "k8s"), ("kafka", "k8s")]), @r#"
    --- pg k8s
    apiVersion: v1
    kind: Secret
    metadata:
      name: "pg-1"
    type: Opaque
    stringData:
      PGHOST: "privatelink-1-pg-1-demo.underpass.test"
      PGPORT: "5432"
      PGUSER: "avnadmin"
      PGPASSWORD: "s3cret"
      PGDATABASE: "defaultdb"
      PGSSLMODE: "require"
      DATABASE_URL: "postgres://avnadmin:s3cret@privatelink-1-pg-1-demo.underpass.test:5432/defaultdb?sslmode=require"
      "ca.pem": "-----CA-----\n"
    --- kafka k8s
    apiVersion: v1
    kind: Secret
    metadata:
      name: "pg-1"
    type: Opaque
    stringData:
      KAFKA_BOOTSTRAP_SERVERS: "privatelink-1-pg-1-demo.underpass.test:9092"
      KAFKA_SECURITY_PROTOCOL: "SSL"
      KAFKA_SSL_CA_LOCATION: "ca.pem"
      KAFKA_SSL_CERTIFICATE_LOCATION: "service.crt"
      KAFKA_SSL_KEY_LOCATION: "service.key"
      "ca.pem": "-----CA-----\n"
      "service.crt": "-----CERT-----\n"
      "service.key": "-----KEY-----\n"
    "#);
}

#[test]
fn jdbc_and_service_files_are_for_those_who_read_them() {
    let jdbc = ["pg", "mysql", "clickhouse", "opensearch"];
    insta::assert_snapshot!(formats(&jdbc.map(|it| (it, "jdbc"))), @r"
    --- pg jdbc
    jdbc:postgresql://privatelink-1-pg-1-demo.underpass.test:5432/defaultdb?user=avnadmin&password=s3cret&sslmode=require
    --- mysql jdbc
    jdbc:mysql://privatelink-1-pg-1-demo.underpass.test:3306/defaultdb?user=avnadmin&password=s3cret&sslMode=REQUIRED
    --- clickhouse jdbc
    jdbc:clickhouse:https://privatelink-1-pg-1-demo.underpass.test:8443/default?user=avnadmin&password=s3cret&ssl=true&sslrootcert=ca.pem
    --- opensearch jdbc
    jdbc:opensearch://https://privatelink-1-pg-1-demo.underpass.test:9200?user=avnadmin&password=s3cret
    ");
    insta::assert_snapshot!(formats(&[("pg", "service-conf")]), @r"
    --- pg service-conf
    [pg-1]
    host=privatelink-1-pg-1-demo.underpass.test
    port=5432
    dbname=defaultdb
    user=avnadmin
    password=s3cret
    sslmode=require
    ");
}
