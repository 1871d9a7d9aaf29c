//! Azure Private Link by plain REST.
