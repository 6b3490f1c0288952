//! The program itself, as a process that can be killed.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;

use realtid::Transport;
use shared::RefusalCode;

use crate::client::Client;
use crate::raw::handshake_from;

pub struct Process {
    child: Child,
    pub address: SocketAddr,
    log: Option<JoinHandle<Vec<String>>>,
}

impl Process {
    /// Starts `realtid` over a data directory, on a port of its own; lets a test be as quick as it
    /// likes.
    pub fn start(data_dir: &Path) -> Self {
        Self::start_with(data_dir, &["--no-rate-limits"])
    }

    /// The same as it is by default, but for these flags.
    pub fn start_with(data_dir: &Path, flags: &[&str]) -> Self {
        Self::start_by(command(), data_dir, flags)
    }

    /// The same, by a command that ends in the program.
    pub fn start_by(mut command: Command, data_dir: &Path, flags: &[&str]) -> Self {
        let mut child = command
            .args(flags)
            .args([
                "--transport",
                match crate::TRANSPORT {
                    Transport::Direct => "direct",
                    Transport::Mounted => "mounted",
                },
                "--listen",
                "127.0.0.1:0",
                "--assets",
                "no-such-directory",
                "--data-dir",
            ])
            .arg(data_dir)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = log
            .by_ref()
            .map(Result::unwrap)
            .find_map(|line| address_in(&line))
            .expect("the server did not start");
        // Goes on reading, or the server would stop at a full pipe.
        let log = std::thread::spawn(move || log.map_while(Result::ok).collect());
        Self {
            child,
            address,
            log: Some(log),
        }
    }

    pub fn ws(&self) -> String {
        format!("ws://{}/ws", self.address)
    }

    /// SIGTERM, and all that was logged after the start.
    pub fn log(mut self) -> Vec<String> {
        let log = self.log.take().unwrap();
        assert!(self.terminate().success());
        log.join().unwrap()
    }

    /// SIGKILL: no chance to tidy up.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and waits for the end.
    pub fn terminate(mut self) -> ExitStatus {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &pid])
                .status()
                .unwrap()
                .success()
        );
        self.child.wait().unwrap()
    }

    /// Lets no file of the process grow beyond `bytes`, from now on.
    pub fn limit_files(&self, bytes: u64) {
        let pid = self.child.id().try_into().unwrap();
        let limit = (bytes, rlimit::INFINITY);
        rlimit::prlimit(pid, rlimit::Resource::FSIZE, Some(limit), None).unwrap();
    }

    /// Resident memory in bytes, as the kernel counts it.
    pub fn memory(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status
            .lines()
            .find_map(|l| l.strip_prefix("VmRSS:"))
            .unwrap();
        line.trim()
            .trim_end_matches(" kB")
            .parse::<usize>()
            .unwrap()
            * 1024
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The address in the line that says where to open the chat, in either form of log.
fn address_in(line: &str) -> Option<SocketAddr> {
    let (_, address) = line.split_once("open http://")?;
    address.split('"').next()?.parse().ok()
}

/// The program, with nothing of the test's environment in its settings.
pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_realtid"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("REALTID_")) {
        command.env_remove(name);
    }
    // What goes wrong is told in one line.
    command.env_remove("RUST_BACKTRACE");
    command
}

#[test]
fn help_names_every_setting_with_its_variable() {
    let output = command().arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    for setting in [
        "--listen",
        "--assets",
        "--workers",
        "--history",
        "--data-dir",
        "--durability",
        "--keep-days",
        "--keep-messages",
        "--rooms",
        "--open-rooms",
        "--transcript",
        "--no-socketio",
        "--trusted-proxies",
        "--allow-origin",
        "--limit-in-flight",
        "--limit-pending",
        "--limit-pending-bytes",
        "--limit-queue-bytes",
        "--limit-connections",
        "--limit-connections-per-address",
        "--limit-members",
        "--limit-rooms",
        "--limit-malformed",
        "--rate-messages",
        "--rate-messages-per-address",
        "--rate-joins",
        "--rate-joins-per-address",
        "--rate-nicks",
        "--rate-connections",
        "--rate-bytes",
        "--no-rate-limits",
        "--join-timeout",
        "--ping-interval",
        "--silence-timeout",
        "--close-timeout",
        "--log",
        "--log-format",
    ] {
        let variable = format!(
            "REALTID_{}",
            setting
                .trim_start_matches('-')
                .replace('-', "_")
                .to_uppercase()
        );
        assert!(
            help.contains(setting) && help.contains(&variable),
            "{setting}"
        );
    }
}

#[test]
fn a_setting_that_makes_no_sense_is_named() {
    for (arguments, word) in [
        (&["--rooms", "No Such"][..], "room"),
        (&["--listen", "nowhere"], "--listen"),
        (&["--history", "papyrus"], "sqlite"),
        (&["--frobnicate"], "--frobnicate"),
        (&["--allow-origin", "me.example"], "https://"),
        (&["--rate-messages", "10"], "BURST:PER_SECOND"),
        (&["--trusted-proxies", "proxy.example"], "10.0.0.0/8"),
        (
            &["--history", "memory", "--ping-interval", "60"],
            "ping interval",
        ),
    ] {
        let output = command().args(arguments).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && error.contains(word), "{error}");
    }
}

#[test]
fn an_address_in_use_is_told_of_with_the_way_out() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = command()
        .args(["--history", "memory", "--listen", &address])
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(
        error.contains(&address) && error.contains("--listen"),
        "{error}"
    );
}

#[tokio::test]
async fn no_address_of_a_visitor_is_logged() {
    let data = tempfile::tempdir().unwrap();
    let settings = [
        ["--log", "trace"],
        ["--trusted-proxies", "127.0.0.8"],
        ["--limit-connections-per-address", "1"],
        ["--rate-messages", "1:0.1"],
    ];
    let server = Process::start_with(data.path(), settings.as_flattened());
    // Addresses that nothing else here has: a visitor's, a proxy's, and those that they name.
    let mut asa = Client::connect_from("127.0.0.7", &server.ws()).await;
    asa.send(serde_json::json!({ "type": "join", "nick": "Åsa" }))
        .await;
    let welcome = asa.welcome().await;
    asa.say(1, "hej").await;
    asa.entry().await;
    asa.say(2, "hej").await;
    asa.refused_with(RefusalCode::RateLimited).await;
    let named = [("X-Forwarded-For", "198.51.100.9, 203.0.113.7")];
    let ask = |ip| handshake_from(ip, server.address, "/ws", &named).0;
    assert_eq!(ask("127.0.0.7"), 429, "it is no proxy");
    assert_eq!(ask("127.0.0.8"), 101);
    drop(asa);
    let log = server.log();
    let warned = |line: &&String| line.contains("--trusted-proxies");
    assert_eq!(log.iter().filter(warned).count(), 1);
    for secret in [
        "127.0.0.7",
        "127.0.0.8",
        "198.51.100",
        "203.0.113",
        welcome.token.secret(),
    ] {
        let telling: Vec<_> = log.iter().filter(|line| line.contains(secret)).collect();
        assert!(telling.is_empty(), "{telling:?}");
    }
}

#[test]
fn logs_are_json_where_asked_for() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start_with(data.path(), &["--log-format", "json"]);
    for line in server.log() {
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert!(
            line["level"].is_string() && line["fields"]["message"].is_string(),
            "{line}"
        );
    }
}

#[test]
fn a_healthcheck_tells_the_living_from_the_dead() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path());
    let check = |address: SocketAddr| {
        command()
            .args(["healthcheck", "--listen", &address.to_string()])
            .output()
            .unwrap()
    };
    let address = server.address;
    assert!(check(address).status.success());
    server.kill();
    let dead = check(address);
    assert!(!dead.status.success());
    assert!(
        String::from_utf8(dead.stderr)
            .unwrap()
            .contains(&address.to_string())
    );
}
