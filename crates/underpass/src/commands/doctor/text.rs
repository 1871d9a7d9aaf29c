//! The report as lines of at most 80 columns.

use underpass_api_types::doctor::PathReport;
use underpass_model::doctor::HopStatus;

/// Columns of a line.
const WIDTH: usize = 80;

/// Columns of a title and of a status, with the gaps after them.
const TITLE: usize = 17;
const STATUS: usize = 13;

/// Returns the path as a list, and what mends its first broken hop.
pub(super) fn lines(report: &PathReport) -> Vec<String> {
    let mut lines = wrapped("", &heading(report));
    lines.push(String::new());
    for hop in &report.hops {
        let status = match hop.status {
            HopStatus::Ok => "ok",
            HopStatus::Broken => "BROKEN",
            HopStatus::NotChecked => "not checked",
        };
        let head = format!("{:<TITLE$}{status:<STATUS$}", hop.title);
        lines.extend(wrapped(&head, &hop.evidence));
    }
    lines.push(String::new());
    if let Some(broken) = &report.broken {
        let sentence = format!("broken: {}. {}", broken.title, broken.next_action);
        lines.extend(wrapped("", &sentence));
        // Not wrapped, so that it can be pasted.
        lines.push(format!("next: {}", printable(&broken.command)));
    } else {
        let with = |status| report.hops.iter().filter(move |it| it.status == status);
        let unchecked = with(HopStatus::NotChecked).count();
        let all = report.hops.len();
        lines.push(if unchecked == 0 {
            format!("All {all} hops were checked, and none is broken.")
        } else {
            format!("Nothing is broken; {unchecked} of {all} hops were not checked.")
        });
    }
    lines
}

fn heading(report: &PathReport) -> String {
    let connection = match (&report.privatelink_connection_id, report.other_connections) {
        (None, _) => String::new(),
        (Some(id), 0) => format!(", connection {id}"),
        (Some(id), 1) => format!(", connection {id}; 1 other is not checked"),
        (Some(id), others) => format!(", connection {id}; {others} others are not checked"),
    };
    let component = report
        .component
        .as_ref()
        .map(|it| format!(", component {it}"))
        .unwrap_or_default();
    format!(
        "Path to {} on {}{component}{connection}, as of {}",
        report.service_name, report.provider, report.checked_at
    )
}

/// A text after a head, with the further lines below its first word.
fn wrapped(head: &str, text: &str) -> Vec<String> {
    let indent = head.chars().count();
    let mut lines = Vec::new();
    let mut line = head.to_owned();
    let mut is_empty = true;
    for word in printable(text).split_whitespace() {
        let length = line.chars().count() + usize::from(!is_empty) + word.chars().count();
        if !is_empty && length > WIDTH {
            lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    lines.push(line.trim_end().to_owned());
    lines
}

/// A text without control characters: evidence contains texts of clouds and servers.
fn printable(text: &str) -> String {
    text.chars()
        .map(|it| if it.is_control() { ' ' } else { it })
        .collect()
}

#[cfg(test)]
mod tests {
    use underpass_api_types::doctor::HopView;
    use underpass_api_types::remedy::RemedyView;
    use underpass_model::doctor::HopKind;
    use underpass_model::remedy::Remedy;

    use super::*;

    fn report(hops: Vec<HopView>) -> PathReport {
        let mut report = PathReport {
            service_name: "redis-1".to_owned(),
            service_type: "redis".to_owned(),
            provider: "google".to_owned(),
            privatelink_connection_id: Some("plc000000000001".to_owned()),
            other_connections: 1,
            component: None,
            checked_at: "2027-01-15T08:00:00Z".to_owned(),
            hops: Vec::new(),
            broken: None,
            client: None,
        };
        report.set_hops(hops, "underpass doctor redis-1 plc000000000001");
        report
    }

    fn hop(kind: HopKind, status: HopStatus, evidence: &str, remedy: Option<Remedy>) -> HopView {
        HopView {
            hop: kind,
            title: kind.title().to_owned(),
            status,
            evidence: evidence.to_owned(),
            checked_at: None,
            remedy: remedy.map(RemedyView::new),
        }
    }

    #[test]
    fn a_path_fits_a_terminal_and_names_one_command() {
        let listen = Remedy::Run {
            instruction: "On node `n1`, check that the server runs, listens on port 6379 of the \
                          node's own address, and that no firewall drops the probes"
                .to_owned(),
            line: "ss -ltn 'sport = :6379'".to_owned(),
        };
        let evidence = "Node `n1` on port 6379 (`redis`) fails the health\u{1b} probe for 3 min";
        let hops = vec![
            hop(
                HopKind::Account,
                HopStatus::Ok,
                "Account `google` was listed",
                None,
            ),
            hop(HopKind::Backends, HopStatus::Broken, evidence, Some(listen)),
            hop(
                HopKind::Tls,
                HopStatus::NotChecked,
                "Only a machine in the consumer's network shows it",
                None,
            ),
        ];
        let lines = lines(&report(hops));
        assert!(
            lines.iter().all(|it| it.chars().count() <= WIDTH),
            "{lines:#?}"
        );
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn what_was_not_checked_is_counted() {
        let ok = hop(HopKind::Account, HopStatus::Ok, "Listed", None);
        let unchecked = hop(HopKind::Tls, HopStatus::NotChecked, "Not here", None);
        let last = |hops| lines(&report(hops)).pop().unwrap();
        assert_eq!(
            last(vec![ok.clone()]),
            "All 1 hops were checked, and none is broken."
        );
        assert_eq!(
            last(vec![ok, unchecked]),
            "Nothing is broken; 1 of 2 hops were not checked."
        );
    }
}
