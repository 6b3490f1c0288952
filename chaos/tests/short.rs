//! A short storm, over a server that is built anew: it ends when enough has happened.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use chaos::run::{Durability, Goal, Options, run};

/// Always asks Cargo: a server of before would say nothing about the one of now.
fn server() -> PathBuf {
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--locked", "-p", "realtid", "--bin", "realtid"]);
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    let output = build
        .args(["--message-format", "json-render-diagnostics"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(std::process::Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "'cargo build -p realtid' failed");
    let told = String::from_utf8(output.stdout).unwrap();
    told.lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|told| told["target"]["name"] == "realtid")
        .find_map(|told| told["executable"].as_str().map(PathBuf::from))
        .expect("Cargo names the program that it has built")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_doubled_or_reordered_in_a_short_storm() {
    let goal = Goal {
        time: Duration::ZERO,
        messages: 300,
        kills: 2,
        cuts: 10,
    };
    let counts = run(Options {
        server: server(),
        durability: Durability::Power,
        server_args: Vec::new(),
        seed: 1,
        visitors: 8,
        long_percent: 4,
        goal,
        lifetime: Duration::from_secs(4),
        between_kills: Duration::from_millis(300)..Duration::from_secs(3),
        tell: |line| println!("{line}"),
    })
    .await
    .unwrap_or_else(|failure| panic!("{failure}"));
    println!("{counts}");
    assert!(counts.messages >= goal.messages as u64);
    assert!(counts.kills >= goal.kills && counts.deeds.cuts >= goal.cuts);
    assert!(counts.reconnects() > 0, "nobody had to come back");
    assert!(counts.met.renames > 0, "nobody had another nick");
    assert!(counts.met.guests > 0, "nobody came as a stranger");
}
