//! Optional inputs change the output, or are refused.

use super::scene::{Scene, through_the_link};
use super::*;
use crate::service_type::SERVICE_TYPES;

const ALL: [ClientOption; 5] = [
    ClientOption::Database,
    ClientOption::SslMode,
    ClientOption::LoginMethod,
    ClientOption::ClientCert,
    ClientOption::ClientKey,
];

/// A tool that the compatible command line has, with the flags it takes there without need.
const WITHOUT_NEED: [(&str, ClientOption); 2] = [
    ("pg string", ClientOption::SslMode),
    ("alloydbomni string", ClientOption::SslMode),
];

/// The output for one component with this input.
fn written(
    scene: &Scene,
    tool: &'static Tool,
    component: &str,
    said: Option<ClientOption>,
) -> String {
    let said = |option| said == Some(option);
    let asked = Asked {
        component: Some(component.to_owned()),
        kafka_authentication_method: said(ClientOption::LoginMethod)
            .then_some(KafkaAuthentication::Sasl),
        ..through_the_link()
    };
    let outcome = scene.render_with(tool, asked, None, |target| Target {
        database: said(ClientOption::Database).then_some("7"),
        sslmode: said(ClientOption::SslMode).then_some("allow"),
        files: FileNames {
            ca: "ca.pem",
            client_cert: if said(ClientOption::ClientCert) {
                "c"
            } else {
                "service.crt"
            },
            client_key: if said(ClientOption::ClientKey) {
                "k"
            } else {
                "service.key"
            },
        },
        ..target
    });
    format!("{outcome:?}")
}

#[test]
fn a_tool_supports_exactly_the_options_that_change_its_output() {
    for facts in SERVICE_TYPES {
        let scene = Scene::of(facts.name);
        for component in facts.components {
            let fitting = TOOLS.iter().filter(|it| it.fits(facts.name, component));
            for (tool, option) in fitting.flat_map(|tool| ALL.map(|option| (tool, option))) {
                // Of a component with one listener, no method finds another.
                if option == ClientOption::LoginMethod && component.name != "kafka" {
                    assert!(!tool.supports(option, component), "{}", tool.word);
                    continue;
                }
                let changes = written(&scene, tool, component.name, None)
                    != written(&scene, tool, component.name, Some(option));
                let excused = WITHOUT_NEED.contains(&(tool.word, option));
                assert_eq!(
                    tool.supports(option, component),
                    changes || excused,
                    "{} {option:?} {}",
                    tool.word,
                    component.name
                );
            }
        }
    }
}

#[test]
fn what_is_said_in_vain_is_refused_and_those_that_heed_it_are_named() {
    let refusal = |service_type: &str, word: &str, component: Option<&str>, option| {
        let scene = Scene::of(service_type);
        let facts = scene.service.facts().unwrap();
        let component = component.map(|name| facts.component(name).unwrap());
        let tool = find_tool(word).unwrap();
        let refusal = tool.check_options(&scene.service, component, &[option]);
        let refusal = refusal.unwrap_err();
        assert_eq!(refusal.code, "option_without_use");
        refusal.message
    };
    insta::assert_snapshot!(refusal("kafka", "kcat", None, ClientOption::Database), @"Tool `kcat` does not support `--dbname`. No tool for service `pg-1` supports it. Omit it");
    insta::assert_snapshot!(refusal("redis", "redis cli", Some("redis"), ClientOption::SslMode), @"Tool `redis cli` does not support `--sslmode` for component `redis`. No tool for service `pg-1` supports it. Omit it");
    insta::assert_snapshot!(refusal("clickhouse", "uri", Some("clickhouse_https"), ClientOption::Database), @"Tool `uri` does not support `--dbname` for component `clickhouse_https`. Tools for service `pg-1` that support it: `clickhouse https`, `jdbc`");
    insta::assert_snapshot!(refusal("pg", "psql", None, ClientOption::LoginMethod), @"Tool `psql` does not support `--kafka-authentication-method`. No tool for service `pg-1` supports it. Omit it");
    insta::assert_snapshot!(tools_that_support(ClientOption::SslMode), @"`psql`, `pg uri`, `pg string`, `alloydbomni uri`, `alloydbomni string`, `uri`, `env`, `k8s`, `jdbc`, `service-conf`");
    insta::assert_snapshot!(tools_that_support(ClientOption::ClientKey), @"`kcat`, `kafkacat`, `env`, `k8s`");
}

#[test]
fn what_is_heeded_is_not_refused() {
    let scene = Scene::of("kafka");
    let kcat = find_tool("kcat").unwrap();
    let said = [
        ClientOption::LoginMethod,
        ClientOption::ClientCert,
        ClientOption::ClientKey,
    ];
    assert_eq!(kcat.check_options(&scene.service, None, &said), Ok(()));
    assert!(
        kcat.ever_supports(ClientOption::ClientCert) && !kcat.ever_supports(ClientOption::Database)
    );
    let curl = find_tool("curl").unwrap();
    assert!(ALL.iter().all(|option| !curl.ever_supports(*option)));
}
