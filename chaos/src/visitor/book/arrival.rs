//! What a client makes of a `welcome`: whether it is the one of before, and where what comes is to
//! go on.

use std::time::Duration;

use shared::{Position, Seq, Welcome};

use super::{Book, Violation};
use crate::visitor::attempt::Stage;

/// Entries missed that are given one and all; beyond, `welcome` has the latest.
const MISSED: u64 = 500;

impl Book {
    pub(super) fn welcome(&mut self, welcome: Welcome) -> Result<(), Violation> {
        if !matches!(self.attempt.stage, Stage::Joining(_)) {
            return Err(self.violation("a welcome without a join"));
        }
        self.recognise(&welcome)?;
        self.met.welcomes += 1;
        self.name.welcomed();
        self.attempt
            .pings_after(Duration::from_millis(welcome.limits.ping_ms));
        self.attempt.stage = Stage::Inside;
        self.company.welcomed(&welcome);
        self.place(&welcome)?;
        for entry in welcome.entries {
            self.take(entry)?;
        }
        Ok(())
    }

    /// The same author by the same token, under the nick that was confirmed last.
    fn recognise(&mut self, welcome: &Welcome) -> Result<(), Violation> {
        if welcome.nick != *self.nick() {
            let (nick, now) = (self.nick(), &welcome.nick);
            return Err(self.violation(format!("was '{nick}', and is called '{now}' now")));
        }
        let (author, token) = (welcome.author.clone(), welcome.token.clone());
        match &self.identity {
            Some(before) if *before != (author.clone(), token.clone()) => {
                return Err(self.violation("another author, or another token, than before"));
            }
            _ => self.identity = Some((author, token)),
        }
        let first = welcome.members.first();
        let oneself = |m: &shared::Member| m.author == welcome.author && m.nick == welcome.nick;
        if !first.is_some_and(oneself) {
            let members = &welcome.members;
            return Err(self.violation(format!("not the first of the members: {members:?}")));
        }
        Ok(())
    }

    /// Finds where what comes is to go on.
    fn place(&mut self, welcome: &Welcome) -> Result<(), Violation> {
        let before = self.check_entries(welcome)?;
        let head = welcome.position.seq;
        self.attempt.live = head;
        self.attempt.promised = Seq(before.0.saturating_add(welcome.missed)).max(head);
        if self.attempt.promised < self.heard_of {
            let (all, heard_of) = (self.attempt.promised, self.heard_of);
            return Err(self.violation(format!(
                "the log ends at {all} in a welcome, and {heard_of} was out before the join"
            )));
        }
        let epoch = &welcome.position.epoch;
        let another = self.position.as_ref().is_some_and(|p| p.epoch != *epoch);
        if another && !self.may_begin_anew {
            return Err(self.violation("another epoch: the log should have survived"));
        }
        let asked = self.position.as_ref().filter(|_| !self.forgetful);
        let missed = asked.filter(|_| !another);
        let missed = missed.map(|mine| head.0.saturating_sub(mine.seq.0));
        match &self.position {
            Some(mine) if !another && head < mine.seq => {
                let mine = mine.seq;
                return Err(self.violation(format!("the log ends at {head}, and {mine} was seen")));
            }
            Some(mine) if welcome.recovered => {
                if before != mine.seq || missed.is_none() || welcome.missed > MISSED {
                    let (mine, missed) = (mine.seq, welcome.missed);
                    let what = format!("{missed} recovered from {before}, not from {mine} on");
                    return Err(self.violation(what));
                }
                self.met.followed += u64::from(head < self.attempt.promised);
            }
            Some(_) if missed.is_some_and(|missed| missed <= MISSED) => {
                return Err(self.violation(format!("not recovered, though {missed:?} were missed")));
            }
            Some(_) if !another => self.met.unrecovered += 1,
            _ if welcome.recovered => {
                return Err(self.violation("recovered, though nothing was asked for"));
            }
            begun => {
                self.met.epochs += u64::from(begun.is_some());
                self.first = before;
                self.transcript.clear();
                self.position = Some(Position {
                    epoch: epoch.clone(),
                    seq: before,
                });
            }
        }
        Ok(())
    }

    /// That the entries are one after the other up to `position`, that `more` is right, and that
    /// `missed` has room for them. Returns what they come after.
    fn check_entries(&self, welcome: &Welcome) -> Result<Seq, Violation> {
        let Welcome {
            position,
            entries,
            missed,
            more,
            recovered,
            ..
        } = welcome;
        let came = entries.len() as u64;
        let before = Seq(position.seq.0.saturating_sub(came));
        let in_order = entries.iter().zip(before.0 + 1..);
        let in_order = in_order.into_iter().all(|(entry, seq)| entry.seq.0 == seq);
        let counted = match (recovered, came) {
            (false, _) => *missed == 0,
            (true, 0) => *missed == 0,
            (true, _) => *missed >= came,
        };
        if in_order && counted && *more == (before.0 > 0) {
            return Ok(before);
        }
        let seqs: Vec<_> = entries.iter().map(|entry| entry.seq.0).collect();
        let end = position.seq;
        Err(self.violation(format!(
            "a welcome at odds with itself: up to {end}, missed: {missed}, more: {more}, {seqs:?}"
        )))
    }
}
