//! Who wrote a file, as far as that can be known afterwards.
//!
//! * Whoever has the file open for writing now, wrote it.
//! * Else it was one of those whose processes have written to a disk lately (the kernel counts for each process what it
//!   and the children it waited for have written), or, where no disk is counted, have written anything. Who shares the
//!   workspace and is not frozen may be one of them; so may a run that has ended since.
//! * Else it was nobody of the fleet.
//!
//! What is removed, renamed or empty counts no byte: whoever ran at all may have done it. (A file that is cut shorter
//! counts none either, and is taken for written.)
//!
//! Who has printed and nothing else did not write a file: what it handed to write(2) is what came out of its terminal.
//!
//! What is noticed was written after some look at everybody and before another. Which look that is, the watcher itself
//! tells: after each look a directory of ours is opened ([`Marks`]), and the notice of that comes behind the notices of all
//! that was written before the look. So that the first write finds a look before it that is not old, everybody is also
//! looked at when the watch begins and when a scope is granted. Whoever was not there at that look may have written.

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

/// Looks whose marks have not come back. Beyond it, the oldest counts as if its mark had come.
const LOOKS_MAX: usize = 8;
/// Counts of one run at a look. Beyond it, the last one is taken.
const COUNTS_MAX: usize = 4;
/// What a run has printed since a look and is compared with what it wrote, bytes. Beyond it, the run may have written
/// files too.
const PRINTED_BYTES_MAX: u64 = 1024 * 1024;

/// What each run had written when everybody was looked at.
type Look = HashMap<RunId, Counted>;

/// What is counted of a run at a look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counted {
    io: IoBytes,
    /// How long its living processes have run, nanoseconds.
    ran_ns: u64,
    /// Where its transcript ended.
    printed: u64,
    /// What its terminal did with the end of a line.
    lines: Option<OutputLines>,
}

/// The looks at who has written.
#[derive(Debug)]
pub(super) struct Writers {
    marks: Marks,
    /// Made before anything that is noticed from now on was written.
    base: Arc<Look>,
    /// Those made since, oldest first.
    later: VecDeque<(Mark, Arc<Look>)>,
}

/// How a file was touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Touch {
    /// It was made, removed or renamed.
    Moved,
    /// Bytes were written.
    Written,
}

/// Who may have written a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Written {
    /// One of these runs; none: nobody of the fleet.
    pub(super) by: Vec<RunId>,
    /// How that is known.
    pub(super) evidence: Evidence,
}

impl Writers {
    /// Nobody was looked at yet.
    pub(super) fn new(marks: Marks) -> Writers {
        Writers { marks, base: Arc::default(), later: VecDeque::new() }
    }

    /// The directory that is to be watched for the marks of looks.
    pub(super) fn marked(&self) -> &Path {
        self.marks.directory()
    }

    /// Who may have written each of these files; looks at everybody on the way.
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

    /// The mark of a look came back: what is noticed from now on was written after it.
    pub(super) fn passed(&mut self, mark: Mark) {
        let Some(at) = self.later.iter().position(|(of, _)| *of == mark) else { return };
        if let Some((_, look)) = self.later.drain(..=at).next_back() {
            self.base = look;
        }
    }
}

/// The looks that a new one is compared with.
struct Before {
    base: Arc<Look>,
    later: Vec<Arc<Look>>,
}

impl Before {
    /// The runs whose counts differ so from those at the first look; those that were not there then, or are gone now.
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

/// Who may have written bytes since the first of these looks.
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

/// Who may have removed or renamed a file since the first of these looks, which counts no byte: whoever did anything.
fn ran(before: &Before, now: &Look) -> Vec<RunId> {
    before.changed(now, |before, now| (now.io, now.ran_ns) != (before.io, before.ran_ns))
}

/// A run that may write into the shared workspace, with its processes.
struct Suspect {
    run: RunId,
    keeper: u32,
    /// Where its transcript is.
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

    /// Who ends meanwhile moves from one count to another: it is counted until two counts are equal.
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

    /// The keeper inherits what orphans of its tree have written; it writes the transcript itself.
    fn counted_once(&self) -> (IoBytes, u64) {
        let mut io = io_bytes_of_reaped(self.keeper).unwrap_or_default();
        self.processes.iter().filter_map(|pid| io_bytes(*pid)).for_each(|bytes| io += bytes);
        (io, transcript::bounds(&self.directory).map_or(0, |bounds| bounds.end))
    }

    /// Whether what it has written between two looks is what came out of its terminal.
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

/// The line feeds in a part of a transcript; none where it cannot be read whole.
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

    /// Looks at runs: what each had read, written and written to a disk.
    fn looked(runs: &[(u64, [u64; 3])]) -> Look {
        let counted = |[read, written, to_disk]: [u64; 3]| Counted {
            io: IoBytes { read, written, to_disk },
            ..Counted::default()
        };
        runs.iter().map(|(run, bytes)| (RunId(*run), counted(*bytes))).collect()
    }

    type Runs<'a> = &'a [(u64, [u64; 3])];

    /// Who may have written, and who may have removed.
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
