//! Those who come to look, in fair weather: a newcomer who reads all, and a stranger who would like
//! somebody's nick.

use std::net::SocketAddr;
use std::time::Duration;

use shared::close::should_come_back;
use shared::{
    Anchor, ClientMessage, Entry, Join, Nick, PageRequest, RefusalCode, RoomName, Seq,
    ServerMessage, Token, limits,
};
use tokio::time::timeout;

use super::line::{Got, Line};

/// Time for one answer to who disturbs nobody.
const ANSWER: Duration = Duration::from_secs(60);

/// How often the reader comes back: a page may be more than the runner's server queues.
const COMEBACKS: u32 = 100;

/// Reads a whole room as a newcomer does, page by page.
///
/// # Errors
/// What went wrong, in words.
pub async fn read_all(address: SocketAddr, nick: Nick) -> Result<Vec<Entry>, String> {
    let (mut log, mut token) = (Vec::new(), None);
    for _ in 0..COMEBACKS {
        let mut line = Line::open(address).await.map_err(|e| e.to_string())?;
        let mut asks = join(&nick, token.clone());
        loop {
            match ask(&mut line, &asks).await? {
                Answer::Message(ServerMessage::Welcome(welcome)) => token = Some(welcome.token),
                Answer::Message(ServerMessage::Page { entries, more }) => {
                    log.extend(entries);
                    if !more {
                        return Ok(log);
                    }
                }
                Answer::Message(other) => return Err(format!("{asks:?}: {other:?}")),
                Answer::Closed(code) if should_come_back(code) => break,
                Answer::Closed(code) => return Err(format!("closed with {code}")),
            }
            asks = ClientMessage::Page(PageRequest {
                anchor: Anchor::After(log.last().map_or(Seq(0), |entry| entry.seq)),
                limit: limits::PAGE_ENTRIES,
            });
        }
    }
    Err("sent away too often".to_owned())
}

/// Tries to get in under each nick, which must be another's.
///
/// # Errors
/// What went wrong, in words.
pub async fn wants_nicks(address: SocketAddr, nicks: &[Nick]) -> Result<(), String> {
    let mut line = Line::open(address).await.map_err(|e| e.to_string())?;
    for nick in nicks {
        match ask(&mut line, &join(nick, None)).await? {
            Answer::Message(ServerMessage::Refused(refused))
                if refused.code == RefusalCode::NickTaken => {}
            Answer::Message(other) => return Err(format!("{nick} is to be had: {other:?}")),
            Answer::Closed(code) => return Err(format!("closed with {code}")),
        }
    }
    Ok(())
}

enum Answer {
    Message(ServerMessage),
    Closed(u16),
}

/// Sends a request, and waits for what is no more than news.
async fn ask(line: &mut Line, request: &ClientMessage) -> Result<Answer, String> {
    // Where that fails the line has ended, and what it ended with is still to be read.
    let _ = line.send(request).await;
    loop {
        let got = timeout(ANSWER, line.got()).await;
        match got.map_err(|_| "no answer".to_owned())? {
            Got::Message(
                ServerMessage::Entry(_)
                | ServerMessage::Presence(_)
                | ServerMessage::Typing { .. }
                | ServerMessage::Pong,
            )
            | Got::Sign => {}
            Got::Message(answer) => return Ok(Answer::Message(answer)),
            Got::Garbage(what) => return Err(what),
            Got::Closed(code) => return Ok(Answer::Closed(code)),
        }
    }
}

fn join(nick: &Nick, token: Option<Token>) -> ClientMessage {
    ClientMessage::Join(Join {
        nick: nick.clone(),
        room: RoomName::default(),
        token,
        after: None,
    })
}
