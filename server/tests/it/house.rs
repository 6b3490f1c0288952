//! The rules of the house (docs/architecture.md) that a reviewer could miss.

use std::path::{Path, PathBuf};

fn sources(directory: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = Vec::new();
    let mut open = vec![root.join(directory)];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(
                std::fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path.strip_prefix(root).unwrap().to_owned(), text));
        }
    }
    assert!(!found.is_empty(), "{directory} holds no source");
    found
}

/// The files below `directory` in whose code, comments aside, one of `words` stands.
fn using(directory: &str, words: &[&str]) -> Vec<PathBuf> {
    let uses = |text: &str| {
        let code = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        code.into_iter()
            .any(|line| words.iter().any(|word| line.contains(word)))
    };
    sources(directory)
        .into_iter()
        .filter(|(_, text)| uses(text))
        .map(|(path, _)| path)
        .collect()
}

#[test]
fn one_file_alone_uses_actix_web_actors() {
    let session = PathBuf::from("server/src/session.rs");
    assert_eq!(using("server/src", &["actix_web_actors"]), [session]);
    assert!(using("server/examples", &["actix_web_actors"]).is_empty());
}

#[test]
fn the_rules_of_a_room_know_no_actors_no_clock_and_no_storage() {
    let words = [
        "actix",
        "tokio",
        "std::time",
        "Instant",
        "rusqlite",
        "crate::history",
    ];
    assert!(using("server/src/room", &words).is_empty());
    assert!(using("server/src/room.rs", &words).is_empty());
}

#[test]
fn storage_stays_behind_its_trait() {
    let outside: Vec<_> = using("server/src", &["rusqlite"])
        .into_iter()
        .filter(|path| !path.starts_with("server/src/history"))
        .collect();
    assert!(outside.is_empty(), "{outside:?}");
    assert!(using("server/src/history.rs", &["rusqlite"]).is_empty());
}

#[test]
fn imports_run_one_way() {
    // Each file may use what stands before it, and nothing that stands after.
    let order = [
        "room",
        "history",
        "visitors",
        "fanout",
        "chat_server",
        "rooms",
        "quota",
        "session",
        "guests",
        "http",
        "serve",
    ];
    for (at, module) in order.iter().enumerate() {
        let later: Vec<_> = order[at + 1..]
            .iter()
            .flat_map(|m| [format!("crate::{m}::"), format!("crate::{m};")])
            .collect();
        let later: Vec<_> = later.iter().map(String::as_str).collect();
        let mut wrong = using(&format!("server/src/{module}.rs"), &later);
        if Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("src")
            .join(module)
            .is_dir()
        {
            wrong.extend(using(&format!("server/src/{module}"), &later));
        }
        // Tests use whatever shows what they test.
        wrong.retain(|path| !path.ends_with("tests.rs") && !path.iter().any(|p| p == "tests"));
        assert!(
            wrong.is_empty(),
            "{wrong:?} use what is built upon {module}"
        );
    }
}

#[test]
fn imports_name_the_module_that_they_mean() {
    // So that the order above can be read off them: no groups, and nothing by way of lib.rs.
    let mut words: Vec<_> = ('A'..='Z').map(|c| format!("use crate::{c}")).collect();
    words.push("use crate::{".to_owned());
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    assert_eq!(using("server/src", &words), Vec::<PathBuf>::new());
}

#[test]
fn the_wire_is_known_to_both_sides_and_knows_neither() {
    let words = ["actix", "tokio", "yew", "web_sys", "gloo", "realtid::"];
    assert!(using("shared/src", &words).is_empty());
    assert!(using("client/src", &["realtid::", "actix"]).is_empty());
}

#[test]
fn what_carries_socket_io_knows_nothing_of_a_chat() {
    let words = [
        "shared::",
        "realtid::",
        "actix_web_actors",
        "nick",
        "author",
        "history",
    ];
    let code = using("socketio/src", &words);
    let code: Vec<_> = code
        .into_iter()
        .filter(|path| !path.ends_with("tests.rs") && !path.iter().any(|part| part == "tests"))
        .collect();
    assert!(code.is_empty(), "{code:?}");
    for below in ["room", "chat_server", "session"] {
        let users = using(&format!("server/src/{below}"), &["socketio"]);
        assert!(users.is_empty(), "{users:?}");
    }
}

#[test]
fn the_states_of_the_client_know_no_browser() {
    let words = ["web_sys", "js_sys", "gloo", "wasm_bindgen", "yew"];
    assert!(using("client/src/state", &words).is_empty());
    assert!(using("client/src/state.rs", &words).is_empty());
}

#[test]
fn the_proxy_of_the_chaos_test_knows_nothing_of_what_it_carries() {
    let words = ["tungstenite", "shared::", "serde", "crate::visitor"];
    assert!(using("chaos/src/proxy", &words).is_empty());
    assert!(using("chaos/src/proxy.rs", &words).is_empty());
}
