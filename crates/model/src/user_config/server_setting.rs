//! Options of the compatible API that configure the server itself.
//!
//! Underpass publishes an existing server, so it cannot apply them. They are known by the name of
//! their group (compatible API's schemas, August 2026) and refused with the reason and the
//! alternative.

use serde_json::Value;

use crate::excerpt::excerpt;
use crate::refusal::Refusal;
use crate::service_type::ServiceTypeFacts;

/// The setting that an option configures.
pub(super) struct ServerSetting {
    /// The predicate of the option.
    asks: &'static str,
    /// The rule that refuses it.
    rule: &'static str,
    /// The alternative.
    remedy: &'static str,
}

const CONFIGURE: ServerSetting = ServerSetting {
    asks: "configures the server itself",
    rule: "Underpass publishes an existing server and does not configure it",
    remedy: "set it on the server",
};

const BACK_UP: ServerSetting = ServerSetting {
    asks: "schedules backups",
    rule: "Underpass makes no backups",
    remedy: "schedule them on the server",
};

const FILL: ServerSetting = ServerSetting {
    asks: "requests a copy of another server",
    rule: "Underpass creates no servers and copies no data",
    remedy: "restore the data on the server and register it",
};

const LOG_IN: ServerSetting = ServerSetting {
    asks: "sets a login of the server",
    rule: "Underpass stores logins for clients, but not among the options",
    remedy: "set it on the server and register it as a user of the service",
};

const NAME: ServerSetting = ServerSetting {
    asks: "sets a custom name of the service",
    rule: "Underpass serves only private names",
    remedy: "register the name with the first node, `--node n1=ADDRESS,public=NAME`, and switch \
             `public_access` on",
};

const IPV6: ServerSetting = ServerSetting {
    asks: "requests IPv6",
    rule: "Underpass publishes only IPv4, like the clouds' private links",
    remedy: "offer IPv6 on the server itself",
};

/// Options, and the setting that they configure.
type Group = (&'static [&'static str], &'static ServerSetting);

/// The options of any type.
const COMMON: &[Group] = &[
    (
        &["additional_backup_regions", "backup_hour", "backup_minute"],
        &BACK_UP,
    ),
    (
        &[
            "migration",
            "project_to_fork_from",
            "recovery_basebackup_name",
            "recovery_target_time",
            "service_to_fork_from",
        ],
        &FILL,
    ),
    (&["admin_password", "admin_username"], &LOG_IN),
    (&["custom_domain"], &NAME),
    (&["enable_ipv6"], &IPV6),
];

/// The further options of each type.
#[rustfmt::skip]
const OF_TYPE: &[(&str, &[Group])] = &[
    ("alloydbomni", &[
        (&["pg_read_replica", "pg_service_to_fork_from"], &FILL),
        (&[
            "google_columnar_engine_enabled", "google_columnar_engine_memory_size_percentage", "pg",
            "pg_version", "pgaudit", "pgbouncer", "pglookout", "shared_buffers_percentage",
            "synchronous_replication", "variant", "work_mem",
        ], &CONFIGURE),
    ]),
    ("dragonfly", &[(&["cache_mode", "dragonfly_ssl"], &CONFIGURE)]),
    ("flink", &[(&[
        "custom_code", "execution_checkpointing_interval_ms", "execution_checkpointing_timeout_ms",
        "number_of_task_slots", "parallelism_default", "pekko_ask_timeout_s", "pekko_framesize_b",
        "restart_strategy", "restart_strategy_delay_sec",
        "restart_strategy_failure_rate_interval_min", "restart_strategy_max_failures",
    ], &CONFIGURE)]),
    ("grafana", &[(&[
        "alerting_enabled", "alerting_error_or_timeout", "alerting_max_annotations_to_keep",
        "alerting_nodata_or_nullvalues", "allow_embedding", "auth_azuread", "auth_basic_enabled",
        "auth_generic_oauth", "auth_github", "auth_gitlab", "auth_google", "cookie_samesite",
        "dashboard_previews_enabled", "dashboards_min_refresh_interval",
        "dashboards_versions_to_keep", "dataproxy_send_user_header", "dataproxy_timeout",
        "date_formats", "disable_gravatar", "editors_can_admin", "external_image_storage",
        "google_analytics_ua_id", "metrics_enabled", "oauth_allow_insecure_email_lookup",
        "smtp_server", "unified_alerting_enabled", "user_auto_assign_org",
        "user_auto_assign_org_role", "viewers_can_edit", "wal",
    ], &CONFIGURE)]),
    ("influxdb", &[(&["influxdb"], &CONFIGURE)]),
    ("kafka", &[(&[
        "aiven_kafka_topic_messages", "follower_fetching", "kafka", "kafka_connect_config",
        "kafka_connect_plugin_versions", "kafka_connect_secret_providers", "kafka_diskless",
        "kafka_rest_authorization", "kafka_rest_config", "kafka_sasl_mechanisms",
        "schema_registry_config", "single_zone", "tiered_storage",
    ], &CONFIGURE)]),
    ("kafka_connect", &[(&["kafka_connect", "plugin_versions", "secret_providers"], &CONFIGURE)]),
    ("mysql", &[
        (&["mysql_incremental_backup"], &BACK_UP),
        (&["binlog_retention_period", "mysql"], &CONFIGURE),
    ]),
    ("opensearch", &[
        (&["azure_migration", "gcs_migration", "s3_migration"], &FILL),
        (&[
            "disable_replication_factor_adjustment", "index_patterns", "index_rollup",
            "index_template", "jwt", "keep_index_refresh_interval", "max_index_count", "openid",
            "opensearch", "opensearch_dashboards", "saml",
        ], &CONFIGURE),
    ]),
    ("pg", &[
        (&["pg_read_replica", "pg_service_to_fork_from"], &FILL),
        (&[
            "pg", "pg_qualstats", "pg_stat_monitor_enable", "pgaudit", "pgbouncer", "pglookout",
            "shared_buffers_percentage", "synchronous_replication", "timescaledb", "variant",
            "work_mem",
        ], &CONFIGURE),
    ]),
    ("redis", &[(&[
        "redis_acl_channels_default", "redis_io_threads", "redis_lfu_decay_time",
        "redis_lfu_log_factor", "redis_maxmemory_policy", "redis_notify_keyspace_events",
        "redis_number_of_databases", "redis_persistence",
        "redis_pubsub_client_output_buffer_limit", "redis_ssl", "redis_timeout",
    ], &CONFIGURE)]),
    ("thanos", &[(&[
        "compactor", "env", "object_storage_usage_alert_threshold_gb", "query", "query_frontend",
        "receiver_ingesting", "receiver_routing", "ruler", "store",
    ], &CONFIGURE)]),
    ("valkey", &[(&[
        "frequent_snapshots", "valkey_acl_channels_default", "valkey_active_expire_effort",
        "valkey_io_threads", "valkey_lfu_decay_time", "valkey_lfu_log_factor",
        "valkey_maxmemory_policy", "valkey_notify_keyspace_events", "valkey_number_of_databases",
        "valkey_persistence", "valkey_pubsub_client_output_buffer_limit", "valkey_ssl",
        "valkey_timeout",
    ], &CONFIGURE)]),
];

/// Returns the setting that a group of options configures, if it is known for this type.
pub(super) fn find(facts: &ServiceTypeFacts, key: &str) -> Option<&'static ServerSetting> {
    let own = OF_TYPE.iter().find(|(name, _)| *name == facts.name);
    let groups = own.map_or(&[][..], |(_, groups)| groups);
    let mut all = groups.iter().chain(COMMON);
    all.find(|(keys, _)| keys.contains(&key))
        .map(|(_, setting)| *setting)
}

/// Reports whether a value sets nothing, at any depth.
pub(super) fn sets_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(members) => members.values().all(sets_nothing),
        Value::Array(items) => items.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// The full name of the first option that is set within a value.
pub(super) fn first_set(path: &str, value: &Value) -> String {
    let asked = value.as_object().and_then(|members| {
        let mut members = members.iter();
        members.find(|(_, value)| !sets_nothing(value))
    });
    match asked {
        Some((key, value)) => first_set(&format!("{path}.{key}"), value),
        None => path.to_owned(),
    }
}

impl ServerSetting {
    /// The refusal, with the rule and the alternative.
    pub(super) fn refusal(&self, key: &str) -> Refusal {
        let Self { asks, rule, remedy } = self;
        Refusal::invalid(
            "server_setting",
            format!(
                "Invalid user_config: `{}` {asks}. {rule}. Omit the option and {remedy}",
                excerpt(key)
            ),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service_type::{SERVICE_TYPES, find as find_type};
    use crate::user_config::schema;

    #[test]
    fn no_option_is_both_taken_and_refused() {
        for facts in SERVICE_TYPES {
            let schema = schema(facts);
            let taken = schema["properties"].as_object().unwrap();
            for key in taken.keys() {
                assert!(find(facts, key).is_none(), "{}: {key}", facts.name);
            }
        }
    }

    #[test]
    fn the_table_knows_types_that_there_are_and_names_each_option_once() {
        for (name, groups) in OF_TYPE {
            assert!(find_type(name).is_some(), "{name}");
            let groups = groups.iter().chain(COMMON);
            let mut keys: Vec<_> = groups.flat_map(|(keys, _)| *keys).collect();
            let count = keys.len();
            keys.sort_unstable();
            keys.dedup();
            assert_eq!(keys.len(), count, "{name}");
        }
    }
}
