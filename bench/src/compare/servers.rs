//! The servers that are compared, and the command that starts each. A new flag of Realtid, or a new
//! peer, is a line here.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use crate::load::Protocol;

/// Realtid as it is by default: what the others are compared with.
pub const BASE: &str = "realtid-sqlite-direct";

/// A server that is compared.
#[derive(Debug, Clone, Copy)]
pub struct Server {
    /// How it is called on the command line and in the results.
    pub key: &'static str,
    /// How it is called in the document.
    pub title: &'static str,
    /// What it is.
    pub kind: Kind,
    /// What its clients speak.
    pub protocol: Protocol,
}

/// How a server is started.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// Realtid, with these flags beside those that all have.
    Realtid(&'static [&'static str]),
    /// A script of `peers/node`.
    Node(&'static str),
    /// A program of `peers/rust`, with these flags.
    Rust(&'static str, &'static [&'static str]),
}

/// All of them, in the order in which they are told.
pub const SERVERS: &[Server] = &[
    realtid(
        BASE,
        "Realtid, SQLite",
        &["--history", "sqlite", "--transport", "direct"],
    ),
    realtid(
        "realtid-memory-direct",
        "Realtid, memory",
        &["--history", "memory", "--transport", "direct"],
    ),
    realtid(
        "realtid-sqlite-no-writer-first",
        "Realtid, SQLite, writer not first",
        &[
            "--history",
            "sqlite",
            "--transport",
            "direct",
            "--no-writers-first",
        ],
    ),
    realtid(
        "realtid-memory-no-writer-first",
        "Realtid, memory, writer not first",
        &[
            "--history",
            "memory",
            "--transport",
            "direct",
            "--no-writers-first",
        ],
    ),
    realtid(
        "realtid-sqlite-mounted",
        "Realtid mounted, SQLite",
        &["--history", "sqlite", "--transport", "mounted"],
    ),
    realtid(
        "realtid-memory-mounted",
        "Realtid mounted, memory",
        &["--history", "memory", "--transport", "mounted"],
    ),
    realtid(
        "realtid-sqlite-no-presence",
        "Realtid, SQLite, no presence",
        &[
            "--history",
            "sqlite",
            "--transport",
            "direct",
            "--presence-interval",
            "0",
        ],
    ),
    realtid(
        "realtid-memory-no-presence",
        "Realtid, memory, no presence",
        &[
            "--history",
            "memory",
            "--transport",
            "direct",
            "--presence-interval",
            "0",
        ],
    ),
    over_socketio(realtid(
        "realtid-socketio",
        "Realtid, SQLite, by socket.io",
        &["--history", "sqlite", "--transport", "direct"],
    )),
    over_socketio(realtid(
        "realtid-memory-socketio",
        "Realtid, memory, by socket.io",
        &["--history", "memory", "--transport", "direct"],
    )),
    node("ws", "ws (node)", "ws.mjs"),
    over_socketio(node("socketio", "socket.io (node)", "socketio.mjs")),
    rust("axum-broadcast", "axum + broadcast", "axum-broadcast", &[]),
    rust(
        "axum-batch",
        "axum + broadcast, gathering",
        "axum-broadcast",
        &["--batch"],
    ),
    rust(
        "tokio-websockets",
        "tokio-websockets",
        "tokio-websockets",
        &[],
    ),
    rust(
        "tutorial-actix",
        "actix, as in tutorials",
        "tutorial-actix",
        &[],
    ),
    rust(
        "kernel-single",
        "kernel's limit: one write per delivery",
        "kernel-limit",
        &[],
    ),
    rust(
        "kernel-batch",
        "kernel's limit: one write per client and loop",
        "kernel-limit",
        &["--batch"],
    ),
];

/// Flags that not every build of Realtid knows, and what to do without them.
const NEWER: &[(&str, Without)] = &[
    ("--transport direct", Without::CannotRun),
    ("--transport mounted", Without::IsSo),
    ("--no-writers-first", Without::CannotRun),
    ("--presence-interval 0", Without::CannotRun),
];

/// What it means that a build does not know a flag.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Without {
    /// It is as the flag says anyway.
    IsSo,
    /// It cannot be as the flag says.
    CannotRun,
}

const fn realtid(key: &'static str, title: &'static str, flags: &'static [&'static str]) -> Server {
    Server {
        key,
        title,
        kind: Kind::Realtid(flags),
        protocol: Protocol::Plain,
    }
}

const fn node(key: &'static str, title: &'static str, script: &'static str) -> Server {
    Server {
        key,
        title,
        kind: Kind::Node(script),
        protocol: Protocol::Plain,
    }
}

/// The same, spoken to by clients of socket.io.
const fn over_socketio(server: Server) -> Server {
    Server {
        protocol: Protocol::Socketio,
        ..server
    }
}

const fn rust(
    key: &'static str,
    title: &'static str,
    program: &'static str,
    flags: &'static [&'static str],
) -> Server {
    Server {
        key,
        title,
        kind: Kind::Rust(program, flags),
        protocol: Protocol::Plain,
    }
}

/// The server of this key.
#[must_use]
pub fn find(key: &str) -> Option<&'static Server> {
    SERVERS.iter().find(|server| server.key == key)
}

/// Where programs are.
#[derive(Debug, Clone)]
pub struct Places {
    /// The program `realtid`.
    pub realtid: PathBuf,
    /// The directory of the peers.
    pub peers: PathBuf,
    /// What `realtid --help` says.
    help: String,
}

impl Places {
    /// Asks Realtid what it can.
    ///
    /// # Errors
    /// Where it is not built.
    pub fn new(realtid: PathBuf, peers: PathBuf) -> anyhow::Result<Self> {
        let asked = Command::new(&realtid)
            .arg("--help")
            .output()
            .with_context(|| {
                let path = realtid.display();
                format!("{path} cannot be run: 'cargo build --release -p realtid' builds it")
            })?;
        let help = String::from_utf8_lossy(&asked.stdout).into_owned();
        Ok(Self {
            realtid,
            peers,
            help,
        })
    }

    /// The directory of the Node.js peers.
    #[must_use]
    pub fn node(&self) -> PathBuf {
        self.peers.join("node")
    }

    /// The directory of the Rust peers.
    #[must_use]
    pub fn rust(&self) -> PathBuf {
        self.peers.join("rust")
    }
}

impl Server {
    /// The command that starts it on a port of 127.0.0.1, with its data in `data`.
    ///
    /// # Errors
    /// Why it cannot be started here, in words.
    pub fn command(&self, places: &Places, port: u16, data: &Path) -> Result<Vec<String>, String> {
        let port = port.to_string();
        match self.kind {
            Kind::Realtid(flags) => {
                let own = known(flags, &places.help)?;
                let data = data.display().to_string();
                let listen = format!("127.0.0.1:{port}");
                let all = [
                    "--listen",
                    &listen,
                    "--workers",
                    "1",
                    "--data-dir",
                    &data,
                    "--assets",
                    "none",
                    "--no-rate-limits",
                    "--limit-connections",
                    "0",
                    "--limit-connections-per-address",
                    "0",
                    "--limit-members",
                    "0",
                    "--open-rooms",
                    "--limit-rooms",
                    "0",
                    "--log",
                    "warn",
                ];
                let program = places.realtid.display().to_string();
                Ok(std::iter::once(program)
                    .chain(all.into_iter().chain(own).map(str::to_owned))
                    .collect())
            }
            Kind::Node(script) => {
                let node = places.node();
                if !node.join("node_modules").is_dir() {
                    return Err(format!("'npm ci' has not been run in {}", node.display()));
                }
                let script = node.join(script).display().to_string();
                Ok(vec!["node".to_owned(), script, "--port".to_owned(), port])
            }
            Kind::Rust(program, flags) => {
                let program = places.rust().join("target/release").join(program);
                if !program.is_file() {
                    let rust = places.rust();
                    return Err(format!(
                        "'cargo build --release' has not been run in {}",
                        rust.display()
                    ));
                }
                let mut command = vec![program.display().to_string(), "--port".to_owned(), port];
                command.extend(flags.iter().map(|flag| (*flag).to_owned()));
                Ok(command)
            }
        }
    }
}

/// The flags that this build of Realtid is to be given.
fn known(flags: &[&'static str], help: &str) -> Result<Vec<&'static str>, String> {
    let mut given = Vec::new();
    let mut flags = flags.iter().copied().peekable();
    while let Some(flag) = flags.next() {
        let value = flags.next_if(|next| !next.starts_with("--"));
        let whole = value.map_or(flag.to_owned(), |value| format!("{flag} {value}"));
        let without = NEWER
            .iter()
            .find(|(newer, _)| *newer == whole)
            .map(|(_, without)| *without);
        let unknown = without.is_some()
            && !help.contains(&format!("{flag} "))
            && !help.contains(&format!("{flag}\n"));
        match (unknown, without) {
            (true, Some(Without::IsSo)) => {}
            (true, _) => return Err(format!("this build of realtid does not know '{flag}'")),
            (false, _) => given.extend(std::iter::once(flag).chain(value)),
        }
    }
    Ok(given)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_unique_and_found() {
        for server in SERVERS {
            assert_eq!(find(server.key).unwrap().title, server.title);
        }
        assert!(find("nobody").is_none());
    }

    #[test]
    fn a_build_that_lacks_a_flag_is_not_measured_as_if_it_had_it() {
        let old = "      --history <HISTORY>\n      --workers <N>\n";
        let new = "      --history <HISTORY>\n      --transport <T>\n      --no-writers-first\n";
        let direct = ["--history", "sqlite", "--transport", "direct"];
        assert!(known(&direct, old).unwrap_err().contains("--transport"));
        assert_eq!(known(&direct, new).unwrap(), direct);
        let mounted = ["--history", "memory", "--transport", "mounted"];
        assert_eq!(known(&mounted, old).unwrap(), ["--history", "memory"]);
        assert_eq!(known(&mounted, new).unwrap(), mounted);
        assert!(known(&["--no-writers-first"], old).is_err());
        assert_eq!(
            known(&["--no-writers-first"], new).unwrap(),
            ["--no-writers-first"]
        );
    }
}
