//! Handles a keeper of another version, with which this supervisor shares no protocol. The keeper still holds its
//! run: the agent works and its output is kept. This supervisor can only kill the run; it can't show it, type into it,
//! pause it or ask it to end.

use super::handle::{Answer, Inbox, InputRefused, Order, Request};
use super::task::Task;
use crate::wire::{VERSIONS, Versions};
use quarterdeck_core::event::{Event, Signal};
use std::time::Duration;

/// The interval of checks whether such a keeper still lives, because it can't tell us. This is the only thing that is
/// polled, and only while a keeper is of another version.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);

impl Task {
    /// Reports which side is older, and waits until the run is killed or ends by itself.
    pub(super) async fn stand_by(&mut self, theirs: Versions, inbox: &mut Inbox) {
        let (run, kernel) = (self.outset.run, self.outset.kernel.clone());
        let why = skew(VERSIONS, theirs);
        kernel.tell(Event::Signalled { run, signal: Signal::KeeperRefused(why.clone()) }).await;
        loop {
            tokio::select! {
                biased;
                Some(order) = inbox.orders.recv() => match order {
                    // The kernel finds and kills all processes with the mark of a lost run, including its keeper.
                    Order::KillTree => return kernel.tell(Event::KeeperLost { run }).await,
                    Order::Freeze => kernel.tell(Event::FreezeFailed { run, reason: why.clone() }).await,
                    Order::Dismiss => return,
                    // This order can't be sent to the keeper; the kernel waits in vain, and kills the run after the
                    // grace period.
                    Order::StopKeys(_) | Order::Signal(_) | Order::Thaw => {}
                },
                Some(request) = inbox.requests.recv() => self.answer_without_a_keeper(request, &why),
                () = tokio::time::sleep(LOOK_INTERVAL) => {
                    if !self.keeper_lives() {
                        return self.tell_how_it_ended().await;
                    }
                }
            }
        }
    }

    fn answer_without_a_keeper(&mut self, request: Request, why: &str) {
        let now = tokio::time::Instant::now();
        match request {
            Request::Press { reply, .. } => refuse(reply, why),
            Request::Deliver { reply, .. } => refuse(reply, why),
            Request::Turn(reply) => refuse(reply, why),
            Request::Publish => self.screen.publish(now),
            Request::Frame(reply) => {
                let _gone = reply.send(self.screen.frame(now));
            }
            Request::Scrollback { lines, reply } => {
                let _gone = reply.send(self.screen.scrollback(lines));
            }
        }
    }
}

fn refuse<T>(reply: Answer<T>, why: &str) {
    let _gone = reply.send(Err(InputRefused::Stranger { why: why.to_owned() }));
}

/// Returns which side is older, and what to do about it.
fn skew(ours: Versions, theirs: Versions) -> String {
    let speaks = format!("it speaks keeper protocol {}, this qd {}", range(theirs), range(ours));
    match theirs.max < ours.min {
        true => format!(
            "its keeper is older than this qd ({speaks}): let it end, or end it with `qd kill` and start it again"
        ),
        false => format!("its keeper is newer than this qd ({speaks}): `qd up --takeover` with the newer qd"),
    }
}

fn range(versions: Versions) -> String {
    match versions.min == versions.max {
        true => versions.max.to_string(),
        false => format!("{} to {}", versions.min, versions.max),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::Identity;
    use crate::supervisor::kernel::KernelHandle;
    use crate::supervisor::kernel::mailbox::Message;
    use crate::supervisor::run::handle::RunHandle;
    use crate::supervisor::run::{Adopted, Outset, start};
    use crate::term::frame::Size;
    use crate::wire::FromKeeper;
    use crate::wire::record::KeeperRecord;
    use quarterdeck_core::ids::RunId;
    use quarterdeck_core::view::View;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::UnixListener;
    use tokio::sync::{mpsc, watch};

    const RUN: RunId = RunId(1);

    /// Creates a run whose keeper (this very process, according to its record) refuses every hello.
    fn refused(directory: &tempfile::TempDir) -> (RunHandle, mpsc::Receiver<Message>) {
        let socket = directory.path().join("r1.sock");
        let identity = Identity::of(std::process::id()).expect("we live");
        KeeperRecord { identity, version: 9, socket: socket.clone(), mark: "mark".into() }
            .write(directory.path())
            .expect("written");
        let listener = UnixListener::bind(&socket).expect("bound");
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let hello = stream.read(&mut [0; 64]).await.expect("a hello");
                assert!(hello > 0);
                let mut words = Vec::new();
                FromKeeper::Refused { versions: Versions { min: 9, max: 9 } }.encode(&mut words);
                stream.write_all(&words).await.expect("written");
            }
        });
        let (mailbox, messages) = mpsc::channel(16);
        let kernel = KernelHandle::new(mailbox, watch::channel(View::default()).1);
        let outset = Outset {
            run: RUN,
            agent: quarterdeck_core::ids::AgentId(1),
            tools: Default::default(),
            directory: directory.path().to_owned(),
            socket,
            size: Size::clamped(80, 24),
            pattern: None,
            kernel,
            pulse: watch::channel(()).0,
            known: None,
            kind: crate::config::ProgramKind::Command,
            unresponsive_after: None,
            adopted: Adopted::Yes,
        };
        (start(outset), messages)
    }

    async fn told(messages: &mut mpsc::Receiver<Message>) -> Event {
        let message = tokio::time::timeout(Duration::from_secs(10), messages.recv()).await.expect("in time");
        match message {
            Some(Message::Event(event)) => event,
            _ => panic!("an event"),
        }
    }

    #[tokio::test]
    async fn a_keeper_of_another_version_is_named_left_alone_and_killed_on_request() {
        let directory = tempfile::tempdir().expect("a directory");
        let (run, mut messages) = refused(&directory);
        match told(&mut messages).await {
            Event::Signalled { run: RUN, signal: Signal::KeeperRefused(why) } => {
                assert!(why.contains("newer than this qd (it speaks keeper protocol 9, this qd 1)"), "{why}");
            }
            other => panic!("{other:?}"),
        }
        assert!(matches!(run.press(b"x".to_vec()).await, Err(InputRefused::Stranger { .. })));
        assert_eq!(run.frame().await.size, Size::clamped(80, 24));
        run.order(Order::Freeze);
        assert!(matches!(told(&mut messages).await, Event::FreezeFailed { run: RUN, .. }));
        run.order(Order::KillTree);
        assert_eq!(told(&mut messages).await, Event::KeeperLost { run: RUN });
        run.ended().await;
    }

    #[test]
    fn the_older_side_is_named_with_what_to_do() {
        let versions = |min, max| Versions { min, max };
        assert!(
            skew(versions(2, 3), versions(1, 1))
                .contains("older than this qd (it speaks keeper protocol 1, this qd 2 to 3)")
        );
        assert!(skew(versions(1, 1), versions(2, 2)).contains("--takeover"));
    }
}
