//! No file imports itself through others.
//!
//! An edge leads from a file to the file that provides a name it mentions: in `use`, in a path
//! within the code, in a path inside an attribute or in the template of a page. A re-export is
//! followed to where the name is defined, so a table of contents ties nothing together; a name
//! defined in `lib.rs` or in a parent module is provided by that file. `mod x;` is no edge, and
//! tests are not read.
//!
//! To print every loop: `cargo test -p underpass-model --test it loops -- --nocapture`.

mod graph;
mod known;
mod modules;
mod syntax;
mod template;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::sources;
use graph::Graph;
use known::{KNOWN, Known};
use modules::ModuleTree;

#[test]
fn no_file_imports_itself_through_others() {
    let graph = workspace_graph();
    let loops = graph.loops();
    let described: String = loops
        .iter()
        .map(|members| graph.describe(members))
        .collect();
    println!("{} loops between files\n{described}", loops.len());
    let new = unlisted(&loops, KNOWN);
    let described: String = new.iter().map(|members| graph.describe(members)).collect();
    assert!(
        new.is_empty(),
        "files import each other in a loop; move what they share to a leaf file:\n{described}"
    );
    assert!(KNOWN.iter().all(|known| !known.because.is_empty()));
    let stale = stale(&loops, KNOWN);
    assert!(
        stale.is_empty(),
        "no longer in a loop, take it out of `loops/known.rs`:\n{stale:#?}"
    );
}

/// The loops that are not part of a known one.
fn unlisted<'a>(loops: &'a [BTreeSet<String>], known: &[Known]) -> Vec<&'a BTreeSet<String>> {
    let is_known = |members: &BTreeSet<String>| {
        let mut lists = known.iter().map(|known| known.files);
        lists.any(|files| members.iter().all(|file| files.contains(&file.as_str())))
    };
    loops.iter().filter(|members| !is_known(members)).collect()
}

/// The listed files that are in no loop any more.
fn stale(loops: &[BTreeSet<String>], known: &[Known]) -> Vec<String> {
    let in_loops: BTreeSet<&str> = loops.iter().flatten().map(String::as_str).collect();
    let listed = known.iter().flat_map(|known| known.files);
    let stale = listed.filter(|file| !in_loops.contains(*file));
    stale.map(|file| (*file).to_owned()).collect()
}

/// The imports between the files of every crate.
fn workspace_graph() -> Graph {
    let root = sources::root();
    let crates = sources::entries(&root.join("crates"));
    let graphs = std::thread::scope(|scope| {
        let threads: Vec<_> = crates
            .iter()
            .map(|dir| scope.spawn(|| crate_graph(&root, dir)))
            .collect();
        let graphs = threads.into_iter().map(|thread| thread.join().unwrap());
        graphs.collect::<Vec<_>>()
    });
    let mut all = Graph::default();
    for graph in graphs {
        all.extend(graph);
    }
    all
}

/// The imports between the files of one crate.
fn crate_graph(root: &Path, dir: &Path) -> Graph {
    let mut graph = Graph::default();
    let mut read = BTreeSet::new();
    for entry in ["lib.rs", "main.rs"].map(|name| dir.join("src").join(name)) {
        if !entry.exists() {
            continue;
        }
        let load = |path: &Path| std::fs::read_to_string(path).ok();
        let tree = ModuleTree::read(&entry, &load);
        read.extend(tree.files().map(Path::to_owned));
        for (from, to, name) in tree.edges(&dir.join("templates")) {
            graph.add(&shown(root, from), &shown(root, to), name);
        }
    }
    for file in sources::files_below(&dir.join("src")) {
        let is_rust = file.extension().is_some_and(|extension| extension == "rs");
        assert!(
            !is_rust || is_test(&file) || read.contains(&file),
            "{} belongs to no module that this test can follow",
            file.display()
        );
    }
    graph
}

/// Reports whether a file holds tests by its name or that of a directory.
fn is_test(file: &Path) -> bool {
    file.with_extension("").iter().any(|part| part == "tests")
}

/// A path as it is printed: from the root of the workspace.
fn shown(root: &Path, file: &Path) -> String {
    let path = file.strip_prefix(root).unwrap_or(file);
    path.display().to_string()
}

/// The edges of a crate given as text, each as `from -> to: name`.
fn edges_of(files: &[(&str, &str)]) -> Vec<String> {
    let texts: BTreeMap<PathBuf, &str> = files
        .iter()
        .map(|(path, text)| (PathBuf::from(path), *text))
        .collect();
    let load = |path: &Path| texts.get(path).map(|text| (*text).to_owned());
    let tree = ModuleTree::read(Path::new("lib.rs"), &load);
    let mut lines = Vec::new();
    for (from, to, name) in tree.edges(Path::new("none")) {
        lines.push(format!("{} -> {}: {name}", from.display(), to.display()));
    }
    lines.sort();
    lines
}

#[test]
fn a_name_leads_to_the_file_that_defines_it() {
    let edges = edges_of(&[
        ("lib.rs", "mod a; mod b; pub use a::Thing; pub struct Own;"),
        ("a.rs", "pub struct Thing; fn f(_: crate::Own) {}"),
        ("b.rs", "mod c; use crate::{Thing, a}; fn f() { a::g(); }"),
        ("b/c.rs", "use super::Thing as T; fn f() { super::d(T) }"),
    ]);
    assert_eq!(
        edges,
        [
            "a.rs -> lib.rs: Own",
            "b.rs -> a.rs: Thing",
            "b.rs -> a.rs: g",
            "b/c.rs -> a.rs: Thing",
            "b/c.rs -> b.rs: d",
            "lib.rs -> a.rs: Thing",
        ]
    );
}

#[test]
fn a_module_and_a_function_may_share_a_name() {
    let edges = edges_of(&[
        (
            "lib.rs",
            "mod next; pub use next::next; mod user; mod leaf;",
        ),
        (
            "next.rs",
            "pub use crate::leaf::Leaf; pub fn next() {} use self::next as again;",
        ),
        (
            "user.rs",
            "use crate::next; fn f() { next(); next::Leaf::new(); }",
        ),
        ("leaf.rs", "pub struct Leaf;"),
    ]);
    assert_eq!(
        edges,
        [
            "lib.rs -> next.rs: next",
            "next.rs -> leaf.rs: Leaf",
            "user.rs -> leaf.rs: Leaf",
            "user.rs -> next.rs: next",
        ]
    );
}

#[test]
fn paths_in_bodies_macros_attributes_and_globs_are_read() {
    let edges = edges_of(&[
        ("lib.rs", "mod a; mod b; mod c; mod d;"),
        ("a.rs", "pub fn one() {} pub fn two() {} pub struct Three;"),
        (
            "b.rs",
            r#"
            /// Not [`crate::d::Documented`].
            #[serde(with = "crate::a::codec")]
            struct B;
            impl B {
                fn f() { println!("{}", crate::a::one()); use crate::a::two; two() }
                #[cfg(test)]
                fn g() { crate::d::tested() }
            }
            #[cfg(test)]
            mod tests { use crate::d::Tested; }
            "#,
        ),
        ("c.rs", "use super::a::*; fn f(_: Three, _: Other) {}"),
        ("d.rs", "ids! { Made } fn f() {}"),
    ]);
    assert_eq!(
        edges,
        [
            "b.rs -> a.rs: codec",
            "b.rs -> a.rs: one",
            "b.rs -> a.rs: two",
            "c.rs -> a.rs: Three",
        ]
    );
}

#[test]
fn a_loop_is_found_and_described() {
    let mut graph = Graph::default();
    for (from, to) in [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("e", "a")] {
        graph.add(from, to, "Name".to_owned());
    }
    let loops = graph.loops();
    let members = BTreeSet::from(["a", "b", "c"].map(str::to_owned));
    assert_eq!(loops, std::slice::from_ref(&members));
    let text = graph.describe(&members);
    assert!(text.contains("a -> b -> c -> a"), "{text}");
    assert!(text.contains("  b -> c: Name"), "{text}");
}

#[test]
fn the_list_of_known_loops_can_only_shrink() {
    let known = [Known {
        files: &["a", "b", "c"],
        because: "",
    }];
    let members = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let whole: BTreeSet<String> = members(&["a", "b", "c"]);
    let smaller: BTreeSet<String> = members(&["a", "b"]);
    let larger: BTreeSet<String> = members(&["a", "d"]);
    assert!(unlisted(std::slice::from_ref(&whole), &known).is_empty());
    assert!(stale(&[whole], &known).is_empty());
    assert!(unlisted(std::slice::from_ref(&smaller), &known).is_empty());
    assert_eq!(stale(&[smaller], &known), ["c"]);
    assert_eq!(unlisted(std::slice::from_ref(&larger), &known).len(), 1);
}
