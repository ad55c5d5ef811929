//! The table of actions: their contexts, their names, and their texts in the key bar and the help.

/// The context in which a key is pressed; it decides what the key means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Context {
    /// Keys go to the fleet's tab.
    Fleet,
    /// Keys go to the list of tasks.
    Tasks,
    /// Keys go to the graph of a plan.
    Plan,
    /// Keys go to the list of locks.
    Locks,
    /// Keys go to the list of messages.
    Messages,
    /// Keys go to the frozen copy of a terminal that is scrolled and searched.
    Scroll,
    /// Keys go to the agent, except those that are bound in this context.
    Typing,
}

/// An action that a key can trigger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Does {
    Up,
    Down,
    Left,
    Right,
    First,
    Last,
    NextUrgent,
    Type,
    Pause,
    StartStop,
    Restart,
    Kill,
    Snooze,
    New,
    Forget,
    Commit,
    Filter,
    Grid,
    Zoom,
    Explain,
    Scroll,
    PageDown,
    Severity,
    Focus,
    Back,
    Redraw,
    Suspend,
    NewTask,
    ShowFleet,
    ShowTasks,
    ShowPlan,
    ShowLocks,
    ShowMessages,
    NextTab,
    PreviousTab,
    Help,
    Quit,
    TaskShow,
    TaskExplain,
    TaskNew,
    TaskCancel,
    TaskRetry,
    TaskFilter,
    PlanShow,
    PlanExplain,
    PlanPause,
    PlanCancel,
    PlanRetry,
    PlanOlder,
    PlanNewer,
    LockForce,
    ConflictShow,
    MessageNew,
    MessageFilter,
    ScrollLineUp,
    ScrollLineDown,
    ScrollPageUp,
    ScrollPageDown,
    ScrollTop,
    ScrollBottom,
    Search,
    SearchNext,
    SearchPrevious,
    ScrollLeave,
    TypingLeave,
}

/// An entry of the table of actions.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Action that the entry describes.
    pub does: Does,
    /// Context in which the action can be triggered.
    pub context: Context,
    /// Name of the action in a keymap file.
    pub name: &'static str,
    /// Text of the action in the key bar.
    pub label: &'static str,
    /// Text of the action in the help.
    pub help: &'static str,
    /// Place of the action in the key bar, lowest first; none if it is not in the bar.
    pub bar: Option<u8>,
}

const fn entry(
    does: Does,
    context: Context,
    name: &'static str,
    label: &'static str,
    help: &'static str,
    bar: Option<u8>,
) -> Entry {
    Entry { does, context, name, label, help, bar }
}

/// Entries of all actions, in the order of the help.
#[rustfmt::skip]
pub const ENTRIES: &[Entry] = &[
    entry(Does::Type, Context::Fleet, "type", "type", "type into the agent", Some(0)),
    entry(Does::Pause, Context::Fleet, "pause", "pause", "pause all its processes, or resume them", Some(2)),
    entry(Does::StartStop, Context::Fleet, "start_stop", "stop", "start it; stop it, or stop it at once, after asking", Some(1)),
    entry(Does::Restart, Context::Fleet, "restart", "restart", "restart it with the new configuration, after asking", Some(4)),
    entry(Does::Kill, Context::Fleet, "kill", "kill", "send SIGKILL to all its processes, after asking", Some(6)),
    entry(Does::Snooze, Context::Fleet, "snooze", "snooze", "snooze its question for 10 minutes, or end the snooze", Some(1)),
    entry(Does::New, Context::Fleet, "new", "new", "start a new agent that is not in agents.toml", Some(5)),
    entry(Does::NewTask, Context::Fleet, "new_task", "new task", "write a task for the agent", Some(13)),
    entry(Does::Forget, Context::Fleet, "forget", "forget", "remove an agent that does not run, after asking", None),
    entry(Does::Commit, Context::Fleet, "commit", "commit its work", "commit its uncommitted files, after asking", Some(2)),
    entry(Does::Filter, Context::Fleet, "filter", "filter", "show only the agents that match", Some(7)),
    entry(Does::Grid, Context::Fleet, "grid", "grid", "show many terminals at once, or one", Some(8)),
    entry(Does::Zoom, Context::Fleet, "zoom", "zoom", "show its terminal alone, or the panels again", Some(9)),
    entry(Does::Explain, Context::Fleet, "explain", "explain", "explain its condition", Some(10)),
    entry(Does::Scroll, Context::Fleet, "scroll", "scroll", "look back in its terminal; in a tab: a page up", Some(11)),
    entry(Does::PageDown, Context::Fleet, "page_down", "page", "scroll the facts forward; in a tab: a page down", None),
    entry(Does::Severity, Context::Fleet, "severity", "severity", "show only warnings and errors, only errors, or all facts", None),
    entry(Does::Focus, Context::Fleet, "focus", "focus", "move between agents, terminal and facts", Some(12)),
    entry(Does::NextUrgent, Context::Fleet, "next_urgent", "next asking", "select the next agent that needs you, else the next that failed", None),
    entry(Does::Up, Context::Fleet, "up", "up", "in any list: go up", None),
    entry(Does::Down, Context::Fleet, "down", "down", "in any list: go down", None),
    entry(Does::Left, Context::Fleet, "left", "left", "in the grid, the tasks and a plan: go left; in the messages: show those of the previous agent", None),
    entry(Does::Right, Context::Fleet, "right", "right", "in the grid, the tasks and a plan: go right; in the messages: show those of the next agent", None),
    entry(Does::First, Context::Fleet, "first", "first", "in any list: go to its first row", None),
    entry(Does::Last, Context::Fleet, "last", "last", "in any list: go to its last row", None),
    entry(Does::ShowFleet, Context::Fleet, "show_fleet", "fleet", "from any tab: show the fleet", None),
    entry(Does::ShowTasks, Context::Fleet, "show_tasks", "tasks", "from any tab: show the tasks", None),
    entry(Does::ShowPlan, Context::Fleet, "show_plan", "plan", "from any tab: show a plan", None),
    entry(Does::ShowLocks, Context::Fleet, "show_locks", "locks", "from any tab: show the locks", None),
    entry(Does::ShowMessages, Context::Fleet, "show_messages", "messages", "from any tab: show the messages", None),
    entry(Does::NextTab, Context::Fleet, "next_tab", "next tab", "from any tab: show the next one", None),
    entry(Does::PreviousTab, Context::Fleet, "previous_tab", "last tab", "from any tab: show the one before", None),
    entry(Does::Back, Context::Fleet, "back", "back", "leave the filter, the grid or the zoom; from another tab: back to the fleet", None),
    entry(Does::Redraw, Context::Fleet, "redraw", "redraw", "draw the whole dashboard again", None),
    entry(Does::Suspend, Context::Fleet, "suspend", "suspend", "suspend the dashboard; the shell's `fg` resumes it", None),
    entry(Does::Help, Context::Fleet, "help", "help", "this list", Some(3)),
    entry(Does::Quit, Context::Fleet, "quit", "quit", "leave the fleet running, or stop it", Some(3)),
    entry(Does::TaskShow, Context::Tasks, "show", "show", "show all details of the task", Some(0)),
    entry(Does::TaskExplain, Context::Tasks, "explain", "explain", "explain the state of the task", Some(2)),
    entry(Does::TaskNew, Context::Tasks, "new", "new", "write a new task", Some(1)),
    entry(Does::TaskCancel, Context::Tasks, "cancel", "cancel", "cancel it, after asking", Some(4)),
    entry(Does::TaskRetry, Context::Tasks, "retry", "retry", "retry a task that failed or was cancelled", Some(5)),
    entry(Does::TaskFilter, Context::Tasks, "filter", "filter", "show only the tasks that match", Some(6)),
    entry(Does::PlanShow, Context::Plan, "show", "show", "show all details of the task", Some(0)),
    entry(Does::PlanExplain, Context::Plan, "explain", "explain", "explain the state of the task", Some(2)),
    entry(Does::PlanPause, Context::Plan, "pause", "pause", "pause the plan, after asking how, or resume it", Some(1)),
    entry(Does::PlanCancel, Context::Plan, "cancel", "cancel", "cancel the plan, after asking", Some(4)),
    entry(Does::PlanRetry, Context::Plan, "retry", "retry", "retry a task that failed or was cancelled", Some(7)),
    entry(Does::PlanOlder, Context::Plan, "older", "older", "look at the plan before this one", Some(5)),
    entry(Does::PlanNewer, Context::Plan, "newer", "newer", "look at the plan after this one", Some(6)),
    entry(Does::LockForce, Context::Locks, "force", "force", "take the lock from its holder, with a reason", Some(0)),
    entry(Does::ConflictShow, Context::Locks, "conflict", "versions", "show both versions of a conflict, and take one after asking", Some(0)),
    entry(Does::MessageNew, Context::Messages, "new", "write", "write a message", Some(0)),
    entry(Does::MessageFilter, Context::Messages, "filter", "filter", "show only the messages that match", Some(1)),
    entry(Does::ScrollLineUp, Context::Scroll, "line_up", "up", "one line back", None),
    entry(Does::ScrollLineDown, Context::Scroll, "line_down", "down", "one line forward", None),
    entry(Does::ScrollPageUp, Context::Scroll, "page_up", "page up", "one page back", Some(3)),
    entry(Does::ScrollPageDown, Context::Scroll, "page_down", "page down", "one page forward", Some(4)),
    entry(Does::ScrollTop, Context::Scroll, "top", "top", "to the oldest line", Some(6)),
    entry(Does::ScrollBottom, Context::Scroll, "bottom", "bottom", "to the newest line", None),
    entry(Does::Search, Context::Scroll, "search", "search", "search", Some(1)),
    entry(Does::SearchNext, Context::Scroll, "next", "next", "to the next match, going back in time", Some(2)),
    entry(Does::SearchPrevious, Context::Scroll, "previous", "previous", "to the match before it", Some(5)),
    entry(Does::ScrollLeave, Context::Scroll, "leave", "back to live", "back to the live terminal", Some(0)),
    entry(Does::TypingLeave, Context::Typing, "leave", "leaves", "give the keys back to Quarterdeck", Some(0)),
];

impl Context {
    /// Returns the name of the context's table in a keymap file.
    pub fn name(self) -> &'static str {
        match self {
            Context::Fleet => "fleet",
            Context::Tasks => "tasks",
            Context::Plan => "plan",
            Context::Locks => "locks",
            Context::Messages => "messages",
            Context::Scroll => "scroll",
            Context::Typing => "typing",
        }
    }

    /// Returns the heading of the context in the help.
    pub fn title(self) -> &'static str {
        match self {
            Context::Fleet => "Fleet",
            Context::Tasks => "Tasks",
            Context::Plan => "Plan",
            Context::Locks => "Locks",
            Context::Messages => "Messages",
            Context::Scroll => "Looking back",
            Context::Typing => "Typing into an agent",
        }
    }

    /// All contexts, in the order of the help.
    pub const ALL: [Context; 7] = [
        Context::Fleet,
        Context::Tasks,
        Context::Plan,
        Context::Locks,
        Context::Messages,
        Context::Scroll,
        Context::Typing,
    ];

    /// Whether the context is that of a tab beside the fleet, in which some of the fleet's keys work too.
    pub(super) fn is_tab(self) -> bool {
        matches!(self, Context::Tasks | Context::Plan | Context::Locks | Context::Messages)
    }
}

impl Does {
    /// Whether the action only moves the selection or the view.
    pub fn only_moves(self) -> bool {
        use Does::*;
        let lists =
            matches!(self, Up | Down | Left | Right | First | Last | NextUrgent | Scroll | PageDown | Severity | Focus);
        let plans = matches!(self, PlanOlder | PlanNewer);
        let back = matches!(self, ScrollLineUp | ScrollLineDown | ScrollPageUp | ScrollPageDown | ScrollTop);
        lists || plans || back || matches!(self, ScrollBottom | SearchNext | SearchPrevious)
    }

    /// Whether the action is done in every tab by the same key.
    pub fn is_common(self) -> bool {
        use Does::*;
        let moves = matches!(self, Up | Down | Left | Right | First | Last | Scroll | PageDown | Back);
        let tabs = matches!(self, ShowFleet | ShowTasks | ShowPlan | ShowLocks | ShowMessages | NextTab | PreviousTab);
        moves || tabs || matches!(self, Redraw | Suspend | Help | Quit)
    }
}
