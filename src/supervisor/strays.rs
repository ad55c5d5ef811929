//! Finds live keepers whose runs the journal does not know as live: it was lost, could not be read, or is of an earlier
//! moment. They are found by the files beside it: their records, and their sockets.

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

/// A run whose keeper lives and that the journal does not know.
pub(super) struct Stray {
    pub(super) run: RunId,
    /// The name of its agent, from its record or from the environment of its processes.
    pub(super) name: Option<String>,
}

/// The keepers that were found on disk.
#[derive(Default)]
struct Found {
    strays: Vec<Stray>,
    /// The sockets of keepers that only missed their dismissal: their runs have ended.
    over: Vec<PathBuf>,
}

/// Returns all stray runs except the known ones. Keepers whose runs have ended are dismissed.
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

/// Returns the agents of all runs whose keepers live; none for an agent whose name can't be determined. It is meant for
/// a program that holds the fleet's lock without being its supervisor.
pub(super) fn living(place: &Place) -> Vec<Option<String>> {
    let keepers = on_disk(place).into_iter().filter_map(|run| Some((run, keeper_of(place, run)?)));
    keepers.map(|(run, keeper)| name_of(&place.run_directory(run), &keeper)).collect()
}

/// Returns the name of a run's agent, from its record or from the environment of its processes.
fn name_of(directory: &Path, keeper: &Identity) -> Option<String> {
    transcript::agent_of(directory).filter(|name| name.parse::<Name>().is_ok()).or_else(|| name_by_environment(keeper))
}

/// Returns the runs that have a directory or a socket.
fn on_disk(place: &Place) -> BTreeSet<RunId> {
    let entries = |path: &Path| std::fs::read_dir(path).into_iter().flatten().flatten();
    let directories = entries(&place.runs_directory()).filter_map(|entry| transcript::run_of(&entry));
    let sockets = entries(&place.runtime_directory);
    directories.chain(sockets.filter_map(|entry| run_of(&entry.file_name(), ".sock"))).collect()
}

/// Returns the run that a file is named after: `r17` and this ending.
pub(super) fn run_of(name: &OsStr, ending: &str) -> Option<RunId> {
    name.to_str()?.strip_prefix('r')?.strip_suffix(ending)?.parse().ok().map(RunId)
}

/// Returns a run's keeper if it lives: from its record, or by the listener on its socket, because the record may be of
/// an earlier moment.
pub(super) fn keeper_of(place: &Place, run: RunId) -> Option<Identity> {
    let recorded = KeeperRecord::read(&place.run_directory(run)).ok().flatten().map(|record| record.identity);
    recorded.filter(Identity::is_alive).or_else(|| listener(&place.keeper_socket(run)).ok())
}

/// Returns the process that listens on a socket. Only keepers of this fleet create sockets in its directory, to which
/// only its owner has access.
fn listener(socket: &Path) -> io::Result<Identity> {
    let stream = UnixStream::connect(socket)?;
    let peer = getsockopt(&stream, PeerCredentials)?;
    Identity::of(u32::try_from(peer.pid()).map_err(io::Error::other)?)
}

/// Returns the agent's name from the environment of the processes in a keeper's tree.
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

/// Creates a run's directory again if it was deleted: the run's task stores files there.
pub(super) fn restore_directory(context: &Context, run: RunId, name: &str) -> io::Result<()> {
    let directory = context.run_directory(run);
    DirBuilder::new().mode(0o700).recursive(true).create(&directory)?;
    let agent = directory.join(AGENT_FILE);
    if agent.exists() { Ok(()) } else { regular::write_private(&agent, name) }
}
