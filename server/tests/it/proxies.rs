//! The configurations in `deploy/`, run for real: nginx and Caddy in front of a server.

use std::io::{BufRead as _, BufReader};
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::json;
use tempfile::TempDir;

use crate::client::{Client, said};
use crate::guest::Guest;
use crate::raw::{handshake, handshake_from};
use crate::server::{TestServer, in_memory, limited};
use crate::site::{self, body, get, header};

const NGINX: &str = include_str!("../../../deploy/nginx.conf");
const CADDY: &str = include_str!("../../../deploy/Caddyfile");

/// Ports are found by asking for any, which another program may take meanwhile.
const ATTEMPTS: usize = 5;

/// A running proxy with a built site, in front of a server.
struct Proxy {
    child: Child,
    address: SocketAddr,
    _files: TempDir,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Proxy {
    fn nginx(server: SocketAddr) -> Self {
        Self::start(|address, directory| {
            let site = edited(
                NGINX,
                &[
                    ("listen 80;", &format!("listen {address};")),
                    ("listen [::]:80;", ""),
                    (
                        "root /srv/realtid/dist;",
                        &format!("root {directory}/dist;"),
                    ),
                    ("http://127.0.0.1:8080;", &format!("http://{server};")),
                ],
            );
            let kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
            let scratch: String = kinds
                .map(|kind| format!("{kind}_temp_path {directory}/{kind};\n"))
                .concat();
            // What Debian's nginx.conf has around a site; one process, which ends when killed.
            let around = format!(
                "daemon off;\nmaster_process off;\npid {directory}/pid;\nerror_log stderr notice;\nevents {{}}\n\
                 http {{\ninclude /etc/nginx/mime.types;\n{scratch}{site}}}\n"
            );
            let file = format!("{directory}/nginx.conf");
            std::fs::write(&file, around).unwrap();
            let mut command = Command::new("nginx");
            command.args(["-e", "stderr", "-p", directory, "-c", &file]);
            // It listens before it names its system.
            (command, "OS: ")
        })
    }

    fn caddy(server: SocketAddr) -> Self {
        Self::start(|address, directory| {
            let site = edited(
                CADDY,
                &[
                    ("me.example {", &format!("http://{address} {{")),
                    ("/srv/realtid/dist", &format!("{directory}/dist")),
                    ("127.0.0.1:8080", &server.to_string()),
                ],
            );
            let around = "{\nadmin off\nauto_https off\ndefault_bind 127.0.0.1\n}\n";
            let file = format!("{directory}/Caddyfile");
            std::fs::write(&file, format!("{around}{site}")).unwrap();
            let mut command = Command::new("caddy");
            command.args(["run", "--adapter", "caddyfile", "--config", &file]);
            for variable in ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"] {
                command.env(variable, directory);
            }
            (command, "serving initial configuration")
        })
    }

    /// Writes a site, has `prepare` write the configuration, and waits for `ready` in the log.
    fn start(prepare: impl Fn(SocketAddr, &str) -> (Command, &'static str)) -> Self {
        let mut log = String::new();
        for _ in 0..ATTEMPTS {
            let files = built_site();
            let address = free_address();
            let (mut command, ready) = prepare(address, files.path().to_str().unwrap());
            let mut child = spawn(&mut command);
            let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
            log.clear();
            let listens = lines.by_ref().map(Result::unwrap).any(|line| {
                log += &line;
                log += "\n";
                line.contains(ready)
            });
            // Goes on reading, or the proxy would stop at a full pipe.
            std::thread::spawn(move || lines.for_each(drop));
            let proxy = Self {
                child,
                address,
                _files: files,
            };
            if listens {
                return proxy;
            }
            assert!(log.contains("ddress already in use"), "{log}");
        }
        panic!("no free port: {log}");
    }

    fn ws(&self) -> String {
        format!("ws://{}/ws", self.address)
    }
}

fn spawn(command: &mut Command) -> Child {
    let path = std::env::var("PATH").unwrap_or_default();
    command
        .env("PATH", format!("{path}:/usr/sbin"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| {
            let program = command.get_program().to_string_lossy().into_owned();
            panic!(
                "{program} does not start ({error}): 'scripts/setup test' installs what tests need"
            )
        })
}

/// The configuration as it is, but for what an owner has to put in.
fn edited(configuration: &str, edits: &[(&str, &str)]) -> String {
    let mut edited = configuration.to_owned();
    for (from, to) in edits {
        assert_eq!(configuration.matches(from).count(), 1, "{from}");
        edited = edited.replace(from, to);
    }
    edited
}

fn free_address() -> SocketAddr {
    let any = TcpListener::bind("127.0.0.1:0").unwrap();
    any.local_addr().unwrap()
}

fn built_site() -> TempDir {
    let files = tempfile::tempdir().unwrap();
    let site = files.path().join("dist");
    for (name, text) in [
        ("index.html", "<!doctype html><title>min sida</title>"),
        ("404.html", "<!doctype html><title>borta</title>"),
        ("app-123456789abcdef_bg.wasm", "\0asm"),
        ("app-123456789abcdef_bg.wasm.gz", "built, gzip"),
        ("app-123456789abcdef_bg.wasm.br", "built, brotli"),
        ("chat/index.html", "<!doctype html><title>chatten</title>"),
        ("content/me.md", "# Åsa"),
        ("content/me.md.gz", "stale"),
        ("content/photo-123456789abcdef.svg", "<svg/>"),
        ("content/photo-123456789abcdef.svg.gz", "stale"),
    ] {
        let file = site.join(Path::new(name));
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    files
}

type Start = fn(SocketAddr) -> Proxy;

async fn two_people_chat(start: Start) {
    let server = TestServer::start();
    let proxy = start(server.address);
    let (mut asa, _) = Client::join(&proxy.ws(), "Åsa").await;
    let (mut bo, welcome) = Client::join(&proxy.ws(), "Bo").await;
    assert_eq!(welcome.online, 2);
    for number in 0..20 {
        let (writer, nick) = if number % 2 == 0 {
            (&mut asa, "Åsa")
        } else {
            (&mut bo, "Bo")
        };
        writer.say(number, "hej").await;
        for client in [&mut asa, &mut bo] {
            assert_eq!(said(&client.entry().await), (nick, "hej"));
        }
    }
    // As large as a message may be.
    let long = "😀".repeat(4_000);
    asa.say(20, &long).await;
    assert_eq!(said(&bo.entry().await), ("Åsa", long.as_str()));
}

/// By the host and its port, which the proxy must pass on.
async fn the_sites_own_pages_may_connect_and_no_others(start: Start) {
    let server = TestServer::start();
    let proxy = start(server.address);
    let port = proxy.address.port();
    for (origin, status) in [
        (format!("http://127.0.0.1:{port}"), 101),
        (format!("https://127.0.0.1:{port}"), 101),
        (format!("http://{}", server.address), 403),
        ("http://127.0.0.1".to_owned(), 403),
        ("https://evil.example".to_owned(), 403),
    ] {
        let (answer, text) = handshake(proxy.address, "/ws", &[("Origin", &origin)]);
        assert_eq!(answer, status, "{origin}: {text}");
    }
}

async fn a_plain_request_to_the_socket_is_told_what_it_is(start: Start) {
    let server = TestServer::start();
    let proxy = start(server.address);
    let answer = get(proxy.address, "/ws", "*/*");
    assert!(answer.starts_with("HTTP/1.1 426"), "{answer}");
}

async fn clients_of_socket_io_come_through(start: Start) {
    let server = TestServer::start();
    let proxy = start(server.address);
    let (mut asa, _) = Client::join(&proxy.ws(), "Åsa").await;
    let mut bo = Guest::login(proxy.address, "Bo").await;
    bo.emit("new message", json!(["hej"])).await;
    assert_eq!(said(&asa.entry().await), ("Bo", "hej"));
    asa.say(1, "hej Bo").await;
    let heard = bo.event("new message").await;
    assert_eq!(heard[0], json!({ "username": "Åsa", "message": "hej Bo" }));
    let polled = get(proxy.address, "/socket.io/?EIO=4&transport=polling", "*/*");
    assert!(body(&polled).starts_with(r#"0{"sid":""#), "{polled}");
    assert_eq!(header(&polled, "Cache-Control"), Some("no-store"));
}

async fn a_transcript_is_passed_on_as_it_is(start: Start) {
    let mut config = in_memory();
    config.transcript = true;
    let server = TestServer::with(config);
    let proxy = start(server.address);
    let page = "/rooms/lobby/transcript?lang=sv";
    let answer = site::ask(proxy.address, "GET", page, &[]);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(body(&answer).contains("<html lang=\"sv\">"), "{answer}");
    for (name, value) in [
        ("Cache-Control", "no-store"),
        ("X-Robots-Tag", "noindex"),
        ("X-Content-Type-Options", "nosniff"),
    ] {
        assert_eq!(header(&answer, name), Some(value));
    }
    let none = get(proxy.address, "/rooms/none/transcript", "text/html");
    assert!(none.starts_with("HTTP/1.1 404"), "{none}");
    assert!(none.contains("no transcript here"), "{none}");
}

async fn the_built_site_is_served(start: Start) {
    let server = TestServer::start();
    let proxy = start(server.address);
    let ask = |path| get(proxy.address, path, "text/html").to_lowercase();
    for path in [
        "/",
        "/chat/lobby",
        "/reports/kmom01",
        "/content",
        "/content/",
    ] {
        let page = ask(path);
        assert!(page.starts_with("http/1.1 200"), "{path}: {page}");
        for part in [
            "min sida",
            "text/html",
            "cache-control: no-cache",
            "nosniff",
        ] {
            assert!(page.contains(part), "{path} lacks '{part}': {page}");
        }
    }
    let program = ask("/app-123456789abcdef_bg.wasm");
    for part in ["application/wasm", "immutable"] {
        assert!(program.contains(part), "no '{part}': {program}");
    }
    let text = ask("/content/me.md");
    assert!(
        text.contains("# åsa") && text.contains("no-cache"),
        "{text}"
    );
    for path in ["/chat", "/chat/"] {
        let page = ask(path);
        assert!(page.starts_with("http/1.1 200"), "{path}: {page}");
        assert!(page.contains("chatten"), "{path}: {page}");
    }
    for path in [
        "/missing.png",
        "/content/missing.md",
        "/app-fedcba9876543210_bg.wasm",
        "/app-123456789abcdef_bg.wasm.gz",
    ] {
        let answer = ask(path);
        assert!(answer.starts_with("http/1.1 404"), "{path}: {answer}");
        assert!(answer.contains("borta"), "{path}: {answer}");
        assert!(!answer.contains("immutable"), "{path}: {answer}");
    }
}

async fn built_files_go_out_as_they_were_compressed_and_no_others(start: Start) {
    let server = TestServer::start();
    let proxy = start(server.address);
    let ask = |path| {
        let accept = [("Accept-Encoding", "gzip")];
        site::ask(proxy.address, "GET", path, &accept)
    };
    let program = ask("/app-123456789abcdef_bg.wasm");
    assert_eq!(body(&program), "built, gzip");
    assert_eq!(header(&program, "Content-Encoding"), Some("gzip"));
    assert_eq!(header(&program, "Content-Type"), Some("application/wasm"));
    assert!(
        program.contains("\r\nVary: Accept-Encoding\r\n"),
        "{program}"
    );
    for path in ["/content/me.md", "/content/photo-123456789abcdef.svg"] {
        let edited = ask(path);
        assert!(edited.starts_with("HTTP/1.1 200"), "{edited}");
        assert!(!edited.contains("stale"), "{edited}");
        assert_eq!(header(&edited, "Cache-Control"), Some("no-cache"));
    }
}

async fn pages_elsewhere_that_are_named_may_load_files_and_no_others(start: Start) {
    let server = TestServer::start();
    let proxy = start(server.address);
    let page = "https://page.example";
    for path in ["/app-123456789abcdef_bg.wasm", "/content/me.md", "/"] {
        for (origin, reader) in [(page, Some(page)), ("https://evil.example", None)] {
            let answer = site::ask(proxy.address, "GET", path, &[("Origin", origin)]);
            assert_eq!(header(&answer, "Access-Control-Allow-Origin"), reader);
            assert!(answer.contains("\r\nVary: Origin\r\n"), "{answer}");
        }
    }
}

async fn the_end_of_the_server_is_told_and_the_page_stays(start: Start) {
    let mut server = TestServer::start();
    let proxy = start(server.address);
    let (mut asa, _) = Client::join(&proxy.ws(), "Åsa").await;
    server.stop();
    assert_eq!(asa.closed().await, 1001);
    server.wait();
    assert_eq!(handshake(proxy.address, "/ws", &[]).0, 502);
    assert!(get(proxy.address, "/", "text/html").contains("min sida"));
}

/// One connection each, by what the proxy says of its clients, and not by what they say themselves.
async fn clients_are_told_apart_by_their_own_addresses(start: Start) {
    let mut config = limited();
    config.limits.limit_connections_per_address = 1;
    config.trusted_proxies = vec!["127.0.0.1".parse::<IpAddr>().unwrap().into()];
    let server = TestServer::with(config);
    let proxy = start(server.address);
    let _asa = Client::connect_from("127.0.0.2", &proxy.ws()).await;
    let _bo = Client::connect_from("127.0.0.3", &proxy.ws()).await;
    for forwarded in ["", "198.51.100.9", "198.51.100.9, 127.0.0.1", "unknown"] {
        let headers = [("X-Forwarded-For", forwarded)];
        let (status, text) = handshake_from("127.0.0.2", proxy.address, "/ws", &headers);
        assert_eq!(status, 429, "{forwarded}: {text}");
    }
    assert_eq!(
        handshake_from("127.0.0.4", proxy.address, "/ws", &[]).0,
        101
    );
}

/// Each of these behaviours is a test of its own for each proxy.
macro_rules! behind {
    ($proxy:ident: $($behaviour:ident)*) => {
        mod $proxy {
            $(#[tokio::test]
            async fn $behaviour() {
                super::$behaviour(super::Proxy::$proxy).await;
            })*
        }
    };
    ($($proxy:ident),*) => {
        $(behind! {
            $proxy:
                two_people_chat
                clients_of_socket_io_come_through
                the_sites_own_pages_may_connect_and_no_others
                a_plain_request_to_the_socket_is_told_what_it_is
                a_transcript_is_passed_on_as_it_is
                the_built_site_is_served
                built_files_go_out_as_they_were_compressed_and_no_others
                pages_elsewhere_that_are_named_may_load_files_and_no_others
                the_end_of_the_server_is_told_and_the_page_stays
                clients_are_told_apart_by_their_own_addresses
        })*
    };
}

behind!(nginx, caddy);
