//! What is spoken on a listener, which decides the tools that can talk to it.

/// The protocol of a component's clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// PostgreSQL's, which PgBouncer speaks, too.
    Postgres,
    /// MySQL's classic one.
    MySql,
    /// MySQL's X protocol.
    MySqlX,
    /// Redis's; Valkey and Dragonfly speak it.
    Redis,
    /// ClickHouse's native one.
    ClickHouse,
    /// ClickHouse's over HTTP.
    ClickHouseHttp,
    /// Arrow Flight over gRPC.
    ArrowFlight,
    /// Kafka's.
    Kafka,
    /// InfluxDB 1.x over HTTP.
    Influx,
    /// OpenSearch's over HTTP.
    OpenSearch,
    /// Any other API or page over HTTP.
    Http,
}
