//! Quarterdeck: a terminal supervisor that commands a local fleet of coding agents. This page is the project's
//! architecture; the modules follow in reading order.
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
//! * **Supervisor** ([`supervisor`]): the only place that decides. It can be killed at any moment: what it decided
//!   is in the journal, what runs is held by keepers, and the next one takes both over.
//! * **Keeper** ([`keeper`]): this same program, started as `qd __keeper`; one thread, one poll loop. It is the child
//!   subreaper of its agent's tree, so what `setsid`s or double-forks away comes back to it and can be stopped.
//! * **Control and data never share a road.** PTY bytes go from the keeper's socket straight into an emulator; the
//!   kernel hears only what it must decide upon. A flood delays no decision; a slow viewer gets fewer pictures.
//!
//! # The brain
//!
//! `quarterdeck_core` (`src/core`) is `no_std`: no clock, file, thread or hash map can be named in it. It holds one
//! value, `Fleet`, and one door, `Fleet::step(event, now) -> effects`. The same code runs in the supervisor, in an
//! exhaustive model, in a seeded simulation, and in the replay by which a new supervisor learns what an old one knew.
//!
//! What agents share (`lock`, `task`, `plan`, `mail`, `shared`, `sync`) is stored once, in the `View`, as a fold over
//! facts: a machine reads its table, decides, and records what it decided; recording it is what changes the table. So
//! the view can't say anything else than the fleet, and a lost lease frees a waiter, whose task starts, in one step.
//! What waits is answered at once and settled later (`Effect::Settle`). Who asks is the run in whose
//! process tree the request begins (the peer's pid, up to a keeper); its secret confirms that, and proves it from outside
//! the tree. A person is who is in no tree and claims nothing; whoever claims to be an agent and can't prove it is nobody
//! (`quarterdeck_core::asker`). `assets/spec` says the rules of locks and of synchronisation in TLA+, and the real `step`
//! has as many states as they have.
//!
//! # The rooms
//!
//! | room | may use | touches clock, env, files, processes |
//! |---|---|---|
//! | `core` | nothing | impossible: it is `no_std` |
//! | [`term`] | nothing | no (hides the emulator crate) |
//! | [`status`] | core, term | no |
//! | [`split`] | nothing | no |
//! | [`nearest`] | nothing | no |
//! | [`clock`] | nothing | the clock |
//! | [`regular`] | nothing | files |
//! | [`process`] | nothing | `/proc` |
//! | [`transcript`] | core, regular | files |
//! | [`place`] | core, regular | files, env |
//! | [`wire`] | core, process, regular | its records |
//! | [`demo`] | nothing | no |
//! | [`config`] | core, demo, nearest, regular | files |
//! | [`workspace`] | config, place, regular | files, git |
//! | [`doctor`] | config, place, workspace | files, git |
//! | [`api`] | core, term | no |
//! | [`keeper`] | clock, core, process, regular, transcript, wire | yes (and no tokio) |
//! | [`supervisor`] | api, clock, config, core, nearest, place, process, regular, split, status, term, transcript, wire, workspace | yes |
//! | [`client`] | api, place, regular, term | sockets |
//! | [`tui`] | api, clock, nearest, term | its loop only |
//! | [`report`] | api, client, clock, place | stdio |
//! | [`headless`] | api, client, clock, place, report | stdio |
//! | [`mcp`] | api, client, place | stdio |
//! | [`cli`] | all | stdio, env |
//!
//! `tui` never names `supervisor`, nor the reverse. `tests/architecture` holds this table as data, and checks it over the
//! import graph, in which no file names, through however many others, one that names it.
//!
//! # Glossary
//!
//! One word for one thing; the guide (`assets/guide.md`) has the words that users meet.
//!
//! | word | what it is |
//! |---|---|
//! | fleet | the agents of one `agents.toml`, with the locks, tasks and messages they share |
//! | agent | one configured program that is supervised |
//! | run | one execution of an agent, from its start to its end; numbers are never used twice |
//! | supervisor | the process that commands one fleet |
//! | keeper | the process that holds one run's terminal and process tree, and outlives the supervisor |
//! | client | a process that asks the supervisor: a verb, the dashboard, headless mode, an MCP server |
//! | viewer | a client that is sent pictures of a terminal |
//! | kernel | the supervisor's thread that hands events to the core, one after the other |
//! | core, shell | the pure decisions; everything that carries them out |
//! | machine | a part of the core with a table of its own: locks, tasks, plans, mail, state, synchronisation |
//! | event | something that happened, as the core is told of it |
//! | effect | something that the core wants done |
//! | fact | something that was decided or seen, recorded for people and programs |
//! | view | the state that all facts add up to |
//! | journal | the stored inputs and facts of a fleet, an SQLite file |
//! | snapshot | the whole fleet as it was at one input, from which recovery begins |
//! | form | the shape of what is stored, with a number |
//! | adopt | to take over a run whose keeper outlived an earlier supervisor |
//! | settle | to give the final answer to what was first answered with "waits" |
//! | transcript | the bytes that came out of a run's terminal, on disk |
//! | checkpoint | a screen and the offset of the transcript from which it goes on |
//! | screen | the emulated terminal of a run |
//! | picture | a screen as it is sent to a viewer |
//! | scope | what a lock covers: a path of the repository, or a named resource |
//! | lease | a lock that is held, with its holder and its end |
//! | token | the number of a lease; later leases have greater ones |
//! | party | who asks or holds: a run, or somebody outside the fleet |
//! | guard | the hooks by which git asks whether a commit respects the locks |
//! | task, attempt | work to be done; one try at it, by one run |
//! | plan | tasks with an order (a DAG) |
//! | output, input | files that a task declares and leaves; those files as the next task finds them |
//! | verification | the command that says whether a task's work is right |
//! | workspace | the directory in which an agent works: the shared one, or a git worktree of its own |
//! | status | what an agent is doing: working, idle, needs you, … (`api/condition`) |
//! | sign, verdict | what was seen of a program; what follows from all signs about its status |
//! | prompt | a text that an agent is to work on |
//! | delivery | the typing of a text into a terminal, up to the proof that it was taken |
//! | courier, typist | what carries out a delivery; what writes single keys in their order |
//! | message, inbox | a text from one agent to another; where it lies until it is acknowledged |
//! | banner | a standing warning, shown until its cause is gone |
//! | hint | the next step that an error recommends |
//! | park, snooze | to save what a workspace holds before it is removed; to hide a question for a while |
//!
//! # Decisions that are not obvious, and why
//!
//! * **The journal holds the inputs, not only the facts.** A fleet is recovered by stepping the inputs after the
//!   newest snapshot through the same `step`, timers and all, instead of by a second reading of the facts that would
//!   have to agree with the first. The facts are for people and programs.
//! * **The transcript is the ring.** A keeper has no ring buffer beside its transcript: a supervisor that lags or
//!   comes back is served from the file, whose newest pages the kernel holds in memory anyway. A ring exists only
//!   while the disk is full.
//! * **A screen lives in its run's task**, together with the keeper's connection, so output is parsed where it was
//!   read and never copied into a queue.
//! * **There is a build to try it and one to ship it** (`Cargo.toml`, the profiles `release` and `dist`): whoever meets it
//!   first builds it first. `term` and `core` are crates of their own, so that they can be made fast in both.
//! * **No exec shim.** Limits and the cgroup are set between fork and exec by the keeper, whose address space is
//!   small; one exec less per agent.
//! * **`attach` is the dashboard** with one terminal zoomed: one painter, one key encoder, one restore guard.
//! * **A tree is empty when `wait(2)` says so.** The keeper is the subreaper of its tree: ECHILD is a proof, two empty
//!   scans are not.
//! * **Records do not wait for the disk.** What a killed process wrote stays; after a power cut no run of that boot is
//!   left, and the boot id in the record says so. So no start and no ending costs an fsync.
//! * **Only whole sequences reach the emulator.** ESC restarts its parser from any state, so what is held back is its
//!   whole state: the borders of reads mean nothing, and a checkpoint can hold it.
//! * **Text that scrolls by is drawn when somebody looks** (`term/unseen`): a screen is looked at 60 times a second, and a
//!   program writes a thousand screens in that time. What has scrolled out of screen and history is never drawn; the rule
//!   is proved there, and tested against drawing every byte. While the kept bytes hold the history, the grid holds the
//!   screen alone: a line takes its bytes (0.2 KB) instead of its cells (2.9 KB).
//! * **One thread reads the user's terminal, and the dashboard's loop writes to it** (`tui/events`, `tui/pen`): each further
//!   thread that a key has to wake costs its echo. The reader must be a thread, because crossterm never comes back from a
//!   terminal that was hung up. Another one writes only what the terminal does not take at once.
//! * **What terminals gave back is given back to the system** (`supervisor/memory`): malloc kept 90 MB of 130 MB that lay
//!   below something still in use.
//! * **What a reader sees as one character is one cluster of one or two columns** (`term/cluster`, mode 2027 always on): the
//!   emulator's grid counts code points, agent programs count clusters, and a border drawn behind ⚠️ must stand there.
//! * **What is typed and what became of it is a machine of its own** (`core/delivery`; its eyes and hands are
//!   `supervisor/run/courier`). Agent programs take an Enter that arrives with its text for a part of a paste, drop what
//!   comes before they have drawn themselves, and let text fall on a dialog that then takes the Enter. So each key waits
//!   for a new look; Enter is pressed only for a text that stands on the screen, and pressed again only while it stands
//!   there as before; and only then is it said to be submitted when it does not. A person's own keys go at once.
//! * **Whether a terminal is cooked is asked of the agent's own** (`process/terminal`, by its number in `/proc`), not of
//!   its keeper, which holds the other end but may be of an older program.
//! * **A number is never used twice:** runs count on from what lies on disk even when the journal was lost.
//! * **A takeover is SIGKILL.** A supervisor may be killed at any moment and loses nothing, so that is how one is
//!   replaced, whatever it speaks and even when it hangs.
//! * **A headless supervisor hears of its client's end through its standard input**; nothing is polled.
//! * **`qd` is linked to a fixed address** (`-no-pie`, Linux with glibc): a keeper is this same program, and at an address
//!   of the kernel's choice each would hold 0.4 MB of relocated tables of its own (0.68 → 0.25 MB measured). Stack, heap
//!   and libraries are placed at random as before; the program's own code is not.
//! * **One counter for all fencing tokens.** Scopes overlap, so a counter for each could not order the leases of `src`
//!   and of `src/main.rs`; one that only grows orders all.
//! * **A waiter is dropped when the supervisor is taken over,** and its client asks again under the same key: a place in
//!   the line that nobody stands in any more would hold up those behind it.
//! * **The history is searched by the number of the facts** (`supervisor/journal/query`): instants grow with the numbers,
//!   so a span of time is a span of numbers, each filter has an index in that order, and nothing is ever sorted. An index
//!   costs every commit a page, so there is none that another way of asking can do without.
//! * **The journal's log is begun anew seldom** (`supervisor/journal/fold`): whoever writes waits for the disk then. At 4 MiB
//!   that was one coordination cycle of fifty.
//! * **Whose tree a connection comes from is looked at once** (`supervisor/http/door`), not at each request: up through
//!   `/proc` it took longer than the whole answer. Who ends later hands its children on to one above it.
//! * **What a program is doing is a verdict over signs with an age** ([`status`] reads them, `core/status` judges): its own
//!   report (OSC 7501), its screen, its title, a bell or notification, and that it writes. A question is a state: on
//!   record from when it is asked until it is answered or gone, never ended by a look, and the same in every answer.
//! * **A message is typed only into a program that is idle and asks nobody** (`supervisor/run/patience`): one that is
//!   typed into a question answers it. Where only silence tells that no second question follows, it must last for 10 s. A
//!   message lies in the inbox meanwhile; only the courier's receipt makes it delivered.
//! * **Topics are subscribed to at run time** (`qd msg subscribe`), not in `agents.toml`: an agent knows what it wants to
//!   hear; `agent.NAME.*` and `broadcast.**` reach it without.
//! * **The commit guard is a directory of hooks per worktree** (`core.hooksPath` in git's settings for that worktree
//!   alone), in git's own directory for it, so that it goes with the worktree. Each hook becomes the user's own. It asks when
//!   a branch moves (reference-transaction), since only commit runs pre-commit; what is integrated may come in.
//!   What comes past it, by a git without hooks, is seen when the agent's branch has moved (`supervisor/commits`).
//! * **A watcher prevents nothing:** `enforce = "deny"` refuses commits; a write into what another holds, in a workspace
//!   that agents share, becomes a fact and keeps both versions. Whom that fact names is what `/proc` can prove: who has
//!   the file open, else one of those who have written since; never someone when the holder may have done it. "Since" is
//!   the examination that the watcher's own stream names (`supervisor/writes/marks`), so the first write after a grant
//!   counts; and a run that wrote what came out of its terminal has only printed.
//! * **A task's own workspace is `workspaces/task+NAME` on `qd/task+NAME`**, not `qd/task/NAME`: git can't hold a branch
//!   `qd/task` beside it, and no agent's name holds a `+`, so neither is ever in an agent's way. A failed attempt's stays,
//!   and the next one gets another.
//! * **What a task declares as its outputs it leaves, or it has failed.** Those that need it start from files that are
//!   there, and from hashes that the core has had since; what is changed in between, by whomever, is seen.
//! * **A prompt is typed at most once.** A supervisor killed between the first letter and the Enter has failed that
//!   attempt, and so has a prompt that the program did not take: a prompt that comes twice is worse than one that comes late.
//! * **A verification runs under a helper of its own** (`qd __errand`), which is its tree's subreaper and dies with the
//!   supervisor that wanted it, so nothing of it is ever left.
//! * **In the dashboard, letters are commands only at a person's pace** (`tui/cadence`): what comes faster is a text, and does
//!   nothing. What ends, discards or takes away is asked, and a letter answers only what was on the screen long enough.
//! * **Which fleet one stands in is marked in the file system** (`workspaces/.fleet`, a path that leads back up), not
//!   found by the nearest `agents.toml`: that file is committed, so each worktree has a copy which is no fleet's. The
//!   mark needs no git and no variable, and of fleets within fleets the outermost is meant unless one is named.
//! * **Agents that run are adopted by what their keepers left** (`supervisor/strays`: records, sockets, the environment of
//!   their trees), and the journal only says what else is known. One that can't be used is kept aside and said, and nobody
//!   is ended or started twice for it. A snapshot that can't be read is no empty fleet: what can be read, by the snapshot
//!   or by all inputs, goes on in a new journal (`supervisor/journal/recover`).
//! * **What is stored has a form with a number** (`Fleet::FORM`, `tests/fixtures/stored`): every stored type is listed by
//!   serde-reflection and compared, because a changed field is seen by no other test before users meet it. One number for
//!   the fleet and its inputs, since both are read together.
//! * **A lease may end with a process** (`supervisor/holders`): a time to live is late for a killed command, and a
//!   connection ends too early, with its supervisor.
//! * **A removal loses nothing, and asks little:** changes, also those that git is told not to look at, repositories within
//!   and single ignored files that nothing makes again speak against it; ignored directories go and are named; dropped
//!   commits are kept on a ref for as long as a reflog would. What no commit can hold is parked in a directory, never in
//!   git, which may be pushed.
//! * **What an agent says is whole or refused.** Others work on it, so a limit that cuts it would hand on half a list.
//! * **What an agent waits for without working ends no attempt:** a used-up quota is waited for and counts as no failure, a
//!   missing login is a person's to mend (`core/barred`; the words by which programs say so are data, `assets/status.toml`).
//!   Only programs that have a provider are read for it (`config/kind`): a test prints `401 Unauthorized`, too. A turn that
//!   ends so in a program that lives on gives its task back, and the program is left alone.
//! * **A program is measured only when a sign of life is due** (`core/status/response`): it says that it works and is silent,
//!   or leaves unread what was typed. So nothing ticks, and a tool that works in silence is not called unresponsive.
//! * **Silence is no start that takes for ever** (`core/policy`): what is to be ready by its first output is ready after 5 s
//!   without one, for it lives, and nobody says that it still starts; but what prompts are typed into must have drawn itself.
//!   Whoever needs another sign names it with `ready`.
//! * **An agent may join that we did not start** (`core/fleet/joined`): it has a run, by which everything knows it, but no
//!   keeper; its process tree is its proof, and its end is the process's, whose pidfd is waited for. So there is no
//!   heartbeat to send or to miss. Nobody stops or freezes it.
//! * **Tool calls are what somebody tells** (`supervisor/tools`): a terminal shows bytes, and guessing would be wrong often.
//!   What is told without words counts too, by its source: marks that name a command, and processes of the program, which
//!   are seen only when processes are looked at anyway.
//! * **Nobody waits for what makes a workspace that is not wanted** (`workspace/child`): hooks of git end with the wish.
//! * **Worktrees are never pruned globally:** that would drop the user's own on unplugged disks.

pub mod clock;
pub mod nearest;

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

pub mod supervisor;

pub mod client;

pub mod report;

pub mod headless;

pub mod mcp;

pub mod tui;

pub mod cli;
