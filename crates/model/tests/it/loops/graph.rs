//! Imports between files, and the loops among them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write;

/// The imports of each file, with the imported names.
#[derive(Default)]
pub(super) struct Graph {
    edges: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
}

impl Graph {
    /// Adds an import of a name by one file from another.
    pub(super) fn add(&mut self, from: &str, to: &str, name: String) {
        let targets = self.edges.entry(from.to_owned()).or_default();
        targets.entry(to.to_owned()).or_default().insert(name);
    }

    /// Adds the imports of a graph of other files.
    pub(super) fn extend(&mut self, other: Self) {
        self.edges.extend(other.edges);
    }

    /// The largest sets of files that all reach each other.
    pub(super) fn loops(&self) -> Vec<BTreeSet<String>> {
        let mut loops: Vec<BTreeSet<String>> = Vec::new();
        for file in self.edges.keys() {
            if loops.iter().any(|members| members.contains(file)) {
                continue;
            }
            let reached = self.reached_from(file);
            let members: BTreeSet<String> = reached
                .into_iter()
                .filter(|other| other == file || self.reached_from(other).contains(file))
                .collect();
            if members.len() > 1 {
                loops.push(members);
            }
        }
        loops
    }

    /// Every file that one reaches over its imports, itself included.
    fn reached_from(&self, file: &str) -> BTreeSet<String> {
        let mut reached = BTreeSet::from([file.to_owned()]);
        let mut open = vec![file.to_owned()];
        while let Some(next) = open.pop() {
            for target in self.edges.get(&next).into_iter().flat_map(BTreeMap::keys) {
                if reached.insert(target.clone()) {
                    open.push(target.clone());
                }
            }
        }
        reached
    }

    /// One loop in words: its shortest way round, then every import within it.
    pub(super) fn describe(&self, members: &BTreeSet<String>) -> String {
        let round = members
            .iter()
            .filter_map(|file| self.shortest_round(file, members))
            .min_by_key(Vec::len)
            .unwrap_or_default();
        let mut text = format!("{} files: {}\n", members.len(), round.join(" -> "));
        for from in members {
            for (to, names) in self.edges.get(from).into_iter().flatten() {
                if members.contains(to) {
                    let names: Vec<_> = names.iter().map(String::as_str).collect();
                    let _ = writeln!(text, "  {from} -> {to}: {}", names.join(", "));
                }
            }
        }
        text
    }

    /// The shortest way from a file back to itself within a loop.
    fn shortest_round(&self, file: &str, members: &BTreeSet<String>) -> Option<Vec<String>> {
        let mut open = VecDeque::from([vec![file.to_owned()]]);
        let mut seen = BTreeSet::new();
        while let Some(way) = open.pop_front() {
            for target in self.edges.get(way.last()?)?.keys() {
                let mut longer = way.clone();
                longer.push(target.clone());
                if target == file {
                    return Some(longer);
                }
                if members.contains(target) && seen.insert(target.clone()) {
                    open.push_back(longer);
                }
            }
        }
        None
    }
}
