//! The model: all state of the dashboard, as one value that only [`super::update`] changes and [`super::view`] draws.

pub mod commit;
pub mod compose;
pub mod confirm;
pub mod conflict;
pub mod dialog;
pub mod facts;
pub mod locks;
pub mod messages;
pub mod plan;
pub mod question;
pub mod roster;
pub mod scroll;
mod state;
pub mod tab;
pub mod tasks;
pub mod wants;

use super::cadence::{Cadence, Reading};
use super::ground::{Ground, Listener};
use super::keymap::Keymap;
use super::link::RequestId;
use super::seen::Seen;
use super::theme::{Looks, Theme};
use super::topic::Topic;
use crate::api::agents::{Agent, AgentState};
use crate::term::frame::{Frame, Row};
use confirm::Confirm;
use dialog::Overlay;
use facts::Facts;
use jiff::tz::TimeZone;
use roster::Roster;
use scroll::Scroll;
pub use state::{Arrangement, Drag, Focus, Keys, Line, Mode, Sizes, Toast, Tone};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use tab::{Tab, Tabs};

/// The most toasts that are shown at a time. Beyond it, the oldest is dropped.
pub const TOASTS_MAX: usize = 4;
/// How long a toast stays, in milliseconds.
pub const TOAST_MS: u64 = 6_000;
/// The most requests whose answer is awaited. Beyond it, the oldest is forgotten: its answer is not shown.
pub const REQUESTS_MAX: usize = 256;
/// The most frames that are kept of agents that are not watched now, so that selecting one again shows something at
/// once. Beyond it, no frame is kept, and selecting the agent asks for one.
pub const SCREENS_MAX: usize = 64;

/// All state of the dashboard.
#[derive(Clone, Debug)]
pub struct Model {
    /// Whether the dashboard shows the fleet or one agent.
    pub mode: Mode,
    /// Columns and rows of the user's terminal.
    pub size: (u16, u16),
    /// The clock, in milliseconds since the Unix epoch.
    pub now_ms: u64,
    /// When the dashboard was opened, in milliseconds since the Unix epoch.
    pub opened_ms: u64,
    /// The time zone in which times of day are shown.
    pub zone: TimeZone,
    /// Name of the fleet that is shown.
    pub fleet: String,
    /// State of the connection to the supervisor.
    pub line: Line,
    /// The agents in the order in which they are shown.
    pub roster: Roster,
    /// Whether the whole list of agents was received since the connection was made.
    pub listed: bool,
    /// The newest frame of each agent that was shown.
    pub screens: BTreeMap<String, Frame>,
    /// For agents without a frame, the reason why there is none.
    pub refusals: BTreeMap<String, String>,
    /// Names of the agents whose frames were asked for.
    pub watching: BTreeSet<String>,
    /// Numbers of the frames that were received and are not yet drawn.
    pub undrawn: BTreeMap<String, u64>,
    /// The newest facts, and how far their panel is scrolled.
    pub facts: Facts,
    /// The banners, which say what is wrong with the whole fleet.
    pub banners: Vec<String>,
    /// Errors in the user's own files, shown like banners until Esc is pressed.
    pub remarks: Vec<String>,
    /// The tabs and their state.
    pub tabs: Tabs,
    /// The panel in which keys move the selection or the view.
    pub focus: Focus,
    /// The receiver of keys: the dashboard, a filter, or the selected agent.
    pub keys: Keys,
    /// How the terminal is divided into panels.
    pub arrangement: Arrangement,
    /// The frozen copy that is scrolled and searched, if there is one.
    pub scroll: Option<Scroll>,
    /// The text that is being selected with the mouse.
    pub drag: Option<Drag>,
    /// What the newest drawing showed.
    pub seen: Seen,
    /// The overlay that covers a part of the dashboard and takes the keys.
    pub overlay: Option<Overlay>,
    /// The toasts, which show failures and remarks for a while, oldest first.
    pub toasts: VecDeque<Toast>,
    /// Requests whose answer is awaited, each with a description.
    pub requests: BTreeMap<RequestId, String>,
    /// Number of the newest request to the supervisor.
    pub last_request: RequestId,
    /// The sizes of terminals that were sent to the supervisor.
    pub sizes: Sizes,
    /// The agent that the user selected, and when they have looked at it long enough.
    pub glance: Option<(String, u64)>,
    /// Whether the window has the focus, as far as the terminal tells.
    pub focused: bool,
    /// The agents that ask for a person, and since when, as of the last notification; none before the first list.
    pub called: Option<BTreeMap<String, u64>>,
    /// Whether the fleet was asked to stop.
    pub stopping: bool,
    /// The question that the key bar asks.
    pub confirm: Option<Confirm>,
    /// Distinguishes commands from letters of a text by their speed.
    pub cadence: Cadence,
    /// Tracks whether a question was shown long enough to be read.
    pub reading: Reading,
    /// Searches the keys for the terminal's answers.
    pub listener: Listener,
    /// The keys of every action.
    pub keymap: Arc<Keymap>,
    /// The styles of the dashboard for both backgrounds.
    pub looks: Arc<Looks>,
    /// The styles of the dashboard for the present background.
    pub theme: Arc<Theme>,
}

impl Model {
    /// Returns a dashboard that has received nothing yet, on a dark background.
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
            seen: Seen::default(),
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

    /// Uses the styles for this background from now on.
    pub fn stand_on(&mut self, ground: Ground) {
        self.theme = Arc::new(self.looks.on(ground).clone());
    }

    /// Returns the selected agent.
    pub fn selected(&self) -> Option<&Agent> {
        self.roster.selected()
    }

    /// Returns the newest frame of the selected agent.
    pub fn screen(&self) -> Option<&Frame> {
        self.screens.get(self.roster.selected_name()?)
    }

    /// Whether there is a frame of an agent to show; after its run has ended, the frame must not be empty.
    pub fn has_picture(&self, agent: &Agent) -> bool {
        let written = |frame: &Frame| frame.rows.iter().any(|row| !row.spans.is_empty());
        self.screens.get(&agent.name).is_some_and(|frame| roster::is_live(agent.state) || written(frame))
    }

    /// Returns the rows that the terminal panel shows now, top first: those of a drag, of the scrolled copy, or the
    /// live ones.
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

    /// Returns the topics that must be fetched for what is shown.
    pub fn wanted(&self) -> Vec<Topic> {
        let mut wanted = self.tabs.wanted();
        if let Some(Overlay::Task { id, page, .. }) = &self.overlay {
            wanted.retain(|topic| !matches!(topic, Topic::Task(_)));
            wanted.push(Topic::Task(id.clone()));
            wanted.extend((*page == dialog::Page::Why).then(|| Topic::Why(id.clone())));
        }
        wanted.extend(match &self.overlay {
            Some(Overlay::Conflict(view)) => Some(Topic::Conflict(view.id.clone())),
            Some(Overlay::Explain { agent, explanation: None, .. }) => Some(Topic::Explanation(agent.clone())),
            Some(Overlay::Commit(form)) if form.detail.is_none() => Some(Topic::Work(form.agent.clone())),
            _ => None,
        });
        wanted
    }

    /// Returns the banners of the fleet, then the errors in the user's files.
    pub fn troubles(&self) -> impl ExactSizeIterator<Item = &String> {
        let all: Vec<&String> = self.banners.iter().chain(&self.remarks).collect();
        all.into_iter()
    }

    /// Whether the data may be out of date, because the connection is lost.
    pub fn is_stale(&self) -> bool {
        matches!(self.line, Line::Lost { .. })
    }

    /// Returns the instant for which ages are shown: while the connection is lost, the last instant with known data.
    pub fn known_ms(&self) -> u64 {
        match self.line {
            Line::Lost { since_ms, .. } => since_ms,
            Line::Opening | Line::Up => self.now_ms,
        }
    }

    /// Adds a toast; the oldest is dropped when there are [`TOASTS_MAX`]. The same remark is not shown twice.
    pub fn toast(&mut self, tone: Tone, text: impl Into<String>) {
        let toast = Toast { text: text.into(), tone, until_ms: self.now_ms.saturating_add(TOAST_MS) };
        self.toasts.retain(|other| other.text != toast.text);
        if self.toasts.len() == TOASTS_MAX {
            self.toasts.pop_front();
        }
        self.toasts.push_back(toast);
    }

    /// Shows an error as a toast, where the dashboard has no other place for it.
    pub fn warn(&mut self, taken: Result<(), String>) {
        if let Err(why) = taken {
            self.toast(Tone::Warning, why);
        }
    }

    /// Shows a tab. Letters that are typed there are commands.
    pub fn show(&mut self, tab: Tab) {
        self.tabs.shown = tab;
        self.tabs.wants.try_again();
        self.keys = Keys::Quarterdeck;
        self.scroll = None;
        self.drag = None;
    }

    /// Returns the filter of the shown tab; empty when there is none.
    pub fn filter(&self) -> &str {
        match self.tabs.shown {
            Tab::Tasks => self.tabs.tasks.filter(),
            Tab::Messages => self.tabs.messages.filter(),
            Tab::Fleet | Tab::Plan | Tab::Locks => self.roster.filter(),
        }
    }

    /// Changes the filter of the shown tab.
    pub fn set_filter(&mut self, filter: String) {
        match self.tabs.shown {
            Tab::Tasks => self.tabs.tasks.set_filter(filter),
            Tab::Messages => self.tabs.messages.set_filter(filter),
            Tab::Fleet | Tab::Plan | Tab::Locks => self.roster.set_filter(filter),
        }
    }

    /// Checks what must hold after every update.
    ///
    /// **Invariant:** held by `no_input_and_no_size_panics_or_breaks_an_invariant` in `tests/tui`.
    ///
    /// # Errors
    /// A condition does not hold; the error names it.
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

/// Returns the first row of a frame to show when there is room for fewer rows than it has: the cursor stays visible,
/// and otherwise the lowest rows are shown.
pub fn first_row(frame: &Frame, height: u16) -> u16 {
    let spare = frame.size.rows.saturating_sub(height);
    let used = frame.rows.iter().rposition(|row| !row.spans.is_empty()).map_or(0, |last| last as u16 + 1);
    let wanted = used.max(frame.cursor.row.saturating_add(1)).saturating_sub(height);
    wanted.min(frame.cursor.row).min(spare)
}

/// Whether an agent in this state has ended and will not start again by itself.
pub fn is_over(state: AgentState) -> bool {
    use AgentState::{Completed, Failed, GaveUp, Off, Terminated};
    matches!(state, Completed | Failed | Terminated | GaveUp | Off)
}
