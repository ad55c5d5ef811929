//! Composes the content of the state file.

use crate::api::agents::AgentState;
use crate::supervisor::roster;
use quarterdeck_core::ids::AgentId;
use quarterdeck_core::shared::{Entry, Owner};
use quarterdeck_core::time::Time;
use quarterdeck_core::view::{AgentView, Pause, View};
use serde::Serialize;
use std::collections::BTreeMap;

/// The heading by which a file of ours is recognised.
pub(super) const HEADING: &str = "# Written by qd. Changes here have no effect; `qd state set` sets a value.\n";

/// The key of shared state whose value is a percentage.
const PROGRESS: &str = "progress";

/// The data that is taken from the view, quickly: the kernel waits while the view is borrowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Picture {
    fleet: String,
    state: Texts,
    agents: BTreeMap<String, Seen>,
}

/// Values by key, still as the JSON in which they are stored.
type Texts = BTreeMap<String, Entry>;

/// The data of one agent.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    status: AgentState,
    paused: bool,
    since: Time,
    task: Option<String>,
    task_percent: Option<u8>,
    state: Texts,
}

impl Picture {
    pub(super) fn of(view: &View, fleet: &str) -> Picture {
        let agents = view.agents.iter().map(|(id, agent)| (agent.name.clone(), seen(view, *id, agent)));
        Picture { fleet: fleet.to_owned(), agents: agents.collect(), state: texts(view, Owner::Fleet) }
    }
}

fn seen(view: &View, id: AgentId, agent: &AgentView) -> Seen {
    let task = view.tasks.current(id).and_then(|task| view.tasks.get(task));
    Seen {
        status: roster::state(agent),
        paused: agent.pause == Pause::Paused,
        since: agent.since,
        task: task.map(|task| task.spec.name.clone()),
        task_percent: task.and_then(|task| task.progress.percent),
        state: texts(view, Owner::Agent(id)),
    }
}

fn texts(view: &View, owner: Owner) -> Texts {
    view.shared.of(owner).map(|(key, entry)| (key.to_owned(), entry.clone())).collect()
}

impl Seen {
    /// Returns the time of the newest change of the agent, as far as changes have a time.
    fn newest(&self) -> Time {
        self.state.values().map(|entry| entry.at).fold(self.since, Time::max)
    }

    /// Returns the progress in percent: the value that the agent set itself, otherwise the progress of its task.
    fn progress(&self) -> Option<u8> {
        let set = self.state.get(PROGRESS).and_then(|entry| entry.value.parse().ok());
        set.filter(|percent| *percent <= 100).or(self.task_percent)
    }
}

/// The content of the state file.
#[derive(Serialize)]
struct File<'p> {
    fleet: &'p str,
    updated: String,
    state: BTreeMap<&'p str, Value<'p>>,
    agents: BTreeMap<&'p str, Agent<'p>>,
}

#[derive(Serialize)]
struct Agent<'p> {
    status: AgentState,
    paused: bool,
    progress: Option<u8>,
    task: Option<&'p str>,
    updated: String,
    state: BTreeMap<&'p str, Value<'p>>,
}

#[derive(Serialize)]
struct Value<'p> {
    value: serde_json::Value,
    version: u64,
    by: &'p str,
    updated: String,
}

/// The last written data of each agent with its time, because not every change has a time.
#[derive(Default)]
pub(super) struct Mirror {
    agents: BTreeMap<String, (Seen, Time)>,
}

impl Mirror {
    /// Returns the file's text. The same picture gives the same text at any time.
    pub(super) fn text(&mut self, picture: Picture, now: Time) -> String {
        let mut before = std::mem::take(&mut self.agents);
        let dated = |(name, seen): (String, Seen)| {
            let at = match before.remove(&name) {
                None => seen.newest(),
                Some((then, at)) if then == seen => at,
                Some(_) => now,
            };
            (name, (seen, at))
        };
        self.agents = picture.agents.into_iter().map(dated).collect();
        let changed = self.agents.values().map(|(_, at)| *at).chain(picture.state.values().map(|entry| entry.at));
        let file = File {
            fleet: &picture.fleet,
            updated: instant(changed.max().unwrap_or_default()),
            state: values(&picture.state),
            agents: self.agents.iter().map(|(name, (seen, at))| (name.as_str(), agent(seen, *at))).collect(),
        };
        let text =
            serde_saphyr::to_string(&file).unwrap_or_else(|error| format!("# The state can't be shown: {error}\n"));
        format!("{HEADING}{text}")
    }
}

fn agent(seen: &Seen, at: Time) -> Agent<'_> {
    Agent {
        status: seen.status,
        paused: seen.paused,
        progress: seen.progress(),
        task: seen.task.as_deref(),
        updated: instant(at),
        state: values(&seen.state),
    }
}

fn values(texts: &Texts) -> BTreeMap<&str, Value<'_>> {
    texts.iter().map(|(key, entry)| (key.as_str(), value(entry))).collect()
}

/// Returns an instant in UTC for programs: `2026-11-20T09:30:07.123Z`.
fn instant(at: Time) -> String {
    let at_ms = i64::try_from(at.0).unwrap_or(i64::MAX);
    jiff::Timestamp::from_millisecond(at_ms).unwrap_or_default().to_string()
}

fn value(entry: &Entry) -> Value<'_> {
    Value {
        value: serde_json::from_str(&entry.value).unwrap_or_default(),
        version: entry.version,
        by: &entry.by,
        updated: instant(entry.at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn entry(value: impl Into<serde_json::Value>, at: u64) -> Entry {
        Entry { value: value.into().to_string(), version: 3, by: "a: person".into(), at: Time(at) }
    }

    fn seen(state: &[(&str, Entry)]) -> Seen {
        Seen {
            status: AgentState::Ready,
            paused: false,
            since: Time(1_000),
            task: Some("t1".into()),
            task_percent: Some(30),
            state: state.iter().map(|(key, entry)| (key.to_string(), entry.clone())).collect(),
        }
    }

    fn picture(builder: Seen) -> Picture {
        Picture { fleet: "demo".into(), state: Texts::new(), agents: [("builder".to_owned(), builder)].into() }
    }

    fn read(text: &str) -> serde_json::Value {
        serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }

    #[test]
    fn each_agent_has_an_entry_with_status_progress_and_when() {
        let mut mirror = Mirror::default();
        let file = read(&mirror.text(picture(seen(&[])), Time(0)));
        let builder = &file["agents"]["builder"];
        assert_eq!(
            (&builder["status"], &builder["progress"], &builder["task"]),
            (&json!("ready"), &json!(30), &json!("t1"))
        );
        assert_eq!(builder["updated"], "1970-01-01T00:00:01Z");
        let set = [("progress", entry(70, 2_000)), ("note", entry("x", 1))];
        let file = read(&mirror.text(picture(seen(&set)), Time(5_000)));
        assert_eq!(file["agents"]["builder"]["progress"], 70, "its own word goes before its task's");
        assert_eq!(file["agents"]["builder"]["updated"], "1970-01-01T00:00:05Z");
        assert_eq!(file["updated"], "1970-01-01T00:00:05Z");
        assert_eq!(file["agents"]["builder"]["state"]["progress"]["version"], 3);
        let beyond = read(&mirror.text(picture(seen(&[("progress", entry(700, 1))])), Time(0)));
        assert_eq!(beyond["agents"]["builder"]["progress"], 30, "no percentage");
    }

    #[test]
    fn the_same_picture_is_the_same_text_whenever_it_is_told() {
        let mut mirror = Mirror::default();
        let first = mirror.text(picture(seen(&[])), Time(1));
        assert_eq!(mirror.text(picture(seen(&[])), Time(9_000)), first);
        let changed = mirror.text(picture(Seen { task_percent: Some(31), ..seen(&[]) }), Time(9_000));
        assert!(changed.contains("1970-01-01T00:00:09Z"), "a task's progress does not say when: {changed}");
        assert_eq!(mirror.text(picture(Seen { task_percent: Some(31), ..seen(&[]) }), Time(10_000)), changed);
    }

    proptest! {
        /// Every value that is set is read back unchanged, under any name.
        #[test]
        fn what_is_set_is_read_back(text in any::<String>(), key in "[A-Za-z0-9._:-]{1,12}", number in any::<i64>()) {
            let value = json!({ "text": text, "list": [number, null, true, text], "": {} });
            let state = Texts::from([(key.clone(), entry(value.clone(), 7))]);
            let file = Picture { fleet: text.clone(), state, agents: BTreeMap::new() };
            let file = read(&Mirror::default().text(file, Time(0)));
            prop_assert_eq!(&file["state"][&key]["value"], &value);
            prop_assert_eq!(&file["fleet"], &serde_json::Value::from(text));
        }
    }
}
