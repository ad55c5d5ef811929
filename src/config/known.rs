//! The agent programs that Quarterdeck knows: how each is configured, and by which words of a command line it is
//! recognised. They work for a provider of models, unlike all other programs.

/// An agent program that Quarterdeck knows how to configure.
#[derive(Clone, Copy, Debug)]
pub struct KnownAgent {
    /// The program's name on PATH.
    pub program: &'static str,
    /// The title of the agent program, for people.
    pub title: &'static str,
    /// Arguments that the agent program should always get.
    pub args: &'static [&'static str],
    /// The keys that are typed to ask the agent program to end.
    pub stop_keys: &'static [&'static str],
    /// Further advice for the agent program's user, as lines of comment.
    pub notes: &'static [&'static str],
}

const fn agent(program: &'static str, title: &'static str, stop_keys: &'static [&'static str]) -> KnownAgent {
    KnownAgent { program, title, args: &[], stop_keys, notes: &[] }
}

const TWICE_CTRL_C: &[&str] = &["ctrl-c", "ctrl-c"];

/// Arguments that make Claude Code ring the bell when it waits for a permission; otherwise only its screen shows that.
const RING_THE_BELL: &[&str] = &["--settings", r#"{"preferredNotifChannel": "terminal_bell"}"#];

/// Advice for users of Codex: its default sandbox prevents git from writing a commit, and `qd` from reaching its socket
/// (tried with 0.171).
const CODEX_NOTES: &[&str] = &[
    "its sandbox does not let it write to git's directory: `c` in the dashboard, or `qd commit codex`, commits its work",
    "Quarterdeck's README says how to let it commit by itself, under \"From a prompt to your branch\"",
];

/// The agent programs that `qd init` looks for. Codex gets `--no-daemon`: without it, two of its processes remain after
/// its end. The stop keys of the first five were tried with the program idle and in the middle of a turn, which takes
/// Claude Code a third Ctrl-C.
pub const KNOWN_AGENTS: &[KnownAgent] = &[
    KnownAgent {
        program: "claude",
        title: "Claude Code",
        args: RING_THE_BELL,
        stop_keys: &["ctrl-c", "ctrl-c", "ctrl-c"],
        notes: &[],
    },
    KnownAgent {
        program: "codex",
        title: "OpenAI Codex",
        args: &["--no-daemon"],
        stop_keys: TWICE_CTRL_C,
        notes: CODEX_NOTES,
    },
    agent("gemini", "Gemini CLI", TWICE_CTRL_C),
    agent("opencode", "opencode", &["ctrl-c"]),
    agent("aider", "aider", TWICE_CTRL_C),
    agent("amp", "Amp", TWICE_CTRL_C),
    agent("goose", "goose", &["ctrl-c", "ctrl-d"]),
    agent("cursor-agent", "Cursor Agent", TWICE_CTRL_C),
    agent("copilot", "GitHub Copilot CLI", TWICE_CTRL_C),
    agent("qwen", "Qwen Code", TWICE_CTRL_C),
    agent("crush", "Crush", &["ctrl-c"]),
    agent("droid", "Factory Droid", TWICE_CTRL_C),
    agent("auggie", "Auggie", TWICE_CTRL_C),
    agent("vibe", "Mistral Vibe", TWICE_CTRL_C),
    agent("pi", "pi", TWICE_CTRL_C),
];

/// The endings that packages of agent programs add to the program's name: `@google/gemini-cli`, `aider-chat`.
const PACKAGE_SUFFIXES: &[&str] = &["", ".js", "-cli", "-code", "-ai", "-chat", "-coding-agent"];

/// Whether a word of a command line names a known agent program, as a program or as its package: `/usr/bin/codex`,
/// `@openai/codex@1.2`.
pub fn is_known_agent(word: &str) -> bool {
    let name = word.rsplit('/').next().unwrap_or_default();
    let name = name.split_once('@').map_or(name, |(name, _version)| name);
    let rest_of = |known: &KnownAgent| name.strip_prefix(known.program);
    KNOWN_AGENTS.iter().filter_map(rest_of).any(|rest| PACKAGE_SUFFIXES.contains(&rest))
}
