//! The built site's files over the wire: which form of them goes out, and how long it is kept.

use tempfile::TempDir;

use crate::server::{TestServer, in_memory};
use crate::site::{ask, body, built_site, header, serving, serving_with};

const STYLE: &str = "/app-0123456789abcdef.css";
const PROGRAM: &str = "/app-fedcba9876543210_bg.wasm";
const KEPT: &str = "public, max-age=31536000, immutable";

/// The built site with compressed files whose text tells what they stand for, so that it shows if
/// anyone touches them.
fn release() -> TempDir {
    let site = built_site();
    for (name, text) in [
        ("app-0123456789abcdef.css.br", "style, brotli"),
        ("app-0123456789abcdef.css.gz", "style, gzip"),
        ("app-fedcba9876543210_bg.wasm", "program, whole"),
        ("app-fedcba9876543210_bg.wasm.gz", "program, gzip"),
        ("content/me.md.br", "stale"),
        ("index.html.br", "stale"),
        ("embed.js", "export {}"),
        ("chat/index.html", "<!doctype html><title>chatten</title>"),
    ] {
        let file = site.path().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    site
}

fn get(server: &TestServer, path: &str, headers: &[(&str, &str)]) -> String {
    ask(server.address, "GET", path, headers)
}

#[test]
fn a_file_goes_out_as_it_was_compressed_when_it_was_built() {
    let site = release();
    let server = serving(&site);
    for (accepted, path, encoding, text) in [
        (
            "gzip, deflate, br, zstd",
            STYLE,
            Some("br"),
            "style, brotli",
        ),
        ("gzip, br;q=0.5", STYLE, Some("gzip"), "style, gzip"),
        ("br;q=0, gzip", STYLE, Some("gzip"), "style, gzip"),
        ("identity, br;q=0.5", STYLE, None, "body{}"),
        ("br;q=0, gzip;q=0", STYLE, None, "body{}"),
        ("deflate", STYLE, None, "body{}"),
        ("*", STYLE, None, "body{}"),
        ("br, gzip", PROGRAM, Some("gzip"), "program, gzip"),
        ("br", PROGRAM, None, "program, whole"),
    ] {
        let answer = get(&server, path, &[("Accept-Encoding", accepted)]);
        assert!(answer.starts_with("HTTP/1.1 200"), "{accepted}: {answer}");
        assert_eq!(header(&answer, "Content-Encoding"), encoding, "{accepted}");
        assert_eq!(body(&answer), text, "{accepted}");
        let length = text.len().to_string();
        assert_eq!(header(&answer, "Content-Length"), Some(length.as_str()));
        assert_eq!(header(&answer, "Vary"), Some("Accept-Encoding"));
        assert_eq!(header(&answer, "Cache-Control"), Some(KEPT));
    }
    assert_eq!(body(&get(&server, STYLE, &[])), "body{}");
}

#[test]
fn a_compressed_file_has_the_type_of_what_it_stands_for() {
    let site = release();
    let server = serving(&site);
    for (path, kind) in [
        (STYLE, "text/css; charset=utf-8"),
        (PROGRAM, "application/wasm"),
    ] {
        for accepted in ["br, gzip", "identity"] {
            let answer = get(&server, path, &[("Accept-Encoding", accepted)]);
            assert_eq!(header(&answer, "Content-Type"), Some(kind), "{accepted}");
        }
    }
}

#[test]
fn each_form_of_a_file_has_a_tag_of_its_own() {
    let site = release();
    let server = serving(&site);
    let tag = |accepted| {
        let answer = get(&server, STYLE, &[("Accept-Encoding", accepted)]);
        header(&answer, "ETag").unwrap().to_owned()
    };
    let (brotli, gzip, whole) = (tag("br"), tag("gzip"), tag("identity"));
    assert!(brotli != gzip && gzip != whole && brotli != whole);
    let again = |accepted, tag| {
        let headers = [("Accept-Encoding", accepted), ("If-None-Match", tag)];
        get(&server, STYLE, &headers)
    };
    let same = again("br", &brotli);
    assert!(same.starts_with("HTTP/1.1 304"), "{same}");
    assert_eq!(header(&same, "ETag"), Some(brotli.as_str()));
    assert_eq!(header(&same, "Cache-Control"), Some(KEPT));
    assert_eq!(header(&same, "Vary"), Some("Accept-Encoding"));
    assert_eq!(body(&same), "");
    assert!(again("gzip", &brotli).starts_with("HTTP/1.1 200"));
}

#[test]
fn a_range_is_one_of_the_form_that_is_sent() {
    let site = release();
    let server = serving(&site);
    let part = |accepted, range| {
        let headers = [("Accept-Encoding", accepted), ("Range", range)];
        get(&server, STYLE, &headers)
    };
    for (accepted, encoding, part_of, text) in [
        ("br", Some("br"), "bytes 0-4/13", "style"),
        ("identity", None, "bytes 0-4/6", "body{"),
    ] {
        let answer = part(accepted, "bytes=0-4");
        assert!(answer.starts_with("HTTP/1.1 206"), "{answer}");
        assert_eq!(header(&answer, "Content-Encoding"), encoding);
        assert_eq!(header(&answer, "Content-Range"), Some(part_of));
        assert_eq!(body(&answer), text);
    }
    let beyond = part("br", "bytes=13-");
    assert!(beyond.starts_with("HTTP/1.1 416"), "{beyond}");
    assert_eq!(header(&beyond, "Content-Range"), Some("bytes */13"));
    assert_eq!(header(&beyond, "Cache-Control"), Some("no-cache"));
}

#[test]
fn what_an_owner_edits_is_never_taken_from_an_old_compressed_file() {
    let site = release();
    let server = serving(&site);
    for (path, text) in [
        ("/", "min sida"),
        ("/index.html", "min sida"),
        ("/chat/", "chatten"),
        ("/content/me.md", "# Åsa"),
        ("/embed.js", "export {}"),
    ] {
        let plain = get(&server, path, &[]);
        assert!(body(&plain).contains(text), "{path}: {plain}");
        let answer = get(&server, path, &[("Accept-Encoding", "br")]);
        assert!(!answer.contains("stale"), "{path}: {answer}");
        assert_eq!(header(&answer, "Content-Encoding"), Some("br"), "{path}");
        assert_eq!(header(&answer, "Vary"), Some("Accept-Encoding"), "{path}");
        assert_eq!(header(&answer, "Cache-Control"), Some("no-cache"), "{path}");
        let tag = header(&answer, "ETag").unwrap();
        assert!(tag.starts_with("W/"), "{path}: {tag}");
        let again = get(&server, path, &[("If-None-Match", tag)]);
        assert!(again.starts_with("HTTP/1.1 304"), "{path}: {again}");
    }
    std::fs::write(site.path().join("content/me.md"), "# Bo").unwrap();
    assert_eq!(body(&get(&server, "/content/me.md", &[])), "# Bo");
}

#[test]
fn compressed_files_are_no_pages_and_other_methods_are_none_of_theirs() {
    let site = release();
    let server = serving(&site);
    for path in ["/app-0123456789abcdef.css.br", "/app-0123456789abcdef.js"] {
        let answer = get(&server, path, &[("Accept", "text/html")]);
        assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
        assert_eq!(header(&answer, "Cache-Control"), Some("no-cache"));
    }
    let answer = ask(server.address, "POST", STYLE, &[]);
    assert!(answer.starts_with("HTTP/1.1 405"), "{answer}");
    assert_eq!(header(&answer, "Allow"), Some("GET, HEAD, OPTIONS"));
    let head = ask(server.address, "HEAD", STYLE, &[("Accept-Encoding", "br")]);
    assert_eq!(header(&head, "Content-Length"), Some("13"));
    assert_eq!(body(&head), "");
}

#[test]
fn a_directory_has_a_page_and_a_site_says_itself_what_is_missing() {
    let site = release();
    let server = serving(&site);
    for (path, text) in [
        ("/chat", "chatten"),
        ("/chat/", "chatten"),
        ("/chat/lobby", "min sida"),
        ("/reports/kmom01", "min sida"),
    ] {
        let answer = get(&server, path, &[]);
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
        assert!(body(&answer).contains(text), "{path}: {answer}");
    }
    let plain = get(&server, "/missing.png", &[]);
    assert!(plain.starts_with("HTTP/1.1 404") && plain.contains("not found"));
    std::fs::write(site.path().join("404.html"), "<title>borta</title>").unwrap();
    let page = get(&server, "/missing.png", &[]);
    assert!(page.starts_with("HTTP/1.1 404"), "{page}");
    assert_eq!(body(&page), "<title>borta</title>");
    assert_eq!(
        header(&page, "Content-Type"),
        Some("text/html; charset=utf-8")
    );
    assert!(get(&server, "/chat/lobby", &[]).starts_with("HTTP/1.1 200"));
}

/// A name that one of them passes over goes out as it is, or is asked for again and again.
#[test]
fn all_who_look_for_a_hash_look_for_the_same() {
    for text in [
        include_str!("../../../scripts/dist/compress.mjs"),
        include_str!("../../../deploy/nginx.conf"),
        include_str!("../../../deploy/Caddyfile"),
    ] {
        let hashes = text.matches("[0-9a-f]").count();
        assert!(hashes > 0, "{text}");
        assert_eq!(text.matches("-[0-9a-f]{12,16}").count(), hashes, "{text}");
    }
    let site = release();
    let server = serving(&site);
    for (hash, kept) in [
        ("0123456789abcdef", KEPT),
        ("123456789abc", KEPT),
        ("123456789ab", "no-cache"),
        ("0123456789abcdef0", "no-cache"),
    ] {
        let name = format!("app-{hash}.js");
        std::fs::write(site.path().join(&name), "").unwrap();
        let answer = get(&server, &format!("/{name}"), &[]);
        assert_eq!(header(&answer, "Cache-Control"), Some(kept), "{hash}");
    }
}

const PAGE: &str = "https://page.example";

/// What a page loads to embed the chat, and what is not there.
const EMBEDDED: [&str; 4] = ["/embed.js", STYLE, PROGRAM, "/missing.js"];

fn allowing(site: &TempDir, origin: &str) -> TestServer {
    let mut config = in_memory();
    config.allow_origins = vec![origin.to_owned()];
    serving_with(site, config)
}

fn reader(answer: &str) -> Option<&str> {
    header(answer, "Access-Control-Allow-Origin")
}

#[test]
fn a_page_that_may_connect_may_load_what_it_embeds() {
    let site = release();
    let server = allowing(&site, PAGE);
    for path in EMBEDDED {
        let answer = get(&server, path, &[("Origin", PAGE)]);
        assert_eq!(reader(&answer), Some(PAGE), "{path}");
        assert_eq!(header(&answer, "Vary"), Some("Accept-Encoding, Origin"));
    }
    let tag = get(&server, STYLE, &[("Origin", PAGE)]);
    let tag = header(&tag, "ETag").unwrap();
    let same = get(&server, STYLE, &[("Origin", PAGE), ("If-None-Match", tag)]);
    assert!(same.starts_with("HTTP/1.1 304"), "{same}");
    assert_eq!(reader(&same), Some(PAGE));
}

#[test]
fn other_pages_may_not_and_caches_are_told_that_it_depends() {
    let site = release();
    let server = allowing(&site, PAGE);
    let foreign = [("Origin", "https://evil.example")];
    for path in EMBEDDED {
        for headers in [&foreign[..], &[("Origin", "null")], &[]] {
            let answer = get(&server, path, headers);
            assert_eq!(reader(&answer), None, "{path}");
            assert_eq!(header(&answer, "Vary"), Some("Accept-Encoding, Origin"));
        }
    }
    let closed = serving(&site);
    let answer = get(&closed, STYLE, &[("Origin", PAGE)]);
    assert_eq!(reader(&answer), None);
    assert_eq!(header(&answer, "Vary"), Some("Accept-Encoding"));
}

#[test]
fn where_every_page_may_connect_every_page_may_load() {
    let site = release();
    let server = allowing(&site, "*");
    for path in EMBEDDED {
        for headers in [&[("Origin", PAGE)][..], &[]] {
            let answer = get(&server, path, headers);
            assert_eq!(reader(&answer), Some("*"), "{path}");
            assert_eq!(header(&answer, "Vary"), Some("Accept-Encoding"));
        }
    }
}

#[test]
fn a_browser_that_asks_first_is_answered() {
    let site = release();
    let server = allowing(&site, PAGE);
    let preflight = |origin| {
        let headers = [
            ("Origin", origin),
            ("Access-Control-Request-Method", "GET"),
            ("Access-Control-Request-Headers", "x-trace"),
        ];
        ask(server.address, "OPTIONS", STYLE, &headers)
    };
    let answer = preflight(PAGE);
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    assert_eq!(reader(&answer), Some(PAGE));
    let methods = header(&answer, "Access-Control-Allow-Methods").unwrap();
    assert!(methods.split(", ").any(|method| method == "GET"));
    assert_eq!(header(&answer, "Access-Control-Allow-Headers"), Some("*"));
    assert_eq!(reader(&preflight("https://evil.example")), None);
}

#[test]
fn the_program_that_pages_load_for_socket_io_is_the_sites_and_its_server_beside_it_is_not() {
    let site = release();
    std::fs::create_dir(site.path().join("socket.io")).unwrap();
    let program = site.path().join("socket.io/socket.io.js");
    std::fs::write(program, "/* io */").unwrap();
    let server = serving(&site);
    let answer = get(&server, "/socket.io/socket.io.js", &[]);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(body(&answer), "/* io */");
    let answer = get(&server, "/socket.io/?EIO=3&transport=polling", &[]);
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    let refusal: serde_json::Value = serde_json::from_str(body(&answer)).unwrap();
    assert_eq!(refusal["code"], 5, "an older version");
}
