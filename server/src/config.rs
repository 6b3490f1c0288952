//! Every setting: its flag, its variable, its default, said once and read once.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum};
use ipnet::IpNet;
use shared::{Nick, RoomName};

use crate::history::Durability;
use crate::quota::Rate;
use crate::room::nick::NickRules;

/// The longest time that a setting means: beyond any sense, and far from where adding it to a moment
/// overflows.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// What a chat needs, whether it stands alone or is mounted.
#[derive(Debug, Clone, Args)]
pub struct ChatConfig {
    /// Where the history is kept
    #[arg(long, env = "REALTID_HISTORY", value_enum, default_value_t)]
    pub history: HistoryKind,

    /// Directory of the SQLite database; made if it is not there
    #[arg(long, env = "REALTID_DATA_DIR", default_value = "data", global = true)]
    pub data_dir: PathBuf,

    /// What a stored message survives
    #[arg(long, env = "REALTID_DURABILITY", value_enum, default_value_t)]
    pub durability: Durability,

    /// Days that messages are kept; 0 keeps them for ever
    #[arg(long, env = "REALTID_KEEP_DAYS", default_value_t = 0)]
    pub keep_days: u64,

    /// Messages that are kept in each room, the latest; 0 keeps all
    #[arg(long, env = "REALTID_KEEP_MESSAGES", default_value_t = 0)]
    pub keep_messages: u64,

    /// The rooms, separated by commas
    #[arg(
        long,
        env = "REALTID_ROOMS",
        value_delimiter = ',',
        default_value = "lobby"
    )]
    pub rooms: Vec<RoomName>,

    /// Visitors may open rooms by joining them, until there are --limit-rooms
    #[arg(long, env = "REALTID_OPEN_ROOMS", value_parser = BoolishValueParser::new())]
    pub open_rooms: bool,

    /// Anyone may read what was said in the rooms of --rooms, without the chat's program, at
    /// /rooms/ROOM/transcript
    #[arg(long, env = "REALTID_TRANSCRIPT", value_parser = BoolishValueParser::new())]
    pub transcript: bool,

    /// Does without clients of socket.io: nothing is served at /socket.io/
    #[arg(long, env = "REALTID_NO_SOCKETIO", value_parser = BoolishValueParser::new())]
    pub no_socketio: bool,

    /// Proxies, as addresses or networks such as 10.0.0.0/8, separated by commas, whose
    /// X-Forwarded-For is believed: it tells whom the limits by address are for
    #[arg(
        long,
        env = "REALTID_TRUSTED_PROXIES",
        value_delimiter = ',',
        value_parser = network
    )]
    pub trusted_proxies: Vec<IpNet>,

    /// Origins, beside the server's own, whose pages may connect, such as
    /// https://me.example; '*' allows all
    #[arg(
        long = "allow-origin",
        env = "REALTID_ALLOW_ORIGIN",
        value_delimiter = ',',
        value_parser = origin
    )]
    pub allow_origins: Vec<String>,

    /// Nicks that nobody may have, nor what counts as the same or looks alike, separated by commas
    #[arg(
        long,
        env = "REALTID_RESERVED_NICKS",
        value_delimiter = ',',
        value_parser = reserved_nick
    )]
    pub reserved_nicks: Vec<Nick>,

    /// Seconds for which a visitor whose connection broke still counts as here; 0 for none
    #[arg(long, env = "REALTID_GRACE_TIME", default_value = "30", value_parser = seconds)]
    pub grace_time: Duration,

    /// Seconds for which the nick is kept for its owner after that; 0 for none
    #[arg(long, env = "REALTID_HOLD_TIME", default_value = "3600", value_parser = seconds)]
    pub hold_time: Duration,

    /// Days after which a visitor who has not been here is forgotten, and comes back as a new
    /// author; 0 for never
    #[arg(long, env = "REALTID_TOKEN_DAYS", default_value_t = 30)]
    pub token_days: u32,

    #[command(flatten)]
    #[allow(missing_docs)] // clap would show it as the help of every setting in it.
    pub limits: LimitsConfig,
}

/// Bounds and deadlines. 0 turns one off.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Limits (0 turns one off)")]
pub struct LimitsConfig {
    /// Unanswered requests of one connection; beyond, it is read from no further
    #[arg(long, env = "REALTID_LIMIT_IN_FLIGHT", default_value_t = 16)]
    pub limit_in_flight: usize,

    /// Messages that wait to be stored in one room; beyond, the answer is 'busy'
    #[arg(long, env = "REALTID_LIMIT_PENDING", default_value_t = 1024)]
    pub limit_pending: usize,

    /// Bytes of the messages that wait to be stored in one room
    #[arg(long, env = "REALTID_LIMIT_PENDING_BYTES", default_value_t = 256 * 1024)]
    pub limit_pending_bytes: usize,

    /// Bytes queued to one connection; a reader that falls behind further is closed
    #[arg(long, env = "REALTID_LIMIT_QUEUE_BYTES", default_value_t = 1024 * 1024)]
    pub limit_queue_bytes: usize,

    /// Connections in all; beyond, the answer is 503
    #[arg(long, env = "REALTID_LIMIT_CONNECTIONS", default_value_t = 10_000)]
    pub limit_connections: usize,

    /// Connections from one address (of IPv6, one /64); beyond, the answer is 429
    #[arg(
        long,
        env = "REALTID_LIMIT_CONNECTIONS_PER_ADDRESS",
        default_value_t = 64
    )]
    pub limit_connections_per_address: usize,

    /// Members of one room; beyond, the answer is 'room_full'
    #[arg(long, env = "REALTID_LIMIT_MEMBERS", default_value_t = 5_000)]
    pub limit_members: usize,

    /// Rooms in all, where visitors may open them; beyond, the answer is 'too_many_rooms'
    #[arg(long, env = "REALTID_LIMIT_ROOMS", default_value_t = 100)]
    pub limit_rooms: usize,

    /// Malformed messages that end a connection
    #[arg(long, env = "REALTID_LIMIT_MALFORMED", default_value_t = 10)]
    pub limit_malformed: usize,

    /// Messages of one visitor, as BURST:PER_SECOND; beyond, the answer is 'rate_limited'
    #[arg(long, env = "REALTID_RATE_MESSAGES", default_value = "10:1")]
    pub rate_messages: Rate,

    /// Messages from one address
    #[arg(
        long,
        env = "REALTID_RATE_MESSAGES_PER_ADDRESS",
        default_value = "100:10"
    )]
    pub rate_messages_per_address: Rate,

    /// Joins of one visitor who has been here before
    #[arg(long, env = "REALTID_RATE_JOINS", default_value = "20:0.5")]
    pub rate_joins: Rate,

    /// Joins from one address
    #[arg(long, env = "REALTID_RATE_JOINS_PER_ADDRESS", default_value = "128:4")]
    pub rate_joins_per_address: Rate,

    /// Pages of earlier or missed messages that one visitor asks for
    #[arg(long, env = "REALTID_RATE_PAGES", default_value = "30:3")]
    pub rate_pages: Rate,

    /// Pages that one address asks for
    #[arg(long, env = "REALTID_RATE_PAGES_PER_ADDRESS", default_value = "300:30")]
    pub rate_pages_per_address: Rate,

    /// Changes of nick of one visitor
    #[arg(long, env = "REALTID_RATE_NICKS", default_value = "5:0.1")]
    pub rate_nicks: Rate,

    /// New connections from one address; beyond, the answer is 429
    #[arg(long, env = "REALTID_RATE_CONNECTIONS", default_value = "128:4")]
    pub rate_connections: Rate,

    /// Bytes from one address; beyond, it is read from no faster
    #[arg(long, env = "REALTID_RATE_BYTES", default_value = "262144:32768")]
    pub rate_bytes: Rate,

    /// Turn all rates off, for benchmarks
    #[arg(long, env = "REALTID_NO_RATE_LIMITS", value_parser = BoolishValueParser::new())]
    pub no_rate_limits: bool,

    /// Seconds from opening a connection to its 'join'
    #[arg(long, env = "REALTID_JOIN_TIMEOUT", default_value = "10", value_parser = seconds)]
    pub join_timeout: Duration,

    /// Seconds between the server's pings
    #[arg(long, env = "REALTID_PING_INTERVAL", default_value = "20", value_parser = seconds)]
    pub ping_interval: Duration,

    /// Seconds between two tellings of who comes, goes and writes, at least; a crowd is told less
    /// often. 0 tells none of it, and the lists of who is here go stale: for benchmarks
    #[arg(long, env = "REALTID_PRESENCE_INTERVAL", default_value = "0.2", value_parser = seconds)]
    pub presence_interval: Duration,

    /// Seconds after which a connection that nothing came from is ended
    #[arg(long, env = "REALTID_SILENCE_TIMEOUT", default_value = "45", value_parser = seconds)]
    pub silence_timeout: Duration,

    /// Seconds that a connection has to end in, once it has been told to; then it is cut
    #[arg(long, env = "REALTID_CLOSE_TIMEOUT", default_value = "3", value_parser = seconds)]
    pub close_timeout: Duration,
}

/// What the stand-alone server needs beside.
#[derive(Debug, Clone, Args)]
pub struct ServeConfig {
    /// Address and port to listen on
    #[arg(
        long,
        env = "REALTID_LISTEN",
        default_value = "127.0.0.1:8080",
        global = true
    )]
    pub listen: SocketAddr,

    /// Directory of the built site (made by 'trunk build')
    #[arg(long, env = "REALTID_ASSETS", default_value = "dist")]
    pub assets: PathBuf,

    /// Worker threads; 0 for one a core
    #[arg(long, env = "REALTID_WORKERS", default_value_t = 0)]
    pub workers: usize,

    /// How WebSockets are served
    #[arg(long, env = "REALTID_TRANSPORT", value_enum, default_value_t)]
    pub transport: Transport,

    /// Send writers their own messages in turn, not before all others, for benchmarks
    #[arg(long, env = "REALTID_NO_WRITERS_FIRST", value_parser = BoolishValueParser::new())]
    pub no_writers_first: bool,

    #[command(flatten)]
    #[allow(missing_docs)] // As above.
    pub chat: ChatConfig,
}

/// How WebSockets are served.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Transport {
    /// By themselves, straight to their sockets: for less time and memory
    #[default]
    Direct,
    /// Within actix-web's responses, as where the chat is mounted in an application
    Mounted,
}

/// Where the history is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum HistoryKind {
    /// On disk, under --data-dir
    #[default]
    Sqlite,
    /// In memory: gone when the server ends
    Memory,
}

impl Default for ChatConfig {
    fn default() -> Self {
        Self {
            history: HistoryKind::default(),
            data_dir: "data".into(),
            durability: Durability::default(),
            keep_days: 0,
            keep_messages: 0,
            rooms: vec![RoomName::default()],
            open_rooms: false,
            transcript: false,
            no_socketio: false,
            trusted_proxies: Vec::new(),
            allow_origins: Vec::new(),
            reserved_nicks: Vec::new(),
            grace_time: Duration::from_secs(30),
            hold_time: Duration::from_secs(3_600),
            token_days: 30,
            limits: LimitsConfig::default(),
        }
    }
}

impl ChatConfig {
    /// Where the SQLite database is.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.data_dir.join("realtid.db")
    }
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            limit_in_flight: 16,
            limit_pending: 1024,
            limit_pending_bytes: 256 * 1024,
            limit_queue_bytes: 1024 * 1024,
            limit_connections: 10_000,
            limit_connections_per_address: 64,
            limit_members: 5_000,
            limit_rooms: 100,
            limit_malformed: 10,
            // Ten messages at a keen writer's pace.
            rate_messages: Rate::new(10, 1.0),
            // Those of ten keen writers: people share addresses.
            rate_messages_per_address: Rate::new(100, 10.0),
            rate_joins: Rate::new(20, 0.5),
            // All the connections that an address may have, and all of them once more after a restart.
            rate_joins_per_address: Rate::new(128, 4.0),
            // Three thousand entries at once: more than anyone scrolls through in a second.
            rate_pages: Rate::new(30, 3.0),
            rate_pages_per_address: Rate::new(300, 30.0),
            rate_nicks: Rate::new(5, 0.1),
            rate_connections: Rate::new(128, 4.0),
            // Some 300 common messages a second, or 16 of the largest at once.
            rate_bytes: Rate::new(256 * 1024, 32.0 * 1024.0),
            no_rate_limits: false,
            join_timeout: Duration::from_secs(10),
            ping_interval: Duration::from_secs(20),
            presence_interval: Duration::from_millis(200),
            silence_timeout: Duration::from_secs(45),
            close_timeout: Duration::from_secs(3),
        }
    }
}

/// A bound, where 0 means none.
pub(crate) fn bound(limit: usize) -> usize {
    if limit == 0 { usize::MAX } else { limit }
}

/// A deadline, where 0 means none.
pub(crate) fn deadline(time: Duration) -> Option<Duration> {
    (!time.is_zero()).then_some(time.min(LONGEST))
}

/// A network, or a single address.
fn network(text: &str) -> Result<IpNet, String> {
    let address = text.parse().map(|address: IpAddr| IpNet::from(address));
    address
        .or_else(|_| text.parse())
        .map_err(|_| "not an address or a network, such as 127.0.0.1 or 10.0.0.0/8".to_owned())
}

/// An origin as browsers write it (RFC 6454, section 6.2), or `*`. Anything else would never match.
fn origin(text: &str) -> Result<String, String> {
    let authority = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
        .map(|rest| rest.trim_end_matches('/'));
    match authority {
        _ if text == "*" => Ok(text.to_owned()),
        Some(a) if !a.is_empty() && !a.contains(['/', '?', '#', '@', ' ']) => Ok(text.to_owned()),
        _ => Err(
            "an origin is a scheme, a host and perhaps a port, such as https://me.example".into(),
        ),
    }
}

/// A nick to reserve. One that nobody could take anyway is a mistake, and better told than kept.
fn reserved_nick(text: &str) -> Result<Nick, String> {
    Nick::new(text)
        .and_then(|nick| NickRules::default().check(&nick))
        .map(|name| name.nick)
        .map_err(|fault| fault.message)
}

/// Seconds, with a fraction where wanted.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text
        .parse()
        .map_err(|_| "not a number of seconds".to_owned())?;
    let time = Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())?;
    if time > LONGEST {
        let most = LONGEST.as_secs();
        return Err(format!(
            "at most {most} seconds, which is a year; 0 for none"
        ));
    }
    Ok(time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        serve: ServeConfig,
    }

    #[test]
    fn flags_and_code_have_the_same_defaults() {
        let parsed = Cli::parse_from(["realtid"]).serve.chat;
        assert_eq!(
            format!("{parsed:?}"),
            format!("{:?}", ChatConfig::default())
        );
    }

    #[test]
    fn settings_are_checked() {
        for bad in [
            ["--allow-origin", "me.example"],
            ["--allow-origin", "https://me.example/chat"],
            ["--rooms", "No Such"],
            ["--listen", "nowhere"],
            ["--ping-interval", "-1"],
            ["--join-timeout", "1e18"],
            ["--grace-time", "31536001"],
            ["--hold-time", "inf"],
            ["--reserved-nicks", "admin,,root"],
            ["--reserved-nicks", "ad\u{200d}min"],
            ["--rate-messages", "10"],
            ["--rate-nicks", "5:-1"],
            ["--trusted-proxies", "proxy.example"],
            ["--trusted-proxies", "10.0.0.0/33"],
        ] {
            assert!(
                Cli::try_parse_from(["realtid", bad[0], bad[1]]).is_err(),
                "{bad:?}"
            );
        }
        let origins = "https://me.example,http://localhost:8081/,*";
        let cli = Cli::parse_from(["realtid", "--allow-origin", origins]);
        assert_eq!(cli.serve.chat.allow_origins.len(), 3);
        let cli = Cli::parse_from(["realtid", "--reserved-nicks", "admin, Åsa  Lind "]);
        assert_eq!(
            cli.serve.chat.reserved_nicks,
            ["admin", "Åsa Lind"].map(|nick| Nick::new(nick).unwrap())
        );
        let cli = Cli::parse_from([
            "realtid",
            "--rooms",
            "lobby,course",
            "--ping-interval",
            "0.5",
        ]);
        assert_eq!(cli.serve.chat.rooms.len(), 2);
        assert_eq!(
            cli.serve.chat.limits.ping_interval,
            Duration::from_millis(500)
        );
        let proxies = "127.0.0.1,10.0.0.0/8,::1,2001:db8::/32";
        let cli = Cli::parse_from(["realtid", "--trusted-proxies", proxies]);
        assert_eq!(cli.serve.chat.trusted_proxies.len(), 4);
    }
}
