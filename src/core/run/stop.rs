//! The stopping of a run: keys, signal, grace, SIGKILL. Each stage follows only when the one before it did not end the
//! run.
//!
//! | phase when asked   | the first time                  | again for the same reason, or a kill |
//! |--------------------|---------------------------------|--------------------------------------|
//! | preparing          | the making of the workspace is ended | –                               |
//! | launching          | begins when the process runs    | … with SIGKILL                       |
//! | starting, ready    | keys, or the signal             | SIGKILL                              |
//! | already stopping: other processes remained, or a restart | changes the reason, continues | SIGKILL |
//! | lost               | no restart                      | –                                    |

use super::{Freeze, Haste, Moment, Phase, Run, Stage};
use crate::effect::Effect;
use crate::ending::StopCause;
use crate::event::TimerId;
use crate::fact::FactKind;

impl Run {
    /// Asks the run to end, for the reason `why`.
    pub fn stop(&mut self, why: StopCause, haste: Haste, moment: &mut Moment<'_>) {
        let again = self.asked == Some(why) || self.asked == Some(StopCause::Shutdown);
        if !again {
            self.asked = Some(why);
            moment.record(FactKind::Stopping { why });
        }
        match self.phase {
            Phase::Preparing => {
                self.phase = Phase::Stopping(Stage::Preparing);
                moment.ask([Effect::AbandonPreparation { run: self.id }]);
            }
            Phase::Launching => self.phase = Phase::Stopping(Stage::Launching(haste)),
            Phase::Starting | Phase::Ready => {
                self.wake(haste, moment);
                self.end_process(haste, moment);
            }
            Phase::Stopping(stage) if again || haste == Haste::AtOnce => self.hurry(stage, moment),
            Phase::Stopping(_) | Phase::Lost => {}
        }
    }

    /// Stops the processes that remain after the run's own process has ended.
    pub(super) fn others_left(&mut self, moment: &mut Moment<'_>) {
        match self.phase {
            Phase::Launching | Phase::Starting | Phase::Ready => {
                self.asked = Some(StopCause::LeftBehind);
                moment.record(FactKind::Stopping { why: StopCause::LeftBehind });
                self.wake(Haste::InOrder, moment);
                self.send_signal(moment);
            }
            Phase::Stopping(Stage::Launching(Haste::AtOnce)) => self.kill_tree(moment),
            Phase::Stopping(Stage::Launching(Haste::InOrder) | Stage::Keys) => self.send_signal(moment),
            Phase::Stopping(_) | Phase::Preparing | Phase::Lost => {}
        }
    }

    /// Begins to stop a run whose process is running.
    pub(super) fn end_process(&mut self, haste: Haste, moment: &mut Moment<'_>) {
        match (haste, moment.policy.stop.keys_wait) {
            (Haste::AtOnce, _) => self.kill_tree(moment),
            (Haste::InOrder, None) => self.send_signal(moment),
            (Haste::InOrder, Some(wait)) => {
                self.phase = Phase::Stopping(Stage::Keys);
                moment.ask([Effect::TypeStopKeys { run: self.id }]);
                self.arm(TimerId::StopKeys(self.id), wait, moment);
            }
        }
    }

    pub(super) fn send_signal(&mut self, moment: &mut Moment<'_>) {
        let stop = moment.policy.stop;
        self.phase = Phase::Stopping(Stage::Grace);
        moment.ask(self.timers.disarm(TimerId::StopKeys(self.id)));
        moment.record(FactKind::SignalSent { signal: stop.signal });
        moment.ask([Effect::Signal { run: self.id, signal: stop.signal }]);
        self.arm(TimerId::StopGrace(self.id), stop.grace, moment);
    }

    pub(super) fn kill_tree(&mut self, moment: &mut Moment<'_>) {
        self.phase = Phase::Stopping(Stage::Killed);
        moment.ask(self.timers.clear());
        moment.record(FactKind::KillSent);
        moment.ask([Effect::KillTree { run: self.id }]);
    }

    fn hurry(&mut self, stage: Stage, moment: &mut Moment<'_>) {
        match stage {
            Stage::Preparing | Stage::Killed => {}
            Stage::Launching(_) => self.phase = Phase::Stopping(Stage::Launching(Haste::AtOnce)),
            Stage::Keys | Stage::Grace => self.kill_tree(moment),
        }
    }

    /// Thaws a frozen tree that must end, so that it can react to the stop, and drops the timers of the run. SIGKILL
    /// also works on a frozen tree, so before SIGKILL the tree stays frozen.
    fn wake(&mut self, haste: Haste, moment: &mut Moment<'_>) {
        moment.ask(self.timers.clear());
        if self.freeze != Freeze::Running {
            self.run_again(moment.now);
            if haste == Haste::InOrder {
                moment.ask([Effect::Thaw { run: self.id }]);
            }
        }
    }
}
