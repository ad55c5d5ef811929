//! All that the screen knows. A value: it is changed by [`super::update`] alone and drawn by [`super::view`].

pub mod commit;
pub mod compose;
pub mod confirm;
pub mod conflict;
pub mod dialog;
pub mod facts;
pub mod locks;
pub mod messages;
pub mod plan;
pub mod roster;
pub mod scroll;
pub mod tab;
pub mod tasks;
pub mod wants;

use super::cadence::{Cadence, Reading};
use super::ground::{Ground, Listener};
use super::keymap::Keymap;
use super::link::{RequestId, Topic};
use super::theme::{Looks, Theme};
use crate::api::agents::{Agent, AgentState};
use crate::term::frame::{Frame, Row, Size};
use confirm::Confirm;
use dialog::Overlay;
use facts::Facts;
use jiff::tz::TimeZone;
use roster::Roster;
use scroll::Scroll;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use tab::{Tab, Tabs};

/// Toasts shown at once. Beyond it, the oldest gives way.
pub const TOASTS_MAX: usize = 4;
/// How long a toast stays.
pub const TOAST_MS: u64 = 6_000;
/// Requests whose answer is awaited. Beyond it, the oldest is forgotten: its answer is not shown.
pub const REQUESTS_MAX: usize = 256;
/// Pictures kept of agents that are not watched now, so that coming back shows something at once. Beyond it, no more
/// are kept; they are asked for.
pub const SCREENS_MAX: usize = 64;

/// All that the screen knows.
#[derive(Clone, Debug)]
pub struct Model {
    /// What the screen is for.
    pub mode: Mode,
    /// Columns and rows of the user's terminal.
    pub size: (u16, u16),
    /// The clock, in milliseconds since the Unix epoch.
    pub now_ms: u64,
    /// When the screen was opened.
    pub opened_ms: u64,
    /// Where times of day are told for.
    pub zone: TimeZone,
    /// The fleet's name.
    pub fleet: String,
    /// How the line to the supervisor is.
    pub line: Line,
    /// The agents, in order.
    pub roster: Roster,
    /// Whether the whole list was heard since the line came up.
    pub listed: bool,
    /// The newest picture of each agent that was looked at.
    pub screens: BTreeMap<String, Frame>,
    /// Why there is no picture of an agent.
    pub refusals: BTreeMap<String, String>,
    /// Whose pictures were asked for.
    pub watching: BTreeSet<String>,
    /// Pictures taken in and not yet drawn, by number.
    pub undrawn: BTreeMap<String, u64>,
    /// The newest facts, and where their panel is scrolled to.
    pub facts: Facts,
    /// What is wrong with the fleet as a whole.
    pub banners: Vec<String>,
    /// What is wrong with the user's own files: shown like banners until Esc is pressed.
    pub remarks: Vec<String>,
    /// The tabs.
    pub tabs: Tabs,
    /// Which panel moving is about.
    pub focus: Focus,
    /// Where keys go.
    pub keys: Keys,
    /// How the screen is shared out.
    pub arrangement: Arrangement,
    /// The copy that is scrolled and searched, if one is.
    pub scroll: Option<Scroll>,
    /// The text being selected with the mouse.
    pub drag: Option<Drag>,
    /// What lies over the screen and takes the keys.
    pub overlay: Option<Overlay>,
    /// Failures and remarks, oldest first.
    pub toasts: VecDeque<Toast>,
    /// Requests whose answer is awaited, and what they were.
    pub requests: BTreeMap<RequestId, String>,
    /// The newest request's number.
    pub last_request: RequestId,
    /// The sizes told to the fleet.
    pub sizes: Sizes,
    /// The agent the user moved to, and when they have looked at it long enough.
    pub glance: Option<(String, u64)>,
    /// Whether the window has the focus, as far as the terminal tells.
    pub focused: bool,
    /// Who asks for a person, and since when, as of the last time they were told; none before the first list.
    pub called: Option<BTreeMap<String, u64>>,
    /// Whether the fleet was asked to stop.
    pub stopping: bool,
    /// What the key bar asks.
    pub confirm: Option<Confirm>,
    /// Tells commands from text.
    pub cadence: Cadence,
    /// Whether what is asked can have been read.
    pub reading: Reading,
    /// Looks for the terminal's answers among the keys.
    pub listener: Listener,
    /// Keys.
    pub keymap: Arc<Keymap>,
    /// Looks, for either background.
    pub looks: Arc<Looks>,
    /// Those for the background there is.
    pub theme: Arc<Theme>,
}

/// What the screen is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The whole fleet.
    Dashboard,
    /// One agent's terminal and nothing else.
    Attach { agent: String },
}

/// How the line to the supervisor is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Not heard from yet.
    Opening,
    /// Up.
    Up,
    /// Lost: since when what is shown may not be so any more, why, and the attempts made to get it back.
    Lost { since_ms: u64, reason: String, attempts: u32 },
}

/// Which panel moving is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Focus {
    Agents,
    Terminal,
    Facts,
}

/// Where keys go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// To Quarterdeck.
    Quarterdeck,
    /// To the line in which the shown tab's filter is written.
    Filter,
    /// To the selected agent.
    Agent,
}

/// How the screen is shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrangement {
    /// The list, one terminal, the facts.
    Panels,
    /// Many terminals.
    Grid,
    /// One terminal.
    Zoom,
}

/// A remark that goes by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// What it says.
    pub text: String,
    /// How bad it is.
    pub tone: Tone,
    /// When it goes.
    pub until_ms: u64,
}

/// How bad a remark is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Remark,
    Warning,
    Failure,
}

/// Text being selected with the mouse, on a copy of the rows as they were when it began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drag {
    /// The rows shown, top first.
    pub rows: Vec<Arc<Row>>,
    /// Where it began: row, column.
    pub from: (usize, u16),
    /// Where it is.
    pub to: (usize, u16),
}

/// The sizes told to the fleet, leading at once and trailing after a pause.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// The newest told, per agent.
    pub told: BTreeMap<String, Size>,
    /// Until then, changes are gathered.
    pub quiet_until_ms: u64,
    /// A change waits for that instant.
    pub waiting: bool,
}

impl Model {
    /// A screen that has heard nothing yet, on a dark background.
    pub fn new(mode: Mode, size: (u16, u16), now_ms: u64, keymap: Keymap, looks: impl Into<Looks>) -> Model {
        let looks = looks.into();
        let arrangement = match mode {
            Mode::Dashboard => Arrangement::Panels,
            Mode::Attach { .. } => Arrangement::Zoom,
        };
        Model {
            mode,
            size,
            now_ms,
            opened_ms: now_ms,
            zone: TimeZone::UTC,
            fleet: String::new(),
            line: Line::Opening,
            roster: Roster::default(),
            listed: false,
            screens: BTreeMap::new(),
            refusals: BTreeMap::new(),
            watching: BTreeSet::new(),
            undrawn: BTreeMap::new(),
            facts: Facts::default(),
            banners: Vec::new(),
            remarks: Vec::new(),
            tabs: Tabs::default(),
            focus: Focus::Agents,
            keys: Keys::Quarterdeck,
            arrangement,
            scroll: None,
            drag: None,
            overlay: None,
            toasts: VecDeque::new(),
            requests: BTreeMap::new(),
            last_request: 0,
            sizes: Sizes::default(),
            glance: None,
            focused: true,
            called: None,
            stopping: false,
            confirm: None,
            cadence: Cadence::default(),
            reading: Reading::default(),
            listener: Listener::default(),
            keymap: Arc::new(keymap),
            theme: Arc::new(looks.on(Ground::default()).clone()),
            looks: Arc::new(looks),
        }
    }

    /// Takes the looks for a background.
    pub fn stand_on(&mut self, ground: Ground) {
        self.theme = Arc::new(self.looks.on(ground).clone());
    }

    /// The selected agent.
    pub fn selected(&self) -> Option<&Agent> {
        self.roster.selected()
    }

    /// Its newest picture.
    pub fn screen(&self) -> Option<&Frame> {
        self.screens.get(self.roster.selected_name()?)
    }

    /// The rows the terminal panel shows now, top first: those of a drag, of the scrolled copy, or the live ones.
    pub fn shown_rows(&self, height: u16) -> Vec<Arc<Row>> {
        match (&self.drag, &self.scroll, self.screen()) {
            (Some(drag), ..) => drag.rows.clone(),
            (None, Some(scroll), _) => scroll.visible(height).to_vec(),
            (None, None, Some(frame)) => {
                let first = usize::from(first_row(frame, height));
                frame.rows.iter().skip(first).take(usize::from(height)).cloned().collect()
            }
            (None, None, None) => Vec::new(),
        }
    }

    /// What is to be fetched for what is shown.
    pub fn wanted(&self) -> Vec<Topic> {
        let mut wanted = self.tabs.wanted();
        if let Some(Overlay::Task { id, page, .. }) = &self.overlay {
            wanted.retain(|topic| !matches!(topic, Topic::Task(_)));
            wanted.push(Topic::Task(id.clone()));
            wanted.extend((*page == dialog::Page::Why).then(|| Topic::Why(id.clone())));
        }
        if let Some(Overlay::Conflict(view)) = &self.overlay {
            wanted.push(Topic::Conflict(view.id.clone()));
        }
        wanted
    }

    /// All that is wrong with the fleet, then with the user's files.
    pub fn troubles(&self) -> impl ExactSizeIterator<Item = &String> {
        let all: Vec<&String> = self.banners.iter().chain(&self.remarks).collect();
        all.into_iter()
    }

    /// Whether what is shown may no longer be so.
    pub fn is_stale(&self) -> bool {
        matches!(self.line, Line::Lost { .. })
    }

    /// The instant that ages are told for: while the line is lost, the last one at which anything was known.
    pub fn known_ms(&self) -> u64 {
        match self.line {
            Line::Lost { since_ms, .. } => since_ms,
            Line::Opening | Line::Up => self.now_ms,
        }
    }

    /// Adds a remark; the oldest gives way when there are [`TOASTS_MAX`]. The same remark is not stacked.
    pub fn toast(&mut self, tone: Tone, text: impl Into<String>) {
        let toast = Toast { text: text.into(), tone, until_ms: self.now_ms.saturating_add(TOAST_MS) };
        self.toasts.retain(|other| other.text != toast.text);
        if self.toasts.len() == TOASTS_MAX {
            self.toasts.pop_front();
        }
        self.toasts.push_back(toast);
    }

    /// What must hold after every update.
    ///
    /// **Invariant:** held by `no_input_and_no_size_panics_or_breaks_an_invariant` in `tests/tui`.
    ///
    /// # Errors
    /// Names what does not hold.
    pub fn check(&self) -> Result<(), String> {
        let hold = |holds: bool, what: &str| if holds { Ok(()) } else { Err(what.to_owned()) };
        self.roster.check()?;
        let selected = self.roster.selected_name();
        hold(self.keys != Keys::Agent || selected.is_some(), "keys go to an agent, but none is selected")?;
        hold(
            self.scroll.as_ref().is_none_or(|scroll| Some(scroll.agent.as_str()) == selected),
            "the scrolled copy is of another agent",
        )?;
        hold(self.scroll.as_ref().is_none_or(Scroll::is_sound), "the scrolled copy is out of its bounds")?;
        hold(self.overlay.is_none() || self.keys == Keys::Quarterdeck, "a dialog is open, but keys go elsewhere")?;
        let asked = self.confirm.as_ref().map(|confirm| confirm.agent.as_str());
        hold(asked.is_none() || asked == selected && self.overlay.is_none(), "the key bar asks about somebody else")?;
        let about = self.overlay.as_ref().and_then(Overlay::agent);
        hold(about.is_none_or(|agent| self.roster.get(agent).is_some()), "a dialog is about an unknown agent")?;
        self.tabs.check()?;
        let at_fleet = self.tabs.shown == Tab::Fleet;
        hold(at_fleet || self.mode == Mode::Dashboard, "a tab is shown beside an attached terminal")?;
        hold(at_fleet || self.keys != Keys::Agent, "keys go to an agent that is not shown")?;
        hold(at_fleet || self.watching.is_empty(), "an agent is watched that is not shown")?;
        hold(self.toasts.len() <= TOASTS_MAX, "too many toasts")?;
        hold(self.facts.is_sound(), "facts out of bounds")?;
        hold(self.line == Line::Up || self.watching.is_empty(), "watching over a line that is not up")?;
        hold(self.requests.len() <= REQUESTS_MAX, "too many requests")?;
        hold(self.screens.len() <= SCREENS_MAX + self.watching.len(), "too many pictures")
    }
}

/// The first row of a picture to show when there is room for fewer than it has: the cursor stays in sight, and
/// of the rest, what is nearest to the bottom.
pub fn first_row(frame: &Frame, height: u16) -> u16 {
    let spare = frame.size.rows.saturating_sub(height);
    let used = frame.rows.iter().rposition(|row| !row.spans.is_empty()).map_or(0, |last| last as u16 + 1);
    let wanted = used.max(frame.cursor.row.saturating_add(1)).saturating_sub(height);
    wanted.min(frame.cursor.row).min(spare)
}

/// Whether an agent has a run that lives.
pub fn is_live(state: AgentState) -> bool {
    use AgentState::{Joined, Lost, Preparing, Ready, Starting, Stopping};
    matches!(state, Preparing | Starting | Ready | Joined | Stopping | Lost)
}

/// Whether an agent runs no more and will not by itself.
pub fn is_over(state: AgentState) -> bool {
    use AgentState::{Completed, Failed, GaveUp, Off, Terminated};
    matches!(state, Completed | Failed | Terminated | GaveUp | Off)
}
