//! Turns the signals of a run's terminal into facts and tool calls.

use super::Task;
use crate::api::tools::{ToolMoment, ToolReport, ToolSource};
use crate::clock;
use crate::term::{CommandMark, TermSignal};
use quarterdeck_core::event::Event;
use tokio::time::Instant;

impl Task {
    /// Turns the signals that notify a person into facts, at a limited rate.
    pub(in crate::supervisor::run) fn take_signals(&mut self, now: Instant, events: &mut Vec<Event>) {
        for signal in self.screen.take_signals(now) {
            if let TermSignal::Command(mark) = signal {
                self.marked(mark);
                continue;
            }
            let fact = self.calls.fact(signal, now);
            events.extend(fact.map(|signal| Event::Signalled { run: self.outset.run, signal }));
        }
    }
}

impl Task {
    /// Records that a mark in the terminal names a command, or ends the one named last.
    fn marked(&mut self, mark: CommandMark) {
        let (name, moment) = match mark {
            CommandMark::Began(line) => (Some(line), ToolMoment::Began),
            CommandMark::Ended(None | Some(0)) => (self.calls.command.take(), ToolMoment::Ended),
            CommandMark::Ended(Some(_)) => (self.calls.command.take(), ToolMoment::Failed),
        };
        let Some(name) = name else { return };
        if moment == ToolMoment::Began {
            self.calls.command = Some(name.clone());
        }
        let report = ToolReport { name, moment, call: None, source: ToolSource::Terminal };
        self.outset.tools.note(self.outset.agent, self.outset.run, report, clock::now_ms());
    }
}
