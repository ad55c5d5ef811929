//! Quarterdeck: a terminal supervisor for a local fleet of coding agents. This page describes the project's
//! architecture; the modules below it are in reading order.
//!
//! # The processes
//!
//! ```text
//!  qd (dashboard · verb · headless)          clients: decide nothing, own nothing
//!      │  control plane: HTTP/JSON on a Unix socket (0600, the peer's uid checked)
//!      │  data plane: a WebSocket on the same socket: pictures out, keys in
//!      ▼
//!  supervisor (one per fleet)                kernel: decides everything, in one loop; journals every input and fact
//!   ├ kernel thread                          screens: one emulator per run, beside the kernel, never inside it
//!   └ run tasks × N
//!      │  bytes with absolute offsets
//!      ▼
//!  keeper × N (one per run)                  holds: PTY, process tree, transcript, exit record; decides nothing
//!      │  PTY
//!      ▼
//!  the agent and whatever it spawns
//! ```
//!
//! * **Supervisor** ([`supervisor`]): the only process that decides. It can be killed at any moment: its decisions are
//!   in the journal, keepers hold what runs, and the next supervisor takes both over.
//! * **Keeper** ([`keeper`]): this same program, started as `qd __keeper`, with one thread and one poll loop. It is the
//!   child subreaper of its agent's process tree. So processes that call `setsid` or double-fork become its children
//!   again, and can be stopped.
//! * **Control and data take separate paths.** PTY bytes go from the keeper's socket straight into an emulator; the
//!   kernel receives only what it must decide on. So a flood of output delays no decision, and a slow viewer gets fewer
//!   pictures.
//!
//! # The brain
//!
//! `quarterdeck_core` (`src/core`) is `no_std`, so it cannot name a clock, a file, a thread or a hash map. It holds one
//! value, `Fleet`, and has one entry point, `Fleet::step(event, now) -> effects`. The same code runs in the supervisor,
//! in an exhaustive model, in a seeded simulation, and in the replay by which a new supervisor learns what an old one
//! knew.
//!
//! The state that agents share (`lock`, `task`, `plan`, `mail`, `shared`, `sync`) is stored once, in the `View`, as a
//! fold over facts. A machine reads its table, decides, and records the decision as a fact; the recorded fact changes
//! the table. So the view can't differ from the fleet. When a lease is lost, the waiter gets the lock and its task
//! starts, all in one step. A request that has to wait is answered at once and settled later (`Effect::Settle`).
//!
//! The sender of a request is the run in whose process tree the request begins (the peer's pid, followed up to a
//! keeper). The run's secret confirms this, and is the proof for requests from outside the tree. A sender outside every
//! tree that claims nothing is a person. A sender that claims to be an agent and can't prove it is refused
//! (`quarterdeck_core::asker`).
//!
//! `assets/spec` states the rules of locks and of synchronisation in TLA+. A test checks that the real `step` has as
//! many states as these models.
//!
//! # The rooms
//!
//! | room | may use | touches clock, env, files, processes |
//! |---|---|---|
//! | `core` | nothing | impossible: it is `no_std` |
//! | [`term`] | nothing | no (hides the emulator crate) |
//! | [`status`] | core, term | no |
//! | [`split`] | nothing | no |
//! | [`amounts`] | nothing | no |
//! | [`random`] | nothing | `/dev/urandom` |
//! | [`nearest`] | nothing | no |
//! | [`clock`] | nothing | the clock |
//! | [`regular`] | amounts | files |
//! | [`process`] | nothing | `/proc` |
//! | [`transcript`] | core, regular | files |
//! | [`place`] | core, regular | files, env |
//! | [`wire`] | core, process, regular | its records |
//! | [`demo`] | nothing | no |
//! | [`config`] | core, demo, nearest, place, regular | files |
//! | [`workspace`] | config, place, regular | files, git |
//! | [`doctor`] | amounts, config, place, workspace | files, git |
//! | [`api`] | core, term | no |
//! | [`fit`] | nothing | no |
//! | [`graph`] | api, fit | no |
//! | [`keeper`] | clock, core, process, regular, transcript, wire | yes (and no tokio) |
//! | [`supervisor`] | amounts, api, clock, config, core, nearest, place, process, random, regular, split, status, term, transcript, wire, workspace | yes |
//! | [`client`] | amounts, api, place, regular, term | sockets |
//! | [`tui`] | amounts, api, clock, fit, graph, nearest, term | its loop only |
//! | [`report`] | amounts, api, client, clock, place | stdio |
//! | [`headless`] | amounts, api, client, clock, place, report | stdio |
//! | [`mcp`] | amounts, api, client, place | stdio |
//! | [`cli`] | all | stdio, env |
//!
//! `tui` never names `supervisor`, and `supervisor` never names `tui`. `tests/architecture` holds this table as data
//! and checks the import graph against it. It also checks that the graph of files has no circles.
//!
//! # Glossary
//!
//! Each thing has one word. The guide (`assets/guide.md`) has the words that users meet.
//!
//! | word | what it is |
//! |---|---|
//! | fleet | the agents of one `agents.toml`, with the locks, tasks and messages they share |
//! | agent | one configured program that is supervised |
//! | run | one execution of an agent, from its start to its end; numbers are never used twice |
//! | supervisor | the process that commands one fleet |
//! | keeper | the process that holds one run's terminal and process tree, and outlives the supervisor |
//! | client | a process that sends requests to the supervisor: a command, the dashboard, headless mode, an MCP server |
//! | viewer | a client to which pictures of a terminal are sent |
//! | kernel | the supervisor's thread that hands events to the core, one after the other |
//! | core, shell | the core makes the decisions and is pure; the shell is everything that carries them out |
//! | machine | a part of the core with a table of its own: locks, tasks, plans, mail, state, synchronisation |
//! | event | something that happened, in the form in which the core receives it |
//! | effect | something that the core asks the shell to do |
//! | fact | a record of something that was decided or seen, for people and programs |
//! | view | the state that results from all facts |
//! | journal | the stored inputs and facts of a fleet, in an SQLite file |
//! | snapshot | the whole fleet as it was at one input, from which recovery begins |
//! | form | the structure of the stored data, with a number |
//! | adopt | to take over a run whose keeper outlived an earlier supervisor |
//! | settle | to give the final answer to a request that was first answered with "waits" |
//! | transcript | the bytes that came out of a run's terminal, on disk |
//! | checkpoint | a stored screen, and the offset in the transcript at which its run continues |
//! | screen | the emulated terminal of a run |
//! | picture | a screen in the form in which it is sent to a viewer |
//! | scope | what a lock covers: a path of the repository, or a named resource |
//! | lease | a lock that is held, with its holder and its time of expiry |
//! | token | the number of a lease; later leases have greater ones |
//! | party | the one that asks for a lock or holds it: a run, or somebody outside the fleet |
//! | guard | git hooks that ask the supervisor whether a commit respects the locks |
//! | task, attempt | a task is work to be done; an attempt is one try at it, by one run |
//! | plan | tasks with an order: a directed acyclic graph |
//! | output, input | an output is a file that a task declares and produces; the next task receives it as an input |
//! | verification | the command that checks whether a task's work is right |
//! | workspace | the directory in which an agent works: the shared one, or a git worktree of its own |
//! | status | what an agent is doing: working, idle, needs you, … (`api/condition`) |
//! | sign, verdict | a sign is something seen of a program; the verdict is its status that follows from all signs |
//! | prompt | a text that tells an agent what to do |
//! | delivery | the typing of a text into a terminal, until there is proof that the program took it |
//! | courier, typist | the courier carries out a delivery; the typist writes single keys in their order |
//! | message, inbox | a message is a text from one agent to another; the inbox holds it until it is acknowledged |
//! | banner | a warning that is shown until its cause is gone |
//! | hint | the next step that an error recommends |
//! | park | to save what a workspace holds before it is removed |
//! | snooze | to hide a question for a while |
//!
//! # Decisions that are not obvious, and why
//!
//! * **The journal holds the inputs, not only the facts.** A new supervisor recovers a fleet by applying the inputs
//!   after the newest snapshot, timers included, through the same `step`. A second reader, which rebuilds the fleet
//!   from the facts, would have to agree with the first. The facts are for people and programs.
//! * **The transcript is the ring buffer.** A keeper has no ring buffer beside its transcript. A supervisor that lags
//!   or comes back is served from the file, whose newest pages the operating system holds in memory anyway. A ring
//!   buffer exists only while the disk is full.
//! * **What a supervisor says to a keeper is held until it is heard** (`supervisor/run/outbox`). A connection can break
//!   with a kill unread in it, so the keeper counts the bytes that it has heard, and the rest is said again.
//! * **A function of the supervisor takes the narrow thing that it may touch** (`supervisor/context`): the kernel's
//!   handle, the screens, the trees, the dashboard, and so on; only what joins them takes all of it.
//! * **The screen asks with plain values** (`api/call`): a key makes a call of a route, what is shown makes topics
//!   (`tui/topic`) that become such calls, and the carrier performs them without knowing them. Drawing returns what it
//!   showed (`tui/seen`): the places that can be clicked, and the ages that change. So nothing is measured twice for a
//!   click, for the wheel, or for the timer.
//! * **A screen is a part of its run's task,** together with the keeper's connection. So output is parsed where it was
//!   read, and is never copied into a queue.
//! * **One build is for trying `qd`, another for shipping it** (`Cargo.toml`, the profiles `release` and `dist`): a
//!   newcomer has to build before the first use, so `release` builds faster. `term` and `core` are crates of their own,
//!   so that both profiles can optimise them.
//! * **There is no exec shim.** The keeper sets limits and the cgroup between fork and exec; its address space is
//!   small. This saves one exec for each agent.
//! * **`attach` is the dashboard** with one terminal zoomed. So there is one painter, one key encoder and one guard
//!   that restores the terminal.
//! * **A process tree is empty when `wait(2)` says so.** The keeper is the subreaper of its tree, so ECHILD proves that
//!   the tree is empty. Two scans that find nothing prove nothing.
//! * **Records do not wait for the disk.** What a killed process wrote is still there. After a power cut no run of that
//!   boot is alive, and the boot id in the record shows this. So no start and no end of a run costs an fsync.
//! * **Only whole sequences reach the emulator.** ESC restarts its parser from any state, so the bytes that are held
//!   back are the parser's whole state. So it does not matter where a read ends, and a checkpoint can hold that state.
//! * **Text that scrolls by is drawn only when somebody looks** (`term/unseen`). A screen is looked at 60 times a
//!   second, and a program can write a thousand screens in that time. Text that has scrolled out of the screen and the
//!   history is never drawn; the module proves the rule, and a test compares it with drawing every byte. While the kept
//!   bytes hold the history, the grid holds only the screen: a line takes its bytes (0.2 KB) instead of its cells (2.9
//!   KB).
//! * **One thread reads the user's terminal, and the dashboard's loop writes to it** (`tui/events`, `tui/pen`). Each
//!   further thread that a key has to wake would delay the key's echo. The reader must be a thread, because crossterm
//!   never returns from a terminal that was hung up. Another thread writes only what the terminal does not take at
//!   once.
//! * **Memory that terminals have freed is returned to the system** (`supervisor/memory`). malloc kept 90 MB of 130
//!   MB, because that memory was below memory in use.
//! * **What a reader sees as one character is one cluster of one or two columns** (`term/cluster`, mode 2027 is always
//!   on). The emulator's grid counts code points, but agent programs count clusters. Without this rule, a border that
//!   is drawn after ⚠️ would be in the wrong column.
//! * **The typing of a text and its result are a machine of its own** (`core/delivery`; `supervisor/run/courier` reads
//!   the screen and types for it). Agent programs have three habits. They take an Enter that comes together with its
//!   text as part of a paste. They drop input that comes before they have drawn themselves. And a dialog ignores text
//!   but takes the Enter. So the screen is checked again before each key. Enter is pressed only for a text that the
//!   screen shows, and pressed again only while the text is there as before. The text is submitted when the screen no
//!   longer shows it there. A person's own keys are passed on at once.
//! * **Whether a terminal is cooked is read from the agent's own terminal** (`process/terminal`, by its number in
//!   `/proc`). The keeper holds the other end and could say it too, but the keeper may be of an older version.
//! * **A number is never used twice.** The numbers of runs continue from what is on the disk, even when the journal was
//!   lost.
//! * **A takeover kills the old supervisor with SIGKILL.** A supervisor may be killed at any moment and loses nothing.
//!   So this also replaces a supervisor that hangs or speaks another version of the protocol.
//! * **A headless supervisor learns of its client's end from its standard input.** Nothing is polled.
//! * **`qd` is linked to a fixed address** (`-no-pie`, Linux with glibc). A keeper is this same program. At a random
//!   address each keeper would hold 0.4 MB of relocated tables of its own (0.25 MB instead of 0.68 MB was measured).
//!   Stack, heap and libraries are still placed at random; only the program's own code is not.
//! * **One counter numbers all fencing tokens.** Scopes overlap, so one counter for each scope could not order the
//!   leases of `src` and of `src/main.rs`. A single counter that only grows orders all leases.
//! * **A waiter is dropped when a new supervisor takes over,** and its client asks again under the same key. A place in
//!   the queue whose client is gone would delay all requests behind it.
//! * **The history is searched by the numbers of the facts** (`supervisor/journal/query`). Instants grow with the
//!   numbers, so a span of time is a span of numbers. Each filter has an index in that order, and nothing is ever
//!   sorted. Each index costs a page at every commit, so a filter that can use another index has none of its own.
//! * **The journal's write-ahead log is restarted seldom** (`supervisor/journal/fold`), because the writer waits for
//!   the disk then. With a limit of 4 MiB, one coordination cycle of fifty had to wait.
//! * **The process tree of a connection is looked up once** (`supervisor/http/door`), not for each request. The walk up
//!   through `/proc` took longer than the whole answer. One lookup is enough: a process that ends later leaves its
//!   children to one of its own ancestors.
//! * **An agent's status is a verdict over signs that have an age** ([`status`] reads the signs, `core/status` judges).
//!   The signs are the program's own report (OSC 7501), its screen, its title, a bell or a notification, and its
//!   output. A question is a state: it is on record from when it is asked until it is answered or gone. A look at it
//!   never ends it, and every answer of the supervisor shows it in the same way.
//! * **A message is typed only into a program that is idle and asks nobody** (`supervisor/run/patience`), because text
//!   that is typed into a question answers it. Where only silence indicates that no second question follows, the
//!   silence must last for 10 s. Meanwhile the message is in the inbox. It counts as delivered only when the courier
//!   has its receipt.
//! * **Agents subscribe to topics at run time** (`qd msg subscribe`), not in `agents.toml`, because an agent knows what
//!   it wants to hear. Messages to `agent.NAME.*` and `broadcast.**` reach an agent without a subscription.
//! * **The commit guard is a directory of hooks for each worktree** (`core.hooksPath`, set for that worktree only). It
//!   is in git's own directory for the worktree, so it is deleted with the worktree. Each hook then becomes the user's
//!   own hook. The guard asks whenever a branch moves (reference-transaction), because only `git commit` runs
//!   pre-commit. Commits that are integrated from other branches may come in. When a git without hooks bypasses the
//!   guard, this is detected once the agent's branch has moved (`supervisor/commits`).
//! * **A file watcher prevents nothing.** `enforce = "deny"` refuses commits. A write into what another holds, in a
//!   workspace that agents share, becomes a fact, and both versions are kept. The fact names only a run for which
//!   `/proc` has proof: one that has the file open, else one of those that have written since the last examination. It
//!   names nobody if the holder may have written it. The watcher's own stream of notices marks each examination
//!   (`supervisor/writes/marks`), so the first write after a grant counts. A run that wrote only what came out of its
//!   terminal has only printed.
//! * **A task's own workspace is `workspaces/task+NAME` on the branch `qd/task+NAME`,** not `qd/task/NAME`: git can't
//!   hold a branch `qd/task` beside that. No agent's name has a `+`, so a task and an agent never want the same name.
//!   The workspace of a failed attempt is kept, and the next attempt gets another.
//! * **A task that does not produce the outputs that it declares has failed.** So the tasks that need it start from
//!   files that exist, and from hashes that the core has had since. Any change in between is detected.
//! * **A prompt is typed at most once.** An attempt has failed if its supervisor is killed between the first letter and
//!   the Enter, or if the program did not take the prompt. A prompt that comes late is better than one that comes
//!   twice.
//! * **A verification runs under a helper process of its own** (`qd __errand`). The helper is the subreaper of the
//!   verification's tree, and dies with the supervisor that started it. So none of these processes outlives that
//!   supervisor.
//! * **In the dashboard, letters are commands only at the speed of a person** (`tui/cadence`). Letters that come faster
//!   are a text, and do nothing. A command that ends, discards or takes away something asks first. A letter answers
//!   only a question that was on the screen long enough.
//! * **A mark in the file system says to which fleet a directory belongs** (`workspaces/.fleet`, a path that leads back
//!   up). The nearest `agents.toml` can't say it: that file is committed, so each worktree has a copy, which belongs to
//!   no fleet. The mark needs no git and no environment variable. If fleets are nested, the outermost one is meant
//!   unless another is named.
//! * **Running agents are adopted by the traces of their keepers** (`supervisor/strays`: records, sockets, the
//!   environment of their trees). The journal only adds what else is known. A journal that can't be used is kept aside
//!   and reported, and no agent is ended or started twice because of it. A snapshot that can't be read does not mean an
//!   empty fleet: whatever can be read, from the snapshot or from all inputs, continues in a new journal
//!   (`supervisor/journal/recover`).
//! * **The stored form has a number** (`Fleet::FORM`, `tests/fixtures/stored`). serde-reflection lists every stored
//!   type, and a test compares the lists, because no other test notices a changed field before users do. The fleet and
//!   its inputs share one number, because both are read together.
//! * **A lease may end with a process** (`supervisor/holders`). After a command is killed, the time to live ends too
//!   late; and a connection ends too early, together with its supervisor.
//! * **A removal loses nothing and asks little.** These are reasons against it: changes, also in files that git is told
//!   not to look at; nested repositories; and single ignored files that no tool makes again. Ignored directories are
//!   deleted, and named. Dropped commits are kept on a ref for as long as a reflog would keep them. What no commit can
//!   hold is parked in a directory, never in git, because git may be pushed.
//! * **A text from an agent is complete or refused.** Others work on it, so a limit that cuts it would hand on half a
//!   list.
//! * **An agent that waits without working does not end its attempt.** A used-up quota is waited for and is not a
//!   failure; a person must log in (`core/barred`; the words that programs use for this are data,
//!   `assets/status.toml`). Only programs that have a provider are examined for these words (`config/known`), because a
//!   test may print `401 Unauthorized` too. If a turn ends this way in a program that lives on, the task goes back into
//!   the queue, and the program is not disturbed.
//! * **A program is measured only when a sign of life is due** (`core/status/response`): when it says that it works but
//!   is silent, or when it does not read what was typed. So nothing is measured periodically, and a tool that works
//!   silently is not called unresponsive.
//! * **A silent start does not last forever** (`core/policy`). A program that counts as ready at its first output is
//!   ready after 5 s without output, because it is alive. But a program into which prompts are typed must have drawn
//!   itself. The setting `ready` names another sign.
//! * **An agent that the fleet did not start may join** (`core/fleet/joined`). It has a run, by which all other parts
//!   know it, but no keeper. Its process tree proves who it is, and its end is the end of its process, for whose pidfd
//!   the supervisor waits. So there is no heartbeat to send or to miss. The fleet never stops or freezes it.
//! * **Tool calls are what somebody reports** (`supervisor/tools`). A terminal shows only bytes, and guesses from them
//!   would often be wrong. Marks that name a command, and processes of the program, count as reports too; each call
//!   names its source. Processes are looked at only when they are looked at for another reason anyway.
//! * **Nobody waits for the making of a workspace that is no longer wanted** (`workspace/child`): git's hooks are ended
//!   when the request for the workspace is withdrawn.
//! * **Worktrees are never pruned globally,** because that would delete the user's own worktrees on disks that are not
//!   plugged in.

// The invented fleet of the tests names this crate as they do.
#[cfg(test)]
extern crate self as quarterdeck;

pub mod amounts;
pub mod clock;
pub mod nearest;
pub mod random;

pub mod regular;

pub mod process;
pub mod transcript;

pub mod wire;

pub mod keeper;

pub mod place;

pub mod config;

pub mod workspace;

pub mod demo;

pub mod doctor;

pub mod split;

pub use quarterdeck_term as term;

pub mod status;

pub mod api;

pub mod fit;

pub mod graph;

pub mod supervisor;

pub mod client;

pub mod report;

pub mod headless;

pub mod mcp;

pub mod tui;

pub mod cli;
