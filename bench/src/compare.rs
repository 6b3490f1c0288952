//! The comparison: which servers are measured and how they are started, what they are given to do,
//! and how the results become `docs/benchmarks.md`.

pub mod facts;
mod goals;
mod plots;
pub mod render;
pub mod results;
pub mod servers;
pub mod start;
mod summary;
pub mod words;
pub mod workloads;
