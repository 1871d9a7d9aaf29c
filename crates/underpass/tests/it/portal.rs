//! The portals of the emulated clouds, as a browser without a script sees them.

use serde_json::Value;

use crate::browser::{Browser, Page};
use crate::greeter::greeter;
use crate::person::{Person, until};
use crate::running::{Running, underpass};

const TENANT: &str = "20000000-0000-4000-8000-000000000001";
const SUBSCRIPTION: &str = "20000000-0000-4000-8000-000000000003";

/// Path of a page of the prepared consumer in Azure.
fn azure(below: &str) -> String {
    format!("/directory/{TENANT}/subscription/{SUBSCRIPTION}{below}")
}

/// Form fields of an endpoint in Azure.
fn endpoint_fields<'a>(name: &'a str, target: &'a str, subnet: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("subscription", SUBSCRIPTION),
        ("group", "consumer"),
        ("name", name),
        ("location", "westeurope"),
        ("target", target),
        ("message", "team <b>blue</b>"),
        ("subnet", subnet),
    ]
}

/// Publishes a service in Azure and returns its alias.
fn alias(running: &Running, person: &Person) -> String {
    let vpc = running.text("/project_vpcs/azure-westeurope");
    let port = greeter();
    person.does(&format!(
        "service create pg-1 -t pg --cloud azure-westeurope --project-vpc-id {vpc} \
         --auto-static-ips --node n1=127.0.0.1 --component pg={port} \
         -c privatelink_access.pg=true --wait"
    ));
    person.does(&format!(
        "service privatelink azure create pg-1 --user-subscription-id {SUBSCRIPTION} --wait"
    ));
    person.does("service privatelink azure get pg-1 --format {azure_service_alias}")
}

/// Publishes a service in Google and returns its service attachment.
fn attachment(running: &Running, person: &Person) -> String {
    let vpc = running.text("/project_vpcs/google-europe-west1");
    let port = greeter();
    person.does(&format!(
        "service create web-1 -t grafana --cloud google-europe-west1 --project-vpc-id {vpc} \
         --node n1=127.0.0.1 --component grafana={port} -c privatelink_access.grafana=true --wait"
    ));
    person.does("service privatelink google create web-1 --wait");
    person.does("service privatelink google get web-1 --format {google_service_attachment}")
}

fn assert_warned(page: &Page) {
    assert!(page.html.contains("not the real portal"), "{}", page.html);
}

#[test]
fn an_endpoint_is_asked_for_followed_and_deleted_in_azures_portal() {
    let scratch = tempfile::tempdir().unwrap();
    let running = Running::start(scratch.path());
    let person = running.person();
    let alias = alias(&running, &person);
    let subnet = running.text("/azure/consumer_subnet");
    let mut browser = Browser::new(&running.text("/azure/portal"));

    let overview = browser.opens("/");
    assert_warned(&overview);
    let list = browser.opens(&azure("/endpoint"));
    assert!(list.text_of("endpoints").contains("no private endpoint"));
    let form = browser.opens(&azure("/create"));
    assert_warned(&form);
    assert!(form.html.contains(&format!("value=\"{subnet}\" selected")));

    let sent = browser.submits(
        &form,
        &azure("/create"),
        &endpoint_fields("pe1", &alias, &subnet),
    );
    assert_eq!(sent.status, 303, "{}", sent.html);
    let list = browser.opens(&sent.location.unwrap());
    let row = list.text_of("endpoints");
    assert!(row.contains("pe1 Pending team"), "{row}");
    assert!(row.contains(&alias), "{row}");
    assert!(!list.html.contains("<b>blue"), "text of others is text");

    // The same name again would change the first one, which is not what the form says.
    let again = browser.submits(
        &form,
        &azure("/create"),
        &endpoint_fields("pe1", &alias, &subnet),
    );
    assert_eq!(again.status, 409);

    person.does("service privatelink azure refresh pg-1");
    let listed = person.reads("service privatelink azure connection list pg-1");
    let id = listed[0]["privatelink_connection_id"].as_str().unwrap();
    person.does(&format!(
        "service privatelink azure connection approve pg-1 {id}"
    ));
    let place = azure("/group/consumer/endpoint/pe1");
    until("the approval shows", || {
        browser
            .opens(&place)
            .text_of("connection")
            .contains("Approved")
    });
    let page = browser.opens(&place);
    let known = person.reads("cloud azure endpoint show pe1");
    let address = known["address"].as_str().unwrap();
    assert!(page.text_of("interface").contains(address), "{address}");
    assert!(
        page.html
            .contains("underpass cloud azure endpoint create pe1 --target"),
        "as CLI"
    );

    let delete = format!("{place}/delete");
    let unsure = browser.submits(&page, &delete, &[]);
    assert_eq!(unsure.status, 400);
    let sure = browser.submits(&page, &delete, &[("confirm", "yes")]);
    assert_eq!(sure.status, 303);
    assert_eq!(browser.opens(&place).status, 404);
    assert_eq!(
        person.reads("cloud azure endpoint list"),
        Value::Array(vec![])
    );
    assert!(running.terminate().success());
}

#[test]
fn an_endpoint_is_asked_for_followed_and_deleted_in_googles_portal() {
    let scratch = tempfile::tempdir().unwrap();
    let running = Running::start(scratch.path());
    let person = running.person();
    let attachment = attachment(&running, &person);
    let subnet = running.text("/google/consumer_subnet");
    let mut browser = Browser::new(&running.text("/google/portal"));

    assert_warned(&browser.opens("/"));
    let create = "/project/underpass-consumer/create";
    let form = browser.opens(create);
    let target = attachment.as_str();
    let refused = [
        ("target", target),
        ("name", "pe1"),
        ("subnet", subnet.as_str()),
        ("address", "127.0.0.1"),
        ("message", "a <note>"),
    ];
    let page = browser.submits(&form, create, &refused);
    assert_eq!(page.status, 400, "{}", page.html);
    assert_warned(&page);
    assert!(
        page.html.contains("not inside the usable range"),
        "{}",
        page.html
    );
    assert!(page.html.contains("value=\"127.0.0.1\""), "it is kept");
    assert!(
        page.html.contains("value=\"a &#60;note&#62;\""),
        "it is kept"
    );
    let elsewhere = target.replace("/up-", "/no-");
    let fields = [
        ("target", elsewhere.as_str()),
        ("name", "pe1"),
        ("subnet", &subnet),
    ];
    assert_eq!(browser.submits(&page, create, &fields).status, 404);

    let fields = [("target", target), ("name", "pe1"), ("subnet", &subnet)];
    let sent = browser.submits(&page, create, &fields);
    assert_eq!(sent.status, 303, "{}", sent.html);
    let known = person.reads("cloud google endpoint show pe1");
    let psc = known["psc_connection_id"].as_str().unwrap();
    let row = browser.opens(&sent.location.unwrap()).text_of("endpoints");
    assert!(row.contains("pe1 Pending"), "{row}");
    assert!(row.contains(psc), "{row}");

    let place = "/project/underpass-consumer/region/europe-west1/endpoint/pe1";
    let page = browser.opens(place);
    assert!(page.text_of("status").contains("Pending"));
    assert!(
        page.text_of("ip")
            .contains(known["address"].as_str().unwrap())
    );
    let delete = format!("{place}/delete");
    assert_eq!(browser.submits(&page, &delete, &[]).status, 400);
    let sure = browser.submits(&page, &delete, &[("confirm", "yes")]);
    assert_eq!(sure.status, 303);
    assert_eq!(
        person.reads("cloud google endpoint list"),
        Value::Array(vec![])
    );
    assert!(running.terminate().success());
}

#[test]
fn the_console_leads_to_both_portals_with_the_service_filled_in() {
    let scratch = tempfile::tempdir().unwrap();
    let running = Running::start(scratch.path());
    let person = running.person();
    let targets = [
        ("azure", "pg-1", alias(&running, &person)),
        ("google", "web-1", attachment(&running, &person)),
    ];
    let token = std::fs::read_to_string(running.text("/token_file")).unwrap();
    let mut console = Browser::new(&running.text("/api"));
    let signed_in = console.posts("/console/sign-in", &[("token", token.trim())], &[]);
    assert_eq!(signed_in.status, 303, "{}", signed_in.html);
    for (cloud, service, target) in targets {
        let place = format!("/console/project/demo/service/{service}/privatelink/{cloud}");
        let page = console.opens(&place);
        let offer = page.text_of("offer");
        assert!(offer.contains("Create an endpoint in emulated"), "{offer}");
        let portal = running.text(&format!("/{cloud}/portal"));
        let way = page.attribute("href", &portal);
        let form = Browser::new(&portal).opens(&way);
        assert_eq!(form.status, 200, "{way}: {}", form.html);
        assert_warned(&form);
        assert!(
            form.html.contains(&format!("value=\"{target}\"")),
            "{target} is filled in: {}",
            form.html
        );
    }
    assert!(running.terminate().success());
}

#[test]
fn a_way_to_a_new_endpoint_leads_nowhere_else() {
    let scratch = tempfile::tempdir().unwrap();
    let running = Running::start(scratch.path());
    for cloud in ["azure", "google"] {
        let mut browser = Browser::new(&running.text(&format!("/{cloud}/portal")));
        let hostile = "/create?target=%0d%0ax:%20y%22%3E%3Cscript%3E//evil.example%26subnet=x";
        let led = browser.asks(hostile, &[]);
        assert_eq!(led.status, 303);
        let place = led.location.unwrap();
        assert!(
            place.starts_with('/') && !place.starts_with("//"),
            "{place}"
        );
        let form = browser.opens(&place);
        assert_eq!(form.status, 200);
        assert!(!form.html.contains("<script>"), "{}", form.html);
        assert_eq!(
            browser.opens("/create").status,
            200,
            "without a target, too"
        );
    }
}

#[test]
fn what_azure_refuses_is_said_on_the_form_with_what_was_filled_in() {
    let scratch = tempfile::tempdir().unwrap();
    let running = Running::start(scratch.path());
    let subnet = running.text("/azure/consumer_subnet");
    let mut browser = Browser::new(&running.text("/azure/portal"));
    let create = azure("/create");
    let form = browser.opens(&create);
    let fields = endpoint_fields("pe1", "unknown.azure.privatelinkservice", &subnet);
    let page = browser.submits(&form, &create, &fields);
    assert_eq!(page.status, 400);
    assert_warned(&page);
    assert!(
        page.html.contains("InvalidPrivateLinkServiceId"),
        "{}",
        page.html
    );
    for kept in [
        "pe1",
        "unknown.azure.privatelinkservice",
        "team &#60;b&#62;blue&#60;/b&#62;",
    ] {
        assert!(page.html.contains(&format!("value=\"{kept}\"")), "{kept}");
    }
    let mut outside = endpoint_fields("../x", "a", &subnet);
    assert_eq!(browser.submits(&form, &create, &outside).status, 400);
    outside.push(("address", "no"));
    assert_eq!(browser.submits(&form, &create, &outside).status, 400);
}

#[test]
fn accounts_of_ones_own_are_made_by_their_first_use() {
    let scratch = tempfile::tempdir().unwrap();
    let running = Running::start(scratch.path());
    let mut browser = Browser::new(&running.text("/azure/portal"));
    let own = "30000000-0000-4000-8000-000000000003";
    let switched = browser.opens(&format!("/switch?directory={TENANT}&subscription={own}"));
    assert_eq!(switched.status, 200);
    assert!(switched.html.contains(own));
    // The default consumer's network is in the same directory, so it can be used.
    let form = browser.opens(&format!("/directory/{TENANT}/subscription/{own}/create"));
    assert!(form.html.contains(&running.text("/azure/consumer_subnet")));
    let stranger = format!("/directory/{own}/subscription/{SUBSCRIPTION}/endpoint");
    assert_eq!(browser.opens(&stranger).status, 403);
    assert_eq!(
        browser.opens("/switch?directory=x&subscription=y").status,
        400
    );

    let mut browser = Browser::new(&running.text("/google/portal"));
    let switched = browser.opens("/switch?project=team-blue");
    assert_eq!(switched.status, 200);
    let form = browser.opens("/project/team-blue/create");
    assert!(form.html.contains("No subnetwork"), "{}", form.html);
    assert_eq!(browser.opens("/switch?project=a/b").status, 400);
}

#[test]
fn pages_and_names_of_others_are_refused() {
    let scratch = tempfile::tempdir().unwrap();
    let running = Running::start(scratch.path());
    let subnet = running.text("/azure/consumer_subnet");
    for (cloud, create) in [
        ("azure", azure("/create")),
        ("google", "/project/underpass-consumer/create".to_owned()),
    ] {
        let base = running.text(&format!("/{cloud}/portal"));
        let mut browser = Browser::new(&base);
        let fields = endpoint_fields("pe1", "x.azure.privatelinkservice", &subnet);

        let unknown = browser.posts(&create, &fields, &[]);
        assert_eq!(unknown.status, 403, "no cookie");
        browser.opens("/");
        let wordless = browser.posts(&create, &fields, &[]);
        assert_eq!(wordless.status, 403, "no word");
        let theirs = Browser::new(&base).opens(&create);
        assert_eq!(
            browser.submits(&theirs, &create, &fields).status,
            403,
            "another browser's word"
        );

        let rebound = browser.asks("/", &[("host", "evil.example:80")]);
        assert_eq!(rebound.status, 421);
        let foreign = browser.posts(&create, &fields, &[("origin", "http://evil.example")]);
        assert_eq!(foreign.status, 403);
        assert!(foreign.html.contains("another origin"), "{}", foreign.html);
        let nowhere = browser.posts(&create, &fields, &[("origin", "null")]);
        assert_eq!(nowhere.status, 403);

        let page = browser.opens(&create);
        let policy = page.header("content-security-policy");
        assert!(policy.contains("script-src 'self'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        // Otherwise some browsers send the page's own forms as from nowhere.
        assert_eq!(page.header("referrer-policy"), "same-origin");
        assert_eq!(page.header("cache-control"), "no-store");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        assert!(!page.html.contains(" style=") && !page.html.contains("<style"));
        assert_eq!(browser.opens("/asset/portal.css").status, 200);
        assert_eq!(browser.opens("/asset/page.js").status, 200);

        let cookie = Browser::new(&base).opens(&create);
        let cookie = cookie.header("set-cookie");
        let port = base.rsplit_once(':').unwrap().1;
        assert!(cookie.starts_with(&format!("underpass-portal-{port}=")));
        assert!(cookie.ends_with("; HttpOnly; SameSite=Strict"), "{cookie}");
    }
}

#[test]
fn an_open_page_is_told_and_does_not_hold_up_the_end() {
    let scratch = tempfile::tempdir().unwrap();
    let running = Running::start(scratch.path());
    let browser = Browser::new(&running.text("/azure/portal"));
    let heard = browser.hears(&azure("/changes"));
    assert_eq!(heard, "event: change\ndata: change\n\n");
    let browser = Browser::new(&running.text("/google/portal"));
    let heard = browser.hears("/project/underpass-consumer/changes");
    assert_eq!(heard, "event: change\ndata: change\n\n");
    assert!(running.terminate().success());
}

#[test]
fn no_service_is_published_behind_a_portal() {
    let scratch = tempfile::tempdir().unwrap();
    let running = Running::start(scratch.path());
    let vpc = running.text("/project_vpcs/azure-westeurope");
    for portal in ["/azure/portal", "/google/portal"] {
        let url = running.text(portal);
        let port = url.rsplit_once(':').unwrap().1;
        let outcome = running.person().types(&format!(
            "service create pg-1 -t pg --cloud azure-westeurope --project-vpc-id {vpc} \
             --auto-static-ips --node n1=127.0.0.1 --component pg={port}"
        ));
        assert_eq!(outcome.code, 1, "{outcome:?}");
        assert!(
            outcome.stderr.contains("where Underpass itself listens"),
            "{outcome:?}"
        );
    }
}

#[test]
fn a_portal_is_for_this_machine_alone() {
    let scratch = tempfile::tempdir().unwrap();
    let outcome = underpass(scratch.path())
        .args(["up", "--azure-portal", "0.0.0.0:0"])
        .output()
        .unwrap();
    assert_eq!(outcome.status.code(), Some(2));
    let said = String::from_utf8(outcome.stderr).unwrap();
    assert!(said.contains("must listen on loopback"), "{said}");
}

#[test]
fn the_resolver_of_consumers_is_for_this_machine_alone() {
    let scratch = tempfile::tempdir().unwrap();
    for words in [
        vec!["up", "--consumer-dns"],
        vec!["emulate", "azure", "--state", "azure", "--consumer-dns"],
    ] {
        let mut command = underpass(scratch.path());
        let outcome = command.args(words).arg("0.0.0.0:0").output().unwrap();
        assert_eq!(outcome.status.code(), Some(2));
        let said = String::from_utf8(outcome.stderr).unwrap();
        assert!(said.contains("must listen on loopback"), "{said}");
    }
}
