//! The binary `underpass`.

use std::process::ExitCode;

fn main() -> ExitCode {
    underpass::run()
}
