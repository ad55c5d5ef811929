//! Handles keys of the dialog in which an agent's work is committed.

use super::super::input::{Code, Key};
use super::super::model::commit::CommitForm;
use super::super::model::dialog::{FIELD_CHARS_MAX, Overlay};
use super::super::model::{Model, Tone};
use super::super::msg::Cmd;
use super::ask;
use super::line;
use crate::api::agents::Agent;
use crate::api::work::{COMMIT_AGENT_WORK, CommitRequest, WorkDetail};

/// Opens the dialog; while it shows no work, the work is asked for.
pub(super) fn open(model: &mut Model, agent: &Agent) {
    let name = agent.name.clone();
    if agent.branch.is_none() {
        return model
            .toast(Tone::Remark, format!("{name} has no worktree of its own: there is nothing to commit for it"));
    }
    model.overlay = Some(Overlay::Commit(CommitForm::of(&name)));
}

/// Shows the work that can be committed, when the answer comes.
pub(super) fn take(model: &mut Model, detail: WorkDetail) {
    if let Some(Overlay::Commit(form)) = &mut model.overlay
        && form.agent == detail.agent
    {
        form.take(detail);
    }
}

/// Handles a key of the dialog. Returns the overlay that is shown afterwards.
pub(super) fn press(model: &mut Model, mut form: CommitForm, key: Key, cmds: &mut Vec<Cmd>) -> Option<Overlay> {
    form.error = None;
    match key.code {
        Code::Enter if form.sending.is_some() || form.detail.is_none() => {}
        Code::Enter if form.files() == 0 => return None,
        Code::Enter => {
            let message = Some(form.message.trim().to_owned()).filter(|message| !message.is_empty());
            let call = COMMIT_AGENT_WORK.call(&[&form.agent], &CommitRequest { message });
            form.sending = ask::ask(model, format!("commit the work of {}", form.agent), call, cmds);
        }
        _ => form.error = line::press(&mut form.message, key, FIELD_CHARS_MAX).err(),
    }
    Some(Overlay::Commit(form))
}
