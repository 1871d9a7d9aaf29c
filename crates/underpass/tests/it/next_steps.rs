//! Next steps that the command line shows after a refusal, an omission or a success.

use crate::person::Person;
use crate::running::{Running, underpass};

#[test]
fn a_usage_error_shows_only_what_is_required() {
    let scratch = tempfile::tempdir().unwrap();
    let output = underpass(scratch.path())
        .args(["service", "get"])
        .env("UNDERPASS_URL", "http://127.0.0.1:1")
        .env("UNDERPASS_TOKEN_FILE", "token")
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    let usage = "Usage: underpass service get [OPTIONS] <SERVICE_NAME>";
    let short = "Usage: underpass service get <SERVICE_NAME>";
    assert!(stderr.contains(usage) || stderr.contains(short), "{stderr}");
}

#[test]
fn a_code_is_explained_by_its_page() {
    let scratch = tempfile::tempdir().unwrap();
    let person = Person::new(scratch.path());
    assert!(
        person
            .does("explain")
            .lines()
            .any(|code| code == "wrong_cloud")
    );
    assert!(
        person
            .does("explain wrong_cloud")
            .starts_with("# wrong_cloud\n")
    );
    let unknown = person.types("explain nonsense");
    assert_eq!(unknown.code, 2, "{unknown:?}");
    assert!(
        unknown.stderr.contains("`underpass explain`"),
        "{unknown:?}"
    );
    let misspelt = person.types("explain wrong-clouds");
    assert_eq!(misspelt.code, 2, "{misspelt:?}");
    assert!(
        misspelt.stderr.contains("Similar codes: `wrong_cloud`"),
        "{misspelt:?}"
    );
}

#[test]
fn a_newcomer_is_told_what_to_do_next() {
    let scratch = tempfile::tempdir().unwrap();
    let running = Running::start(scratch.path());
    let person = running.person();
    let vpc = running.text("/project_vpcs/azure-westeurope");
    let says = |words: &str, expected: &[&str]| {
        let outcome = person.types(words);
        for text in expected {
            assert!(
                outcome.stderr.contains(text),
                "{words}: {text}: {outcome:?}"
            );
        }
        outcome.code
    };
    let missing = "hint: list the services with `underpass service list`";
    let code = "`underpass explain service_not_found`";
    assert_eq!(says("service get nosuch", &[missing, code]), 1);
    assert_eq!(
        says("vpc get --project-vpc-id x", &["`underpass vpc list`"]),
        1
    );
    assert_eq!(says("events --limit x", &["`x` is not a whole number"]), 2);

    let create = format!(
        "service create pg-1 -t pg --cloud azure-westeurope --project-vpc-id {vpc} --node \
         n1=127.0.0.1 --component pg=5432"
    );
    let user = format!("{create} --user app:@nosuch");
    assert_eq!(says(&user, &["hint: write the password of user `app`"]), 1);
    let unregistered = format!("{create} -c privatelink_access.prometheus=true");
    let warning = "warning: `privatelink_access.prometheus` has no effect";
    let next = "underpass service privatelink azure create pg-1";
    assert_eq!(says(&unregistered, &[warning, next]), 0);
    let typed = "service update pg-1 -c privatelink_access.pg=yes";
    assert_eq!(says(typed, &["Valid values: true, false"]), 2);

    let publish = "service privatelink azure create pg-1";
    let remedy = "`underpass service update pg-1 --auto-static-ips`";
    assert_eq!(says(publish, &[remedy]), 1);
    let addresses = || {
        let listed = person.reads("static-ip list");
        let states = listed.as_array().unwrap().iter().map(|it| &it["state"]);
        states.filter(|state| *state != "deleting").count()
    };
    // A refused command gives back what it made.
    let refused = "service update pg-1 --auto-static-ips --project-vpc-id x";
    assert_eq!(says(refused, &["Deleted 2 of the static IP addresses"]), 1);
    assert_eq!(addresses(), 0);
    person.does("service update pg-1 --auto-static-ips");
    assert_eq!(addresses(), 2);
    // A second call lacks nothing.
    person.does("service update pg-1 --auto-static-ips");
    assert_eq!(addresses(), 2);
    assert_eq!(
        says(publish, &["next: wait until the state is `active`"]),
        0
    );

    // Without a terminal a question would be refused, with another message.
    let delete = "`underpass service privatelink azure delete pg-1 --wait`";
    assert_eq!(says("service terminate pg-1", &[delete]), 1);
    person.does("service update pg-1 --enable-termination-protection");
    let protected = "--disable-termination-protection";
    assert_eq!(says("service terminate pg-1", &[protected]), 1);
}
