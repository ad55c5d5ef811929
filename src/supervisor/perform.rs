//! Performs effects. Nothing here decides or waits: each effect is passed on to the part that performs it, and the
//! outcome comes back to the kernel as an event.

use super::context::Context;
use super::run::Order;
use super::workspaces::Preparer;
use super::{holders, keepers, post, probe, tasks};
use quarterdeck_core::effect::Effect;
use quarterdeck_core::fleet::Fleet;
use quarterdeck_core::ids::RunId;
use quarterdeck_core::lock::LockEffect;
use quarterdeck_core::mail::MailEffect;
use std::sync::Arc;

/// The performer of effects, with the parts that it uses.
pub(super) struct Performer {
    context: Arc<Context>,
    preparer: Preparer,
}

impl Performer {
    pub(super) fn new(context: Arc<Context>) -> Performer {
        Performer { preparer: Preparer::start(Arc::clone(&context)), context }
    }

    /// Performs one effect. The kernel itself performs those about the journal, clients and timers.
    pub(super) fn perform(&mut self, effect: Effect, fleet: &Fleet) {
        let context = Arc::clone(&self.context);
        match effect {
            Effect::Prepare { run, agent } => self.preparer.prepare(run, agent),
            Effect::AbandonPreparation { run } => self.preparer.abandon(run),
            Effect::Launch { run, agent } => {
                tokio::spawn(keepers::launch(context, run, agent));
            }
            Effect::Probe { run } => {
                if let Some(agent) = fleet.agent_of(run) {
                    tokio::spawn(probe::probe(context, run, agent));
                }
            }
            Effect::TypeStopKeys { run } => {
                if let Some(agent) = fleet.agent_of(run) {
                    tokio::spawn(probe::type_stop_keys(context, run, agent));
                }
            }
            Effect::Signal { run, signal } => self.order(run, Order::Signal(signal)),
            Effect::KillTree { run } => self.order(run, Order::KillTree),
            Effect::Freeze { run } => self.order(run, Order::Freeze),
            Effect::Thaw { run } => self.order(run, Order::Thaw),
            Effect::Dismiss { run } => {
                context.metrics.forget(run);
                self.order(run, Order::Dismiss);
            }
            Effect::Follow { run, process } => {
                tokio::spawn(holders::follow(context.kernel.clone(), run, process));
            }
            Effect::Reap { run } => {
                tokio::spawn(keepers::reap(context, run));
            }
            Effect::Lock(LockEffect::Watch { lease, process }) => {
                tokio::spawn(holders::watch(context.kernel.clone(), lease, process));
            }
            Effect::Task(effect) => tasks::perform(&context, effect),
            Effect::Mail(MailEffect::Deliver { agent }) => post::deliver(context, agent),
            Effect::Record(_)
            | Effect::Reply { .. }
            | Effect::Settle { .. }
            | Effect::Arm { .. }
            | Effect::Disarm { .. }
            | Effect::EndSupervisor => {
                debug_assert!(false, "the kernel carries this out itself");
            }
        }
    }

    fn order(&self, run: RunId, order: Order) {
        match self.context.screens.runs.get(run) {
            Some(handle) => handle.order(order),
            None => tracing::debug!(%run, ?order, "no such run to order"),
        }
    }
}
