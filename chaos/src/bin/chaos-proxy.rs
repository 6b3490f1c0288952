//! The program `chaos-proxy`: the proxy alone, told by lines on its standard input what to do.

use std::io::{BufRead as _, Write as _};
use std::net::SocketAddr;

use anyhow::Context as _;
use chaos::journal::Journal;
use chaos::proxy::{Command, Proxy};
use clap::Parser;

/// A TCP proxy that mistreats its lines on command. Commands are lines on standard input, and each
/// is answered by one line: 'ok' and how many open lines it found, or 'error' and why. Before the
/// first one it says where it listens. It ends with its input.
#[derive(Parser)]
#[command(name = "chaos-proxy", version, max_term_width = 100, after_help = commands())]
struct Cli {
    /// Address and port to listen on; port 0 for any
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,

    /// The server behind it
    #[arg(long)]
    to: SocketAddr,
}

fn commands() -> String {
    format!("Commands:\n{}", Command::HELP)
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let proxy = Proxy::start(cli.listen, cli.to, None, Journal::none())
        .await
        .with_context(|| format!("cannot listen on {}", cli.listen))?;
    answer(&format!("listening on {}", proxy.address()))?;
    // Lines are carried by other threads meanwhile.
    tokio::task::spawn_blocking(move || {
        for line in std::io::stdin().lock().lines() {
            let line = line?;
            match line.parse::<Command>() {
                Ok(command) => answer(&format!("ok {}", proxy.obey(&command)))?,
                Err(_) if line.trim() == "help" => answer(&Command::HELP.replace('\n', "; "))?,
                Err(unclear) => answer(&format!("error {unclear}"))?,
            }
        }
        Ok(())
    })
    .await?
}

fn answer(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}
