//! What a proxy can be told, as words on a line.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use super::line::Cut;
use super::weather::Lost;

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Cut the open lines.
    Cut(Cut),
    /// Leave the open lines half-open, for good. Lines to come are whole.
    Freeze(Lost),
    /// Delay what passes, on lines open and to come.
    Delay {
        /// At least so long,
        delay: Duration,
        /// and up to so much longer.
        jitter: Duration,
    },
    /// Let only so many bytes pass in a second, each way, on lines open and to come.
    Throttle(NonZeroU32),
    /// Let nothing pass for now, on lines open and to come; nothing is lost.
    Hold,
    /// Reset every new connection, or no longer.
    Refuse(bool),
    /// Connect the lines to come to another server.
    To(SocketAddr),
    /// Do none of it any more. Lines that are half-open are reset.
    Clear,
    /// Do nothing, but say how many lines are open.
    Lines,
}

impl Command {
    /// How each command is written, and what it does.
    pub const HELP: &str = "\
cut [fin]           reset every open line, or end it ('fin')
freeze [up|down]    have every open line swallow what passes, or one way of it, for good
delay MS [JITTER]   delay what passes by MS milliseconds, and up to JITTER more
throttle BYTES      let BYTES pass in a second, each way
hold                let nothing pass, and lose nothing, until 'clear'
refuse              reset every new connection, until 'clear'
clear               do none of it any more; lines that have swallowed bytes are reset
to ADDRESS          connect lines to come to another server
lines               say how many lines are open";
}

/// A line that is no command.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such command: '{0}'; 'help' lists them")]
pub struct Unclear(String);

impl FromStr for Command {
    type Err = Unclear;

    fn from_str(line: &str) -> Result<Self, Unclear> {
        let words: Vec<_> = line.split_whitespace().collect();
        let unclear = || Unclear(line.trim().to_owned());
        let ms = |word: &str| {
            let ms = word.parse().map_err(|_| unclear())?;
            Ok(Duration::from_millis(ms))
        };
        Ok(match *words {
            ["cut"] => Self::Cut(Cut::Reset),
            ["cut", "fin"] => Self::Cut(Cut::End),
            ["freeze"] => Self::Freeze(Lost::BOTH),
            ["freeze", way @ ("up" | "down")] => Self::Freeze(Lost {
                up: way == "up",
                down: way == "down",
            }),
            ["delay", delay] => Self::Delay {
                delay: ms(delay)?,
                jitter: Duration::ZERO,
            },
            ["delay", delay, jitter] => Self::Delay {
                delay: ms(delay)?,
                jitter: ms(jitter)?,
            },
            ["throttle", rate] => Self::Throttle(rate.parse().map_err(|_| unclear())?),
            ["hold"] => Self::Hold,
            ["refuse"] => Self::Refuse(true),
            ["to", address] => Self::To(address.parse().map_err(|_| unclear())?),
            ["clear"] => Self::Clear,
            ["lines"] => Self::Lines,
            _ => return Err(unclear()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_words() {
        let ms = Duration::from_millis;
        for (line, command) in [
            ("cut", Command::Cut(Cut::Reset)),
            (" cut  fin ", Command::Cut(Cut::End)),
            ("freeze", Command::Freeze(Lost::BOTH)),
            (
                "freeze up",
                Command::Freeze(Lost {
                    up: true,
                    down: false,
                }),
            ),
            (
                "delay 200 50",
                Command::Delay {
                    delay: ms(200),
                    jitter: ms(50),
                },
            ),
            (
                "throttle 2000",
                Command::Throttle(NonZeroU32::new(2_000).unwrap()),
            ),
            ("to [::1]:80", Command::To("[::1]:80".parse().unwrap())),
            ("clear", Command::Clear),
        ] {
            assert_eq!(line.parse(), Ok(command), "{line}");
        }
    }

    #[test]
    fn what_is_no_command_is_named() {
        for line in [
            "",
            "cut off",
            "freeze left",
            "delay",
            "delay soon",
            "throttle 0",
            "to nowhere",
            "lines please",
        ] {
            let unclear = line.parse::<Command>().unwrap_err();
            assert!(unclear.to_string().contains(line), "{unclear}");
        }
    }

    #[test]
    fn every_command_is_in_the_help() {
        for line in Command::HELP.lines() {
            let word = line.split_whitespace().next().unwrap();
            let with = ["", " 1", " [::1]:80"].map(|argument| format!("{word}{argument}"));
            assert!(
                with.iter().any(|line| line.parse::<Command>().is_ok()),
                "{word}"
            );
        }
    }
}
