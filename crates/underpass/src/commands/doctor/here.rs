//! The client's half of a path: resolver, route, open ports, certificate, from this machine.

use std::net::{Ipv4Addr, SocketAddr};

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use underpass_api_types::doctor::{ClientPort, ClientTarget, HopView, PathReport};
use underpass_api_types::remedy::RemedyView;
use underpass_model::cloud::Provider;
use underpass_model::doctor::{HopKind, HopStatus};
use underpass_model::protocol::Protocol;
use underpass_model::remedy::{ConnectionRef, LinkRef, Remedy};
use underpass_model::service_type;

use super::certificate::{self, NotShown, Reason, Shown};
use super::flow::{self, Answer};
use super::route::route_to;
use crate::cli::doctor::Resolver;
use crate::clock;
use crate::dns_query;
use crate::tls_detection;

/// Time before the end of a certificate from which it is told: 14 days.
const EXPIRES_SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// The place of the client.
pub(super) struct Here {
    pub(super) resolver: Resolver,
    /// An `up` of this machine is the server.
    pub(super) is_beside_up: bool,
}

/// Result of the check of a hop.
struct Found {
    status: HopStatus,
    evidence: String,
    remedy: Option<Remedy>,
}

/// A report with what its hops need.
struct Path<'a> {
    report: &'a PathReport,
    target: &'a ClientTarget,
    address: Ipv4Addr,
}

impl Found {
    fn ok(evidence: impl Into<String>) -> Self {
        Self {
            status: HopStatus::Ok,
            evidence: evidence.into(),
            remedy: None,
        }
    }

    fn broken(evidence: impl Into<String>, remedy: Remedy) -> Self {
        Self {
            status: HopStatus::Broken,
            evidence: evidence.into(),
            remedy: Some(remedy),
        }
    }

    fn not_checked(reason: impl Into<String>) -> Self {
        Self {
            status: HopStatus::NotChecked,
            evidence: reason.into(),
            remedy: None,
        }
    }
}

/// Says how the client's half is checked.
pub(super) fn leave_out(report: &mut PathReport) {
    let again = again(report);
    set(report, |kind| {
        kind.is_of_client().then(|| {
            Found::not_checked(format!(
                "Run `{again} --from-here` on a machine in the consumer's network"
            ))
        })
    });
}

impl Here {
    /// Checks the client's half, and puts it into the report.
    pub(super) async fn complete(&self, report: &mut PathReport) {
        let Some(target) = report.client.clone() else {
            let reason = "There is no connection to check from here";
            set(report, |kind| {
                kind.is_of_client().then(|| Found::not_checked(reason))
            });
            return;
        };
        let Some(address) = target.address else {
            let reason = "The address of the endpoint is not set";
            set(report, |kind| {
                kind.is_of_client().then(|| Found::not_checked(reason))
            });
            return;
        };
        let path = Path {
            report,
            target: &target,
            address,
        };
        let resolver = self.resolve(&path).await;
        let route = route(address).await;
        let (listener, open) = path.listen().await;
        let tls = path.tls(&open).await;
        let endpoint = (listener.status == HopStatus::Ok).then(|| {
            Found::ok(format!(
                "Its address is {address}, which leads to the open ports from here"
            ))
        });
        let mut found = vec![
            (HopKind::Resolver, resolver),
            (HopKind::Route, route),
            (HopKind::Listener, listener),
            (HopKind::Tls, tls),
        ];
        found.extend(endpoint.map(|it| (HopKind::Endpoint, it)));
        set(report, |kind| {
            let index = found.iter().position(|(it, _)| *it == kind)?;
            Some(found.swap_remove(index).1)
        });
    }

    async fn resolve(&self, path: &Path<'_>) -> Found {
        let (name, address) = (&path.target.name, path.address);
        let (who, found) = match self.resolver {
            Resolver::System => {
                let found = tokio::net::lookup_host((name.as_str(), 0)).await;
                // An error is also the answer that the name does not exist.
                let found = found.map(|it| it.map(|it| it.ip()).collect::<Vec<_>>());
                (
                    "The resolver of this machine".to_owned(),
                    found.unwrap_or_default(),
                )
            }
            Resolver::Server(server) => match dns_query::resolve(server, name).await {
                Ok(found) => {
                    let found = found.map(std::net::IpAddr::V4);
                    (format!("Name server {server}"), found.into_iter().collect())
                }
                Err(failure) => {
                    let line = format!("dig @{} -p {} {name}", server.ip(), server.port());
                    return Found::broken(
                        format!(
                            "Name server {server} gives no answer: {}",
                            failure.message()
                        ),
                        Remedy::Run {
                            instruction: "Check that the name server runs, and that no firewall \
                                          drops port 53. Ask it with"
                                .to_owned(),
                            line,
                        },
                    );
                }
            },
        };
        if found.contains(&address.into()) {
            return Found::ok(format!("{who} answers `{name}` with {address}"));
        }
        let evidence = match found.first() {
            None => format!("{who} does not know `{name}`"),
            Some(other) => format!("{who} answers `{name}` with {other}, not with {address}"),
        };
        Found::broken(evidence, self.mend_resolver(name, found.is_empty()))
    }

    fn mend_resolver(&self, name: &str, is_unknown: bool) -> Remedy {
        let domain = name.split_once('.').map_or("", |(_, domain)| domain);
        let (instruction, line) = if self.is_beside_up && self.resolver == Resolver::System {
            (
                "Configure this machine's resolver for the private names, as printed by".to_owned(),
                "underpass dns setup".to_owned(),
            )
        } else if is_unknown {
            (
                format!(
                    "Delegate the zone `{domain}` to the name servers of Underpass, or have the \
                     resolver of the consumer's network forward it to them. Where the answer ends \
                     is shown by"
                ),
                format!("dig +trace {name}"),
            )
        } else {
            (
                "An earlier answer ends within 30 s. If it stays, a zone of the consumer's network \
                 answers in place of Underpass. Compare with"
                    .to_owned(),
                format!("dig +trace {name}"),
            )
        };
        Remedy::Run { instruction, line }
    }
}

impl Path<'_> {
    fn set_address(&self) -> Remedy {
        let report = self.report;
        let provider = match report.provider.as_str() {
            "google" => Provider::Google,
            _ => Provider::Azure,
        };
        let id = report.privatelink_connection_id.as_deref();
        let id = id.and_then(|id| id.parse().ok());
        match (report.service_name.parse(), id) {
            (Ok(service), Some(id)) => {
                Remedy::SetEndpointAddress(ConnectionRef::new(provider, &service, &id))
            }
            (_, _) => Remedy::manual("Set the address of the consumer's endpoint"),
        }
    }

    fn check_again(&self) -> Remedy {
        let report = self.report;
        let provider = match report.provider.as_str() {
            "google" => Provider::Google,
            _ => Provider::Azure,
        };
        match report.service_name.parse() {
            Ok(service) => Remedy::CheckPath(LinkRef::new(provider, &service)),
            Err(_) => Remedy::manual("Check again"),
        }
    }

    /// Opens a flow to each port; returns those that accept it, too.
    async fn listen(&self) -> (Found, Vec<&ClientPort>) {
        let known = self.report.hops.iter();
        let mut known = known.filter(|it| it.hop == HopKind::Listener);
        if let Some(shadowed) = known.find(|it| it.status == HopStatus::Broken) {
            // A flow from here would meet the server that answers in place of the endpoint.
            let remedy = shadowed.remedy.as_ref().map(|it| it.remedy.clone());
            let found = Found {
                status: HopStatus::Broken,
                evidence: shadowed.evidence.clone(),
                remedy,
            };
            return (found, Vec::new());
        }
        let ports = &self.target.ports;
        if ports.is_empty() {
            return (Found::not_checked("No port is open"), Vec::new());
        }
        let at = |port: &ClientPort| SocketAddr::from((self.address, port.port));
        let answers = join_all(ports.iter().map(|port| flow::open(at(port)))).await;
        let answers: Vec<_> = ports.iter().zip(answers).collect();
        let open: Vec<_> = answers
            .iter()
            .filter(|(_, answer)| *answer == Answer::Accepted)
            .map(|(port, _)| *port)
            .collect();
        let closed = answers.iter().find(|(_, it)| *it != Answer::Accepted);
        let Some((port, answer)) = closed else {
            let numbers: Vec<_> = ports.iter().map(|it| it.port.to_string()).collect();
            let evidence = format!(
                "{} accepts connections on {}",
                self.address,
                numbers.join(", ")
            );
            return (Found::ok(evidence), open);
        };
        let evidence = format!("{} (`{}`) {}", at(port), port.rule, answer.words());
        let remedy = match answer {
            Answer::Refused if open.is_empty() => self.set_address(),
            Answer::Silent | Answer::Failed(_) => Remedy::Run {
                instruction: format!(
                    "Allow TCP to {} in the firewalls between this machine and the endpoint, and \
                     compare the address with that of the endpoint. Try it with",
                    at(port)
                ),
                line: format!("nc -vz -w 3 {} {}", self.address, port.port),
            },
            Answer::Refused | Answer::HungUp | Answer::Accepted => self.check_again(),
        };
        (Found::broken(evidence, remedy), open)
    }

    /// Checks the certificates on the ports that accept flows.
    async fn tls(&self, open: &[&ClientPort]) -> Found {
        if open.is_empty() {
            return Found::not_checked("No port accepts connections");
        }
        let checks = open.iter().map(|port| self.tls_of(port));
        let all = join_all(checks).await;
        let with = |status| all.iter().filter(move |it| it.status == status);
        let first = with(HopStatus::Broken)
            .next()
            .or_else(|| with(HopStatus::NotChecked).next());
        let Some(first) = first else {
            let evidence: Vec<_> = all.iter().map(|it| it.evidence.as_str()).collect();
            return Found::ok(evidence.join(". "));
        };
        Found {
            status: first.status,
            evidence: first.evidence.clone(),
            remedy: first.remedy.clone(),
        }
    }

    async fn tls_of(&self, port: &ClientPort) -> Found {
        let at = SocketAddr::from((self.address, port.port));
        let facts = service_type::find(&self.report.service_type);
        let component = facts.and_then(|it| it.component(&port.component));
        let Some(protocol) = component.map(|it| it.uri.protocol) else {
            return Found::not_checked(format!("The protocol of `{}` is not known", port.rule));
        };
        let rule = &port.rule;
        let detected = tls_detection::speaks_tls(protocol, at).await;
        match (port.tls, detected) {
            (false, Some(false)) => {
                Found::ok(format!("`{rule}` is registered without TLS, and uses none"))
            }
            (false, None) => Found::not_checked(format!("`{rule}` is registered without TLS")),
            (false, Some(true)) => Found::broken(
                format!("`{rule}` is registered without TLS, and its server requires it"),
                Remedy::Run {
                    instruction: format!(
                        "Register `{rule}` without `tls=off`, together with all other components"
                    ),
                    line: format!(
                        "underpass service update {} --component {}=PORT",
                        self.report.service_name, port.component
                    ),
                },
            ),
            (true, Some(false)) => self.plain_text(port),
            (true, Some(true) | None) => self.certificate(protocol, at, port).await,
        }
    }

    fn plain_text(&self, port: &ClientPort) -> Found {
        Found::broken(
            format!(
                "The server of `{}` uses no TLS, and clients expect it",
                port.rule
            ),
            Remedy::Run {
                instruction: format!(
                    "Switch TLS on at the server with the files of the command below, or register \
                     `{}` with `tls=off`",
                    port.rule
                ),
                line: format!(
                    "underpass service cert {} --out certs",
                    self.report.service_name
                ),
            },
        )
    }

    async fn certificate(&self, protocol: Protocol, at: SocketAddr, port: &ClientPort) -> Found {
        let (name, now) = (&port.server_name, clock::now());
        let shown = certificate::shown(protocol, at, name, &self.target.ca_pem, now).await;
        match shown {
            Err(NotShown::PlainText) => self.plain_text(port),
            Err(NotShown::Failed(error)) => Found::broken(
                format!("The TLS handshake with `{}` fails: {error}", port.rule),
                Remedy::Run {
                    instruction: "Check TLS at the server. The handshake is shown by".to_owned(),
                    line: format!("openssl s_client -connect {at} -servername {name}"),
                },
            ),
            Ok(shown) => self.conclude(port, &shown, now),
        }
    }

    fn conclude(&self, port: &ClientPort, shown: &Shown, now: Timestamp) -> Found {
        let (rule, name) = (&port.rule, &port.server_name);
        let end = shown.end.map_or_else(
            || "at an unknown time".to_owned(),
            |end| end.strftime("%Y-%m-%d").to_string(),
        );
        let Some(reason) = &shown.refused else {
            let is_soon = |end: Timestamp| end.duration_since(now) < EXPIRES_SOON;
            let warning = if shown.end.is_some_and(is_soon) {
                ", which is soon"
            } else {
                ""
            };
            return Found::ok(format!(
                "The certificate of `{rule}` is that of `{name}`, from the CA of the service, and \
                 expires {end}{warning}"
            ));
        };
        if !port.is_own_ca && *reason == Reason::OtherIssuer {
            return Found::not_checked(format!(
                "A public authority issued the certificate of `{rule}`, which is not verified here"
            ));
        }
        let of = format!("The certificate of `{rule}`");
        let (evidence, remedy) = match reason {
            Reason::Expired => (format!("{of} expired {end}"), self.issue()),
            Reason::NotYetValid => (
                format!("{of} is not valid yet, or the clock of this machine is wrong"),
                self.issue(),
            ),
            Reason::OtherIssuer => (
                format!("{of} is not issued by the CA of the service"),
                self.issue(),
            ),
            Reason::OtherNames(names) if is_of_other_service(names, name) => (
                format!(
                    "{of} is that of another service, so {} is the address of another endpoint",
                    self.address
                ),
                self.set_address(),
            ),
            Reason::OtherNames(names) => {
                let has = match names.first() {
                    None => "has no name".to_owned(),
                    Some(first) => format!("has other names ({first})"),
                };
                (format!("{of} {has}, and not `{name}`"), self.issue())
            }
            Reason::Other(error) => (format!("{of} is refused: {error}"), self.issue()),
        };
        Found::broken(evidence, remedy)
    }

    fn issue(&self) -> Remedy {
        match self.report.service_name.parse() {
            Ok(service) => Remedy::IssueCertificate { service },
            Err(_) => Remedy::manual("Issue a certificate, and install it on the servers"),
        }
    }
}

/// Reports whether names of a certificate are private names of another service in the same zone.
/// Names in the library's words are quoted: `DnsName("…")`.
fn is_of_other_service(names: &[String], name: &str) -> bool {
    let Some((own, domain)) = label_and_domain(name) else {
        return false;
    };
    let mut labels = names.iter().filter_map(|it| {
        let plain = it.trim_start_matches("DnsName(\"").trim_end_matches("\")");
        label_and_domain(plain).filter(|(_, other)| *other == domain)
    });
    let Some((first, _)) = labels.next() else {
        return false;
    };
    first != own && labels.all(|(label, _)| label != own)
}

/// The service's label of a private name `privatelink-<n>-<label>.<domain>`, and the domain.
fn label_and_domain(name: &str) -> Option<(&str, &str)> {
    let (host, domain) = name.split_once('.')?;
    let (_, label) = host.strip_prefix("privatelink-")?.split_once('-')?;
    Some((label, domain))
}

async fn route(address: Ipv4Addr) -> Found {
    match route_to(address).await {
        Ok(route) => {
            let through = route
                .interface
                .map(|it| format!(" through interface {it}"))
                .unwrap_or_default();
            Found::ok(format!("From {} to {address}{through}", route.source))
        }
        Err(error) => Found::broken(
            format!("This machine has no route to {address}: {error}"),
            Remedy::Run {
                instruction: "Run this on a machine in the consumer's network, or add a route \
                              to it. The present one is shown by"
                    .to_owned(),
                line: format!("ip route get {address}"),
            },
        ),
    }
}

/// The command that checks the same again.
fn again(report: &PathReport) -> String {
    let id = report
        .privatelink_connection_id
        .as_ref()
        .map(|it| format!(" {it}"))
        .unwrap_or_default();
    format!(
        "underpass doctor {}{id} --cloud {}",
        report.service_name, report.provider
    )
}

/// Replaces the hops for which something was found.
fn set(report: &mut PathReport, mut found: impl FnMut(HopKind) -> Option<Found>) {
    let now = clock::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let hops = report.hops.iter().cloned().map(|hop| {
        // What the control plane found broken stays.
        if hop.status == HopStatus::Broken && hop.hop != HopKind::Listener {
            return hop;
        }
        let Some(found) = found(hop.hop) else {
            return hop;
        };
        HopView {
            status: found.status,
            evidence: found.evidence,
            checked_at: (found.status != HopStatus::NotChecked).then(|| now.clone()),
            remedy: found.remedy.map(RemedyView::new),
            ..hop
        }
    });
    let hops = hops.collect();
    let again = again(report);
    report.set_hops(hops, &again);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_of_another_service_shows_a_wrong_address() {
        let own = "privatelink-1-pg-1-demo.underpass.test";
        let names =
            |names: &[&str]| -> Vec<String> { names.iter().map(|it| (*it).to_owned()).collect() };
        let other = names(&[
            "redis-2-demo.underpass.test",
            "privatelink-1-redis-2-demo.underpass.test",
        ]);
        assert!(is_of_other_service(&other, own));
        let quoted = names(&["DnsName(\"privatelink-3-redis-2-demo.underpass.test\")"]);
        assert!(is_of_other_service(&quoted, own));
        for mine in [
            &["privatelink-2-pg-1-demo.underpass.test"][..],
            &["other.example"],
            &["privatelink-1-redis-2-demo.elsewhere.test"],
            &[],
        ] {
            assert!(!is_of_other_service(&names(mine), own), "{mine:?}");
        }
    }
}
