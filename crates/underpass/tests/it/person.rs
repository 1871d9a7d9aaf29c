//! A user at a shell.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::running::underpass;

/// Longest time that a test waits.
const DEADLINE: Duration = Duration::from_mins(1);

pub(crate) struct Person {
    data_dir: PathBuf,
}

/// Exit code and output of a command.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Person {
    pub(crate) fn new(data_dir: &Path) -> Self {
        Self {
            data_dir: data_dir.to_owned(),
        }
    }

    /// Runs a command; `words` are separated by blanks.
    pub(crate) fn types(&self, words: &str) -> Outcome {
        let output = underpass(&self.data_dir)
            .args(words.split(' '))
            .output()
            .unwrap();
        Outcome {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs a command that must succeed and returns its output.
    pub(crate) fn does(&self, words: &str) -> String {
        let outcome = self.types(words);
        assert_eq!(outcome.code, 0, "{words}: {outcome:?}");
        outcome.stdout.trim_end_matches('\n').to_owned()
    }

    /// Runs a command that must succeed, with `--json`, and returns its output.
    pub(crate) fn reads(&self, words: &str) -> Value {
        serde_json::from_str(&self.does(&format!("{words} --json"))).unwrap()
    }
}

/// Polls until the condition holds.
pub(crate) fn until(what: &str, mut so: impl FnMut() -> bool) {
    #[expect(clippy::disallowed_methods, reason = "a deadline of a test")]
    let begun = Instant::now();
    while !so() {
        assert!(
            begun.elapsed() < DEADLINE,
            "{what}: not so after {DEADLINE:?}"
        );
        std::thread::yield_now();
    }
}
