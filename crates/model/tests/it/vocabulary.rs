//! Retired words do not come back; `docs/reference/glossary.md` says what to take instead.

mod names;
mod phrases;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use crate::sources;
use names::{EXCEPTIONS, FILES, NAMES, NAMES_WITHIN, STILL, WORDS};
use phrases::{CEILINGS, OPENINGS, PHRASES, Use};
use text::Text;

/// A file with its path from the root of the workspace.
struct Source {
    path: String,
    text: Text,
}

/// Directories with files of ours.
const PLACES: [&str; 5] = [".ci", "crates", "docs", "scripts", "tests"];

/// Files that name the retired words on purpose.
const LISTS: [&str; 3] = [
    "crates/model/tests/it/vocabulary",
    "crates/model/tests/it/vocabulary.rs",
    "docs/reference/glossary.md",
];

/// The text files of the workspace, read once for all tests.
static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(read_sources);

fn read_sources() -> Vec<Source> {
    let root = sources::root();
    let mut files: Vec<_> = PLACES
        .iter()
        .flat_map(|place| sources::files_below(&root.join(place)))
        .collect();
    files.extend(
        sources::entries(&root)
            .into_iter()
            .filter(|path| path.is_file()),
    );
    let mut read = Vec::new();
    for file in files {
        let path = file.strip_prefix(&root).unwrap_or(&file);
        let is_list = LISTS.iter().any(|list| path.starts_with(list));
        if is_list || path.ends_with("Cargo.lock") || path.starts_with("LICENSE") {
            continue;
        }
        // Pictures and the like are no text.
        if let Ok(content) = std::fs::read_to_string(&file) {
            let text = text::read(path, &content);
            let path = path.display().to_string();
            read.push(Source { path, text });
        }
    }
    assert!(read.len() > 500, "the sources are read");
    read
}

/// The retired names in a file: of the file itself and among its identifiers.
fn retired_names(source: &Source) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    let path = Path::new(&source.path).with_extension("");
    let parts: Vec<&str> = path.iter().filter_map(|part| part.to_str()).collect();
    found.extend(FILES.iter().find(|name| path.ends_with(name)));
    let within = NAMES_WITHIN
        .iter()
        .filter(|(within, _)| path.starts_with(within))
        .flat_map(|(_, names)| *names);
    let names: Vec<&'static str> = NAMES.iter().chain(within).copied().collect();
    let identifiers = source.text.identifiers.iter().map(String::as_str);
    for identifier in parts.into_iter().chain(identifiers) {
        found.extend(names.iter().find(|name| **name == identifier));
        found.extend(retired_words(identifier));
    }
    found.extend(
        source
            .text
            .names
            .iter()
            .flat_map(|name| retired_words(name)),
    );
    found
}

/// The retired words in an identifier or a name.
fn retired_words(identifier: &str) -> Vec<&'static str> {
    let words = text::words(identifier);
    let is_there = |word: &&&str| words.iter().any(|it| it == **word);
    WORDS.iter().filter(is_there).copied().collect()
}

#[test]
fn retired_names_do_not_come_back() {
    let mut places: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut used = BTreeSet::new();
    for source in SOURCES.iter() {
        for name in retired_names(source) {
            let exception = EXCEPTIONS.iter().find(|exception| {
                exception.name == name && Path::new(&source.path).starts_with(exception.within)
            });
            if let Some(exception) = exception {
                used.insert((exception.name, exception.within));
            } else {
                places.entry(name).or_default().insert(source.path.clone());
            }
        }
    }
    println!("{} retired names still occur", places.len());
    for (name, files) in &places {
        println!("{name}: {} files", files.len());
    }
    let new = places.iter().filter(|(name, _)| !STILL.contains(*name));
    let new: BTreeMap<_, _> = new.collect();
    assert!(
        new.is_empty(),
        "retired names, see docs/reference/glossary.md: {new:#?}"
    );
    let stale = STILL.iter().filter(|name| !places.contains_key(**name));
    let stale: Vec<_> = stale.collect();
    assert!(
        stale.is_empty(),
        "gone, take it out of `STILL` in `vocabulary/names.rs`: {stale:?}"
    );
    for exception in EXCEPTIONS {
        assert!(!exception.because.is_empty(), "{}", exception.name);
        assert!(
            used.contains(&(exception.name, exception.within)),
            "no exception is needed for `{}` in {}",
            exception.name,
            exception.within
        );
    }
}

#[test]
fn sentences_name_actors_and_begin_with_their_subject() {
    let mut counts: BTreeMap<String, Vec<Use>> = BTreeMap::new();
    for source in SOURCES.iter() {
        let scope = phrases::scope(&source.path);
        let uses = counts.entry(scope).or_default();
        for prose in &source.text.prose {
            uses.extend(phrases::find(&source.path, prose, &PHRASES));
        }
        for line in &source.text.doc_lines {
            uses.extend(phrases::opening(&source.path, line, &OPENINGS));
        }
    }
    let ceiling = |scope: &str| {
        let most = CEILINGS.iter().find(|(name, _)| *name == scope);
        most.map_or(0, |(_, most)| *most)
    };
    for (scope, uses) in &counts {
        println!("{scope}: {} of at most {}", uses.len(), ceiling(scope));
    }
    for (scope, uses) in &counts {
        let lines: String = uses.iter().map(ToString::to_string).collect();
        assert!(
            uses.len() <= ceiling(scope),
            "{scope}: {} are too many; name the actor, say \"immediately\" or \
             \"concurrently\", begin with a noun or a verb:\n{lines}",
            uses.len()
        );
    }
}

#[test]
fn identifiers_are_split_into_words() {
    assert_eq!(text::words("as_wanted"), ["as", "wanted"]);
    assert_eq!(text::words("LinkNounID"), ["link", "noun", "id"]);
    assert_eq!(text::words("MAX_WISHES"), ["max", "wishes"]);
    assert_eq!(text::words("nodesReturned2"), ["nodes", "returned2"]);
}

#[test]
fn code_comments_and_strings_are_told_apart() {
    let rust = r##"
        /// What it does: tells
        /// whoever asks.
        fn wish<'a>(c: char) -> &'a str { if c == '"' { "at once {wish}" } else { r#"no"# } }
        // nobody /* here */
    "##;
    let text = text::read(Path::new("a.rs"), rust);
    assert_eq!(
        Vec::from_iter(text.identifiers),
        ["a", "c", "char", "else", "fn", "if", "str", "wish"]
    );
    assert_eq!(text.doc_lines, ["What it does: tells", "whoever asks."]);
    let found = |phrase: &str| text.prose.iter().any(|prose| prose.contains(phrase));
    assert!(found("tells whoever asks."));
    assert!(found("at once {wish}"));
    assert!(found("nobody /* here */"));
    let python = "def turn(x):\n    '''Who asks.'''\n    return x.y  # at once\n";
    let text = text::read(Path::new("a.py"), python);
    assert_eq!(
        Vec::from_iter(text.identifiers),
        ["def", "return", "turn", "x", "y"]
    );
    assert_eq!(text.doc_lines, ["Who asks."]);
    let text = text::read(
        Path::new("a.rs"),
        r#"f("no_wish", "--my.wish-1", "A wish", "a b")"#,
    );
    assert_eq!(Vec::from_iter(text.names), ["--my.wish-1", "no_wish"]);
    let page = "<p>nobody {# at once #}{% if wish %}{{ look.name(\"bell\") }}{% endif %}</p>";
    let text = text::read(Path::new("a.html"), page);
    assert_eq!(
        Vec::from_iter(text.identifiers),
        ["endif", "if", "look", "name", "wish"]
    );
}

#[test]
fn phrases_are_found_as_whole_words() {
    let found = phrases::find(
        "a.md",
        "Somebody closes at once, not at oncebody.",
        &PHRASES,
    );
    assert_eq!(found.len(), 2);
    assert!(phrases::opening("a.rs", "Whether it is.", &OPENINGS).is_some());
    assert!(phrases::opening("a.rs", "Whatever it is.", &OPENINGS).is_none());
}
