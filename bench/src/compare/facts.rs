//! Where and with what it is measured: the machine, without its name, the versions of all that takes
//! part, and the size of the built site.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use flate2::Compression;
use flate2::write::GzEncoder;

/// Packages of the Node.js peers, and crates of the Rust ones, that are what is compared.
const NODE: [&str; 2] = ["ws", "socket.io"];
const CRATES: [&str; 7] = [
    "actix",
    "actix-web",
    "actix-web-actors",
    "axum",
    "tokio",
    "tokio-websockets",
    "mio",
];

/// What is compressed for a first visit; small files and pictures do not count.
const SITE: [&str; 4] = ["wasm", "js", "css", "html"];

/// The first line of what a program answers; nothing where it is not there.
fn ask(program: &str, arguments: &[&str]) -> Option<String> {
    let asked = Command::new(program).args(arguments).output().ok()?;
    let words = String::from_utf8_lossy(&asked.stdout).into_owned();
    words.lines().next().map(|line| line.trim().to_owned())
}

/// Today in UTC.
#[must_use]
pub fn today() -> String {
    ask("date", &["-u", "+%F"]).unwrap_or_default()
}

/// `2 cores of AMD EPYC, 23 GiB of memory, Linux 6.1`.
#[must_use]
pub fn machine() -> String {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let cpu = field("/proc/cpuinfo", "model name").unwrap_or("an unknown CPU".to_owned());
    let memory = field("/proc/meminfo", "MemTotal")
        .and_then(|total| total.split(' ').next()?.parse::<u64>().ok())
        .map_or(String::new(), |kib| {
            format!(", {} GiB of memory", kib >> 20)
        });
    // The version alone: what follows it names a builder, not a kernel.
    let kernel = ask("uname", &["-sr"]).unwrap_or_default();
    let kernel = kernel.split('-').next().unwrap_or_default();
    format!("{cores} cores of {cpu}{memory}, {kernel}")
}

/// The value of the first line of this name in a file such as `/proc/cpuinfo`.
fn field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim().to_owned())
    })
}

/// The versions of what takes part, as far as it is here.
#[must_use]
pub fn versions(realtid: &Path, node: &Path, rust: &Path) -> Vec<(String, String)> {
    let bare = |line: Option<String>| {
        line.map(|line| line.split(' ').nth(1).map_or(line.clone(), str::to_owned))
    };
    let programs = [
        (
            "realtid",
            bare(ask(&realtid.display().to_string(), &["--version"])),
        ),
        ("rustc", bare(ask("rustc", &["--version"]))),
        ("node", ask("node", &["--version"])),
    ];
    let packages = NODE.map(|name| {
        let package = node.join("node_modules").join(name).join("package.json");
        let version = fs::read_to_string(package).ok().and_then(|text| {
            let package: serde_json::Value = serde_json::from_str(&text).ok()?;
            Some(package.get("version")?.as_str()?.to_owned())
        });
        (name, version)
    });
    let lock = fs::read_to_string(rust.join("Cargo.lock")).unwrap_or_default();
    let crates = CRATES.map(|name| (name, locked(&lock, name)));
    programs
        .into_iter()
        .chain(packages)
        .chain(crates)
        .filter_map(|(name, version)| Some((name.to_owned(), version?)))
        .collect()
}

/// The version of a crate in a `Cargo.lock`.
fn locked(lock: &str, name: &str) -> Option<String> {
    let wanted = format!("name = \"{name}\"");
    let mut lines = lock.lines().skip_while(|line| *line != wanted).skip(1);
    let version = lines.next()?.strip_prefix("version = \"")?;
    Some(version.strip_suffix('"')?.to_owned())
}

/// The files of the built site, the largest first, with their sizes raw, by gzip and by brotli; none
/// where it is not built.
///
/// # Errors
/// Where a file cannot be read.
pub fn bundle(dist: &Path) -> anyhow::Result<Vec<(String, [u64; 3])>> {
    let mut files = Vec::new();
    for path in site(dist) {
        let bytes = fs::read(&path)?;
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&bytes)?;
        let mut brotli = brotli::CompressorWriter::new(Vec::new(), 4096, 11, 22);
        brotli.write_all(&bytes)?;
        let sizes = [bytes.len(), gzip.finish()?.len(), brotli.into_inner().len()];
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        files.push((without_hash(&name), sizes.map(|size| size as u64)));
    }
    files.sort_by_key(|(_, [raw, ..])| std::cmp::Reverse(*raw));
    Ok(files)
}

fn site(dist: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(dist) else {
        return Vec::new();
    };
    entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| SITE.iter().any(|known| extension == *known))
        })
        .collect()
}

/// A file's name without the hash that a build puts into it, so that builds compare.
fn without_hash(name: &str) -> String {
    let hash = |part: &&str| part.len() >= 12 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !name.split(['-', '.', '_']).any(|part| hash(&part)) {
        return name.to_owned();
    }
    let kept: Vec<&str> = name
        .split(['-', '.', '_'])
        .filter(|part| !hash(part))
        .collect();
    match kept.split_last() {
        Some((extension, stem)) => format!("{}.{extension}", stem.join("-")),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_those_of_the_lock_file() {
        let lock = "[[package]]\nname = \"axum\"\nversion = \"0.8.4\"\n\n[[package]]\nname = \"axum-core\"\nversion = \"0.5.2\"\n";
        assert_eq!(locked(lock, "axum").as_deref(), Some("0.8.4"));
        assert_eq!(locked(lock, "mio"), None);
    }

    #[test]
    fn files_are_told_without_their_hashes() {
        assert_eq!(
            without_hash("client-0123456789abcdef_bg.wasm"),
            "client-bg.wasm"
        );
        assert_eq!(without_hash("client-0123456789abcdef.js"), "client.js");
        assert_eq!(without_hash("index.html"), "index.html");
    }

    #[test]
    fn the_site_is_measured_as_it_travels() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("app.js"), "a".repeat(5_000)).unwrap();
        fs::write(place.path().join("face.png"), "b".repeat(9_000)).unwrap();
        let bundle = bundle(place.path()).unwrap();
        let [(name, [raw, gzip, brotli])] = &bundle[..] else {
            panic!("{bundle:?}");
        };
        assert_eq!((name.as_str(), *raw), ("app.js", 5_000));
        assert!(gzip < raw && brotli < gzip);
    }
}
