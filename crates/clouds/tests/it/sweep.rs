use std::collections::BTreeMap;

use serde_json::{Value, json};
use underpass_clouds::{Cloud, Depth, Error, ErrorKind, Finding, Listing, Scope};
use underpass_model::id::ConnectionId;
use underpass_model::part::{AzurePart, AzureSpec, Part, Spec};

use crate::script::{Script, json as reply, run};
use crate::world::{
    BALANCER, NETWORK, NIC, OBJECT, SERVICE, absent, driver, now, ready, refused, shown, signed_in,
    tags,
};

fn sweep(script: &std::sync::Arc<Script>, depth: Depth) -> Result<Vec<Finding>, Error> {
    list(script, depth).map(|listing| listing.findings)
}

fn list(script: &std::sync::Arc<Script>, depth: Depth) -> Result<Listing, Error> {
    let scope = Scope {
        region: "westeurope".to_owned(),
        group: Some("vpc-1".to_owned()),
        depth,
    };
    let listing = run(driver(script).sweep(&scope, now()));
    script.assert_done();
    listing
}

fn service(path: &str, tags: &Value) -> Value {
    let frontend = json!({"id": format!("{NETWORK}{BALANCER}/frontendIPConfigurations/fe")});
    let document = json!({"tags": tags, "properties": {
        "loadBalancerFrontendIpConfigurations": [frontend],
        "privateEndpointConnections": [],
        "ipConfigurations": [{"name": "nat-0", "properties": {"subnet": {"id": "/n/nat"}}}],
    }});
    shown(document, path, "1", "Succeeded")
}

fn balancer() -> Value {
    shown(
        json!({"tags": tags(), "properties": {"frontendIPConfigurations": [
            {"name": "fe", "properties": {"subnet": {"id": "/n/nodes"}}},
        ]}}),
        BALANCER,
        "1",
        "Succeeded",
    )
}

fn interface(pools: &[&str]) -> Value {
    let pools: Vec<_> = pools.iter().map(|id| json!({"id": id})).collect();
    let configuration =
        json!({"name": "main", "properties": {"loadBalancerBackendAddressPools": pools}});
    let document = json!({"properties": {"ipConfigurations": [configuration]}});
    shown(document, "/networkInterfaces/n1", "1", "Succeeded")
}

#[test]
fn connections_take_one_listing_and_only_ours_are_told_of() {
    let script = signed_in();
    let listed = json!({"value": [
        service(SERVICE, &tags()),
        service("/privateLinkServices/foreign", &json!({})),
        // A person copied our tags to something else.
        service("/privateLinkServices/copied", &tags()),
        json!("nonsense"),
    ]});
    script.on("GET /resourceGroups/vpc-1/providers/Microsoft.Network/privateLinkServices?api-version=2024-05-01", reply(200, &listed));
    let findings = sweep(&script, Depth::Connections).unwrap();
    assert_eq!(findings.len(), 1);
    let finding = &findings[0];
    assert_eq!(
        (finding.object.as_str(), &finding.part),
        (OBJECT, &Part::Attachment)
    );
    assert_eq!(finding.connections, Some(Vec::new()));
    assert_eq!(finding.network.nat_subnet.as_deref(), Some("/n/nat"));
    let spec = ready(finding.outcome.clone()).spec;
    assert_eq!(
        spec,
        Spec::Azure(AzureSpec::Attachment {
            visibility: std::collections::BTreeSet::new()
        })
    );
}

#[test]
fn everything_includes_balancers_and_memberships() {
    let script = signed_in();
    let ours = format!("{NETWORK}{BALANCER}/backendAddressPools/be").to_uppercase();
    let elsewhere = ours.replace("VPC-1", "VPC-2");
    script
        .on(
            "GET /privateLinkServices",
            reply(200, &json!({"value": []})),
        )
        .on(
            "GET /loadBalancers",
            reply(200, &json!({"value": [balancer()]})),
        )
        .on(
            "GET /networkInterfaces",
            reply(
                200,
                &json!({"value": [interface(&[&ours, &elsewhere, "/x"]), interface(&[])]}),
            ),
        )
        .on("GET /LOADBALANCERS/UP-S0A1B2C3D4E5-LB", absent());
    let findings = sweep(&script, Depth::Everything).unwrap();
    let network = &findings[0].network;
    assert_eq!(network.node_subnet.as_deref(), Some("/n/nodes"));
    let found: Vec<_> = findings
        .iter()
        .map(|it| (it.object.as_str(), it.part.clone()))
        .collect();
    assert_eq!(
        found,
        [
            (OBJECT, Part::Azure(AzurePart::Balancer)),
            (OBJECT, Part::Azure(AzurePart::Member(NIC.to_owned())))
        ]
    );
}

#[test]
fn a_balancer_names_its_members_in_other_groups_and_what_it_was_made_for() {
    let script = signed_in();
    let elsewhere = NIC.replace("vpc-1", "vpc-2");
    let configurations = [
        json!({"id": format!("{elsewhere}/ipConfigurations/main")}),
        json!({"id": format!("{elsewhere}/ipConfigurations/second")}),
        json!({"id": "/subscriptions/../networkInterfaces/x/ipConfigurations/main"}),
    ];
    let mut balancer = balancer();
    balancer["properties"]["backendAddressPools"] = json!([
        {"name": "be", "properties": {"backendIPConfigurations": configurations}},
    ]);
    let listed = |value: &Value| reply(200, &json!({"value": [value]}));
    script
        .on(
            "GET /privateLinkServices",
            listed(&service(SERVICE, &tags())),
        )
        .on("GET /loadBalancers", listed(&balancer))
        .on("GET /networkInterfaces", listed(&interface(&[])))
        // The operator's group may be one that the account must not list.
        .on("GET /networkInterfaces", refused(403, "Denied", ""));
    let findings = sweep(&script, Depth::Everything).unwrap();
    let [attachment, balancer] = findings.as_slice() else {
        panic!("{findings:?}");
    };
    let member = Part::Azure(AzurePart::Member(elsewhere.clone()));
    assert_eq!(balancer.related, BTreeMap::from([(member, elsewhere)]));
    assert_eq!(attachment.related, BTreeMap::new());
    for (finding, path) in [(attachment, SERVICE), (balancer, BALANCER)] {
        assert_eq!(finding.managed.as_deref(), Some("link/demo/pg-1/azure"));
        assert_eq!(finding.resource, format!("{NETWORK}{path}"));
    }
}

#[test]
fn an_interface_that_joined_another_internal_balancer_is_noticed_in_every_group() {
    let ours = format!("{NETWORK}{BALANCER}/backendAddressPools/be");
    let pool =
        |network: &str, name: &str| format!("{network}/loadBalancers/{name}/backendAddressPools/x");
    let operators = NETWORK.replace("vpc-1", "vpc-2");
    let elsewhere = NIC.replace("vpc-1", "vpc-2");
    let mut balancer = balancer();
    let configuration = json!({"id": format!("{elsewhere}/ipConfigurations/main")});
    balancer["properties"]["backendAddressPools"] = json!([
        {"name": "be", "properties": {"backendIPConfigurations": [configuration]}},
    ]);
    let other = |name: &str, frontend: &Value| {
        let frontends = json!([{"name": "f", "properties": frontend}]);
        let document = json!({"properties": {"frontendIPConfigurations": frontends}});
        shown(
            document,
            &format!("/loadBalancers/{name}"),
            "1",
            "Succeeded",
        )
    };
    let internal = json!({"subnet": {"id": "/n"}});
    let public = json!({"publicIPAddress": {"id": "/p"}});
    let near = [balancer, other("in", &internal), other("out", &public)];
    let listed = |all: &[Value]| reply(200, &json!({"value": all}));
    let remote = |pools: &[&str]| {
        let mut interface = interface(pools);
        interface["id"] = json!(elsewhere);
        interface
    };
    // Load balancers of the listed group need no read.
    for (name, expected) in [("in", true), ("out", false)] {
        let script = signed_in();
        script
            .on("GET /privateLinkServices", listed(&[]))
            .on("GET /loadBalancers", listed(&near))
            .on(
                "GET /vpc-1/providers/Microsoft.Network/networkInterfaces",
                listed(&[interface(&[&ours, &pool(NETWORK, name)])]),
            )
            .on(
                "GET /vpc-2/providers/Microsoft.Network/networkInterfaces",
                listed(&[remote(&[&ours]), remote(&[])]),
            );
        let listing = list(&script, Depth::Everything).unwrap();
        assert_eq!(shared(&listing), [expected, false], "{name}");
        let member = |id: &str| Part::Azure(AzurePart::Member(id.to_owned()));
        assert!(listing.coverage.covers("", &member(&elsewhere)));
        let unseen = elsewhere.replace("/n1", "/n2");
        assert!(!listing.coverage.covers("", &member(&unseen)));
    }
    for (answer, expected) in [
        (reply(200, &other("far", &internal)), true),
        (reply(200, &other("far", &public)), false),
        (refused(403, "Denied", ""), false),
    ] {
        let script = signed_in();
        let both = [ours.as_str(), &pool(&operators, "far")];
        script
            .on("GET /privateLinkServices", listed(&[]))
            .on("GET /loadBalancers", listed(&near))
            .on("GET /networkInterfaces", listed(&[interface(&both)]))
            .on("GET /loadBalancers/far", answer)
            // Read once for all interfaces.
            .on("GET /networkInterfaces", listed(&[remote(&both)]));
        let listing = list(&script, Depth::Everything).unwrap();
        assert_eq!(shared(&listing), [expected, expected]);
    }
}

/// The members of a listing: true for one in another internal load balancer.
fn shared(listing: &Listing) -> Vec<bool> {
    let members = listing.findings.iter().filter(|it| it.managed.is_none());
    let facts = members.map(|it| ready(it.outcome.clone()).facts.is_shared);
    facts.collect()
}

#[test]
fn pages_are_followed_at_the_same_resource_manager_only() {
    let next = "https://management.test/next?$skiptoken=a%20b";
    let script = signed_in();
    script
        .on(
            "GET /privateLinkServices",
            reply(
                200,
                &json!({"value": [service(SERVICE, &tags())], "nextLink": next}),
            ),
        )
        .on(
            "GET /next?$skiptoken=a%20b",
            reply(200, &json!({"value": []})),
        );
    assert_eq!(sweep(&script, Depth::Connections).unwrap().len(), 1);

    let script = signed_in();
    let foreign = json!({"value": [], "nextLink": "https://evil.test/next"});
    script.on("GET /privateLinkServices", reply(200, &foreign));
    assert_eq!(
        sweep(&script, Depth::Connections).unwrap_err().kind,
        ErrorKind::Invalid
    );
}

#[test]
fn a_listing_without_end_is_given_up() {
    let script = signed_in();
    let again = json!({"value": [], "nextLink": "https://management.test/again"});
    script.on("GET /privateLinkServices", reply(200, &again));
    for _page in 1..1000 {
        script.on("GET /again", reply(200, &again));
    }
    assert_eq!(
        sweep(&script, Depth::Connections).unwrap_err().code,
        "EndlessListing"
    );
}

#[test]
fn a_missing_group_is_empty_but_a_broken_listing_is_an_error() {
    let script = signed_in();
    script.on(
        "GET /privateLinkServices",
        refused(404, "ResourceGroupNotFound", "None."),
    );
    assert_eq!(sweep(&script, Depth::Connections).unwrap(), []);

    let script = signed_in();
    script.on("GET /privateLinkServices", reply(200, &json!({})));
    assert!(sweep(&script, Depth::Connections).is_err());
}

/// The absence of a part proves something only if the listing would have shown it.
#[test]
fn a_listing_covers_what_its_calls_show() {
    let covered = |depth: Depth, kinds: &[&str]| {
        let script = signed_in();
        for kind in kinds {
            script.on(&format!("GET /{kind}"), reply(200, &json!({"value": []})));
        }
        let coverage = list(&script, depth).unwrap().coverage;
        let parts = [
            Part::Azure(AzurePart::Group),
            Part::Network,
            Part::Azure(AzurePart::NatPolicy),
            Part::Azure(AzurePart::Address),
            Part::Azure(AzurePart::Balancer),
            Part::Azure(AzurePart::Member(
                "/subscriptions/sub-1/resourceGroups/VPC-1/providers/Microsoft.Network/\
                 networkInterfaces/nic"
                    .to_owned(),
            )),
            Part::Azure(AzurePart::Member(
                "/subscriptions/sub-1/resourceGroups/other/providers/Microsoft.Network/\
                 networkInterfaces/nic"
                    .to_owned(),
            )),
            Part::Attachment,
            Part::Admission(ConnectionId::from_bits(7)),
        ];
        let covered = parts.iter().filter(|part| coverage.covers("", part));
        covered
            .map(|part| part.to_string().chars().take(54).collect())
            .collect::<Vec<String>>()
    };
    assert_eq!(
        covered(Depth::Connections, &["privateLinkServices"]),
        ["attachment"]
    );
    assert_eq!(
        covered(
            Depth::Everything,
            &["privateLinkServices", "loadBalancers", "networkInterfaces"]
        ),
        [
            "balancer",
            "member:/subscriptions/sub-1/resourceGroups/VPC-1/provi",
            "attachment"
        ]
    );
}

#[test]
fn the_attachments_of_a_subscription_are_one_listing() {
    let script = signed_in();
    let mut elsewhere = service(SERVICE, &tags());
    let id = elsewhere["id"].as_str().unwrap();
    elsewhere["id"] = json!(id.to_lowercase().replace("vpc-1", "VPC-2"));
    elsewhere["location"] = json!("northeurope");
    let mut foreign = service("/privateLinkServices/foreign", &json!({}));
    foreign["location"] = json!("northeurope");
    let listed = json!({"value": [elsewhere, foreign, json!("nonsense")]});
    script.on(
        "GET /privateLinkServices?api-version=2024-05-01",
        reply(200, &listed),
    );
    let placed = run(driver(&script).attachments(now())).unwrap();
    script.assert_done();
    assert_eq!(placed.len(), 1);
    assert_eq!(placed[0].scope.region, "northeurope");
    assert_eq!(placed[0].scope.group.as_deref(), Some("VPC-2"));
    assert_eq!(placed[0].finding.object, OBJECT);
}

#[test]
fn a_subscription_that_is_not_found_is_not_an_empty_one() {
    let script = signed_in();
    let (status, code) = (404, "SubscriptionNotFound");
    script.on("GET /privateLinkServices", refused(status, code, "no"));
    assert!(run(driver(&script).attachments(now())).is_err());
}
