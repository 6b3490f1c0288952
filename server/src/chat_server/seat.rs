//! A session's place in a room: how the room reaches it, how much of the log it has been shown,
//! and what happens to it at the end.

use std::mem;
use std::sync::Arc;

use shared::{CloseCode, Seq};

use super::messages::Deliver;
use crate::fanout::{Audience, Following, Frames, Outflow, Post, TooSlow};
use crate::room::SessionId;

/// The address of a session, with its bound.
///
/// A seat never gets lost: one that is dropped, because its room died or was never reached, closes
/// its session with *come back*.
#[derive(Debug)]
pub struct Seat {
    id: SessionId,
    to: Option<Post<Deliver>>,
    outflow: Arc<Outflow>,
    stage: Stage,
    passing: bool,
}

/// How far a session has come.
#[derive(Debug)]
enum Stage {
    /// `welcome` is being read. All waits behind it.
    Door { notices: Vec<Held>, entries: Ahead },
    /// Shown all up to here, and about to ask for more; what is said now it reads then.
    Behind { shown: Seq },
    /// Shown all up to here, and more is being read.
    Reading { shown: Seq, entries: Ahead },
    /// Shown all there is; where the session follows its room, by what is cast to all who do.
    Live(Option<Following<Deliver>>),
}

/// Frames that wait, and how many of the session's requests they answer.
type Held = (Frames, u32);

/// Entries said while earlier ones are being read: they come right after them. Where they are too
/// many, they are let go, and read in turn.
#[derive(Debug, Default)]
struct Ahead {
    held: Vec<Held>,
    lost: bool,
}

impl Seat {
    /// The seat of a session that has not been welcomed.
    pub fn new(id: SessionId, to: Post<Deliver>, outflow: Arc<Outflow>) -> Self {
        Self {
            id,
            to: Some(to),
            outflow,
            stage: Stage::Door {
                notices: Vec::new(),
                entries: Ahead::default(),
            },
            passing: false,
        }
    }

    /// That of somebody who has nothing to come back by: once the connection has ended, however that
    /// came about, they are gone and their nick is anyone's.
    #[must_use]
    pub fn passing(mut self) -> Self {
        self.passing = true;
        self
    }

    /// See [`Self::passing`].
    pub fn is_passing(&self) -> bool {
        self.passing
    }

    /// They have something to come back by after all; answers whether that is news.
    pub fn stay(&mut self) -> bool {
        mem::replace(&mut self.passing, false)
    }

    /// Which session.
    pub fn id(&self) -> SessionId {
        self.id
    }

    /// Whether all that the room casts reaches the session without this seat.
    pub fn following(&self) -> Option<&Following<Deliver>> {
        match &self.stage {
            Stage::Live(following) => following.as_ref(),
            _ => None,
        }
    }

    /// Hands over notices and answers, and tells how many of the session's requests they answer.
    ///
    /// # Errors
    /// Where the session has too much queued: it is to be closed.
    pub fn deliver(&mut self, frames: &Frames, answered: u32) -> Result<(), TooSlow> {
        self.outflow.reserve(frames.bytes())?;
        let frames = frames.clone();
        match &mut self.stage {
            Stage::Door { notices, .. } => notices.push((frames, answered)),
            _ => self.send(Deliver::Frames { frames, answered }),
        }
        Ok(())
    }

    /// Hands over entries that were said just now. A session that has not come so far gets them in
    /// their turn, and at once no more than the answer to its requests.
    ///
    /// # Errors
    /// As [`Self::deliver`].
    pub fn deliver_entries(&mut self, frames: &Frames, answered: u32) -> Result<(), TooSlow> {
        let answered = match &mut self.stage {
            Stage::Live(_) => return self.deliver(frames, answered),
            Stage::Door { entries, .. } | Stage::Reading { entries, .. } => {
                entries.hold(frames, answered, &self.outflow)
            }
            Stage::Behind { .. } => answered,
        };
        self.answer_only(answered)
    }

    /// Answers something said again with its entry, as it was stored the first time; a session that
    /// has not come so far is about to be shown it.
    ///
    /// # Errors
    /// As [`Self::deliver`].
    pub fn deliver_repeat(&mut self, frames: &Frames, seq: Seq) -> Result<(), TooSlow> {
        match self.stage {
            Stage::Behind { shown } | Stage::Reading { shown, .. } if shown < seq => {
                self.answer_only(1)
            }
            _ => self.deliver(frames, 1),
        }
    }

    /// Hands over `welcome`, which shows all up to `shown`, then what waited for it. Where the log
    /// goes on beyond (`behind`), the session is told so, and asks for the rest.
    ///
    /// # Errors
    /// Where all that is too much.
    pub fn welcome(
        &mut self,
        shown: Seq,
        behind: bool,
        bytes: usize,
        joined: impl FnOnce(bool) -> Deliver,
        audience: &Arc<Audience<Deliver>>,
    ) -> Result<(), TooSlow> {
        let Stage::Door { notices, entries } = &mut self.stage else {
            return Ok(());
        };
        let (notices, mut entries) = (mem::take(notices), mem::take(entries));
        self.make_room(bytes, &mut entries)?;
        let behind = behind || entries.lost;
        self.send(joined(behind));
        for (frames, answered) in notices {
            self.send(Deliver::Frames { frames, answered });
        }
        self.go_on(shown, behind, entries, audience)
    }

    /// Where the session is behind, begins to read on after the entry returned: what is said from
    /// now on comes after that page.
    pub fn read_on(&mut self) -> Option<Seq> {
        let Stage::Behind { shown } = self.stage else {
            return None;
        };
        self.stage = Stage::Reading {
            shown,
            entries: Ahead::default(),
        };
        Some(shown)
    }

    /// Hands over the page that was read, which shows all up to `shown`.
    ///
    /// # Errors
    /// Where it is too much.
    pub fn missed(
        &mut self,
        frames: Frames,
        shown: Seq,
        behind: bool,
        audience: &Arc<Audience<Deliver>>,
    ) -> Result<(), TooSlow> {
        let Stage::Reading { entries, .. } = &mut self.stage else {
            return Ok(());
        };
        let mut entries = mem::take(entries);
        self.make_room(frames.bytes(), &mut entries)?;
        let behind = behind || entries.lost;
        self.send(if behind {
            Deliver::Missed(frames)
        } else {
            Deliver::Frames {
                frames,
                answered: 0,
            }
        });
        self.go_on(shown, behind, entries, audience)
    }

    /// Answers a `join` that failed: the session may try again, with a new seat.
    pub fn turn_away(mut self, frames: Frames) {
        self.let_go();
        if self.outflow.reserve(frames.bytes()).is_ok() {
            self.send(Deliver::TurnedAway(frames));
            self.to = None;
        }
    }

    /// Ends the session.
    pub fn close(mut self, code: CloseCode) {
        self.end(code);
    }

    /// The session goes on with another seat.
    pub fn vacate(mut self) {
        self.let_go();
        self.to = None;
    }

    /// What is held is not to be shown: the queue, which the next seat shares, is rid of it.
    fn let_go(&mut self) {
        let (notices, entries) = match &mut self.stage {
            Stage::Door { notices, entries } => (mem::take(notices), entries),
            Stage::Reading { entries, .. } => (Vec::new(), entries),
            Stage::Behind { .. } | Stage::Live(_) => return,
        };
        for (frames, _) in notices {
            self.outflow.taken(frames.bytes());
        }
        entries.let_go(&self.outflow);
    }

    /// The session ends by itself.
    pub fn release(mut self) {
        self.to = None;
    }

    /// Makes room for a page. What was said while it was read gives way: it is no slow reader's fault.
    fn make_room(&mut self, bytes: usize, entries: &mut Ahead) -> Result<(), TooSlow> {
        if self.outflow.reserve(bytes).is_ok() {
            return Ok(());
        }
        entries.lost = true;
        let answered = entries.let_go(&self.outflow);
        self.outflow.reserve(bytes)?;
        self.answer_only(answered)
    }

    /// Goes live with what was said meanwhile, or lets it go and stays behind.
    fn go_on(
        &mut self,
        shown: Seq,
        behind: bool,
        mut entries: Ahead,
        audience: &Arc<Audience<Deliver>>,
    ) -> Result<(), TooSlow> {
        if !behind {
            for (frames, answered) in entries.held {
                self.send(Deliver::Frames { frames, answered });
            }
            let following = self.to.as_ref().and_then(|to| to.follow(audience));
            self.stage = Stage::Live(following);
            return Ok(());
        }
        self.stage = Stage::Behind { shown };
        self.answer_only(entries.let_go(&self.outflow))
    }

    /// Frees the session's credit for requests whose entries it gets later.
    fn answer_only(&mut self, answered: u32) -> Result<(), TooSlow> {
        match answered {
            0 => Ok(()),
            answered => self.deliver(&Frames::none(), answered),
        }
    }

    fn send(&self, delivery: Deliver) {
        if let Some(to) = &self.to {
            to.send(delivery);
        }
    }

    fn end(&mut self, code: CloseCode) {
        if self.to.is_some() {
            // Whatever the reason: a frozen session does not hear of it, its watch does.
            self.outflow.condemn();
            self.stage = Stage::Live(None);
            self.send(Deliver::Close(code));
            self.to = None;
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.end(CloseCode::Failure);
    }
}

impl Ahead {
    /// Takes them, or lets all go where there is no room, at once: what is being read needs it.
    /// Tells how many requests are then to be answered without their entries.
    fn hold(&mut self, frames: &Frames, answered: u32, outflow: &Outflow) -> u32 {
        if !self.lost && outflow.reserve(frames.bytes()).is_ok() {
            self.held.push((frames.clone(), answered));
            return 0;
        }
        self.lost = true;
        answered + self.let_go(outflow)
    }

    /// Lets all go, and tells how many requests they would have answered.
    fn let_go(&mut self, outflow: &Outflow) -> u32 {
        let mut answered = 0;
        for (frames, answers) in self.held.drain(..) {
            outflow.taken(frames.bytes());
            answered += answers;
        }
        answered
    }
}
