//! Client protocols of listeners, which determine the supported tools.

/// The protocol of a component's clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// PostgreSQL's protocol, also used by PgBouncer.
    Postgres,
    /// MySQL's classic protocol.
    MySql,
    /// MySQL's X protocol.
    MySqlX,
    /// Redis's protocol, also used by Valkey and Dragonfly.
    Redis,
    /// ClickHouse's native protocol.
    ClickHouse,
    /// ClickHouse's HTTP interface.
    ClickHouseHttp,
    /// Arrow Flight over gRPC.
    ArrowFlight,
    /// Kafka's protocol.
    Kafka,
    /// InfluxDB 1.x over HTTP.
    Influx,
    /// OpenSearch's REST API.
    OpenSearch,
    /// Any other HTTP API or page.
    Http,
}
