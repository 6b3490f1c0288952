//! `docs/deployment.md` is true: it has every setting with its variable and default, and the way
//! it backs up and restores works.

use std::path::Path;

use rusqlite::Connection;
use serde_json::json;

use crate::client::{Client, id};
use crate::process::{Process, command};

const DOC: &str = include_str!("../../../docs/deployment.md");

/// What stands between `before` and `after` in `text`.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split_once(before)?.1.split_once(after).map(|(x, _)| x)
}

#[test]
fn every_setting_has_a_row_with_its_variable_and_default() {
    let output = command().arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let mut settings = 0;
    for setting in help.split("\n      --").skip(1) {
        let name = setting.split_whitespace().next().unwrap();
        let variable = between(setting, "[env: ", "=").unwrap();
        let default =
            between(setting, "[default: ", "]").map_or(String::new(), |d| format!("`{d}` "));
        let row = format!("| `--{name}` | `{variable}` | {default}| ");
        assert!(DOC.contains(&row), "no row: {row}");
        settings += 1;
    }
    let rows = DOC.lines().filter(|line| line.starts_with("| `--")).count();
    assert_eq!(rows, settings, "a row for each, and none for what is gone");
}

#[test]
fn deployments_use_only_variables_that_there_are() {
    let output = command().arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    for text in [
        DOC,
        include_str!("../../../deploy/realtid.service"),
        include_str!("../../../deploy/docker/Dockerfile.chat"),
        include_str!("../../../docker-compose.yml"),
    ] {
        for rest in text.split("REALTID_").skip(1) {
            let name: String = rest
                .chars()
                .take_while(|c| c.is_ascii_uppercase() || *c == '_')
                .collect();
            // An ellipsis, and what is docker-compose.yml's own.
            let known = ["", "PORT", "NETWORK"].contains(&name.as_str());
            assert!(
                known || help.contains(&format!("[env: REALTID_{name}=")),
                "REALTID_{name}"
            );
        }
    }
}

/// Cargo builds nothing where it misses one of the workspace's manifests.
#[test]
fn the_images_are_built_with_every_member_of_the_workspace() {
    let workspace = include_str!("../../../Cargo.toml");
    let members = between(workspace, "members = [", "]").unwrap();
    let ignored = include_str!("../../../.dockerignore");
    for member in members.split(", ").map(|member| member.trim_matches('"')) {
        for image in [
            include_str!("../../../deploy/docker/Dockerfile.chat"),
            include_str!("../../../deploy/docker/Dockerfile.web"),
        ] {
            // With the folder that it lies in, or its manifest alone.
            let whole = |folder: &Path| {
                let folder = folder.display();
                image.contains(&format!("COPY {folder} {folder}\n"))
            };
            let manifest = format!("COPY {member}/Cargo.toml {member}/\n");
            let copied = Path::new(member).ancestors().any(whole) || image.contains(&manifest);
            assert!(copied, "{member}");
        }
        let let_in = |folder: &Path| {
            let line = format!("!{}", folder.display());
            let manifest = format!("{line}/Cargo.toml");
            ignored.lines().any(|l| l == line || l == manifest)
        };
        assert!(
            Path::new(member).ancestors().any(let_in),
            "{member} in .dockerignore"
        );
    }
}

/// Does to a database what the page tells to do with the program sqlite3.
fn as_the_page_says(database: &Path, statement: &str) {
    assert!(DOC.contains(statement), "{statement}");
    let connection = Connection::open(database).unwrap();
    connection.execute_batch(statement).unwrap();
}

#[tokio::test]
async fn a_backup_of_the_running_server_is_whole_and_comes_back_as_another_log() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path());
    let (mut asa, first) = Client::join(&server.ws(), "Åsa").await;
    for number in 0..3 {
        asa.say(number, "före").await;
        asa.entry().await;
    }

    let restored = tempfile::tempdir().unwrap();
    let file = restored.path().join("realtid.db");
    assert!(DOC.contains("VACUUM INTO '/var/backups/"));
    Connection::open(data.path().join("realtid.db"))
        .unwrap()
        .execute("VACUUM INTO ?1", [file.to_str().unwrap()])
        .unwrap();
    asa.say(3, "efter").await;
    let last = asa.entry().await;
    server.kill();

    as_the_page_says(&file, "UPDATE rooms SET epoch = lower(hex(randomblob(8)))");
    let server = Process::start(restored.path());
    let after = json!({ "epoch": first.position.epoch, "seq": last.seq });
    let join = json!({ "type": "join", "nick": "Åsa", "token": first.token, "after": after });
    let (_, welcome) = Client::join_with(&server.ws(), join).await;
    let ids: Vec<_> = welcome.entries.iter().map(|e| e.id.as_str()).collect();
    assert_eq!(ids, [id(0), id(1), id(2)]);
    assert!(!welcome.recovered);
    assert_ne!(welcome.position.epoch, first.position.epoch);
    assert_eq!(welcome.author, first.author);
}

#[test]
fn the_export_that_is_shown_can_be_imported() {
    let shown = between(DOC, "```json\n{\"type\":\"header\"", "```").unwrap();
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("shown.jsonl");
    std::fs::write(&file, format!("{{\"type\":\"header\"{shown}")).unwrap();
    let output = command()
        .args(["import", "--data-dir"])
        .args([data.path(), &file])
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("imported 1 message of 1 room"), "{told}");
}
