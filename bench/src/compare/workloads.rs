//! What the servers are given to do.

use std::time::Duration;

/// Those that every way of saying things is tried on.
const MOST: &[&str] = &[
    "realtid-sqlite-direct",
    "realtid-memory-direct",
    "realtid-sqlite-no-writer-first",
    "realtid-memory-no-writer-first",
    "realtid-sqlite-mounted",
    "realtid-memory-mounted",
    "ws",
    "socketio",
    "axum-broadcast",
    "axum-batch",
    "tokio-websockets",
    "tutorial-actix",
    "kernel-single",
    "kernel-batch",
];

/// Those of many rooms: what differs by writer and by history is told by the one room.
const ROOMS: &[&str] = &[
    "realtid-sqlite-direct",
    "realtid-memory-direct",
    "realtid-sqlite-mounted",
    "realtid-memory-mounted",
    "ws",
    "socketio",
    "axum-broadcast",
    "axum-batch",
    "tokio-websockets",
    "tutorial-actix",
    "kernel-batch",
];

/// Those that say something about joining.
const JOINING: &[&str] = &[
    "realtid-sqlite-direct",
    "realtid-memory-direct",
    "realtid-sqlite-mounted",
    "realtid-memory-mounted",
    "realtid-sqlite-no-presence",
    "realtid-memory-no-presence",
];

/// Those that have memory of their own for a connection.
const IDLE: &[&str] = &[
    "realtid-sqlite-direct",
    "realtid-memory-direct",
    "realtid-sqlite-mounted",
    "realtid-memory-mounted",
    "ws",
    "socketio",
    "axum-broadcast",
    "tokio-websockets",
    "tutorial-actix",
];

/// Those of the open loops.
const STEADY: &[&str] = &[
    "realtid-sqlite-direct",
    "realtid-memory-direct",
    "realtid-sqlite-no-writer-first",
    "realtid-sqlite-mounted",
    "ws",
    "socketio",
    "axum-broadcast",
    "tokio-websockets",
];

/// Those whose long steady run is worth its time.
const LONG: &[&str] = &[
    "realtid-sqlite-direct",
    "realtid-memory-direct",
    "ws",
    "socketio",
    "axum-broadcast",
];

/// Those that socket.io's clients can be clients of, and Realtid's own protocol beside them.
const SOCKETIO: &[&str] = &[
    "realtid-sqlite-direct",
    "realtid-socketio",
    "realtid-memory-socketio",
    "socketio",
];

/// Those whose growth is looked at.
const GROWING: &[&str] = &["realtid-sqlite-direct", "realtid-memory-direct"];

/// Members of the rooms that growth is measured in.
pub const MEMBERS: [(&str, usize); 6] = [
    ("growth-100", 100),
    ("growth-500", 500),
    ("growth-1000", 1_000),
    ("growth-2000", 2_000),
    ("growth-4000", 4_000),
    ("growth-8000", 8_000),
];

/// One thing to do, and who does it.
#[derive(Debug, Clone, Copy)]
pub struct Workload {
    /// How it is called on the command line and in the results.
    pub key: &'static str,
    /// How it is called in the document.
    pub title: &'static str,
    /// Servers that do it.
    pub servers: &'static [&'static str],
    /// What the clients do.
    pub mode: Mode,
    /// Clients.
    pub clients: usize,
    /// Rooms.
    pub rooms: usize,
    /// Clients that send.
    pub senders: u16,
    /// Seconds of the window, where it is not to be the same as the others'.
    pub seconds: Option<u32>,
    /// Rounds at most, where a run is long.
    pub rounds: Option<u32>,
}

/// What clients do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Mode {
    /// Each sender has so many messages under way.
    Closed(u16),
    /// So many messages a second in all.
    Open(u32),
    /// All join at once.
    Storm,
    /// All join and stay.
    Idle,
}

const fn closed(
    key: &'static str,
    title: &'static str,
    clients: usize,
    senders: u16,
    in_flight: u16,
) -> Workload {
    Workload {
        key,
        title,
        servers: MOST,
        mode: Mode::Closed(in_flight),
        clients,
        rooms: 1,
        senders,
        seconds: None,
        rounds: None,
    }
}

const fn open(key: &'static str, title: &'static str, clients: usize, rate: u32) -> Workload {
    Workload {
        key,
        title,
        servers: STEADY,
        mode: Mode::Open(rate),
        clients,
        rooms: 1,
        senders: 50,
        seconds: None,
        rounds: None,
    }
}

const fn growth(key: &'static str, clients: usize) -> Workload {
    Workload {
        servers: GROWING,
        ..closed(
            key,
            "growth with members: 10 senders, 1 in flight",
            clients,
            10,
            1,
        )
    }
}

/// All of them, in the order in which they are told.
#[must_use]
pub fn all() -> Vec<Workload> {
    let mut all = vec![
        closed(
            "a",
            "(a) 500 clients, 10 senders, 4 in flight each",
            500,
            10,
            4,
        ),
        closed("b", "(b) 500 clients, 1 sender, 1 in flight", 500, 1, 1),
        closed(
            "c",
            "(c) 5,000 clients, 10 senders, 1 in flight each",
            5_000,
            10,
            1,
        ),
        Workload {
            rooms: 100,
            servers: ROOMS,
            ..closed(
                "g",
                "(g) 100 rooms of 50 clients, 1 sender each, 1 in flight",
                5_000,
                100,
                1,
            )
        },
        Workload {
            mode: Mode::Storm,
            servers: JOINING,
            ..closed("d", "(d) 5,000 joins at once", 5_000, 1, 0)
        },
        Workload {
            mode: Mode::Idle,
            servers: IDLE,
            ..closed("e", "(e) 8,000 idle connections", 8_000, 1, 0)
        },
        Workload {
            servers: LONG,
            seconds: Some(30),
            rounds: Some(1),
            ..open(
                "f20",
                "(f) 20 messages a second to 1,000 clients, one round of 30 s",
                1_000,
                20,
            )
        },
        open("f500", "(f) 500 messages a second to 500 clients", 500, 500),
        open(
            "f2000",
            "(f) 2,000 messages a second to 500 clients",
            500,
            2_000,
        ),
        Workload {
            servers: SOCKETIO,
            ..closed(
                "h",
                "(h) 500 clients of socket.io, 10 senders, 4 in flight each",
                500,
                10,
                4,
            )
        },
        Workload {
            servers: SOCKETIO,
            ..open(
                "h500",
                "(h) 500 messages a second to 500 clients of socket.io",
                500,
                500,
            )
        },
    ];
    all.extend(MEMBERS.map(|(key, members)| growth(key, members)));
    all
}

impl Workload {
    /// The load generator's flags for it.
    #[must_use]
    pub fn flags(&self, seconds: f64, warm_up: f64) -> Vec<String> {
        let mode = match self.mode {
            Mode::Closed(_) => "closed",
            Mode::Open(_) => "open",
            Mode::Storm => "storm",
            Mode::Idle => "idle",
        };
        let mut flags: Vec<String> = [mode.to_owned()].into();
        let mut flag = |name: &str, value: String| flags.extend([format!("--{name}"), value]);
        flag("clients", self.clients.to_string());
        flag("rooms", self.rooms.to_string());
        flag("senders", self.senders.to_string());
        flag("seconds", self.seconds(seconds).to_string());
        flag("warm-up", warm_up.to_string());
        match self.mode {
            Mode::Closed(in_flight) => flag("in-flight", in_flight.to_string()),
            Mode::Open(rate) => flag("rate", rate.to_string()),
            Mode::Storm | Mode::Idle => {}
        }
        flags
    }

    /// Length of its window where others have `seconds`.
    #[must_use]
    pub fn seconds(&self, seconds: f64) -> f64 {
        self.seconds.map_or(seconds, f64::from)
    }

    /// About how long one run of it takes: starting, joining, the window, and draining.
    #[must_use]
    pub fn takes(&self, seconds: f64, warm_up: f64) -> Duration {
        let joining = Duration::from_micros(200) * u32::try_from(self.clients).unwrap_or(u32::MAX);
        let work = match self.mode {
            Mode::Closed(_) | Mode::Open(_) => self.seconds(seconds) + warm_up + 0.7,
            Mode::Storm => 3.0,
            Mode::Idle => 2.0,
        };
        joining + Duration::from_secs_f64(work.max(0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::servers;

    #[test]
    fn workloads_have_keys_of_their_own_and_servers_that_exist() {
        let all = all();
        for (at, workload) in all.iter().enumerate() {
            assert!(all[..at].iter().all(|other| other.key != workload.key));
            for server in workload.servers {
                assert!(servers::find(server).is_some(), "{server}");
            }
        }
    }

    #[test]
    fn flags_say_what_the_workload_is() {
        let all = all();
        let flags = |key: &str| {
            let workload = all.iter().find(|workload| workload.key == key).unwrap();
            workload.flags(3.0, 0.5).join(" ")
        };
        assert_eq!(
            flags("a"),
            "closed --clients 500 --rooms 1 --senders 10 --seconds 3 --warm-up 0.5 --in-flight 4"
        );
        assert_eq!(
            flags("f20"),
            "open --clients 1000 --rooms 1 --senders 50 --seconds 30 --warm-up 0.5 --rate 20"
        );
    }
}
