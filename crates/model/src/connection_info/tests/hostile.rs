//! Values that break whatever does not quote them.

use std::fmt::Write as _;

use super::scene::{Scene, through_the_link, user, whole};
use super::*;
use crate::service::Tls;

/// Text that breaks whatever does not quote it.
const HOSTILE: &str = "p'w $(id)\n\"\\`%@/:?#&;é";

#[test]
fn hostile_values_stay_values() {
    let hostile = |service_type: &str, tls| {
        let mut scene = Scene::new(whole(service_type, tls), user("o'k x", HOSTILE));
        scene.users.push(user("avnadmin", HOSTILE));
        scene
    };
    let mut lines = String::new();
    for (service_type, word) in [
        ("pg", "psql"),
        ("pg", "pg string"),
        ("pg", "uri"),
        ("pg", "env"),
        ("pg", "k8s"),
        ("pg", "jdbc"),
        ("mysql", "mysql"),
        ("redis", "redis cli"),
        ("redis", "redis uri"),
        ("clickhouse", "clickhouse"),
        ("clickhouse", "clickhouse https"),
        ("influxdb", "influx"),
        ("grafana", "grafana"),
    ] {
        let scene = hostile(service_type, Tls::On);
        let tool = find_tool(word).unwrap();
        let rendered =
            scene.render_with(tool, through_the_link(), Some("o'k x"), |target| Target {
                database: Some("d'b; x"),
                ..target
            });
        let text = rendered.unwrap().text;
        let _infallible = writeln!(lines, "--- {word}\n{text}");
    }
    insta::assert_snapshot!(lines, @r#"
    --- psql
    psql postgres://o%27k%20x:p%27w%20%24%28id%29%0A%22%5C%60%25%40/%3A%3F%23%26%3B%C3%A9@privatelink-1-pg-1-demo.underpass.test:5432/d%27b%3B%20x?sslmode=require
    --- pg string
    host='privatelink-1-pg-1-demo.underpass.test' port='5432' user='o\'k x' dbname='d\'b; x'
    --- uri
    postgres://o%27k%20x:p%27w%20%24%28id%29%0A%22%5C%60%25%40%2F%3A%3F%23%26%3B%C3%A9@privatelink-1-pg-1-demo.underpass.test:5432/d%27b%3B%20x?sslmode=require
    --- env
    PGHOST=privatelink-1-pg-1-demo.underpass.test
    PGPORT=5432
    PGUSER="o'k x"
    PGPASSWORD="p'w \$(id)
    \"\\\`%@/:?#&;é"
    PGDATABASE="d'b; x"
    PGSSLMODE=require
    DATABASE_URL='postgres://o%27k%20x:p%27w%20%24%28id%29%0A%22%5C%60%25%40%2F%3A%3F%23%26%3B%C3%A9@privatelink-1-pg-1-demo.underpass.test:5432/d%27b%3B%20x?sslmode=require'
    --- k8s
    apiVersion: v1
    kind: Secret
    metadata:
      name: "pg-1"
    type: Opaque
    stringData:
      PGHOST: "privatelink-1-pg-1-demo.underpass.test"
      PGPORT: "5432"
      PGUSER: "o'k x"
      PGPASSWORD: "p'w $(id)\n\"\\`%@/:?#&;\U000000E9"
      PGDATABASE: "d'b; x"
      PGSSLMODE: "require"
      DATABASE_URL: "postgres://o%27k%20x:p%27w%20%24%28id%29%0A%22%5C%60%25%40%2F%3A%3F%23%26%3B%C3%A9@privatelink-1-pg-1-demo.underpass.test:5432/d%27b%3B%20x?sslmode=require"
      "ca.pem": "-----CA-----\n"
    --- jdbc
    jdbc:postgresql://privatelink-1-pg-1-demo.underpass.test:5432/d%27b%3B%20x?user=o%27k%20x&password=p%27w%20%24%28id%29%0A%22%5C%60%25%40%2F%3A%3F%23%26%3B%C3%A9&sslmode=require
    --- mysql
    MYSQL_PWD='p'\''w $(id)
    "\`%@/:?#&;é' mysql --host=privatelink-1-pg-1-demo.underpass.test --port=3306 '--user=o'\''k x' --ssl-ca=ca.pem '--database=d'\''b; x'
    --- redis cli
    REDISCLI_AUTH='p'\''w $(id)
    "\`%@/:?#&;é' redis-cli -h privatelink-1-pg-1-demo.underpass.test -p 6379 --user 'o'\''k x' --tls --cacert ca.pem --sni privatelink-1-pg-1-demo.underpass.test -n 'd'\''b; x'
    --- redis uri
    rediss://o%27k%20x:p%27w%20%24%28id%29%0A%22%5C%60%25%40/%3A%3F%23%26%3B%C3%A9@privatelink-1-pg-1-demo.underpass.test:6379/d%27b%3B%20x
    --- clickhouse
    CLICKHOUSE_PASSWORD='p'\''w $(id)
    "\`%@/:?#&;é' SSL_CERT_FILE=ca.pem clickhouse-client --host privatelink-1-pg-1-demo.underpass.test --port 9440 --user 'o'\''k x' --database 'd'\''b; x' --secure
    --- clickhouse https
    printf '%s\n' 'user = "o'\''k x:p'\''w $(id)\n\"\\`%@/:?#&;é"' | curl -sS --fail-with-body --config - --cacert ca.pem 'https://privatelink-1-pg-1-demo.underpass.test:8443/?query=select%201&database=d%27b%3B%20x'
    --- influx
    INFLUX_USERNAME='o'\''k x' INFLUX_PASSWORD='p'\''w $(id)
    "\`%@/:?#&;é' SSL_CERT_FILE=ca.pem influx -host privatelink-1-pg-1-demo.underpass.test -port 8086 -ssl -database 'd'\''b; x'
    --- grafana
    printf '%s\n' 'user = "o'\''k x:p'\''w $(id)\n\"\\`%@/:?#&;é"' | curl -sS --fail-with-body --config - --cacert ca.pem https://privatelink-1-pg-1-demo.underpass.test:3000/api/health
    "#);
    let sasl = Asked {
        kafka_authentication_method: Some(KafkaAuthentication::Sasl),
        ..through_the_link()
    };
    insta::assert_snapshot!(hostile("kafka", Tls::On).text("kcat", sasl), @r#"
    kcat -b privatelink-1-pg-1-demo.underpass.test:9093 -X security.protocol=SASL_SSL -X ssl.ca.location=ca.pem -X sasl.mechanisms=SCRAM-SHA-256 -X sasl.username=avnadmin -X 'sasl.password=p'\''w $(id)
    "\`%@/:?#&;é'
    "#);
}

#[test]
fn what_a_format_cannot_write_is_refused() {
    let refusal = |service_type: &str, word, login: ServiceUser| {
        let scene = Scene::new(whole(service_type, Tls::On), login);
        let outcome = scene.render(find_tool(word).unwrap(), Asked::default());
        let refusal = outcome.unwrap_err();
        assert_eq!(refusal.code, "unwritable_value");
        refusal.message
    };
    insta::assert_snapshot!(refusal("pg", "service-conf", user("avnadmin", "a\nb")), @"The password for service `pg-1` contains a line break, or white space at its end, which cannot be passed to a pg_service.conf. Choose another output, or change the password");
    insta::assert_snapshot!(refusal("pg", "psql", user("avnadmin", "a\0b")), @"The password for service `pg-1` contains a null character, which cannot be passed to any tool. Choose another output, or change the password");
    insta::assert_snapshot!(refusal("grafana", "curl", user("a:b", "p")), @"The user name for service `pg-1` contains a colon, which cannot be passed to HTTP's basic authentication. Choose another output, or change the user name");
}
