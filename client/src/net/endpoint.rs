//! Where the chat's WebSocket is, worked out from what the owner wrote as `server`.

/// The address of the WebSocket for a `server`: empty for the page's own origin, a path on it,
/// a host, or an `http(s)`/`ws(s)` address. `scheme` and `host` are the page's.
pub fn endpoint(server: &str, scheme: &str, host: &str) -> String {
    let own = if scheme == "https:" { "wss" } else { "ws" };
    let server = server.trim().trim_end_matches('/');
    let base = match server.split_once("://") {
        Some(("https" | "wss", rest)) => format!("wss://{rest}"),
        Some((_, rest)) => format!("ws://{rest}"),
        None => match server.strip_prefix("//") {
            Some(rest) => format!("{own}://{rest}"),
            None if server.is_empty() || server.starts_with('/') => {
                format!("{own}://{host}{server}")
            }
            None => format!("{own}://{server}"),
        },
    };
    if base.ends_with("/ws") {
        base
    } else {
        format!("{base}/ws")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_a_server_leads_to_its_socket() {
        for (server, address) in [
            ("", "wss://me.example/ws"),
            ("/", "wss://me.example/ws"),
            ("/chat", "wss://me.example/chat/ws"),
            ("/chat/ws", "wss://me.example/chat/ws"),
            ("//chat.example", "wss://chat.example/ws"),
            ("chat.example:8080", "wss://chat.example:8080/ws"),
            ("https://chat.example/", "wss://chat.example/ws"),
            ("http://127.0.0.1:8080", "ws://127.0.0.1:8080/ws"),
            ("ws://127.0.0.1:8080/ws", "ws://127.0.0.1:8080/ws"),
            ("wss://chat.example/a", "wss://chat.example/a/ws"),
        ] {
            assert_eq!(
                endpoint(server, "https:", "me.example"),
                address,
                "{server:?}"
            );
        }
        assert_eq!(
            endpoint("", "http:", "localhost:8081"),
            "ws://localhost:8081/ws"
        );
    }
}
