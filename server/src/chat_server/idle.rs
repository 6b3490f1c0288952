//! The end of a room that nobody needs now. What was said in it is the history's, so it can begin
//! again at any time.

use actix::prelude::*;

use super::ChatServer;

/// Whether nobody is in the room or on the way in, and nothing is on its way to the history.
#[derive(Debug, Message)]
#[rtype(result = "bool")]
pub struct IsIdle;

/// The room is idle, and nobody can enter it any more: it ends.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Retire;

impl Handler<IsIdle> for ChatServer {
    type Result = bool;

    fn handle(&mut self, _: IsIdle, _: &mut Self::Context) -> bool {
        // While an append is under way, what comes after it is pending; before the first one
        // nothing is.
        let nobody = self.members.is_empty() && self.onlookers.is_empty();
        nobody && self.arrivals.is_empty() && !self.appending
    }
}

impl Handler<Retire> for ChatServer {
    type Result = ();

    fn handle(&mut self, _: Retire, ctx: &mut Self::Context) {
        ctx.stop();
    }
}
