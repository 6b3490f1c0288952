//! Whom a request counts for: its peer, or the client that a trusted proxy names in
//! `X-Forwarded-For`. The address is asked for once, for the quotas, and neither kept nor logged.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};

use actix_http::RequestHead;
use actix_web::http::header::HeaderMap;
use ipnet::IpNet;

use crate::chat::Chat;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The proxies that are believed.
#[derive(Debug)]
pub(super) struct Proxies {
    trusted: Vec<IpNet>,
    warned: AtomicBool,
}

impl Proxies {
    /// Those that a chat is set to trust.
    pub(super) fn of(chat: &Chat) -> Self {
        Self::new(chat.config().trusted_proxies.iter().copied())
    }

    /// Those in any of the networks.
    pub(super) fn new(trusted: impl IntoIterator<Item = IpNet>) -> Self {
        Self {
            trusted: trusted.into_iter().collect(),
            warned: AtomicBool::new(false),
        }
    }

    /// The client's address; `None` where nobody knows it, as behind a Unix socket.
    pub(super) fn client(&self, head: &RequestHead) -> Option<IpAddr> {
        let peer = head.peer_addr?.ip().to_canonical();
        let forwarded = head.headers().contains_key(FORWARDED_FOR);
        if forwarded && !self.trusts(peer) && !self.warned.swap(true, Ordering::Relaxed) {
            // Once is enough: anyone can send such a header.
            tracing::warn!(
                "X-Forwarded-For came from a peer that is not among --trusted-proxies: \
                 if that is your proxy, all its visitors count as one address"
            );
        }
        Some(self.named(peer, head.headers()))
    }

    /// Each proxy adds its peer at the right. So from there, as long as a trusted proxy speaks, its
    /// peer is true; what stands further left the client may have made up.
    fn named(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer;
        // Several headers are one list (RFC 9110, section 5.3).
        let headers: Vec<_> = headers.get_all(FORWARDED_FOR).collect();
        let entries = headers
            .iter()
            .rev()
            .flat_map(|value| value.as_bytes().rsplit(|byte| *byte == b','));
        for entry in entries {
            if !self.trusts(client) {
                break;
            }
            match parse(entry) {
                Some(address) => client = address,
                None => break,
            }
        }
        client
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.trusted
            .iter()
            .any(|network| network.contains(&address))
    }
}

/// An entry: an address, with a port where a proxy adds it.
fn parse(entry: &[u8]) -> Option<IpAddr> {
    let entry = std::str::from_utf8(entry).ok()?.trim();
    let bare = entry
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(entry);
    let with_port = || entry.parse::<SocketAddr>().ok().map(|address| address.ip());
    let address = bare.parse().ok().or_else(with_port)?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    /// The client of a request that came from `peer` with these headers.
    fn client(peer: &str, forwarded: &[&str]) -> String {
        let networks = ["127.0.0.1/32", "10.0.0.0/8", "2001:db8:ffff::/48"];
        let proxies = Proxies::new(networks.map(|network| network.parse().unwrap()));
        let peer = SocketAddr::new(peer.parse().unwrap(), 50_000);
        let request = forwarded
            .iter()
            .fold(TestRequest::get().peer_addr(peer), |request, value| {
                request.append_header(("X-Forwarded-For", *value))
            });
        proxies
            .client(request.to_http_request().head())
            .unwrap()
            .to_string()
    }

    #[test]
    fn a_peer_that_is_no_proxy_counts_itself_whatever_it_says() {
        assert_eq!(client("192.0.2.1", &[]), "192.0.2.1");
        assert_eq!(client("192.0.2.1", &["198.51.100.9"]), "192.0.2.1");
        assert_eq!(
            client("192.0.2.1", &["198.51.100.9, 10.0.0.1"]),
            "192.0.2.1"
        );
        assert_eq!(client("127.0.0.2", &["198.51.100.9"]), "127.0.0.2");
    }

    #[test]
    fn a_trusted_proxy_names_its_client() {
        assert_eq!(client("127.0.0.1", &["192.0.2.1"]), "192.0.2.1");
        assert_eq!(client("127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(client("2001:db8:ffff::1", &["2001:db8::5"]), "2001:db8::5");
        assert_eq!(
            client("::ffff:127.0.0.1", &["::ffff:192.0.2.1"]),
            "192.0.2.1"
        );
    }

    #[test]
    fn what_the_client_wrote_itself_is_not_believed() {
        assert_eq!(
            client("127.0.0.1", &["198.51.100.9, 192.0.2.1"]),
            "192.0.2.1"
        );
        assert_eq!(client("127.0.0.1", &["10.0.0.9, 192.0.2.1"]), "192.0.2.1");
        // The client's own header, and the proxy's.
        assert_eq!(
            client("127.0.0.1", &["198.51.100.9, 10.0.0.9", "192.0.2.1"]),
            "192.0.2.1"
        );
    }

    #[test]
    fn a_chain_of_trusted_proxies_is_followed_to_its_begin() {
        let chain = "198.51.100.9, 192.0.2.1, 10.0.0.7,10.1.1.1";
        assert_eq!(client("127.0.0.1", &[chain]), "192.0.2.1");
        assert_eq!(
            client("127.0.0.1", &["192.0.2.1", "10.0.0.7", "10.1.1.1"]),
            "192.0.2.1"
        );
        // Nobody but proxies: the first of them.
        assert_eq!(client("127.0.0.1", &["10.0.0.7, 10.1.1.1"]), "10.0.0.7");
    }

    #[test]
    fn a_malformed_entry_ends_the_list_at_the_last_good_one() {
        for bad in [
            "unknown",
            "",
            "_hidden",
            "192.0.2.1.2",
            "fe80::1%eth0",
            "[192.0.2.1",
        ] {
            assert_eq!(client("127.0.0.1", &[bad]), "127.0.0.1", "{bad}");
            let list = format!("192.0.2.1, {bad}, 10.0.0.7");
            assert_eq!(client("127.0.0.1", &[&list]), "10.0.0.7", "{bad}");
        }
    }

    #[test]
    fn ports_and_brackets_are_no_part_of_an_address() {
        for (entry, address) in [
            ("192.0.2.1:4711", "192.0.2.1"),
            ("[2001:db8::5]:4711", "2001:db8::5"),
            ("[2001:db8::5]", "2001:db8::5"),
            ("  192.0.2.1\t", "192.0.2.1"),
        ] {
            assert_eq!(client("127.0.0.1", &[entry]), address);
        }
    }

    #[test]
    fn behind_a_unix_socket_nobody_is_known() {
        let request = TestRequest::get().insert_header(("X-Forwarded-For", "192.0.2.1"));
        let proxies = Proxies::new(["0.0.0.0/0".parse().unwrap()]);
        assert_eq!(proxies.client(request.to_http_request().head()), None);
    }
}
