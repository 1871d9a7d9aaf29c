//! `dns setup`: resolver configuration.

use std::net::SocketAddr;

use crate::cli::dns::DnsCommand;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::settings::Settings;

pub(super) fn run(
    command: &DnsCommand,
    settings: &Settings,
    printer: Printer,
) -> Result<(), Failure> {
    let DnsCommand::Setup = command;
    let ready = settings.running()?;
    let address: SocketAddr = ready.dns.parse().map_err(|_| {
        Failure::ours(format!(
            "address `{}` in client.json is not valid",
            ready.dns
        ))
    })?;
    lines(&ready.domain, address)
        .iter()
        .try_for_each(|line| printer.data(line))
}

fn lines(domain: &str, address: SocketAddr) -> Vec<String> {
    let (ip, port) = (address.ip(), address.port());
    [
        "# systemd-resolved: write /etc/systemd/resolved.conf.d/underpass.conf with",
        "[Resolve]",
        &format!("DNS={ip}:{port}"),
        &format!("Domains=~{domain}"),
        "# and run: sudo systemctl restart systemd-resolved",
        "",
        "# dnsmasq: write /etc/dnsmasq.d/underpass.conf with",
        &format!("server=/{domain}/{ip}#{port}"),
        "# and, if it has stop-dns-rebind, because answers are loopback addresses:",
        &format!("rebind-domain-ok=/{domain}/"),
        "# and run: sudo systemctl restart dnsmasq",
        "",
        "# without a resolver, query the name server directly:",
        &format!("dig @{ip} -p {port} +short privatelink-1-SERVICE-PROJECT.{domain}"),
    ]
    .map(str::to_owned)
    .to_vec()
}
