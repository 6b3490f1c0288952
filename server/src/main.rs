//! The program `realtid`: flags, logs and signals.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Parser, Subcommand, ValueEnum};
use realtid::archive::{self, Summary};
use realtid::{Chat, Clock, ServeConfig, Server, healthcheck};
use shared::RoomName;
use tokio::signal::unix::{SignalKind, signal};
use tracing::Level;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, fmt};

/// A chat for one's own site: serves the built site and the chat on one port.
#[derive(Parser)]
#[command(name = "realtid", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,

    /// How logs are written
    #[arg(long, env = "REALTID_LOG_FORMAT", value_enum, default_value_t)]
    log_format: LogFormat,

    /// Which logs are written: error, warn, info, debug or trace, also by module
    #[arg(long, env = "REALTID_LOG", default_value = "info")]
    log: String,

    // Last: the limits in it have a heading of their own, which holds for all that follows.
    #[command(flatten)]
    serve: ServeConfig,
}

#[derive(Subcommand)]
enum Command {
    /// Serve (the default)
    Serve,
    /// Ask the server at --listen whether it is well; ends with 0 where it is
    Healthcheck,
    /// Write messages as lines of JSON; the server may run meanwhile
    Export {
        /// Where to; there wholly or not at all. The standard output where it is left out
        file: Option<PathBuf>,

        /// Only these rooms, separated by commas
        #[arg(long, value_delimiter = ',')]
        room: Vec<RoomName>,
    },
    /// Read messages that 'export' has written; the server must be stopped
    ///
    /// All of them or, where anything is wrong, none. They keep their numbers, times, ids and authors.
    /// Clients are told that the log of each room imported is another one.
    Import {
        /// Where from
        file: PathBuf,

        /// Only these rooms, separated by commas
        #[arg(long, value_delimiter = ',')]
        room: Vec<RoomName>,

        /// Remove the messages of these rooms before
        #[arg(long)]
        replace: bool,
    },
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum LogFormat {
    /// Lines for people
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

#[actix_web::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let database = cli.serve.chat.database();
    match &cli.command {
        Some(Command::Healthcheck) => healthcheck(cli.serve.listen).map_err(anyhow::Error::msg),
        Some(Command::Export { file, room }) => {
            logs(&cli)?;
            let clock = Clock::system();
            let done = archive::export(&database, room, file.as_deref(), &clock, progress)?;
            say_done("exported", done);
            Ok(())
        }
        Some(Command::Import {
            file,
            room,
            replace,
        }) => {
            logs(&cli)?;
            let done = archive::import(&database, room, file, *replace, progress)?;
            say_done("imported", done);
            Ok(())
        }
        Some(Command::Serve) | None => {
            logs(&cli)?;
            serve(cli.serve).await
        }
    }
}

/// To the standard error stream: an export may go to the other one.
fn progress(entries: u64) {
    eprintln!("{entries} messages so far");
}

fn say_done(done: &str, Summary { rooms, entries }: Summary) {
    let counted =
        |count: u64, of: &str| format!("{count} {of}{}", if count == 1 { "" } else { "s" });
    let (entries, rooms) = (counted(entries, "message"), counted(rooms, "room"));
    eprintln!("{done} {entries} of {rooms}");
}

async fn serve(config: ServeConfig) -> anyhow::Result<()> {
    // Two descriptors a connection: a distribution's 1,024 would not last.
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::warn!(%error, "could not raise the limit of open files");
    }
    // Before anyone is told that the server is there, and may want to stop it.
    let stop = stop_signal()?;
    let chat = Chat::start(config.chat.clone())?;
    let server = Server::bind(chat, &config).with_context(|| {
        format!(
            "cannot listen on {}; choose another by --listen",
            config.listen
        )
    })?;
    tracing::info!("open http://{}", server.address());
    server.run(stop).await.context("the server failed")
}

/// From the signal to the end at the latest, whatever the disk does meanwhile.
const STOP: Duration = Duration::from_millis(4_500);

/// Resolves at SIGTERM or SIGINT; from then on the process ends within [`STOP`].
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        std::thread::spawn(|| {
            std::thread::sleep(STOP);
            tracing::error!("stopping took too long: clients will send again what was not stored");
            std::process::exit(1);
        });
    })
}

fn logs(cli: &Cli) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&cli.log).context("--log")?;
    // Its traces have what people say in them, and who they are.
    let discreet = filter_fn(|about| {
        *about.level() < Level::TRACE || !about.target().starts_with("tungstenite")
    });
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines = match cli.log_format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    let logs = tracing_subscriber::registry();
    logs.with(filter).with(lines.with_filter(discreet)).init();
    Ok(())
}
