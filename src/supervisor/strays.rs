//! Keepers that live though the journal does not know their runs as live: it was lost, could not be read, or is of an
//! earlier moment. They are found by what they left beside it: their records, and their sockets.

use super::context::Context;
use super::run;
use crate::config::values::Name;
use crate::place::Place;
use crate::process::{Census, Identity};
use crate::regular;
use crate::transcript::{self, AGENT_FILE};
use crate::wire::record::{ExitRecord, KeeperRecord};
use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
use quarterdeck_core::ids::RunId;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A run whose keeper lives.
pub(super) struct Stray {
    pub(super) run: RunId,
    /// Its agent's name, by its record or by the environment of its processes.
    pub(super) name: Option<String>,
}

/// What lies beside the journal.
#[derive(Default)]
struct Found {
    strays: Vec<Stray>,
    /// Keepers that only missed their dismissal: their runs have ended.
    over: Vec<PathBuf>,
}

/// All of them but these. Keepers whose runs have ended are dismissed on the way.
pub(super) async fn find(context: &Arc<Context>, known: &[RunId]) -> Vec<Stray> {
    let (looked, known) = (Arc::clone(context), known.to_vec());
    let found = tokio::task::spawn_blocking(move || look(&looked, &known)).await.unwrap_or_default();
    for socket in found.over {
        run::dismiss(&socket).await;
    }
    found.strays
}

fn look(context: &Context, known: &[RunId]) -> Found {
    let mut found = Found::default();
    for run in on_disk(&context.place).into_iter().filter(|run| !known.contains(run)) {
        let directory = context.run_directory(run);
        let Some(keeper) = keeper_of(&context.place, run) else { continue };
        match ExitRecord::read(&directory) {
            Ok(Some(exit)) if exit.emptied.is_some() => found.over.push(context.place.keeper_socket(run)),
            _ => found.strays.push(Stray { run, name: name_of(&directory, &keeper) }),
        }
    }
    found
}

/// The agents of all runs whose keepers live; none for one whose name can't be told. For who holds the fleet's lock without
/// being its supervisor.
pub(super) fn living(place: &Place) -> Vec<Option<String>> {
    let keepers = on_disk(place).into_iter().filter_map(|run| Some((run, keeper_of(place, run)?)));
    keepers.map(|(run, keeper)| name_of(&place.run_directory(run), &keeper)).collect()
}

/// A run's agent: by its record, or by the environment of its processes.
fn name_of(directory: &Path, keeper: &Identity) -> Option<String> {
    transcript::agent_of(directory).filter(|name| name.parse::<Name>().is_ok()).or_else(|| name_by_environment(keeper))
}

/// Runs of which a directory or a socket is there.
fn on_disk(place: &Place) -> BTreeSet<RunId> {
    let entries = |path: &Path| std::fs::read_dir(path).into_iter().flatten().flatten();
    let directories = entries(&place.runs_directory()).filter_map(|entry| transcript::run_of(&entry));
    let sockets = entries(&place.runtime_directory);
    directories.chain(sockets.filter_map(|entry| run_of(&entry.file_name(), ".sock"))).collect()
}

/// The run that a file is named after: `r17` and this ending.
pub(super) fn run_of(name: &OsStr, ending: &str) -> Option<RunId> {
    name.to_str()?.strip_prefix('r')?.strip_suffix(ending)?.parse().ok().map(RunId)
}

/// A run's keeper, if it lives: by its record, or by who listens on its socket; the record may be of an earlier moment.
pub(super) fn keeper_of(place: &Place, run: RunId) -> Option<Identity> {
    let recorded = KeeperRecord::read(&place.run_directory(run)).ok().flatten().map(|record| record.identity);
    recorded.filter(Identity::is_alive).or_else(|| listener(&place.keeper_socket(run)).ok())
}

/// Who listens on a socket. Only keepers of this fleet make sockets in its directory, which is its owner's alone.
fn listener(socket: &Path) -> io::Result<Identity> {
    let stream = UnixStream::connect(socket)?;
    let peer = getsockopt(&stream, PeerCredentials)?;
    Identity::of(u32::try_from(peer.pid()).map_err(io::Error::other)?)
}

/// What the processes of a keeper's tree call their agent.
fn name_by_environment(keeper: &Identity) -> Option<String> {
    let census = Census::take().ok()?;
    census.descendants(keeper.pid).into_iter().find_map(|process| {
        let environment = std::fs::read(format!("/proc/{}/environ", process.pid)).ok()?;
        let prefix = format!("{}=", crate::place::AGENT_VARIABLE);
        let mut entries = environment.split(|byte| *byte == 0);
        let name = entries.find_map(|entry| entry.strip_prefix(prefix.as_bytes()))?.to_vec();
        String::from_utf8(name).ok().filter(|name| name.parse::<Name>().is_ok())
    })
}

/// A run's directory, made anew if somebody has deleted it: its task keeps things there.
pub(super) fn restore_directory(context: &Context, run: RunId, name: &str) -> io::Result<()> {
    let directory = context.run_directory(run);
    DirBuilder::new().mode(0o700).recursive(true).create(&directory)?;
    let agent = directory.join(AGENT_FILE);
    if agent.exists() { Ok(()) } else { regular::write_private(&agent, name) }
}
