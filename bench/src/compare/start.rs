//! Starts a server and the load generator, each on a core of its own, and takes what came of it.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::servers::{Places, Server};
use super::workloads::Workload;
use crate::load::{Protocol, Report};

/// Time for a server to listen.
const STARTING: Duration = Duration::from_secs(20);

/// The core of the server, and that of the generator.
const CORES: [&str; 2] = ["0", "1"];

/// How runs are made.
#[derive(Debug)]
pub struct Runner {
    /// Where the servers are.
    pub places: Places,
    /// The program `load`.
    pub load: PathBuf,
    /// Where data and the servers' own words go. On a disk: durability is to cost what it costs.
    pub scratch: PathBuf,
    /// Whether server and generator get a core each.
    pub pinned: bool,
    /// Seconds of the window.
    pub seconds: f64,
    /// Seconds before it.
    pub warm_up: f64,
    /// Bytes of a message's text.
    pub text_bytes: u16,
}

/// A process that ends with its owner.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Nothing of it is kept, so it need not end in good order.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Runner {
    /// One run of one server.
    ///
    /// # Errors
    /// Where server or generator cannot do it.
    pub fn run(&self, server: &Server, workload: &Workload) -> anyhow::Result<Report> {
        let data = tempfile::tempdir_in(&self.scratch)?;
        let port = free_port()?;
        let command = server
            .command(&self.places, port, data.path())
            .map_err(anyhow::Error::msg)?;
        let words = self.scratch.join("server.log");
        let log = File::create(&words)?;
        let mut running = Running(
            self.pin(0, &command)
                .stdin(Stdio::null())
                .stdout(log.try_clone()?)
                .stderr(log)
                .spawn()
                .with_context(|| format!("{} cannot be started", server.title))?,
        );
        let ran = wait_for(port, &mut running.0).and_then(|()| {
            let pid = running.0.id();
            self.drive(server, workload, port, pid)
        });
        // On a line of their own: they may tell more of the machine than a document should.
        ran.map_err(|error| anyhow::anyhow!("{error:#}\nthe server said: {}", last_words(&words)))
    }

    fn drive(
        &self,
        server: &Server,
        workload: &Workload,
        port: u16,
        pid: u32,
    ) -> anyhow::Result<Report> {
        let protocol = match server.protocol {
            Protocol::Plain => "plain",
            Protocol::Socketio => "socketio",
        };
        let mut command = vec![self.load.display().to_string()];
        command.extend(workload.flags(self.seconds, self.warm_up));
        command.extend(
            [
                ("--to", format!("127.0.0.1:{port}")),
                ("--protocol", protocol.to_owned()),
                ("--server-pid", pid.to_string()),
                ("--text-bytes", self.text_bytes.to_string()),
            ]
            .into_iter()
            .flat_map(|(name, value)| [name.to_owned(), value]),
        );
        let mut load = Running(
            self.pin(1, &command)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .env_remove("RUST_BACKTRACE")
                .spawn()
                .context("the load generator cannot be started")?,
        );
        let mut line = String::new();
        if let Some(out) = load.0.stdout.take() {
            BufReader::new(out).read_line(&mut line)?;
        }
        // What idles goes on until its input ends.
        drop(load.0.stdin.take());
        let mut words = String::new();
        if let Some(mut errors) = load.0.stderr.take() {
            errors.read_to_string(&mut words)?;
        }
        load.0.wait()?;
        serde_json::from_str(&line)
            .map_err(|_| anyhow::anyhow!("the load generator gave no result: {}", words.trim()))
    }

    fn pin(&self, place: usize, command: &[String]) -> Command {
        let core = CORES.get(place).copied().unwrap_or_default();
        let pinned = ["taskset", "--cpu-list", core].map(str::to_owned);
        let all: Vec<&String> = match self.pinned {
            true => pinned.iter().chain(command).collect(),
            false => command.iter().collect(),
        };
        let mut words = all.into_iter();
        let mut started = Command::new(words.next().map_or("", String::as_str));
        started.args(words);
        started
    }
}

/// Whether a server and a generator can have a core each here.
#[must_use]
pub fn can_pin() -> bool {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let taskset = Command::new("taskset").arg("--version").output();
    cores >= CORES.len() && taskset.is_ok_and(|asked| asked.status.success())
}

/// A port that was free a moment ago.
fn free_port() -> anyhow::Result<u16> {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    Ok(socket.local_addr()?.port())
}

fn wait_for(port: u16, server: &mut Child) -> anyhow::Result<()> {
    let began = Instant::now();
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        if let Some(ended) = server.try_wait()? {
            anyhow::bail!("it ended at once, with {ended}");
        }
        anyhow::ensure!(
            began.elapsed() < STARTING,
            "it does not listen on port {port}"
        );
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// The end of what a server has written.
fn last_words(path: &Path) -> String {
    let read = || -> std::io::Result<String> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(500)))?;
        let mut words = Vec::new();
        file.read_to_end(&mut words)?;
        Ok(String::from_utf8_lossy(&words).trim().to_owned())
    };
    match read() {
        Ok(words) if !words.is_empty() => words,
        _ => "nothing".to_owned(),
    }
}
