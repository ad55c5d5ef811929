//! Determines who wrote a file, as far as that can be known afterwards.
//!
//! * A run that has the file open for writing now wrote it.
//! * Otherwise one of the runs whose processes have recently written to a disk wrote it. The kernel counts for each
//!   process the bytes that it and the children that it waited for have written. Where the kernel does not count disk
//!   writes, writes to anything count. Each run that shares the workspace and is not frozen may be one of them; so may
//!   a run that has ended since.
//! * Otherwise nobody of the fleet wrote it.
//!
//! A file that is removed, renamed or empty counts no byte: any run that executed at all may have done it. (A file that
//! is truncated counts none either, and is treated as written.)
//!
//! A run that has only printed did not write a file: the bytes that it passed to write(2) are those that came out of
//! its terminal.
//!
//! A noticed write happened after one examination of all runs and before another. The watcher itself tells which one:
//! after each examination a directory of ours is opened ([`Marks`]), and the notice of that comes after the notices of
//! all writes before the examination. So that the first write has a recent examination before it, all runs are also
//! examined when the watch begins and when a scope is granted. A run that was not there at that examination may have
//! written.

use super::marks::{Mark, Marks};
use crate::config::WorkspaceKind;
use crate::process::{Census, IoBytes, OutputLines, io_bytes, io_bytes_of_reaped, is_writing, output_lines, ran_ns};
use crate::supervisor::context::Context;
use crate::transcript::{self, Reader};
use quarterdeck_core::ids::RunId;
use quarterdeck_core::lock::Evidence;
use quarterdeck_core::view::Pause;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The most examinations whose marks have not come back. Beyond it, the oldest counts as if its mark had come.
const LOOKS_MAX: usize = 8;
/// The most counts of one run during one examination. Beyond it, the last count is used.
const COUNTS_MAX: usize = 4;
/// The most printed bytes of a run since an examination that are compared with the bytes it wrote. Beyond it, the run
/// may have written files too.
const PRINTED_BYTES_MAX: u64 = 1024 * 1024;

/// The bytes that each run had written when all runs were examined.
type Look = HashMap<RunId, Counted>;

/// The counters of a run at an examination.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counted {
    io: IoBytes,
    /// How long its live processes have run, in nanoseconds.
    ran_ns: u64,
    /// The offset at which its transcript ended.
    printed: u64,
    /// How its terminal translated the end of a line.
    lines: Option<OutputLines>,
}

/// The examinations of all runs that may write.
#[derive(Debug)]
pub(super) struct Writers {
    marks: Marks,
    /// The examination that was made before all writes that are noticed from now on.
    base: Arc<Look>,
    /// The examinations made since, the oldest first.
    later: VecDeque<(Mark, Arc<Look>)>,
}

/// The way in which a file was touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Touch {
    /// The file was created, removed or renamed.
    Moved,
    /// Bytes were written into the file.
    Written,
}

/// The runs that may have written a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Written {
    /// The runs of which one wrote the file; empty if nobody of the fleet did.
    pub(super) by: Vec<RunId>,
    /// The evidence by which the writers are known.
    pub(super) evidence: Evidence,
}

impl Writers {
    /// Creates the state before the first examination.
    pub(super) fn new(marks: Marks) -> Writers {
        Writers { marks, base: Arc::default(), later: VecDeque::new() }
    }

    /// Returns the directory that must be watched for the marks of examinations.
    pub(super) fn marked(&self) -> &Path {
        self.marks.directory()
    }

    /// Returns who may have written each of these files, and examines all runs for that.
    pub(super) async fn of(&mut self, context: &Arc<Context>, paths: Vec<(PathBuf, Touch)>) -> Vec<(PathBuf, Written)> {
        let (frozen, runs): (Vec<_>, Vec<_>) =
            sharers(context).into_iter().partition(|sharer| sharer.pause == Pause::Paused);
        let before = Before {
            base: Arc::clone(&self.base),
            later: self.later.iter().map(|(_, look)| Arc::clone(look)).collect(),
        };
        let (marks, mark) = (self.marks.clone(), self.marks.next());
        let looking = tokio::task::spawn_blocking(move || {
            let (look, found) = look(&before, &runs, &frozen, paths);
            marks.set(mark);
            (look, found)
        });
        let (look, found) = looking.await.unwrap_or_default();
        self.later.push_back((mark, Arc::new(look)));
        if self.later.len() > LOOKS_MAX {
            self.base = self.later.pop_front().map_or_else(Arc::default, |(_, look)| look);
        }
        found
    }

    /// Records that the mark of an examination came back: writes that are noticed from now on happened after it.
    pub(super) fn passed(&mut self, mark: Mark) {
        let Some(at) = self.later.iter().position(|(of, _)| *of == mark) else { return };
        if let Some((_, look)) = self.later.drain(..=at).next_back() {
            self.base = look;
        }
    }
}

/// The examinations with which a new one is compared.
struct Before {
    base: Arc<Look>,
    later: Vec<Arc<Look>>,
}

impl Before {
    /// Returns the runs whose counters differ as given from those at the first examination, and those that were not
    /// there then, or are gone now.
    fn changed(&self, now: &Look, differ: impl Fn(&Counted, &Counted) -> bool) -> Vec<RunId> {
        let changed = now.iter().filter(|(run, now)| self.base.get(run).is_none_or(|before| differ(before, now)));
        let looks = self.later.iter().chain([&self.base]);
        let gone = looks.flat_map(|look| look.keys()).filter(|run| !now.contains_key(run));
        let runs: BTreeSet<RunId> = changed.map(|(run, _)| run).chain(gone).copied().collect();
        runs.into_iter().collect()
    }
}

fn look(
    before: &Before,
    runs: &[Sharer],
    frozen: &[Sharer],
    paths: Vec<(PathBuf, Touch)>,
) -> (Look, Vec<(PathBuf, Written)>) {
    let Ok(census) = Census::take() else { return Default::default() };
    let suspects: Vec<Suspect> = runs.iter().map(|sharer| Suspect::of(sharer, &census)).collect();
    let now: Look = suspects.iter().map(|suspect| (suspect.run, suspect.counted())).collect();
    let mut wrote = if paths.is_empty() { Vec::new() } else { wrote(before, &now, &suspects) };
    let mut ran = ran(before, &now);
    for runs in [&mut wrote, &mut ran] {
        runs.retain(|run| frozen.iter().all(|sharer| sharer.run != *run));
    }
    let found = paths.into_iter().map(|(path, touch)| {
        let is_empty = std::fs::symlink_metadata(&path).map_or(true, |file| file.len() == 0);
        let by = if touch == Touch::Written && !is_empty { &wrote } else { &ran };
        let writing = |suspect: &&Suspect| suspect.processes.iter().any(|pid| is_writing(*pid, &path));
        let open: Vec<RunId> = suspects.iter().filter(writing).map(|suspect| suspect.run).collect();
        let written = match open.is_empty() {
            true => Written { by: by.clone(), evidence: Evidence::Inferred },
            false => Written { by: open, evidence: Evidence::Seen },
        };
        (path, written)
    });
    let found = found.collect();
    (now, found)
}

/// Returns the runs that may have written bytes since the first of these examinations.
fn wrote(before: &Before, now: &Look, suspects: &[Suspect]) -> Vec<RunId> {
    let to_disk = before.changed(now, |before, now| now.io.to_disk != before.io.to_disk);
    if !to_disk.is_empty() {
        return to_disk;
    }
    let mut wrote = before.changed(now, |before, now| now.io.written != before.io.written);
    wrote.retain(|run| {
        let both = before.base.get(run).zip(now.get(run));
        let mut of_it = suspects.iter().filter(|suspect| suspect.run == *run);
        !both.is_some_and(|(before, now)| of_it.any(|suspect| suspect.only_printed(before, now)))
    });
    wrote
}

/// Returns the runs that may have removed or renamed a file since the first of these examinations. That counts no byte,
/// so these are all runs that did anything.
fn ran(before: &Before, now: &Look) -> Vec<RunId> {
    before.changed(now, |before, now| (now.io, now.ran_ns) != (before.io, before.ran_ns))
}

/// A run that may write into the shared workspace, with its processes.
struct Suspect {
    run: RunId,
    keeper: u32,
    /// The directory of its transcript.
    directory: PathBuf,
    processes: Vec<u32>,
}

impl Suspect {
    fn of(sharer: &Sharer, census: &Census) -> Suspect {
        let processes = census.descendants(sharer.keeper).iter().map(|process| process.pid).collect();
        Suspect { run: sharer.run, keeper: sharer.keeper, directory: sharer.directory.clone(), processes }
    }

    fn counted(&self) -> Counted {
        let (io, printed) = self.written_and_printed();
        let ran_ns = self.processes.iter().map(|pid| ran_ns(*pid)).sum();
        let lines = self.processes.iter().find_map(|pid| output_lines(*pid));
        Counted { io, ran_ns, printed, lines }
    }

    /// Counts until two results are equal, because the bytes of a process that ends meanwhile move from one counter to
    /// another.
    fn written_and_printed(&self) -> (IoBytes, u64) {
        let mut counted = self.counted_once();
        for _ in 1..COUNTS_MAX {
            let before = std::mem::replace(&mut counted, self.counted_once());
            if counted == before {
                break;
            }
        }
        counted
    }

    /// Counts the bytes once. The keeper inherits the counts of orphans of its tree; the bytes that it writes into the
    /// transcript itself are not counted.
    fn counted_once(&self) -> (IoBytes, u64) {
        let mut io = io_bytes_of_reaped(self.keeper).unwrap_or_default();
        self.processes.iter().filter_map(|pid| io_bytes(*pid)).for_each(|bytes| io += bytes);
        (io, transcript::bounds(&self.directory).map_or(0, |bounds| bounds.end))
    }

    /// Whether all bytes that the run wrote between two examinations came out of its terminal.
    fn only_printed(&self, before: &Counted, now: &Counted) -> bool {
        let (written, printed) = ((now.io - before.io).written, before.printed..now.printed);
        let bytes = printed.end.saturating_sub(printed.start);
        if bytes == 0 || bytes > PRINTED_BYTES_MAX || written > bytes {
            return false;
        }
        let returns = match now.lines.filter(|_| now.lines == before.lines) {
            Some(OutputLines::AsWritten) => Some(0),
            Some(OutputLines::Returned) => line_feeds(&self.directory, printed),
            None => None,
        };
        returns.is_some_and(|returns| written + returns == bytes)
    }
}

/// Counts the line feeds in a part of a transcript; none if that part can't be read whole.
fn line_feeds(directory: &Path, part: std::ops::Range<u64>) -> Option<u64> {
    let mut reader = Reader::new(directory, part.start);
    let mut buffer = [0; 16 * 1024];
    let mut feeds = 0;
    while reader.position() < part.end {
        let room = usize::try_from(part.end - reader.position()).unwrap_or(usize::MAX).min(buffer.len());
        let expected = reader.position();
        let piece = reader.read(&mut buffer[..room]).ok()?;
        if piece.length == 0 || piece.offset != expected {
            return None;
        }
        feeds += buffer[..piece.length].iter().filter(|byte| **byte == b'\n').count() as u64;
    }
    Some(feeds)
}

/// A run that shares the workspace.
struct Sharer {
    run: RunId,
    keeper: u32,
    directory: PathBuf,
    pause: Pause,
}

fn sharers(context: &Context) -> Vec<Sharer> {
    let view = context.kernel.view();
    let shares =
        |name: &String| context.configs.get(name).is_some_and(|known| known.agent.workspace == WorkspaceKind::Shared);
    let sharer = |(run, keeper): (RunId, u32)| {
        let agent = view.agents.values().find(|agent| agent.run == Some(run) && shares(&agent.name))?;
        Some(Sharer { run, keeper, directory: context.place.run_directory(run), pause: agent.pause })
    };
    context.metrics.keepers().into_iter().filter_map(sharer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns an examination of runs: the bytes that each had read, written and written to a disk.
    fn looked(runs: &[(u64, [u64; 3])]) -> Look {
        let counted = |[read, written, to_disk]: [u64; 3]| Counted {
            io: IoBytes { read, written, to_disk },
            ..Counted::default()
        };
        runs.iter().map(|(run, bytes)| (RunId(*run), counted(*bytes))).collect()
    }

    type Runs<'a> = &'a [(u64, [u64; 3])];

    /// Returns who may have written, and who may have removed a file.
    fn suspected(base: Runs, later: Runs, now: Runs) -> [Vec<u64>; 2] {
        let before = Before { base: Arc::new(looked(base)), later: vec![Arc::new(looked(later))] };
        let now = looked(now);
        [wrote(&before, &now, &[]), ran(&before, &now)].map(|runs| runs.into_iter().map(|run| run.0).collect())
    }

    #[test]
    fn who_writes_elsewhere_did_not_write_where_a_disk_is_counted() {
        let base = [(1, [0, 1, 0]), (2, [0, 5, 0])];
        assert_eq!(suspected(&base, &base, &[(1, [0, 20, 0]), (2, [0, 6, 4_096])]), [vec![2], vec![1, 2]]);
        assert_eq!(suspected(&base, &base, &[(1, [0, 1, 0]), (2, [0, 6, 0])])[0], [2], "nothing is counted for a disk");
        assert_eq!(
            suspected(&base, &base, &[(1, [9, 1, 0]), (2, [0, 5, 0])]),
            [vec![], vec![1]],
            "it may have removed"
        );
        assert_eq!(suspected(&base, &base, &base).concat(), [] as [u64; 0], "nobody");
    }

    #[test]
    fn who_has_ended_since_or_is_new_may_have_written() {
        let (base, later) = ([(1, [0, 1, 0])], [(1, [0, 1, 0]), (2, [0, 5, 0])]);
        assert_eq!(suspected(&base, &later, &base), [vec![2], vec![2]]);
        assert_eq!(suspected(&base, &later, &[(1, [0, 1, 0]), (2, [0, 5, 0]), (3, [0; 3])])[0], [2, 3]);
    }

    #[test]
    fn line_feeds_are_counted_in_a_part_of_a_transcript() {
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(transcript::segment_path(directory.path(), 0), "one\r\ntwo\r\nthree\n").expect("a transcript");
        let counted = |part| line_feeds(directory.path(), part);
        assert_eq!((counted(0..16), counted(4..10), counted(5..9)), (Some(3), Some(2), Some(0)));
        assert_eq!(counted(0..17), None, "there is not so much");
    }

    #[test]
    fn what_is_noticed_is_compared_with_the_look_whose_mark_came_last() {
        let directory = tempfile::tempdir().expect("a directory");
        let mut writers = Writers::new(Marks::in_directory(directory.path().join("marks")));
        let looks: Vec<(Mark, Arc<Look>)> =
            (1..4).map(|run| (writers.marks.next(), Arc::new(looked(&[(run, [0; 3])])))).collect();
        writers.later.extend(looks.clone());
        writers.passed(looks[1].0);
        assert_eq!((&writers.base, writers.later.len()), (&looks[1].1, 1), "one whose mark was lost is passed too");
        writers.passed(looks[1].0);
        assert_eq!((&writers.base, writers.later.len()), (&looks[1].1, 1), "a mark that is not ours changes nothing");
    }
}
