//! Types of the members of bodies.

/// The api-version whose models the tables describe.
pub(super) const DESCRIBED: &str = "2024-05-01";

/// The type of a member's value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    Text,
    Flag,
    /// A whole number of 32 bits.
    Whole,
    /// One of these words, in any case.
    Word(&'static [&'static str]),
    Texts,
    /// An object.
    One(&'static Object),
    /// A list of objects.
    Many(&'static Object),
    /// A list of named elements, whose `properties` are the object.
    Elements(&'static Object),
    /// An object with the `id` of another resource; its other members are not read.
    Reference,
    References,
    /// Not read: output only, or of a part that the emulator lacks.
    Any,
    /// A member of a later api-version than [`DESCRIBED`], not read.
    Newer,
    /// A member of a later api-version than [`DESCRIBED`], one of these words.
    NewerWord(&'static [&'static str]),
}

/// An object, and its name in the models.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) name: &'static str,
    pub(super) members: &'static [(&'static str, Shape)],
}
