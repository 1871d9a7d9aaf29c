//! Firewall rules for consumers, in the syntax of several tools.

use underpass_api_types::connection::ConnectionView;
use underpass_api_types::link::OpenPort;

/// Rules for one tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Export {
    /// Name of the tool.
    pub(super) title: &'static str,
    /// Rules.
    pub(super) text: String,
}

/// Placeholder for an unknown address.
const UNKNOWN_ADDRESS: &str = "ENDPOINT_ADDRESS";

/// Rules that let clients reach the open ports at the endpoints' addresses.
///
/// The consumer replaces words in capitals.
pub(super) fn exports(
    provider: &str,
    service: &str,
    ports: &[OpenPort],
    connections: &[ConnectionView],
) -> Vec<Export> {
    let numbers = numbers(ports);
    if numbers.is_empty() {
        return Vec::new();
    }
    let mut addresses: Vec<_> = connections
        .iter()
        .filter(|it| it.is_approved())
        .filter_map(|it| Some(it.user_ip_address?.to_string()))
        .collect();
    addresses.sort_unstable();
    addresses.dedup();
    if addresses.is_empty() {
        addresses.push(UNKNOWN_ADDRESS.to_owned());
    }
    let each = |line: &dyn Fn(&str) -> String| {
        let lines: Vec<_> = addresses.iter().map(|address| line(address)).collect();
        lines.join("\n")
    };
    let mut exports = Vec::new();
    match provider {
        "azure" => exports.push(Export {
            title: "Azure network security group of the clients' subnet",
            text: each(&|address| {
                format!(
                    "az network nsg rule create --resource-group GROUP --nsg-name NSG \
                     --name allow-{service} --priority 200 --direction Outbound --access Allow \
                     --protocol Tcp --destination-address-prefixes {address} \
                     --destination-port-ranges {}",
                    numbers.join(" ")
                )
            }),
        }),
        "google" => exports.push(Export {
            title: "Google firewall rule of the clients' network",
            text: each(&|address| {
                let rules: Vec<_> = numbers.iter().map(|port| format!("tcp:{port}")).collect();
                format!(
                    "gcloud compute firewall-rules create allow-{service} --network=NETWORK \
                     --direction=EGRESS --action=ALLOW --rules={} \
                     --destination-ranges={address}",
                    rules.join(",")
                )
            }),
        }),
        _ => {}
    }
    exports.push(Export {
        title: "nftables on a client",
        text: each(&|address| {
            format!(
                "nft add rule inet filter output ip daddr {address} tcp dport {{ {} }} accept",
                numbers.join(", ")
            )
        }),
    });
    exports.push(Export {
        title: "Comma-separated values",
        text: format!(
            "address,port,protocol\n{}",
            each(&|address| {
                let lines: Vec<_> = numbers
                    .iter()
                    .map(|port| format!("{address},{port},tcp"))
                    .collect();
                lines.join("\n")
            })
        ),
    });
    exports
}

/// Open ports, each once; consecutive ports as a range.
fn numbers(ports: &[OpenPort]) -> Vec<String> {
    let mut open: Vec<u16> = ports.iter().map(|port| port.link_port).collect();
    open.sort_unstable();
    open.dedup();
    let mut ranges: Vec<(u16, u16)> = Vec::new();
    for port in open {
        match ranges.last_mut() {
            Some((_, end)) if end.checked_add(1) == Some(port) => *end = port,
            _ => ranges.push((port, port)),
        }
    }
    let word = |(first, last): (u16, u16)| {
        if first == last {
            first.to_string()
        } else {
            format!("{first}-{last}")
        }
    };
    ranges.into_iter().map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(link_port: u16) -> OpenPort {
        OpenPort {
            component: "pg".to_owned(),
            link_port,
            backend_port: 5432,
            node_name: None,
        }
    }

    #[test]
    fn neighbouring_ports_are_one_range() {
        let open = [port(10001), port(5432), port(10000), port(10001)];
        assert_eq!(numbers(&open), ["5432", "10000-10001"]);
    }

    #[test]
    fn an_unknown_address_is_left_to_fill_in() {
        let exports = exports("azure", "pg-1", &[port(5432)], &[]);
        assert!(
            exports[0]
                .text
                .contains("--destination-address-prefixes ENDPOINT_ADDRESS")
        );
        assert_eq!(
            exports[1].text,
            "nft add rule inet filter output ip daddr ENDPOINT_ADDRESS tcp dport { 5432 } accept"
        );
    }

    #[test]
    fn nothing_open_needs_no_rule() {
        assert!(exports("google", "web-1", &[], &[]).is_empty());
    }
}
