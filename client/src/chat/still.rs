//! The chat in each of its states, standing still: what the styleguide of development builds shows.
//! A state is reached as in life, by what the server says and the visitor does; from then on nothing
//! more happens.

use serde_json::{Value, json};
use shared::{MessageId, MessageText, Nick, RoomName};

use crate::state::{Event, Remembered, Session};

/// Long enough for a countdown to be looked at.
const LONG_MS: u64 = 900_000;

const MINUTE_MS: u64 = 60_000;

/// A state of the chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Still {
    Door,
    DoorBusy,
    DoorTaken,
    DoorRoom,
    DoorUnreachable,
    DoorKeptOut,
    Skeleton,
    Empty,
    Talk,
    Texts,
    Waits,
    Held,
    Failed,
    TooLong,
    Lost,
    Trying,
    Away,
    Recovered,
    TakenOver,
    Elsewhere,
    Rename,
    RenameBusy,
    RenameTaken,
    Crowd,
}

impl Still {
    /// Whether it is about who is here: their list is open then, however narrow its place.
    pub fn shows_who(self) -> bool {
        matches!(
            self,
            Self::Rename | Self::RenameBusy | Self::RenameTaken | Self::Crowd
        )
    }

    pub const ALL: [Self; 24] = [
        Self::Door,
        Self::DoorBusy,
        Self::DoorTaken,
        Self::DoorRoom,
        Self::DoorUnreachable,
        Self::DoorKeptOut,
        Self::Skeleton,
        Self::Empty,
        Self::Talk,
        Self::Texts,
        Self::Waits,
        Self::Held,
        Self::Failed,
        Self::TooLong,
        Self::Lost,
        Self::Trying,
        Self::Away,
        Self::Recovered,
        Self::TakenOver,
        Self::Elsewhere,
        Self::Rename,
        Self::RenameBusy,
        Self::RenameTaken,
        Self::Crowd,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Door => "The door",
            Self::DoorBusy => "The door, asked",
            Self::DoorTaken => "The door, a nick that is taken",
            Self::DoorRoom => "The door of a room that there is not",
            Self::DoorUnreachable => "The door, no server",
            Self::DoorKeptOut => "The door of a full room",
            Self::Skeleton => "A room that is not known yet",
            Self::Empty => "An empty room",
            Self::Talk => {
                "Days, groups, a mention, comings and goings; somebody writes (scroll up for the way back)"
            }
            Self::Texts => "Code, lists, quotes, long words, other scripts",
            Self::Waits => "Messages that wait for the line",
            Self::Held => "Messages that the server holds back",
            Self::Failed => "A message that the server will not take",
            Self::TooLong => "A text that is too long",
            Self::Lost => "A lost line",
            Self::Trying => "A lost line, tried again",
            Self::Away => "A line that the server ended",
            Self::Recovered => "Back again",
            Self::TakenOver => "Taken over by another tab",
            Self::Elsewhere => "In another tab from the start",
            Self::Rename => "A new nick",
            Self::RenameBusy => "A new nick, asked",
            Self::RenameTaken => "A new nick that is taken",
            Self::Crowd => "A crowd",
        }
    }

    /// What the composer holds.
    pub fn draft(self) -> String {
        match self {
            Self::TooLong => "Lång text. ".repeat(380),
            Self::Lost => "Halvvägs in i en mening".to_owned(),
            _ => String::new(),
        }
    }

    /// The visit in this state.
    pub fn session(self, now: u64) -> Session {
        let mut stage = Play::new(now);
        let play = &mut stage;
        match self {
            Self::Door => play,
            Self::DoorBusy => play.knock(),
            Self::DoorTaken => {
                let free = json!({ "suggestion": "Åsa 2" });
                play.knock().refused("join", "nick_taken", &free)
            }
            Self::DoorRoom => play.knock().refused("join", "unknown_room", &Value::Null),
            Self::DoorUnreachable => play.knock().cut(),
            Self::DoorKeptOut => {
                let full = play.knock().refused("join", "room_full", &Value::Null);
                full.cut()
            }
            Self::Skeleton => play.come_back(),
            Self::Empty => play.enter(&[]),
            Self::Elsewhere => play.come_back().event(Event::LedElsewhere),
            Self::Texts => play.enter(&TEXTS),
            Self::Crowd => {
                play.crowd = 4_217;
                play.enter(&TALK)
            }
            Self::Talk => {
                let moves = json!({ "type": "presence", "online": 4, "left": [member("Farid")],
                    "joined": [member("Dani"), member("Ebba"), member("Élodie 花子")] });
                let writes = json!({ "type": "typing", "nicks": ["Bo", "Ebba"] });
                let room = play.enter(&TALK).hear(&moves);
                room.said("Cyrus", "Det syns direkt när det kommer.", 0)
                    .hear(&writes)
            }
            _ => self.then(play.enter(&TALK)),
        };
        stage.session
    }

    /// What happens in a room that is talking.
    fn then(self, play: &mut Play) -> &mut Play {
        match self {
            Self::Waits => {
                let words = "Det här skickas när förbindelsen är tillbaka.";
                play.cut().say(words)
            }
            Self::Held => {
                let late = json!({ "retry_after_ms": LONG_MS, "id": id(1) });
                let said = play.say("En i taget, tack.").say("Och en till.");
                said.refused("say", "rate_limited", &late)
            }
            Self::Failed => {
                let which = json!({ "id": id(1) });
                let said = play.say("Något som servern inte tar emot.");
                said.refused("say", "invalid_text", &which)
            }
            Self::Lost => play.cut(),
            Self::Trying => play.cut().event(Event::Connect),
            Self::Away => play.closed(1008, None),
            Self::TakenOver => play.closed(4100, None),
            Self::Recovered => {
                let news = [("Bo", "Är du där?", 1), ("Bo", "Då så.", 0)];
                play.cut().event(Event::Connect).welcome(&news, 2)
            }
            Self::Rename => play.event(Event::EditNick),
            Self::RenameBusy => play.rename("Bo"),
            Self::RenameTaken => {
                let free = json!({ "suggestion": "Bo 2" });
                play.rename("Bo").refused("nick", "nick_taken", &free)
            }
            _ => play,
        }
    }
}

/// Who, what, and how many minutes ago.
type Line = (&'static str, &'static str, u64);

const TALK: [Line; 8] = [
    (
        "Bo",
        "Någon som fått `permessage-deflate` att fungera bakom nginx?",
        1_500,
    ),
    ("Bo", "Eller är det bara jag som envisas?", 1_499),
    ("Cyrus", "Hoppa över den. Ramarna är små ändå.", 1_498),
    (
        "Dani",
        "@Åsa såg du att redovisningen är uppe? Läs på https://example.org/realtid",
        40,
    ),
    (
        "Ebba",
        "Varför räknar servern **seq** per rum och inte för alla?",
        38,
    ),
    (
        "Élodie 花子",
        "För att ett hål då alltid betyder att man missat något i *just det* rummet.",
        37,
    ),
    (
        "Åsa",
        "Precis. Och klienten kan fråga efter just de numren.",
        36,
    ),
    ("Åsa", "Det står i protokollet.", 35),
];

const TEXTS: [Line; 9] = [
    (
        "Bo",
        "Rad `kod` i en mening, **fet**, *kursiv* och https://example.org/en/lang/adress?med=mycket&till=slut",
        9,
    ),
    (
        "Cyrus",
        "```\nproxy_http_version 1.1;\nproxy_set_header Upgrade $http_upgrade; # och en rad som är för lång för de flesta fönster\n```",
        8,
    ),
    ("Dani", "- en sak\n- en sak till\n- och en tredje", 7),
    ("Ebba", "> Vem sade det?\n\nDet gjorde jag.", 6),
    (
        "Farid",
        "ett-mycket-långt-ord-utan-slut-ett-mycket-långt-ord-utan-slut-ett-mycket-långt-ord-utan-slut-ett-mycket-långt-ord",
        5,
    ),
    ("ليلى", "مرحبا بالعالم، كيف الحال؟", 4),
    ("Élodie 花子", "日本語も大丈夫です。👩‍👩‍👧‍👦 🎉", 3),
    (
        "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww",
        "Ett nick av största längd.",
        2,
    ),
    ("Bo", "Rad ett\nRad två\n\nRad fyra", 1),
];

struct Play {
    session: Session,
    now: u64,
    seq: u64,
    says: u64,
    crowd: u32,
}

impl Play {
    fn new(now: u64) -> Self {
        Self {
            session: Session::new(RoomName::default(), None),
            now,
            seq: 0,
            says: 0,
            crowd: 4,
        }
    }

    fn event(&mut self, event: Event) -> &mut Self {
        self.session.handle(event, self.now);
        self
    }

    fn hear(&mut self, message: &Value) -> &mut Self {
        if let Ok(message) = serde_json::from_str(&message.to_string()) {
            self.event(Event::Server(message));
        }
        self
    }

    /// Asks to be let in.
    fn knock(&mut self) -> &mut Self {
        if let Ok(nick) = Nick::new("Åsa") {
            self.event(Event::Join(nick));
        }
        self.event(Event::Led {
            remembered: None,
            drafts: Vec::new(),
        })
    }

    /// A page that is loaded again.
    fn come_back(&mut self) -> &mut Self {
        if let Ok(nick) = Nick::new("Åsa") {
            let before = Remembered {
                nick,
                token: None,
                rejoin: true,
            };
            self.session = Session::new(RoomName::default(), Some(before));
            self.event(Event::Connect);
        }
        self
    }

    fn enter(&mut self, lines: &[Line]) -> &mut Self {
        self.knock().welcome(lines, 0)
    }

    fn rename(&mut self, nick: &str) -> &mut Self {
        self.event(Event::EditNick);
        if let Ok(nick) = Nick::new(nick) {
            self.event(Event::Rename(nick));
        }
        self
    }

    fn welcome(&mut self, lines: &[Line], missed: u64) -> &mut Self {
        let entries: Vec<Value> = lines.iter().map(|line| self.entry(*line)).collect();
        let members: Vec<Value> = ["Åsa", "Bo", "Cyrus", "Farid"].map(member).to_vec();
        let limits = json!({ "text_chars": 4_000, "text_bytes": 16_384, "in_flight": 16, "page_entries": 100 });
        let position = json!({ "epoch": "e", "seq": self.seq });
        self.hear(&json!({
            "type": "welcome", "protocol": 1, "room": "lobby", "nick": "Åsa", "author": author("Åsa"),
            "token": "0123456789abcdefghijkl", "position": position, "recovered": missed > 0,
            "entries": entries, "missed": missed, "more": false, "members": members,
            "online": self.crowd, "limits": limits,
        }))
    }

    fn said(&mut self, nick: &'static str, text: &'static str, minutes: u64) -> &mut Self {
        let entry = self.entry((nick, text, minutes));
        self.hear(&entry)
    }

    fn entry(&mut self, (nick, text, minutes): Line) -> Value {
        self.seq += 1;
        json!({ "type": "said", "nick": nick, "text": text, "seq": self.seq, "author": author(nick),
            "at": self.now.saturating_sub(minutes * MINUTE_MS), "id": id(1_000 + self.seq) })
    }

    fn say(&mut self, text: &str) -> &mut Self {
        self.says += 1;
        if let (Ok(id), Ok(text)) = (MessageId::new(id(self.says)), MessageText::new(text)) {
            self.event(Event::Say { id, text });
        }
        self
    }

    fn refused(&mut self, of: &str, code: &str, more: &Value) -> &mut Self {
        let mut refused = json!({ "type": "refused", "of": of, "code": code, "message": "" });
        if let (Some(refused), Some(more)) = (refused.as_object_mut(), more.as_object()) {
            refused.extend(more.clone());
        }
        self.hear(&refused)
    }

    fn closed(&mut self, code: u16, come_back_ms: Option<u64>) -> &mut Self {
        self.event(Event::Closed { code, come_back_ms })
    }

    fn cut(&mut self) -> &mut Self {
        self.closed(1006, Some(LONG_MS))
    }
}

fn id(n: u64) -> String {
    format!("{n:026}")
}

fn author(nick: &str) -> String {
    format!("author of {nick}")
}

fn member(nick: &str) -> Value {
    json!({ "nick": nick, "author": author(nick) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Stage;

    #[test]
    fn every_state_is_another_one() {
        let all = Still::ALL.map(|still| (still, still.session(1_763_800_000_000)));
        for (n, (still, session)) in all.iter().enumerate() {
            let same =
                |other: &(Still, Session)| other.1 == *session && other.0.draft() == still.draft();
            assert_eq!(all.iter().position(same), Some(n), "{}", still.name());
        }
        let at_door = all
            .iter()
            .filter(|(_, session)| session.stage == Stage::Form);
        assert_eq!(at_door.count(), 6);
    }
}
