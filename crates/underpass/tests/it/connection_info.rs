//! Connection information, run by a shell.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::running::{Running, underpass};

/// Characters that are special in shells and in output formats.
const HOSTILE: &str = "p'w $(id) \"\\` ~ * é\n%@/:?#&; !x=y";

/// An `up` with registered services.
struct Stage {
    running: Running,
    scratch: tempfile::TempDir,
}

impl Stage {
    fn new() -> Self {
        let scratch = tempfile::tempdir().unwrap();
        Self {
            running: Running::start(scratch.path()),
            scratch,
        }
    }

    /// Runs a command with these words in the test's directory.
    fn types(&self, words: &[&str]) -> Output {
        underpass(self.scratch.path())
            .args(words)
            .current_dir(self.scratch.path())
            .output()
            .unwrap()
    }

    fn does(&self, words: &[&str]) -> String {
        let output = self.types(words);
        assert!(output.status.success(), "{words:?}: {output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        text.strip_suffix('\n').unwrap_or(&text).to_owned()
    }

    /// Returns the messages of a command on stderr.
    fn hints(&self, words: &[&str]) -> String {
        let output = self.types(words);
        assert!(output.status.success(), "{words:?}: {output:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    fn info(&self, words: &[&str]) -> String {
        self.does(&[&["service", "connection-info"], words].concat())
    }

    fn refused(&self, words: &[&str], code: i32) -> String {
        let output = self.types(&[&["service", "connection-info"], words].concat());
        assert_eq!(output.status.code(), Some(code), "{words:?}: {output:?}");
        assert!(output.stdout.is_empty(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// Registers a service on this machine with one user.
    fn register(&self, name: &str, kind: &str, user: &str, password: &str, components: &[&str]) {
        let file = self.scratch.path().join("password");
        std::fs::write(&file, password).unwrap();
        let user = format!("{user}:@{}", file.display());
        let cloud = "azure-westeurope";
        let mut words = vec![
            "service",
            "create",
            name,
            "-t",
            kind,
            "--cloud",
            cloud,
            "--no-project-vpc",
            "--node",
            "n1=127.0.0.1",
            "--user",
            &user,
        ];
        for component in components {
            words.extend(["--component", component]);
        }
        self.does(&words);
    }

    /// Changes a service by a body, for members that have no argument.
    fn put(&self, name: &str, underpass: &Value) {
        let api = self.running.text("/api");
        let host = api.strip_prefix("http://").unwrap();
        let token = std::fs::read_to_string(self.running.text("/token_file")).unwrap();
        let body = json!({ "underpass": underpass }).to_string();
        let mut stream = TcpStream::connect(host).unwrap();
        write!(
            stream,
            "PUT /v1/project/{}/service/{name} HTTP/1.1\r\nhost: {host}\r\nauthorization: aivenv1 \
             {}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            self.running.text("/project"),
            token.trim(),
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    /// Runs a printed command in a shell in which every program prints its arguments, its input and
    /// the variables of this name.
    fn run(&self, command: &str, variable: &str) -> Given {
        let programs = self.scratch.path().join("programs");
        let told = self.scratch.path().join("told");
        std::fs::create_dir_all(&programs).unwrap();
        std::fs::create_dir_all(&told).unwrap();
        for program in [
            "psql",
            "mysql",
            "redis-cli",
            "clickhouse-client",
            "curl",
            "influx",
            "kcat",
        ] {
            program_that_tells(&programs.join(program), &told, variable);
        }
        // Files that a pattern could be taken for.
        std::fs::write(self.scratch.path().join("some-file"), "").unwrap();
        let status = Command::new("sh")
            .args(["-euc", command])
            .current_dir(self.scratch.path())
            .env("PATH", format!("{}:/usr/bin:/bin", programs.display()))
            .stdin(std::process::Stdio::null())
            .status()
            .unwrap();
        assert!(status.success(), "{command}");
        let read = |name: &str| std::fs::read_to_string(told.join(name)).unwrap();
        let arguments = read("arguments");
        Given {
            arguments: arguments
                .split_terminator('\0')
                .map(str::to_owned)
                .collect(),
            variable: read("variable"),
            input: read("input"),
        }
    }
}

struct Given {
    arguments: Vec<String>,
    variable: String,
    input: String,
}

impl Given {
    fn after(&self, flag: &str) -> &str {
        let at = self.arguments.iter().position(|it| it == flag).unwrap();
        self.arguments.get(at + 1).unwrap()
    }
}

fn program_that_tells(path: &Path, told: &Path, variable: &str) {
    let script = format!(
        "#!/bin/sh\nprintf '%s\\0' \"$@\" >{told}/arguments\n\
         printf '%s' \"${{{variable}-}}\" >{told}/variable\ncat >{told}/input\n",
        told = told.display()
    );
    std::fs::write(path, script).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn a_shell_gives_programs_what_was_registered_letter_by_letter() {
    let stage = Stage::new();
    let user = "o'k $x";
    for (name, kind, component) in [
        ("redis-1", "redis", "redis=6379"),
        ("mysql-1", "mysql", "mysql=3306"),
        ("click-1", "clickhouse", "clickhouse=9440"),
        ("web-1", "grafana", "grafana=3000"),
        ("influx-1", "influxdb", "influxdb=8086"),
        ("pg-1", "pg", "pg=5432"),
        ("kafka-1", "kafka", "kafka=9093,auth=sasl"),
    ] {
        stage.register(name, kind, user, HOSTILE, &[component]);
    }
    let with = |words: &[&str], variable| {
        let common = ["-u", user];
        stage.run(&stage.info(&[words, &common].concat()), variable)
    };
    let given = with(&["redis", "cli", "redis-1", "-d", HOSTILE], "REDISCLI_AUTH");
    assert_eq!(
        (given.variable.as_str(), given.after("--user")),
        (HOSTILE, user)
    );
    assert_eq!(given.after("-n"), HOSTILE);
    let given = with(&["mysql", "mysql-1", "-d", HOSTILE], "MYSQL_PWD");
    assert_eq!(given.variable, HOSTILE);
    assert!(given.arguments.contains(&format!("--user={user}")));
    assert!(given.arguments.contains(&format!("--database={HOSTILE}")));
    let given = with(
        &["clickhouse", "click-1", "-d", HOSTILE],
        "CLICKHOUSE_PASSWORD",
    );
    assert_eq!(
        (given.variable.as_str(), given.after("--user")),
        (HOSTILE, user)
    );
    let given = with(&["influx", "influx-1", "-d", HOSTILE], "INFLUX_PASSWORD");
    assert_eq!(
        (given.variable.as_str(), given.after("-database")),
        (HOSTILE, HOSTILE)
    );
    let given = with(&["kcat", "kafka-1", "-a", "sasl"], "NONE");
    assert!(
        given
            .arguments
            .contains(&format!("sasl.password={HOSTILE}"))
    );
    assert!(given.arguments.contains(&format!("sasl.username={user}")));
    let given = with(&["grafana", "web-1"], "NONE");
    assert!(
        given
            .input
            .starts_with("user = \"o'k $x:p'w $(id) \\\"\\\\` ~ * é\\n%@/")
    );
    assert!(given.arguments.iter().all(|word| !word.contains("p'w")));
    let given = with(&["psql", "pg-1", "-d", HOSTILE], "NONE");
    assert_eq!(given.arguments.len(), 1, "{:?}", given.arguments);

    let env = stage.info(&["pg-1", "--output", "env", "-u", user]);
    std::fs::write(stage.scratch.path().join(".env"), env).unwrap();
    let given = stage.run("set -a; . ./.env; psql", "PGPASSWORD");
    assert_eq!(given.variable, HOSTILE);
}

#[test]
fn the_files_of_a_client_are_written_when_asked_for_and_for_its_owner_alone() {
    let stage = Stage::new();
    let listeners = ["kafka=9092,auth=certificate", "kafka=9093,auth=sasl"];
    stage.register("kafka-1", "kafka", "avnadmin", "pw", &listeners);
    let file = |name: &str| stage.scratch.path().join(name);
    let missing = stage.refused(&["kcat", "kafka-1"], 1);
    assert!(
        missing.contains("Could not find client certificate"),
        "{missing}"
    );
    let login = json!({"users": [{"username": "avnadmin", "password": "pw",
        "access_cert": "CERT\n", "access_key": "KEY\n"}]});
    stage.put("kafka-1", &login);

    let kcat = ["service", "connection-info", "kcat", "kafka-1"];
    assert_snapshot!(stage.hints(&kcat), @"hint: the command reads files that do not exist: service.crt, service.key, ca.pem; write them with -w");
    let printed = stage.does(&kcat);
    assert!(!file("ca.pem").exists(), "nothing is written unasked");
    std::fs::write(file("service.crt"), "mine").unwrap();
    assert_eq!(stage.does(&[&kcat[..], &["-w"]].concat()), printed);
    let read = |path: PathBuf| std::fs::read_to_string(path).unwrap();
    assert_eq!(read(file("service.crt")), "mine", "-w leaves what is there");
    assert_eq!(read(file("service.key")), "KEY\n");
    stage.does(&[&kcat[..], &["-W"]].concat());
    assert_eq!(read(file("service.crt")), "CERT\n");
    assert!(read(file("ca.pem")).starts_with("-----BEGIN CERTIFICATE-----"));
    let mode = std::fs::metadata(file("service.key"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o077, 0);
    assert_eq!(stage.hints(&kcat), "", "nothing is missing any more");
    stage.does(&[&kcat[..], &["-a", "sasl", "-W", "--ca", "other.pem"]].concat());
    assert_eq!(read(file("other.pem")), read(file("ca.pem")));
    let whole = stage.types(&["service", "connection-info", "kafka-1", "-W"]);
    assert_eq!(whole.status.code(), Some(2));
}

#[test]
fn flags_that_a_tool_has_no_use_for_are_called_wrong_use() {
    let stage = Stage::new();
    stage.register(
        "redis-1",
        "redis",
        "default",
        "pw",
        &["redis=16379,tls=off"],
    );
    assert_snapshot!(stage.refused(&["redis", "cli", "redis-1", "--sslmode", "require"], 2), @"error: `redis cli` does not support `--sslmode`. Tools that support it: `psql`, `pg uri`, `pg string`, `alloydbomni uri`, `alloydbomni string`, `uri`, `env`, `k8s`, `jdbc`, `service-conf`");
    assert_snapshot!(stage.refused(&["kcat", "kafka-1", "-d", "3"], 2), @"error: `kcat` does not support `--dbname`. Tools that support it: `psql`, `pg uri`, `pg string`, `alloydbomni uri`, `alloydbomni string`, `mysql`, `mysql uri`, `redis cli`, `redis uri`, `valkey cli`, `valkey uri`, `dragonfly cli`, `dragonfly uri`, `clickhouse`, `clickhouse https`, `influx`, `uri`, `env`, `k8s`, `jdbc`, `service-conf`");
    assert_snapshot!(stage.refused(&["psql", "pg-1", "--client-cert", "c.crt"], 2), @"error: `psql` does not support `--client-cert`. Tools that support it: `kcat`, `kafkacat`, `env`, `k8s`");
    // A format for any product heeds what means something to this one.
    assert_snapshot!(stage.refused(&["uri", "redis-1", "--sslmode", "require"], 2), @"error: Tool `uri` does not support `--sslmode`. No tool for service `redis-1` supports it. Omit it");
    assert_snapshot!(stage.info(&["uri", "redis-1", "-d", "3"]), @"redis://default:pw@127.0.0.1:16379/3");
    assert_snapshot!(stage.refused(&["redis-1", "--output", "env", "-a", "sasl"], 2), @"error: Tool `env` does not support `--kafka-authentication-method`. No tool for service `redis-1` supports it. Omit it");
}

#[test]
fn a_service_tells_which_tools_fit_and_refuses_the_others() {
    let stage = Stage::new();
    let components = ["redis=16379,tls=off"];
    stage.register("redis-1", "redis", "default", "pw", &components);
    assert_snapshot!(stage.info(&["redis-1"]), @r"
    TOOL       TITLE                                   FORM   
    =========  ======================================  =======
    redis cli  redis-cli for Redis                     command
    redis uri  Redis URI                               address
    uri        URI, or HOST:PORT for a bootstrap list  address
    env        lines of a .env file                    file
    k8s        manifest of a Kubernetes Secret         file
    ");
    assert_snapshot!(stage.info(&["redis", "cli", "redis-1"]), @"REDISCLI_AUTH=pw redis-cli -h 127.0.0.1 -p 16379");
    assert_snapshot!(stage.info(&["redis", "uri", "redis-1", "-d", "3"]), @"redis://default:pw@127.0.0.1:16379/3");
    let told = stage.info(&["redis", "cli", "redis-1", "--json"]);
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["tools"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&told["ssl"], &told["port"]),
        (&json!(false), &json!(16379))
    );

    assert_snapshot!(stage.refused(&["redis", "cli"], 2), @r"
    error: `redis` is not a tool for connection information. Valid values: `psql`, `pg uri`, `pg string`, `alloydbomni uri`, `alloydbomni string`, `mysql`, `mysql uri`, `redis cli`, `redis uri`, `valkey cli`, `valkey uri`, `dragonfly cli`, `dragonfly uri`, `clickhouse`, `clickhouse https`, `kcat`, `kafkacat`, `kafka-connect`, `opensearch`, `grafana`, `influx`, `curl`, `uri`, `env`, `k8s`, `jdbc`, `service-conf`
    hint: run `underpass service connection-info [TOOL] NAME`
    ");
    assert!(stage.refused(&["psql"], 2).contains("no service is given"));
    stage.refused(&["mongo", "redis-1"], 2);
    assert!(
        stage
            .refused(&["valkey", "uri", "redis-1"], 1)
            .contains("`redis uri`")
    );
    assert!(
        stage
            .refused(&["redis", "uri", "redis-2"], 1)
            .contains("does not exist")
    );
    assert!(
        stage
            .refused(&["redis", "uri", "redis-1", "-u", "eve"], 1)
            .contains("it has default")
    );
    assert!(
        stage
            .refused(&["redis-1", "--output", "service-conf"], 1)
            .contains("Tools for service `redis-1`")
    );
    stage.refused(&["redis-1", "--output", "toml"], 2);
    stage.refused(&["redis", "uri", "redis-1", "-r", "public"], 1);
    stage.refused(&["redis", "uri", "redis-1", "-r", "moon"], 2);
    stage.refused(
        &["redis", "uri", "redis-1", "--usage", "replica", "--replica"],
        2,
    );
}
