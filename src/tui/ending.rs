//! What is said about a run that has ended, below its screen or in place of it; and the rows that this takes.

use super::keymap::Does;
use super::model::Model;
use super::model::roster::is_live;
use super::widget::text::wrap;
use crate::api::agents::{Agent, AgentState, Attention};
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Returns the text that explains how the run ended, why, and which keys help. It is complete, because the list has
/// room for only one line.
pub fn lines(model: &Model, agent: &Agent, columns: u16) -> Vec<(String, Style)> {
    let theme = &model.theme;
    let summary = if agent.attention == Attention::Failed { theme.error } else { theme.text };
    let mut said = vec![(agent.summary.clone(), summary)];
    let reason = agent.reason.iter().filter(|reason| !agent.summary.contains(*reason));
    said.extend(reason.map(|reason| (reason.clone(), theme.error)));
    said.extend(work(agent).map(|text| (text, theme.text)));
    let key = |does| model.keymap.shown(does);
    if !is_live(agent.state) {
        let does = if agent.state == AgentState::Queued { "takes it off the queue" } else { "starts it" };
        let keys = format!("{} {does} · {} says why", key(Does::StartStop), key(Does::Explain));
        said.push((keys, theme.dim));
    }
    let wrapped = |(text, style): (String, Style)| wrap(&text, columns.max(1), 4).into_iter().map(move |l| (l, style));
    said.into_iter().flat_map(wrapped).collect()
}

/// Returns the work that an agent has done in its worktree, except what its summary says already; none if there is no
/// such work. Example: `2 commits that main has not · Fix the parser · +120 −3 · 1 file, not committed`.
fn work(agent: &Agent) -> Option<String> {
    let work = agent.work.as_ref()?;
    let parts = [work.ahead_words(), work.last_commit.clone(), work.lines_words(), work.uncommitted_words()];
    let said: Vec<String> = parts.into_iter().flatten().filter(|part| !agent.summary.contains(part)).collect();
    (!said.is_empty()).then(|| said.join(" · "))
}

/// Returns the rows that the explanation of the end takes below an agent's screen: none while it runs, or if they would
/// hide the screen.
pub fn rows(model: &Model, screen: Rect) -> u16 {
    let ended = model.selected().filter(|agent| !is_live(agent.state) && model.has_picture(agent));
    let rows = ended.map_or(0, |agent| lines(model, agent, columns(screen.width)).len() as u16 + 1);
    if rows <= screen.height / 2 { rows } else { 0 }
}

/// Returns the columns that the explanation has below a screen of this width.
pub fn columns(width: u16) -> u16 {
    width.saturating_sub(2)
}
