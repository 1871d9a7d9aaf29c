//! Collects the pages about refusals, which the console serves and `underpass explain` prints.

#![expect(
    clippy::disallowed_methods,
    reason = "Cargo gives build scripts their paths in environment variables"
)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Pages about refusals, one file per code.
const PAGES: &str = "../../docs/errors";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let pages = Path::new(&std::env::var("CARGO_MANIFEST_DIR")?).join(PAGES);
    println!("cargo::rerun-if-changed={}", pages.display());
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(&pages)? {
        files.push(entry?.path());
    }
    files.sort();
    let mut table = "/// Every page, by its code, in alphabetical order.\npub const PAGES: &[(&str, &str)] = &[\n".to_owned();
    for file in &files {
        let code = file.file_stem().unwrap_or_default().to_string_lossy();
        if code != "README" {
            let file = file.to_string_lossy();
            writeln!(table, "    ({code:?}, include_str!({file:?})),")?;
        }
    }
    table.push_str("];\n");
    let out = PathBuf::from(std::env::var("OUT_DIR")?).join("refusal_pages.rs");
    std::fs::write(out, table)?;
    Ok(())
}
