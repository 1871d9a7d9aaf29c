//! The loops that are known; the list can only shrink.

/// A loop that is known.
pub(super) struct Known {
    /// Its files. The loop may become smaller, in which case it must be listed smaller.
    pub(super) files: &'static [&'static str],
    /// The reason why it is there.
    pub(super) because: &'static str,
}

pub(super) const KNOWN: &[Known] = &[
    Known {
        files: &[
            "crates/model/src/access.rs",
            "crates/model/src/broker_port.rs",
            "crates/model/src/link.rs",
            "crates/model/src/link/azure_rules.rs",
            "crates/model/src/link/brokers.rs",
            "crates/model/src/link/lifecycle.rs",
            "crates/model/src/service.rs",
            "crates/model/src/service/handle.rs",
            "crates/model/src/service/neighbours.rs",
            "crates/model/src/service/offer.rs",
            "crates/model/src/service/published.rs",
            "crates/model/src/vpc.rs",
        ],
        because: "not opened yet",
    },
    Known {
        files: &[
            "crates/model/src/connection_info/client_option.rs",
            "crates/model/src/connection_info/tool.rs",
        ],
        because: "not opened yet",
    },
    Known {
        files: &[
            "crates/model/src/user_config/check.rs",
            "crates/model/src/user_config/server_setting.rs",
        ],
        because: "not opened yet",
    },
    Known {
        files: &[
            "crates/underpass/src/azure.rs",
            "crates/underpass/src/azure/endpoint.rs",
        ],
        because: "not opened yet",
    },
    Known {
        files: &[
            "crates/underpass/src/cli/cloud.rs",
            "crates/underpass/src/cli/cloud/azure.rs",
            "crates/underpass/src/cli/cloud/google.rs",
        ],
        because: "not opened yet",
    },
    Known {
        files: &[
            "crates/underpass/src/cli/privatelink.rs",
            "crates/underpass/src/cli/privatelink/azure.rs",
            "crates/underpass/src/cli/privatelink/google.rs",
            "crates/underpass/src/cli/service.rs",
        ],
        because: "not opened yet",
    },
    Known {
        files: &[
            "crates/underpass/src/commands.rs",
            "crates/underpass/src/commands/connection_info.rs",
            "crates/underpass/src/commands/connection_info/files.rs",
            "crates/underpass/src/commands/connection_info/hints.rs",
            "crates/underpass/src/commands/events.rs",
            "crates/underpass/src/commands/privatelink.rs",
            "crates/underpass/src/commands/privatelink/azure.rs",
            "crates/underpass/src/commands/privatelink/connection.rs",
            "crates/underpass/src/commands/privatelink/google.rs",
            "crates/underpass/src/commands/privatelink/link.rs",
            "crates/underpass/src/commands/privatelink/offer.rs",
            "crates/underpass/src/commands/project.rs",
            "crates/underpass/src/commands/project/overview.rs",
            "crates/underpass/src/commands/project/queue.rs",
            "crates/underpass/src/commands/service.rs",
            "crates/underpass/src/commands/service/cert.rs",
            "crates/underpass/src/commands/service/create.rs",
            "crates/underpass/src/commands/service/kafka_listeners.rs",
            "crates/underpass/src/commands/service/plan.rs",
            "crates/underpass/src/commands/service/register.rs",
            "crates/underpass/src/commands/service/show.rs",
            "crates/underpass/src/commands/service/terminate.rs",
            "crates/underpass/src/commands/service/update.rs",
            "crates/underpass/src/commands/service/user_config.rs",
            "crates/underpass/src/commands/static_ip.rs",
            "crates/underpass/src/commands/try_out.rs",
            "crates/underpass/src/commands/vpc.rs",
        ],
        because: "not opened yet",
    },
    Known {
        files: &[
            "crates/underpass/src/commands/cloud.rs",
            "crates/underpass/src/commands/cloud/azure_endpoint.rs",
            "crates/underpass/src/commands/cloud/google_endpoint.rs",
        ],
        because: "not opened yet",
    },
    Known {
        files: &[
            "crates/underpass/src/demo/azure_side.rs",
            "crates/underpass/src/demo/side.rs",
        ],
        because: "not opened yet",
    },
];
