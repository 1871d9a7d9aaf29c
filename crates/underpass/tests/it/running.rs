//! An `up` that runs as a process of its own.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;

use crate::person::Person;

/// Longest time for a start, which takes a second on an idle machine.
const DEADLINE: Duration = Duration::from_mins(1);

pub(crate) struct Running {
    child: Child,
    errors: Option<JoinHandle<String>>,
    data_dir: PathBuf,
    pub(crate) ready: Value,
}

/// Returns the binary without inherited settings.
pub(crate) fn underpass(data_dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_underpass"));
    for name in [
        "UNDERPASS_URL",
        "UNDERPASS_TOKEN_FILE",
        "UNDERPASS_PROJECT",
        "UNDERPASS_LOG",
    ] {
        command.env_remove(name);
    }
    command
        .env("UNDERPASS_UP_DATA_DIR", data_dir)
        .stdin(Stdio::null());
    command
}

/// `up` on free ports, with clouds that answer immediately.
pub(crate) fn up(data_dir: &Path) -> Command {
    up_with_discovery(data_dir, "off")
}

fn up_with_discovery(data_dir: &Path, interval: &str) -> Command {
    let mut command = underpass(data_dir);
    command.args(["up", "--cloud-delay", "0s"]);
    command.args(["--discovery-interval", interval]);
    for flag in [
        "--api",
        "--dns",
        "--azure",
        "--google",
        "--azure-portal",
        "--google-portal",
    ] {
        command.args([flag, "127.0.0.1:0"]);
    }
    if !data_dir.join("settings.json").exists() {
        command.args(["--consumer-cidr", &own_range()]);
    }
    command
}

/// A consumer range that no other data directory of these tests takes, also not between a kill of
/// its `up` and the next start.
fn own_range() -> String {
    static NEXT: AtomicU8 = AtomicU8::new(100);
    loop {
        let octet = NEXT.fetch_add(1, Ordering::Relaxed);
        assert!(octet >= 100, "there are more data directories than ranges");
        // The socket of a claim: another run of these tests may use the range.
        if UdpSocket::bind((Ipv4Addr::new(127, octet, 255, 254), 8779)).is_ok() {
            return format!("127.{octet}.0.0/16");
        }
    }
}

impl Running {
    pub(crate) fn start(data_dir: &Path) -> Self {
        Self::of(data_dir, up(data_dir))
    }

    /// Starts with background discovery.
    pub(crate) fn start_discovering(data_dir: &Path) -> Self {
        Self::of(data_dir, up_with_discovery(data_dir, "1s"))
    }

    /// Starts with further arguments.
    pub(crate) fn start_with(data_dir: &Path, arguments: &[&str]) -> Self {
        let mut command = up(data_dir);
        command.args(arguments);
        Self::of(data_dir, command)
    }

    /// Starts it with a limit of open descriptors.
    pub(crate) fn with_descriptors(data_dir: &Path, limit: u32) -> Self {
        let up = up(data_dir);
        let mut command = Command::new("sh");
        command
            .args(["-c", &format!("ulimit -n {limit} && exec \"$0\" \"$@\"")])
            .arg(up.get_program())
            .args(up.get_args())
            .stdin(Stdio::null());
        for (name, value) in up.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        Self::of(data_dir, command)
    }

    fn of(data_dir: &Path, mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (tell, told) = mpsc::channel();
        // Reads on to the end, so that the process never waits for its reader.
        std::thread::spawn(move || {
            let _ = tell.send(lines.next());
            lines.count()
        });
        let mut errors = child.stderr.take().unwrap();
        let errors = std::thread::spawn(move || {
            let mut text = String::new();
            let _ = errors.read_to_string(&mut text);
            text
        });
        let told = told.recv_timeout(DEADLINE);
        let Ok(Some(Ok(line))) = told else {
            child.kill().unwrap();
            let errors = errors.join().unwrap();
            panic!("no ready line ({told:?}); it said: {errors}");
        };
        let ready = serde_json::from_str(&line).unwrap();
        Self {
            errors: Some(errors),
            child,
            data_dir: data_dir.to_owned(),
            ready,
        }
    }

    /// Returns a user of this `up`.
    pub(crate) fn person(&self) -> Person {
        Person::new(&self.data_dir)
    }

    /// The member of the ready line, as text.
    pub(crate) fn text(&self, pointer: &str) -> String {
        self.ready
            .pointer(pointer)
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned()
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop and waits for it.
    pub(crate) fn terminate(mut self) -> ExitStatus {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
        self.child.wait().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let errors = self.errors.take().map(JoinHandle::join);
        if let (true, Some(Ok(errors))) = (std::thread::panicking(), errors) {
            // Part of the output of a failed test.
            let _ = writeln!(std::io::stderr(), "{errors}");
        }
    }
}
