//! The modules of a crate, and the file that provides each name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;

use super::syntax::{self, Content, Import};
use super::template;

/// One module: a file of its own, or a part of one.
struct Module {
    file: PathBuf,
    parent: Option<usize>,
    children: BTreeMap<String, usize>,
    content: Content,
}

/// The target of a path: a module, or a name that a file provides.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    Module(usize),
    Name(PathBuf),
}

/// The modules of one crate; the first is its root.
pub(super) struct ModuleTree {
    modules: Vec<Module>,
    test_files: BTreeSet<PathBuf>,
}

/// Names that are being looked up, to end a search that comes back to itself.
type Trail = BTreeSet<(usize, String)>;

impl ModuleTree {
    /// Reads a crate from its root file on, with a function that reads a file if it exists.
    pub(super) fn read(entry: &Path, load: &dyn Fn(&Path) -> Option<String>) -> Self {
        let mut tree = Self {
            modules: Vec::new(),
            test_files: BTreeSet::new(),
        };
        let text = load(entry).expect("a crate has a root file");
        let dir = entry.parent().unwrap_or(Path::new(""));
        tree.add(entry, dir, None, parse(entry, &text), load);
        tree
    }

    fn add(
        &mut self,
        file: &Path,
        dir: &Path,
        parent: Option<usize>,
        mut content: Content,
        load: &dyn Fn(&Path) -> Option<String>,
    ) -> usize {
        let id = self.modules.len();
        let inner = std::mem::take(&mut content.modules);
        for name in &content.test_modules {
            self.test_files.extend(candidates(dir, name));
        }
        self.modules.push(Module {
            file: file.to_owned(),
            parent,
            children: BTreeMap::new(),
            content,
        });
        for (name, content) in inner {
            let below = dir.join(&name);
            let child = if let Some(content) = content {
                Some(self.add(file, &below, Some(id), content, load))
            } else {
                let found = candidates(dir, &name)
                    .into_iter()
                    .find_map(|path| load(&path).map(|text| (path, text)));
                found.map(|(path, text)| {
                    let content = parse(&path, &text);
                    self.add(&path, &below, Some(id), content, load)
                })
            };
            if let Some(child) = child {
                self.modules[id].children.insert(name, child);
            }
        }
        id
    }

    /// Every file of the crate, those of tests included where a module declares them.
    pub(super) fn files(&self) -> impl Iterator<Item = &Path> {
        let files = self.modules.iter().map(|module| module.file.as_path());
        files.chain(self.test_files.iter().map(PathBuf::as_path))
    }

    /// Each import between two files of the crate, with the imported name.
    pub(super) fn edges(&self, templates: &Path) -> Vec<(&Path, &Path, String)> {
        let mut edges = Vec::new();
        let mut known = BTreeSet::new();
        for (id, module) in self.modules.iter().enumerate() {
            let content = &module.content;
            let imports = content.imports.iter().filter(|it| it.name.is_some());
            let mut paths: Vec<Vec<String>> = imports.map(|it| it.path.clone()).collect();
            paths.extend(content.paths.iter().cloned());
            for name in &content.templates {
                paths.extend(template::paths(templates, name));
            }
            let globs = content.imports.iter().filter(|it| it.name.is_none());
            for glob in globs {
                paths.extend(self.through_glob(id, glob));
            }
            for path in paths {
                for target in self.follow(id, &path, &mut Trail::new()) {
                    let Target::Name(file) = target else { continue };
                    let name = imported_name(&path);
                    if file != module.file && known.insert((id, file.clone(), name.clone())) {
                        let provider = self.modules.iter().find(|it| it.file == file);
                        let provider = provider.map_or(module.file.as_path(), |it| &it.file);
                        edges.push((module.file.as_path(), provider, name));
                    }
                }
            }
        }
        edges
    }

    /// The paths of the words in a module that a glob import of it may stand for.
    fn through_glob(&self, id: usize, glob: &Import) -> Vec<Vec<String>> {
        let module = &self.modules[id];
        let targets = self.follow(id, &glob.path, &mut Trail::new());
        let mut paths = Vec::new();
        for target in targets {
            match target {
                // The variants of an enum, say.
                Target::Name(_) => paths.push(glob.path.clone()),
                Target::Module(from) => {
                    for word in &module.content.words {
                        let is_there = !self.look_up(from, word, &mut Trail::new()).is_empty();
                        if is_there && !module.content.defined.contains(word) {
                            let mut path = glob.path.clone();
                            path.push(word.clone());
                            paths.push(path);
                        }
                    }
                }
            }
        }
        paths
    }

    /// The target of a path in a module; none if it leaves the crate.
    fn follow(&self, from: usize, path: &[String], trail: &mut Trail) -> Vec<Target> {
        let mut targets = match path.first().map(String::as_str) {
            Some("crate") => vec![Target::Module(0)],
            Some("self") => vec![Target::Module(from)],
            Some("super") => self.parent(from),
            Some(name) => self.look_up(from, name, trail),
            None => Vec::new(),
        };
        for segment in path.iter().skip(1) {
            if targets.iter().any(|it| matches!(it, Target::Module(_))) {
                targets.retain(|it| matches!(it, Target::Module(_)));
            }
            let step = |target: Target, trail: &mut Trail| match target {
                // A variant, a constant or a function of a type.
                Target::Name(_) => vec![target],
                Target::Module(id) if segment == "super" => self.parent(id),
                Target::Module(id) => {
                    let found = self.look_up(id, segment, trail);
                    if found.is_empty() && !trail.contains(&(id, segment.clone())) {
                        // Made by a macro.
                        vec![Target::Name(self.modules[id].file.clone())]
                    } else {
                        found
                    }
                }
            };
            targets = targets
                .into_iter()
                .flat_map(|target| step(target, trail))
                .collect();
        }
        targets.sort();
        targets.dedup();
        targets
    }

    fn parent(&self, id: usize) -> Vec<Target> {
        let parent = self.modules[id].parent;
        parent.map(Target::Module).into_iter().collect()
    }

    /// Everything that a name stands for in a module.
    fn look_up(&self, id: usize, name: &str, trail: &mut Trail) -> Vec<Target> {
        if !trail.insert((id, name.to_owned())) {
            let child = self.modules[id].children.get(name);
            return child
                .map(|child| Target::Module(*child))
                .into_iter()
                .collect();
        }
        let module = &self.modules[id];
        let mut found = Vec::new();
        found.extend(
            module
                .children
                .get(name)
                .map(|child| Target::Module(*child)),
        );
        if module.content.defined.iter().any(|defined| defined == name) {
            found.push(Target::Name(module.file.clone()));
        }
        for import in &module.content.imports {
            match &import.name {
                Some(imported) if imported == name => {
                    found.extend(self.follow(id, &import.path, trail));
                }
                None => {
                    for target in self.follow(id, &import.path, trail) {
                        if let Target::Module(from) = target {
                            found.extend(self.look_up(from, name, trail));
                        }
                    }
                }
                Some(_) => {}
            }
        }
        trail.remove(&(id, name.to_owned()));
        found
    }
}

/// The name that a path takes from a file: the type of a constant or a function of a type.
fn imported_name(path: &[String]) -> String {
    let is_type = |name: &&String| name.starts_with(|c: char| c.is_ascii_uppercase());
    let name = path.iter().find(is_type).or(path.last());
    name.cloned().unwrap_or_default()
}

/// The files that a module without content in its own file may be in.
fn candidates(dir: &Path, name: &str) -> [PathBuf; 2] {
    let flat = dir.join(format!("{name}.rs"));
    let nested = dir.join(name).join("mod.rs");
    [flat, nested]
}

fn parse(path: &Path, text: &str) -> Content {
    let stream = text.parse::<TokenStream>();
    assert!(stream.is_ok(), "{} is no Rust", path.display());
    syntax::read(stream.unwrap())
}
