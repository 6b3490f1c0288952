//! What a request asks for, by its query. Pure. The checks come in Node's order, since clients are
//! told the first that fails.

use actix_http::RequestHead;
use actix_web::http::Method;
use actix_web::web::Query;

use super::refusal::Refusal;

/// The version of the protocol that is spoken here.
const VERSION: &str = "4";

/// How a request comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// As one request.
    Http,
    /// To become a WebSocket.
    Upgrade,
}

/// What a request is about.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// The session, where it is not a new one.
    pub(super) sid: Option<String>,
    version: bool,
    get: bool,
    way: Way,
    transport: Transport,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transport {
    Polling,
    WebSocket,
}

impl Asked {
    /// Reads a query.
    ///
    /// # Errors
    /// Where it names no transport that there is.
    pub(super) fn read(head: &RequestHead, way: Way) -> Result<Self, Refusal> {
        let query = head.uri.query().unwrap_or_default();
        let query = Query::<Vec<(String, String)>>::from_query(query);
        let mut query = query.map_err(|_| Refusal::bad_request())?.into_inner();
        // Of several the last counts.
        let mut take = |name| {
            let at = query.iter().rposition(|(key, _)| key == name)?;
            Some(query.remove(at).1)
        };
        let transport = match take("transport").as_deref() {
            Some("polling") => Transport::Polling,
            Some("websocket") => Transport::WebSocket,
            _ => return Err(Refusal::unknown_transport()),
        };
        Ok(Self {
            sid: take("sid").filter(|sid| !sid.is_empty()),
            version: take("EIO").as_deref() == Some(VERSION),
            get: head.method == Method::GET,
            way,
            transport,
        })
    }

    /// Checks what is asked of a session that exists.
    ///
    /// # Errors
    /// Where it cannot be asked.
    pub(super) fn check_known(&self) -> Result<(), Refusal> {
        if self.transport == self.transport_of_way() && self.version {
            Ok(())
        } else {
            Err(Refusal::bad_request())
        }
    }

    /// Checks a handshake. Its version is checked last.
    ///
    /// # Errors
    /// Where it is none.
    pub(super) fn check_handshake(&self) -> Result<(), Refusal> {
        if !self.get {
            return Err(Refusal::bad_handshake_method());
        }
        if self.transport != self.transport_of_way() {
            return Err(Refusal::bad_request());
        }
        Ok(())
    }

    /// Checks a handshake's version.
    ///
    /// # Errors
    /// Where it is not this one; clients of version 2 and before ask for 3.
    pub(super) fn check_version(&self) -> Result<(), Refusal> {
        if self.version {
            Ok(())
        } else {
            Err(Refusal::unsupported_version())
        }
    }

    fn transport_of_way(&self) -> Transport {
        match self.way {
            Way::Http => Transport::Polling,
            Way::Upgrade => Transport::WebSocket,
        }
    }
}
