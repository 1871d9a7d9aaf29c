//! Service types: their components, versions, and the URI syntax of their clients.
//!
//! A new type is one new entry. Sources: the compatible API's published user-config schemas
//! (components and their route options, as of August 2026), the products' own documentation (ports)
//! and release lists (versions).

use crate::cloud::Provider;
use crate::protocol::Protocol;

/// A component of a service type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ComponentFacts {
    /// The name in the API, for instance `pgbouncer`.
    pub name: &'static str,
    /// The name for display.
    pub title: &'static str,
    /// The product's default port.
    pub usual_port: u16,
    /// The URI syntax of its clients.
    pub uri: UriFacts,
    /// The routes of the compatible API on which it can be offered.
    pub access: Access,
}

/// The routes on which a component can be offered, besides the dynamic one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// All routes.
    Everywhere,
    /// Privatelink and public.
    LinkAndPublic,
    /// Privatelink only.
    Link,
}

impl Access {
    /// Reports whether there is an option for the public route.
    pub const fn is_public(self) -> bool {
        matches!(self, Self::Everywhere | Self::LinkAndPublic)
    }

    /// Reports whether there is an option for the private route.
    pub const fn is_private(self) -> bool {
        matches!(self, Self::Everywhere)
    }
}

/// The URI syntax of a component's clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UriFacts {
    /// The protocol.
    pub protocol: Protocol,
    /// The scheme; `None` if clients take plain `HOST:PORT`.
    pub scheme: Option<&'static str>,
    /// The same for a listener without TLS.
    pub plain_scheme: Option<&'static str>,
    /// The default database, if the product has databases.
    pub database: Option<&'static str>,
    /// The query parameter for TLS.
    pub tls: Option<TlsParameter>,
}

/// The query parameter of a URI that requests TLS or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TlsParameter {
    /// Its name.
    pub name: &'static str,
    /// Its default value with TLS.
    pub on: &'static str,
    /// Its value without TLS.
    pub off: &'static str,
}

/// A type of service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceTypeFacts {
    /// The name in the API, for instance `pg`.
    pub name: &'static str,
    /// One line for display.
    pub description: &'static str,
    /// The default version shown; Underpass runs nothing itself.
    pub default_version: Option<&'static str>,
    /// The listed versions, oldest first. The option `<type>_version` selects one; it does not
    /// exist if the list is empty.
    pub versions: &'static [&'static str],
    /// Its components, main component first: clients take the first on a route.
    pub components: &'static [ComponentFacts],
    /// The clouds that can publish it privately.
    pub providers: &'static [Provider],
}

impl ServiceTypeFacts {
    /// The component of that name.
    pub fn component(&self, name: &str) -> Option<&'static ComponentFacts> {
        self.components
            .iter()
            .find(|component| component.name == name)
    }

    /// The default component of clients.
    pub fn main_component(&self) -> Option<&'static ComponentFacts> {
        self.components.first()
    }
}

const fn component(
    name: &'static str,
    title: &'static str,
    usual_port: u16,
    uri: UriFacts,
) -> ComponentFacts {
    ComponentFacts {
        name,
        title,
        usual_port,
        uri,
        access: Access::Everywhere,
    }
}

const fn with_access(access: Access, component: ComponentFacts) -> ComponentFacts {
    ComponentFacts {
        access,
        ..component
    }
}

const fn tls(name: &'static str, on: &'static str, off: &'static str) -> TlsParameter {
    TlsParameter { name, on, off }
}

/// A bootstrap list: librdkafka and the Java client take no URI.
const BOOTSTRAP: UriFacts = UriFacts {
    protocol: Protocol::Kafka,
    scheme: None,
    plain_scheme: None,
    database: None,
    tls: None,
};

const HTTPS: UriFacts = UriFacts {
    protocol: Protocol::Http,
    scheme: Some("https"),
    plain_scheme: Some("http"),
    ..BOOTSTRAP
};

const OPENSEARCH: UriFacts = UriFacts {
    protocol: Protocol::OpenSearch,
    ..HTTPS
};

const REDISS: UriFacts = UriFacts {
    protocol: Protocol::Redis,
    scheme: Some("rediss"),
    plain_scheme: Some("redis"),
    ..BOOTSTRAP
};

const POSTGRES: UriFacts = UriFacts {
    protocol: Protocol::Postgres,
    scheme: Some("postgres"),
    plain_scheme: Some("postgres"),
    database: Some("defaultdb"),
    tls: Some(tls("sslmode", "require", "disable")),
};

const MYSQL: UriFacts = UriFacts {
    protocol: Protocol::MySql,
    scheme: Some("mysql"),
    plain_scheme: Some("mysql"),
    database: Some("defaultdb"),
    tls: Some(tls("ssl-mode", "REQUIRED", "DISABLED")),
};

const MYSQLX: UriFacts = UriFacts {
    protocol: Protocol::MySqlX,
    scheme: Some("mysqlx"),
    plain_scheme: Some("mysqlx"),
    ..MYSQL
};

/// The native protocol, in the syntax of clickhouse-client's connection strings.
const CLICKHOUSE: UriFacts = UriFacts {
    protocol: Protocol::ClickHouse,
    scheme: Some("clickhouse"),
    plain_scheme: Some("clickhouse"),
    database: Some("default"),
    tls: Some(tls("secure", "true", "false")),
};

/// Its URI has no database: over HTTP it is a parameter of each query.
const CLICKHOUSE_HTTPS: UriFacts = UriFacts {
    protocol: Protocol::ClickHouseHttp,
    ..HTTPS
};

const CLICKHOUSE_MYSQL: UriFacts = UriFacts {
    database: Some("default"),
    ..MYSQL
};

const ARROW_FLIGHT: UriFacts = UriFacts {
    protocol: Protocol::ArrowFlight,
    scheme: Some("grpc+tls"),
    plain_scheme: Some("grpc"),
    ..BOOTSTRAP
};

const INFLUXDB: UriFacts = UriFacts {
    protocol: Protocol::Influx,
    scheme: Some("https+influxdb"),
    plain_scheme: Some("http+influxdb"),
    database: Some("defaultdb"),
    tls: None,
};

const EVERYWHERE: &[Provider] = &[Provider::Azure, Provider::Google, Provider::Aws];

/// The metrics listener of most types: 9273 is the default of Telegraf's Prometheus output.
const PROMETHEUS: ComponentFacts = component("prometheus", "Prometheus", 9273, HTTPS);

/// The agent that exposes a Java process over HTTP.
const JOLOKIA: ComponentFacts =
    with_access(Access::Link, component("jolokia", "Jolokia", 6733, HTTPS));

/// Every type, in alphabetical order.
pub const SERVICE_TYPES: &[ServiceTypeFacts] = &[
    ServiceTypeFacts {
        name: "alloydbomni",
        description: "AlloyDB Omni - PostgreSQL-compatible database",
        default_version: Some("15"),
        versions: &["15"],
        components: &[
            component("pg", "PostgreSQL", 5432, POSTGRES),
            component("pgbouncer", "PgBouncer", 6432, POSTGRES),
            PROMETHEUS,
        ],
        providers: EVERYWHERE,
    },
    ServiceTypeFacts {
        name: "clickhouse",
        description: "ClickHouse - Column-oriented database for analytics",
        default_version: None,
        versions: &["24.3", "24.8", "25.3", "25.8"],
        components: &[
            component("clickhouse", "ClickHouse", 9440, CLICKHOUSE),
            component(
                "clickhouse_https",
                "ClickHouse HTTPS",
                8443,
                CLICKHOUSE_HTTPS,
            ),
            component(
                "clickhouse_mysql",
                "ClickHouse MySQL",
                9004,
                CLICKHOUSE_MYSQL,
            ),
            component(
                "clickhouse_arrowflight",
                "ClickHouse Arrow Flight",
                9090,
                ARROW_FLIGHT,
            ),
            PROMETHEUS,
        ],
        providers: EVERYWHERE,
    },
    ServiceTypeFacts {
        name: "dragonfly",
        description: "Dragonfly - In-memory data store",
        default_version: None,
        versions: &[],
        components: &[
            component("dragonfly", "Dragonfly", 6379, REDISS),
            PROMETHEUS,
        ],
        providers: EVERYWHERE,
    },
    ServiceTypeFacts {
        name: "flink",
        description: "Flink - Stream processing",
        default_version: None,
        versions: &["1.16", "1.19", "1.20"],
        components: &[
            // The port of its REST API and web page (`rest.port`, Flink's configuration reference).
            with_access(
                Access::LinkAndPublic,
                component("flink", "Flink", 8081, HTTPS),
            ),
            with_access(Access::Link, PROMETHEUS),
        ],
        providers: EVERYWHERE,
    },
    ServiceTypeFacts {
        name: "grafana",
        description: "Grafana - Metrics dashboard",
        default_version: None,
        versions: &[],
        components: &[component("grafana", "Grafana", 3000, HTTPS)],
        providers: EVERYWHERE,
    },
    ServiceTypeFacts {
        name: "influxdb",
        description: "InfluxDB - Time series database",
        default_version: None,
        versions: &[],
        components: &[component("influxdb", "InfluxDB", 8086, INFLUXDB)],
        providers: EVERYWHERE,
    },
    ServiceTypeFacts {
        name: "kafka",
        description: "Kafka - Event streaming",
        default_version: None,
        versions: &["3.7", "3.8", "3.9", "4.0", "4.1"],
        components: &[
            component("kafka", "Kafka", 9092, BOOTSTRAP),
            component("kafka_connect", "Kafka Connect", 8083, HTTPS),
            component("kafka_rest", "Kafka REST", 8082, HTTPS),
            component("schema_registry", "Schema Registry", 8081, HTTPS),
            JOLOKIA,
            PROMETHEUS,
        ],
        providers: EVERYWHERE,
    },
    ServiceTypeFacts {
        name: "kafka_connect",
        description: "Kafka Connect - Connectors for Kafka",
        default_version: None,
        versions: &[],
        components: &[
            component("kafka_connect", "Kafka Connect", 8083, HTTPS),
            JOLOKIA,
            PROMETHEUS,
        ],
        providers: EVERYWHERE,
    },
    ServiceTypeFacts {
        name: "mysql",
        description: "MySQL - Relational database",
        default_version: Some("8"),
        versions: &["8", "8.4"],
        components: &[
            component("mysql", "MySQL", 3306, MYSQL),
            component("mysqlx", "MySQL X protocol", 33060, MYSQLX),
            PROMETHEUS,
        ],
        providers: EVERYWHERE,
    },
    ServiceTypeFacts {
        name: "opensearch",
        description: "OpenSearch - Search and analytics",
        default_version: Some("2"),
        versions: &["1", "2", "3"],
        components: &[
            component("opensearch", "OpenSearch", 9200, OPENSEARCH),
            component(
                "opensearch_dashboards",
                "OpenSearch Dashboards",
                5601,
                HTTPS,
            ),
            PROMETHEUS,
        ],
        providers: EVERYWHERE,
    },
    ServiceTypeFacts {
        name: "pg",
        description: "PostgreSQL - Relational database",
        default_version: Some("17"),
        versions: &["13", "14", "15", "16", "17", "18"],
        components: &[
            component("pg", "PostgreSQL", 5432, POSTGRES),
            component("pgbouncer", "PgBouncer", 6432, POSTGRES),
            PROMETHEUS,
        ],
        providers: EVERYWHERE,
    },
    ServiceTypeFacts {
        name: "redis",
        description: "Redis - In-memory data store",
        default_version: None,
        versions: &["7.0"],
        components: &[component("redis", "Redis", 6379, REDISS), PROMETHEUS],
        providers: EVERYWHERE,
    },
    ServiceTypeFacts {
        name: "thanos",
        description: "Thanos - Metrics storage",
        default_version: None,
        versions: &[],
        components: &[
            with_access(
                Access::LinkAndPublic,
                component("query_frontend", "Query Frontend", 10902, HTTPS),
            ),
            with_access(
                Access::LinkAndPublic,
                component("receiver_routing", "Receiver Routing", 19291, HTTPS),
            ),
        ],
        providers: EVERYWHERE,
    },
    ServiceTypeFacts {
        name: "valkey",
        description: "Valkey - In-memory data store",
        default_version: None,
        versions: &["7.2", "8.0", "8.1"],
        components: &[component("valkey", "Valkey", 6379, REDISS), PROMETHEUS],
        providers: EVERYWHERE,
    },
];

/// Returns the type of that name.
pub fn find(name: &str) -> Option<&'static ServiceTypeFacts> {
    SERVICE_TYPES.iter().find(|facts| facts.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_without_repeats() {
        for pair in SERVICE_TYPES.windows(2) {
            assert!(pair[0].name < pair[1].name);
        }
        for facts in SERVICE_TYPES {
            let mut names: Vec<_> = facts.components.iter().map(|c| c.name).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), facts.components.len(), "{}", facts.name);
            let default = facts.default_version.iter();
            assert!(default.into_iter().all(|it| facts.versions.contains(it)));
        }
    }
}
