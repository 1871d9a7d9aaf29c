//! What must stay true of the workspace as a whole.

mod edges;
