use std::path::PathBuf;

use underpass_model::project_limits::ProjectLimits;
use underpass_server::health_reads::HealthReads;
use underpass_server::retention_limits::RetentionLimits;

use super::{Access, DEFAULTS, Loaded, Sources, load};
use crate::failure::Failure;

/// Accounts of the comment in the defaults, uncommented.
fn example() -> String {
    let (_, accounts) = DEFAULTS.split_once("# [accounts.azure-prod]").unwrap();
    let accounts = format!("# [accounts.azure-prod]{accounts}");
    let lines = accounts
        .lines()
        .map(|line| line.strip_prefix("# ").unwrap_or(line));
    let uncommented: Vec<_> = lines.filter(|line| *line != "#").collect();
    uncommented.join("\n")
}

fn with(
    text: &str,
    flags: &[(&str, &str)],
    environment: &[(&str, &str)],
) -> Result<Loaded, Failure> {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("underpass.toml");
    std::fs::write(&file, text).unwrap();
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    let loaded = load(&Sources {
        file: Some(file.clone()),
        environment: environment.iter().map(owned).collect(),
        flags: flags
            .iter()
            .map(owned)
            .map(|(key, value)| (key.clone(), value, format!("--set {key}")))
            .collect(),
    });
    loaded.map_err(|failure| {
        Failure::refused(
            failure
                .message()
                .replace(&file.display().to_string(), "FILE"),
        )
    })
}

fn refusal(text: &str) -> String {
    with(text, &[], &[]).unwrap_err().message().to_owned()
}

const DOMAIN: &str = "[dns]\ndomain = \"privatelink.example.com\"\n";

#[test]
fn the_printed_defaults_are_the_defaults() {
    let bare = with(DOMAIN, &[], &[]).unwrap();
    let printed = DEFAULTS.replace("domain = \"\"", "domain = \"privatelink.example.com\"");
    let printed = with(&printed, &[], &[]).unwrap();
    assert_eq!(bare.configuration, printed.configuration);
    let configuration = bare.configuration;
    assert_eq!(configuration.limits.limits(), ProjectLimits::default());
    assert_eq!(configuration.retention.limits(), RetentionLimits::default());
    assert_eq!(configuration.health.reads(), HealthReads::default());
    assert_eq!(configuration.server.tls(), None);
}

#[test]
fn the_accounts_of_the_comment_can_be_used() {
    let loaded = with(&format!("{DOMAIN}{}", example()), &[], &[]).unwrap();
    assert_eq!(loaded.warnings.to_string(), "");
    let [azure, google] = loaded.accounts.as_slice() else {
        panic!("{:?}", loaded.accounts);
    };
    assert_eq!(
        (azure.name.as_str(), google.name.as_str()),
        ("azure-prod", "google-prod")
    );
    let Access::Azure(azure) = &azure.access else {
        panic!()
    };
    // The comment shows the defaults of what is optional.
    let optional = [
        "resource_manager",
        "authority",
        "scope",
        "ca_file",
        "regions",
        "projects",
        "api",
        "impersonate",
        "delegates",
    ];
    let least: Vec<_> = example()
        .lines()
        .filter(|line| {
            !optional
                .iter()
                .any(|key| line.starts_with(&format!("{key} =")))
        })
        .map(str::to_owned)
        .collect();
    let least = with(&format!("{DOMAIN}{}", least.join("\n")), &[], &[]).unwrap();
    let Access::Azure(defaults) = &least.accounts.first().unwrap().access else {
        panic!()
    };
    assert_eq!(defaults.resource_manager, azure.resource_manager);
    assert_eq!(defaults.authority, azure.authority);
    assert_eq!((&defaults.scope, &defaults.ca_file), (&None, &None));
}

#[test]
fn a_problem_names_file_line_and_key() {
    let account = "[accounts.a]\nprovider = \"azure\"\nsubscription = \"s\"\nresource_group = \"g\"\n\
                   tenant = \"t\"\nclient_id = \"c\"\n";
    for (text, expected) in [
        (
            "\n[server]\nlistn = \"127.0.0.1:1\"\n",
            "FILE:3: server.listn: unknown key `listn`, expected one of `listen`",
        ),
        (
            "[server]\nlisten = \"here\"\n",
            "FILE:2: server.listen: invalid socket address",
        ),
        ("[servr]\n", "FILE:1: servr: unknown key `servr`"),
        (
            "[log]\nfilter = 5\n",
            "FILE:2: log.filter: invalid type: integer `5`, expected a string",
        ),
        (
            "[log]\nfilter = \"underpass=loud\"\n",
            "FILE:2: log.filter: `underpass=loud` is no filter",
        ),
        (
            "[limits]\nservices = 1000001\n",
            "FILE:2: limits.services: a limit is at most 1000000",
        ),
        (
            "[retention]\n\nevents_for = \"1h\"\n",
            "FILE:3: retention.events_for: must be from 1d to 36500d",
        ),
        (
            "[health]\ngoogle_questions = -1\n",
            "FILE:2: health.google_questions: invalid value: integer `-1`, expected u32",
        ),
        ("a = [\n", "FILE:"),
        (
            "[log]\nfilter = \"a\"\nfilter = \"b\"\n",
            "FILE:3: duplicate key",
        ),
        (
            "[emulation]\nconsumer_cidr = \"127\"\n",
            "FILE:2: emulation.consumer_cidr: `127` is not a range",
        ),
        ("", "dns.domain: required"),
        (
            &format!("{DOMAIN}[store]\nreaders = 0\n"),
            "FILE:4: store.readers: must be 1 to 1000",
        ),
        (
            &format!("{DOMAIN}[store]\ndatabase_url_file = \"a\"\ndatabase_url_env = \"B\"\n"),
            "FILE:5: store.database_url_env: set only one of",
        ),
        (
            &format!("{DOMAIN}[server]\nlisten = \"0.0.0.0:443\"\n"),
            "FILE:4: server.listen: 0.0.0.0:443 can be reached",
        ),
        (
            &format!("{DOMAIN}[server]\nkey_file = \"k\"\n"),
            "FILE:3: server.certificate_file: TLS needs",
        ),
        (
            &format!("{DOMAIN}{account}"),
            "FILE:3: accounts.a: set one of client_secret_file",
        ),
        (
            &format!("{DOMAIN}{account}client_secret_fil = \"x\"\n"),
            "FILE:9: accounts.a.client_secret_fil: unknown key",
        ),
        (
            &format!("{DOMAIN}{account}regions = [\"westeuropa\"]\n"),
            "FILE:9: accounts.a.regions: `azure-westeuropa` is not",
        ),
        (
            &format!("{DOMAIN}{account}authority = \"login\"\nclient_secret_env = \"X\""),
            "FILE:9: accounts.a.authority: `login` is not a URL",
        ),
        (
            &format!("{DOMAIN}[accounts.a]\nproject = \"p\"\n"),
            "FILE:3: accounts.a.provider: required",
        ),
    ] {
        let refused = refusal(text);
        assert!(refused.starts_with(expected), "{text}\n{refused}");
    }
}

#[test]
fn all_problems_are_told_together() {
    let refused = refusal("[server]\nlisten = \"0.0.0.0:443\"\n[accounts.a]\n[accounts.b]\n");
    assert!(
        refused.starts_with("the configuration has 4 problems:\n"),
        "{refused}"
    );
}

#[test]
fn two_accounts_do_not_manage_one_project() {
    let account = |name| {
        format!("[accounts.{name}]\nprovider = \"google\"\nproject = \"p\"\nmetadata = true\n")
    };
    let refused = refusal(&format!("{DOMAIN}{}{}", account("a"), account("b")));
    assert!(
        refused.contains("FILE:7: accounts.b: `p` is also managed by the account `a`"),
        "{refused}"
    );
}

#[test]
fn later_places_win_and_are_named() {
    let text = format!("{DOMAIN}[server]\nlisten = \"127.0.0.1:1\"\nfirst_project = \"file\"\n");
    let environment = [
        ("UNDERPASS_SERVER_LISTEN", "127.0.0.1:2"),
        ("UNDERPASS_SERVER_OPERATOR", "environment@example.com"),
        ("UNDERPASS_SERVER_API_HOSTS", "a.example, b.example"),
        ("UNDERPASS_LIMITS_LINKS", "7"),
        ("UNDERPASS_URL", "http://127.0.0.1:9"),
    ];
    let flags = [
        ("server.listen", "127.0.0.1:3"),
        ("server.allow_plaintext", "true"),
    ];
    let loaded = with(&text, &flags, &environment).unwrap();
    let server = &loaded.configuration.server;
    assert_eq!(server.listen, "127.0.0.1:3".parse().unwrap());
    assert_eq!(server.api_hosts, ["a.example", "b.example"]);
    assert!(server.allow_plaintext);
    let place = |desired: &str| {
        let (_, value, origin) = loaded.values().find(|(key, ..)| key == desired).unwrap();
        format!("{value} {origin}")
    };
    assert_eq!(
        place("server.listen"),
        "\"127.0.0.1:3\" flag --set server.listen"
    );
    assert_eq!(
        place("limits.links"),
        "7 environment UNDERPASS_LIMITS_LINKS"
    );
    assert_eq!(place("limits.vpcs"), "100 default");
    assert!(place("server.first_project").ends_with("underpass.toml:5"));
}

#[test]
fn places_without_a_file_are_checked_too() {
    for (environment, expected) in [
        (
            ("UNDERPASS_SERVER_LISTN", "x"),
            "environment UNDERPASS_SERVER_LISTN: no key",
        ),
        (
            ("UNDERPASS_LIMITS_LINKS", "many"),
            "environment UNDERPASS_LIMITS_LINKS: limits.links: `many`",
        ),
        (
            ("UNDERPASS_STORE_READERS", "-3"),
            "environment UNDERPASS_STORE_READERS: store.readers: invalid value: integer `-3`, expected a whole",
        ),
        (
            ("UNDERPASS_ACCOUNTS_A_PROJECT", "p"),
            "environment UNDERPASS_ACCOUNTS_A_PROJECT: no key",
        ),
        (
            ("UNDERPASS_SERVER_LISTEN", "x"),
            "environment UNDERPASS_SERVER_LISTEN: server.listen: invalid",
        ),
    ] {
        let refused = with(DOMAIN, &[], &[environment]).unwrap_err();
        assert!(
            refused.message().starts_with(expected),
            "{}",
            refused.message()
        );
    }
    let refused = with(DOMAIN, &[("server.listn", "x")], &[]).unwrap_err();
    assert!(
        refused.message().contains("unknown key"),
        "{}",
        refused.message()
    );
    let missing = load(&Sources {
        file: Some(PathBuf::from("/nowhere/underpass.toml")),
        ..Sources::default()
    });
    assert!(
        missing
            .unwrap_err()
            .message()
            .contains("/nowhere/underpass.toml")
    );
}

#[test]
fn an_inline_secret_is_warned_about_and_hidden() {
    let text = format!(
        "{DOMAIN}[accounts.g]\nprovider = \"google\"\nproject = \"p\"\naccess_token = \"ya29.secret\"\n"
    );
    let loaded = with(&text, &[], &[]).unwrap();
    let warned = loaded.warnings.to_string();
    assert!(
        warned.contains(":6: accounts.g.access_token: the secret is in the configuration"),
        "{warned}"
    );
    let all: String = loaded.values().map(|(_, value, _)| value).collect();
    assert!(!all.contains("ya29"), "{all}");
}

#[test]
fn the_keys_of_the_comment_can_be_used_for_transfers() {
    let (_, keys) = DEFAULTS.split_once("# [dns.keys.secondary]").unwrap();
    let keys: Vec<_> = keys
        .lines()
        .map_while(|line| (!line.starts_with('[')).then_some(line))
        .map(|line| line.strip_prefix("# ").unwrap_or(line))
        .collect();
    let text = format!(
        "{DOMAIN}listen = [\"10.0.0.5:53\", \"[fd00::5]:53\"]\n\
         name_servers = [\"ns1.privatelink.example.com 10.0.0.5 fd00::5\", \"ns.example.net\"]\n\
         contact = \"dns@example.com\"\n\
         transfer = [\"10.0.0.53 key=secondary\", \"fd00::/64\", \"key=secondary\"]\n\
         notify = [\"10.0.0.53 key=secondary\", \"[fd00::53]:5353\"]\n\
         [dns.keys.secondary]\n{}",
        keys.join("\n")
    );
    let dns = with(&text, &[], &[]).unwrap().configuration.dns;
    assert_eq!(dns.listen.len(), 2);
    assert_eq!(dns.delegation().name_servers.len(), 2);
    assert_eq!(dns.transfer.len(), 3);
    let notified: Vec<_> = dns
        .notify
        .iter()
        .map(|peer| peer.addr.to_string())
        .collect();
    assert_eq!(notified, ["10.0.0.53:53", "[fd00::53]:5353"]);
    let listen = ("UNDERPASS_DNS_LISTEN", "10.0.0.5:53,[fd00::5]:53");
    let other = with(&text, &[], &[listen]).unwrap().configuration.dns;
    assert_eq!(other, dns);
}

#[test]
fn name_servers_peers_and_keys_that_cannot_be_used_are_named() {
    let key = "[dns.keys.k]\n";
    for (lines, expected) in [
        ("listen = []", "FILE:3: dns.listen: at least one address"),
        ("listen = \"10.0.0.5\"", "FILE:3: dns.listen: `10.0.0.5`"),
        (
            "name_servers = [\"ns1.privatelink.example.com\"]",
            "FILE:3: dns.name_servers: serve a zone with the name server",
        ),
        ("contact = \"me\"", "FILE:3: dns.contact: serve a zone with"),
        ("transfer = [\"\"]", "FILE:3: dns.transfer: an entry is"),
        (
            "transfer = [\"key=k\"]",
            "FILE:3: dns.transfer: the key `k`",
        ),
        ("transfer = [\"10.0.0.0/99\"]", "FILE:3: dns.transfer: `10"),
        ("notify = [\"key=k\"]", "FILE:3: dns.notify: `` is not an"),
        (key, "FILE:3: dns.keys.k: secret_file or secret_env is req"),
        (
            "[dns.keys.k]\nalgorithm = \"hmac-md5\"\nsecret_env = \"K\"",
            "FILE:4: dns.keys.k.algorithm: `hmac-md5` is not supported",
        ),
        (
            "[dns.keys.k]\nsecret = \"§\"",
            "FILE:4: dns.keys.k.secret: the secret must be base64",
        ),
        (
            "[dns.keys.k]\nsecret_env = \"A\"\nsecret_file = \"B\"",
            "FILE:3: dns.keys.k: set only one of secret_file, secret_env",
        ),
        (
            "[dns.keys.k]\nsecrt_file = \"B\"",
            "FILE:4: dns.keys.k.secrt_file: unknown key",
        ),
    ] {
        let refused = refusal(&format!("{DOMAIN}{lines}\n"));
        assert!(refused.starts_with(expected), "{refused}");
    }
    let flag = ("dns.keys.k.secret", "c2VjcmV0");
    let refused = with(DOMAIN, &[flag], &[]).unwrap_err();
    assert!(refused.message().contains("in the file alone"));
}

#[test]
fn an_inline_secret_of_a_key_is_warned_about_and_hidden() {
    let text = format!("{DOMAIN}[dns.keys.k]\nsecret = \"c2VjcmV0\"\n");
    let loaded = with(&text, &[], &[]).unwrap();
    let warned = loaded.warnings.to_string();
    let expected = ":4: dns.keys.k.secret: the secret is in the configuration";
    assert!(warned.contains(expected), "{warned}");
    assert!(warned.contains("Use secret_file or secret_env"), "{warned}");
    let all: String = loaded.values().map(|(_, value, _)| value).collect();
    assert!(!all.contains("c2VjcmV0"), "{all}");
    assert!(!format!("{:?}", loaded.configuration).contains("c2VjcmV0"));
}

#[test]
fn a_value_of_another_type_empty_or_huge_is_named() {
    let azure = |more: &str| {
        format!(
            "{DOMAIN}[accounts.a]\nprovider = \"azure\"\nsubscription = \"s\"\nresource_group = \"g\"\n\
             managed_identity = true\n{more}\n"
        )
    };
    let google = |project: &str| {
        format!(
            "{DOMAIN}[accounts.g]\nprovider = \"google\"\nproject = {project}\nmetadata = true\n"
        )
    };
    for (text, expected) in [
        (
            format!("{DOMAIN}[store]\nkey_file = 5\n"),
            "FILE:4: store.key_file: invalid type: integer",
        ),
        (
            azure("client_id = 0"),
            "FILE:8: accounts.a.client_id: invalid type: integer",
        ),
        (
            azure("client_id = \"a/../b\""),
            "FILE:8: accounts.a.client_id: `a/../b` may have",
        ),
        (
            azure("").replace("\"s\"", "\"\""),
            "FILE:5: accounts.a.subscription: must not be empty",
        ),
        (
            azure("").replace("\"g\"", "\"..\""),
            "FILE:6: accounts.a.resource_group: `..` may have",
        ),
        (
            google("\"\""),
            "FILE:5: accounts.g.project: must not be empty",
        ),
        (
            google("\"/tmp\""),
            "FILE:5: accounts.g.project: `/tmp` may have",
        ),
        (
            format!("{DOMAIN}[limits]\nlinks = 99999999999999999999\n"),
            "FILE:4: limits.links: the number is too large",
        ),
        (
            format!("data_dir = \"\"\n{DOMAIN}"),
            "FILE:1: data_dir: must not be empty",
        ),
        (
            format!("{DOMAIN}[server]\nfirst_project = \"\"\n"),
            "FILE:4: server.first_project: project name",
        ),
        (
            format!("{DOMAIN}[server]\noperator = \"\"\n"),
            "FILE:4: server.operator: `` is not an email address",
        ),
        (
            format!("{DOMAIN}[server]\napi_hosts = [\"a.example\", \"https://a/\"]\n"),
            "FILE:4: server.api_hosts: `https://a/` is not a host name",
        ),
        (
            format!("{DOMAIN}[server]\ndrain_delay = \"2h\"\n"),
            "FILE:4: server.drain_delay: must be at most 1h",
        ),
        (
            format!("{DOMAIN}[discovery]\nabsence_window = \"99999999d\"\n"),
            "FILE:4: discovery.absence_window: must be at most 30d",
        ),
        (
            format!("{DOMAIN}[health]\nazure_questions = 12001\n"),
            "FILE:4: health.azure_questions: must be at most 12000",
        ),
    ] {
        let refused = refusal(&text);
        assert!(refused.starts_with(expected), "{text}\n{refused}");
    }
    with(&google("\"example.com:network-prod\""), &[], &[]).unwrap();
}

#[test]
fn what_is_shown_is_a_file_of_the_same_configuration() {
    let text = "data_dir = \"/a\\u007F\\u200B\\u0000\\t\\\\'é\"\n\
                dns.domain = \"privatelink.example.com\"\n\
                dns.keys.\"a.example\".secret_env = \"KEY\"\n";
    let loaded = with(text, &[], &[]).unwrap();
    let lines = loaded.values();
    let lines = lines.map(|(key, value, _)| format!("{key} = {value}\n"));
    let shown: String = lines.collect();
    let expected = r#"data_dir = "/a\u007F\u200B\u0000\t\\'é""#;
    assert!(shown.contains(expected), "{shown}");
    let again = with(&shown, &[], &[]).unwrap();
    assert_eq!(again.configuration, loaded.configuration);
}

#[test]
fn a_problem_is_one_short_line_without_secrets() {
    let long = "x".repeat(100_000);
    let account = "[accounts.a]\nprovider = \"google\"\nproject = \"p\"\n";
    for (text, expected) in [
        (
            "[server]\n\"lis\\nten\" = 5\n".to_owned(),
            "FILE:2: server.\"lis\\nten\": unknown key `lis ten`",
        ),
        ("[\"[a]\"]\n".to_owned(), "FILE:1: \"[a]\": unknown key"),
        (
            format!("{DOMAIN}[dns.keys.\"a.example\"]\nsecrt_file = \"B\"\n"),
            "FILE:4: dns.keys.\"a.example\".secrt_file: unknown key",
        ),
        (format!("[server]\n\"{long}\" = 5\n"), "FILE:2: server.xxx"),
        (
            format!("[log]\nfilter = \"a={long}\"\n"),
            "FILE:2: log.filter: `a=xxx",
        ),
        (
            format!("{DOMAIN}{account}access_token = 1234567890\n"),
            "FILE:6: accounts.a.access_token: must be a text",
        ),
        (
            format!("{DOMAIN}[dns.keys.k]\nsecret = 1234567890\n"),
            "FILE:4: dns.keys.k.secret: must be a text",
        ),
        (
            "[proxy]\nhttps_proxy = 1234567890\n".to_owned(),
            "FILE:2: proxy.https_proxy: must be a text",
        ),
        (
            "[limits]\nlinks = [\n99999999999999999999]\n".to_owned(),
            "FILE:3: limits.links: the number is too large",
        ),
    ] {
        let refused = refusal(&text);
        assert!(refused.starts_with(expected), "{refused}");
        assert!(!refused.contains("1234567890"), "{refused}");
        assert!(refused.chars().count() < 1200 && !refused.contains('\n'));
    }
}

#[test]
fn named_files_and_variables_that_are_not_there_are_told_together() {
    let directory = tempfile::tempdir().unwrap();
    let (at, empty) = (directory.path().display(), directory.path().join("empty"));
    std::fs::write(empty, "").unwrap();
    let text = format!(
        "{DOMAIN}[store]\nkey_file = \"{at}/created\"\ndatabase_ca_file = \"{at}\"\n\
         [dns.keys.k]\nsecret_file = \"{at}/missing\"\n\
         [accounts.g]\nprovider = \"google\"\nproject = \"p\"\naccess_token_env = \"NO_SUCH_VARIABLE\"\n\
         ca_file = \"{at}/empty\"\n"
    );
    let missing = with(&text, &[], &[]).unwrap().missing();
    let (files, variables) = (missing.files.to_string(), missing.variables.to_string());
    for expected in [
        format!(":5: store.database_ca_file: read {at}: it is a directory"),
        format!(":7: dns.keys.k.secret_file: read {at}/missing: No such file"),
        format!(":12: accounts.g.ca_file: read {at}/empty: it is empty"),
    ] {
        assert!(files.contains(&expected), "{files}\n{expected}");
    }
    assert_eq!(files.lines().count(), 3, "{files}");
    let expected = ":11: accounts.g.access_token_env: the environment variable NO_SUCH_VARIABLE";
    assert!(variables.contains(expected), "{variables}");
    missing.refuse().unwrap_err();
}
