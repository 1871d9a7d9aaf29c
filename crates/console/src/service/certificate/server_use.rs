//! Configuration of common servers for a certificate.
//!
//! Sources: the products' own documentation (PostgreSQL 16 "Secure TCP/IP Connections with SSL",
//! MySQL 8.0 "Configuring MySQL to Use Encrypted Connections", Redis 7 and Valkey 8 "TLS", Apache
//! Kafka 3 "Security: PEM").

/// Configuration of one kind of server.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ServerUse {
    types: &'static [&'static str],
    /// File that the lines belong to, as a sentence with code between backticks.
    pub(super) place: &'static str,
    /// Lines of configuration.
    pub(super) lines: &'static str,
    /// Step that activates them.
    pub(super) then: &'static str,
}

/// Other types have no entry.
const USES: [ServerUse; 4] = [
    ServerUse {
        types: &["pg"],
        place: "`postgresql.conf`; paths are relative to the data directory",
        lines: "ssl = on\nssl_cert_file = 'server.crt'\nssl_key_file = 'server.key'",
        then: "Then reload: `select pg_reload_conf();`",
    },
    ServerUse {
        types: &["mysql"],
        place: "the section `[mysqld]` of `my.cnf`; paths are relative to the data directory",
        lines: "ssl_cert = server.crt\nssl_key = server.key",
        then: "Then restart; or reload a running MySQL with `alter instance reload tls;`",
    },
    ServerUse {
        types: &["redis", "valkey"],
        place: "`redis.conf` or `valkey.conf`, with the registered port; `port 0` disables the port without TLS",
        lines: "tls-port 6379\nport 0\ntls-cert-file server.crt\ntls-key-file server.key\n\
                tls-ca-cert-file ca.pem\ntls-auth-clients no",
        then: "Then restart.",
    },
    ServerUse {
        types: &["kafka"],
        place: "`server.properties` of every broker, after `cat server.key server.crt > server.pem`",
        lines: "ssl.keystore.type=PEM\nssl.keystore.location=/etc/kafka/server.pem",
        then: "Then restart broker by broker. All brokers may have the same certificate.",
    },
];

impl ServerUse {
    /// Configuration for a service type.
    pub(super) fn of_type(service_type: &str) -> Option<&'static Self> {
        USES.iter().find(|it| it.types.contains(&service_type))
    }
}

#[cfg(test)]
mod tests {
    use underpass_model::service_type;

    use super::*;

    #[test]
    fn what_is_told_is_about_a_type_that_there_is() {
        let types = USES.iter().flat_map(|it| it.types);
        for name in types {
            assert!(service_type::find(name).is_some(), "{name}");
        }
        assert!(ServerUse::of_type("pg").is_some());
        assert_eq!(ServerUse::of_type("grafana"), None);
    }
}
