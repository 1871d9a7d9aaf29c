//! Names that the project has given up.

/// A place where a retired name has another meaning that is common outside of this project.
pub(super) struct Exception {
    pub(super) name: &'static str,
    /// A directory or a file, from the root of the workspace.
    pub(super) within: &'static str,
    pub(super) because: &'static str,
}

/// Whole identifiers, and names of files without extension.
pub(super) const NAMES: &[&str] = &[
    "Attendance",
    "Attention",
    "AzureRoom",
    "Desk",
    "Doing",
    "Doors",
    "Face",
    "Floor",
    "Gap",
    "GoogleRoom",
    "Ground",
    "Lane",
    "Leg",
    "Look",
    "Mark",
    "Moment",
    "NotSealed",
    "Picked",
    "Place",
    "Planted",
    "Recipe",
    "Seal",
    "SealError",
    "Seen",
    "Sighted",
    "Site",
    "Story",
    "Tally",
    "Turn",
    "Urgency",
    "Verdict",
    "attendance",
    "desk",
    "doing",
    "doors",
    "doubt",
    "face",
    "faces",
    "form_word",
    "ground",
    "is_sealed",
    "judge",
    "judged",
    "lane",
    "lanes",
    "lead_to",
    "leg",
    "legs",
    "life",
    "look",
    "looks",
    "machine_room",
    "moment",
    "moments",
    "picked",
    "planted",
    "recipe",
    "recipes",
    "seal",
    "sealed",
    "site",
    "stories",
    "story",
    "take_turn",
    "tallies",
    "tally",
    "turn",
    "turns",
    "urgency",
    "verdict",
    "verdicts",
];

/// Whole identifiers and names of files that are retired in a part of the workspace.
pub(super) const NAMES_WITHIN: &[(&str, &[&str])] = &[
    (
        "crates/emulators",
        &[
            "Carrier", "Entrance", "Stage", "World", "carrier", "entrance", "stage", "world",
        ],
    ),
    ("crates/server/src", &["exchange"]),
    (
        "crates/underpass/src",
        &["Frame", "Keep", "Stage", "frame", "keep", "stage"],
    ),
];

/// Names of files that are retired, where the word is common as an identifier.
pub(super) const FILES: &[&str] = &["guard", "place", "exchange"];

/// Words that are retired in any identifier, also as one of several.
pub(super) const WORDS: &[&str] = &[
    "bell",
    "dossier",
    "dossiers",
    "hindrance",
    "hindrances",
    "misfit",
    "misfits",
    "nobody",
    "noun",
    "nouns",
    "people",
    "sight",
    "sighted",
    "sky",
    "somebody",
    "trouble",
    "troubles",
    "want",
    "wanted",
    "whoever",
    "wish",
    "wished",
    "wishes",
];

/// Places where a retired name has another meaning.
pub(super) const EXCEPTIONS: &[Exception] = &[
    Exception {
        name: "nobody",
        within: "crates/underpass/src/demo/programs.rs",
        because: "the Unix user of that name",
    },
    Exception {
        name: "sighted",
        within: "crates/model/src/connection.rs",
        because: "a stored name",
    },
    Exception {
        name: "troubles",
        within: "crates/model/src/part.rs",
        because: "a stored name",
    },
    Exception {
        name: "troubles",
        within: "crates/model/src/part/tests.rs",
        because: "a stored name",
    },
    Exception {
        name: "wish",
        within: "crates/clouds",
        because: "the name of the tag on cloud resources that earlier versions created",
    },
    Exception {
        name: "moment",
        within: "crates/console/templates",
        because: "the macro that shows a moment as a relative time",
    },
    Exception {
        name: "site",
        within: "crates/underpass/src/portal",
        because: "a web site, as in `Sec-Fetch-Site`",
    },
];

/// Retired names that still occur; the list can only shrink.
pub(super) const STILL: &[&str] = &[];
