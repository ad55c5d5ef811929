//! Carries words between a screen and the supervisor: pictures, facts and answers one way, keys and requests the
//! other. When the line breaks it says so, finds the supervisor again, and goes on.

mod tabs;

use crate::api::agents::{Action, AgentPatch};
use crate::api::error::Problem;
use crate::api::events::EventQuery;
use crate::api::stream::{FromViewer, ToViewer};
use crate::api::system::ShutdownRequest;
use crate::client::reconnect::reconnect;
use crate::client::{Background, Client, ClientError, Follow, Followed, Viewer};
use crate::place::Place;
use crate::tui::{Answer, Carrier, FromFleet, ToFleet, Topic};
use std::convert::Infallible;
use tokio::sync::mpsc;

/// Facts from before the screen was opened that it gets to show.
const HISTORY_FACTS: u64 = 200;

/// Why carrying ends.
enum End {
    /// The screen is gone.
    ScreenGone,
    /// The supervisor is, or the line to it broke.
    Line(ClientError),
}

impl From<ClientError> for End {
    fn from(error: ClientError) -> End {
        End::Line(error)
    }
}

impl<T> From<mpsc::error::SendError<T>> for End {
    fn from(_: mpsc::error::SendError<T>) -> End {
        End::ScreenGone
    }
}

/// Carries until the screen is gone, or until something happens that waiting can't mend; the screen then sees the
/// link closed.
pub async fn carry(mut client: Client, background: Background, mut carrier: Carrier) {
    let mut last_seq = client.hello().newest_seq.saturating_sub(HISTORY_FACTS);
    loop {
        let Err(End::Line(error)) = session(&client, &mut carrier, &mut last_seq).await else { return };
        if carrier.from.send(FromFleet::Disconnected { reason: error.to_string() }).await.is_err() {
            return;
        }
        match find_again(client.place(), &background, &mut carrier).await {
            Ok(found) => client = found,
            Err(End::ScreenGone) => return,
            Err(End::Line(error)) => {
                // The link closes after this; whether the word still arrives is all the same.
                let _ = carrier.from.send(FromFleet::Disconnected { reason: error.to_string() }).await;
                return;
            }
        }
    }
}

/// One connection, from its first word to its break.
async fn session(client: &Client, carrier: &mut Carrier, last_seq: &mut u64) -> Result<Infallible, End> {
    let mut viewer = Viewer::open(client.place()).await?;
    let mut facts = client.follow(&EventQuery { since_seq: Some(*last_seq), ..EventQuery::default() }).await?;
    carrier.from.send(FromFleet::Connected { fleet: client.hello().fleet.clone() }).await?;
    viewer.keys.send(&FromViewer::WatchFleet).await?;
    let end = converse(client, carrier, &mut viewer, &mut facts, last_seq).await;
    if matches!(end, Err(End::ScreenGone)) {
        deliver_rest(carrier, &mut viewer).await?;
    }
    end
}

/// A screen that has gone hears nothing any more, but what was typed into it before is still delivered.
async fn deliver_rest(carrier: &mut Carrier, viewer: &mut Viewer) -> Result<(), ClientError> {
    while let Ok(word) = carrier.to.try_recv() {
        if let Word::Stream(message) = keys(word) {
            viewer.keys.send(&message).await?;
        }
    }
    Ok(())
}

/// Carries until the line breaks or the screen goes.
async fn converse(
    client: &Client,
    carrier: &mut Carrier,
    viewer: &mut Viewer,
    facts: &mut Follow,
    last_seq: &mut u64,
) -> Result<Infallible, End> {
    loop {
        tokio::select! {
            message = viewer.pictures.next() => {
                let message = message?.ok_or_else(ended)?;
                if let Some(heard) = shown(message) {
                    carrier.from.send(heard).await?;
                }
            }
            fact = next_fact(facts) => {
                let fact = fact?;
                *last_seq = fact.seq;
                carrier.from.send(FromFleet::Fact(fact)).await?;
            }
            word = carrier.to.recv() => match keys(word.ok_or(End::ScreenGone)?) {
                Word::Stream(message) => viewer.keys.send(&message).await?,
                Word::Request(request) => { tokio::spawn(request.perform(client.clone(), carrier.from.clone())); }
                Word::Fetch(topic) => { tokio::spawn(fetch(topic, client.clone(), carrier.from.clone())); }
            },
        }
    }
}

async fn next_fact(facts: &mut Follow) -> Result<crate::api::events::EventRecord, ClientError> {
    loop {
        match facts.next().await? {
            Some(Followed::Fact(fact)) => return Ok(fact),
            Some(Followed::Lagged(_) | Followed::Quiescent) => {}
            None => return Err(ended()),
        }
    }
}

/// Meanwhile what the screen asks is refused, and what it says is dropped: it says it anew when connected.
async fn find_again(place: &Place, background: &Background, carrier: &mut Carrier) -> Result<Client, End> {
    let from = carrier.from.clone();
    // A screen that is too slow for this word gets the next one.
    let finding = reconnect(place, Some(background), |attempt| {
        _ = from.try_send(FromFleet::Reconnecting { attempt });
    });
    tokio::pin!(finding);
    loop {
        tokio::select! {
            found = &mut finding => return Ok(found?),
            word = carrier.to.recv() => {
                if let Word::Request(request) = keys(word.ok_or(End::ScreenGone)?) {
                    let answer = Answer::Problem(problem(ended()));
                    carrier.from.send(FromFleet::Answer { request: request.id, answer }).await?;
                }
            }
        }
    }
}

fn ended() -> ClientError {
    ClientError::broken("the frame stream", "the supervisor ended")
}

/// What the screen hears of what the supervisor says.
fn shown(message: ToViewer) -> Option<FromFleet> {
    Some(match message {
        ToViewer::Hello { .. } => return None,
        ToViewer::Whole { agent, frame } => FromFleet::Whole { agent, frame },
        ToViewer::Update { agent, update } => FromFleet::Update { agent, update },
        ToViewer::Refused { agent, why } => FromFleet::Refused { agent, why },
        ToViewer::History { agent, rows, complete } => FromFleet::History { agent, rows, complete },
        ToViewer::Fleet { changed, removed, banners } => FromFleet::Fleet { changed, removed, banners },
    })
}

/// What a word of the screen becomes.
enum Word {
    /// A message on the frame stream.
    Stream(FromViewer),
    /// A call of the control plane, which gets one answer.
    Request(Request),
    /// A call for what a tab is made of. When the line is lost it is asked for anew.
    Fetch(Topic),
}

/// A call with the number by which its answer is found.
struct Request {
    id: u64,
    asked: ToFleet,
}

fn keys(word: ToFleet) -> Word {
    Word::Stream(match word {
        ToFleet::Watch { agent } => FromViewer::Watch { agent },
        ToFleet::Unwatch { agent } => FromViewer::Unwatch { agent },
        ToFleet::Drawn { agent, seq } => FromViewer::Drawn { agent, seq },
        ToFleet::Input { agent, bytes } => FromViewer::Input { agent, bytes },
        ToFleet::Resize { agent, size } => FromViewer::Resize { agent, size },
        ToFleet::History { agent, lines } => FromViewer::History { agent, lines },
        ToFleet::Fetch { topic } => return Word::Fetch(topic),
        ToFleet::Patch { request: id, .. }
        | ToFleet::Snooze { request: id, .. }
        | ToFleet::Spawn { request: id, .. }
        | ToFleet::Delete { request: id, .. }
        | ToFleet::Explain { request: id, .. }
        | ToFleet::Work { request: id, .. }
        | ToFleet::Shutdown { request: id, .. }
        | ToFleet::Do { request: id, .. } => return Word::Request(Request { id, asked: word }),
    })
}

impl Request {
    async fn perform(self, client: Client, from: mpsc::Sender<FromFleet>) {
        let answer = match ask(&client, self.asked).await {
            Ok(answer) => answer,
            Err(error) => Answer::Problem(problem(error)),
        };
        // A screen that has gone does not wait for an answer.
        let _ = from.send(FromFleet::Answer { request: self.id, answer }).await;
    }
}

async fn fetch(topic: Topic, client: Client, from: mpsc::Sender<FromFleet>) {
    let data = Box::new(tabs::fetch(&client, &topic).await.map_err(problem));
    // A screen that has gone does not wait for it.
    let _ = from.send(FromFleet::Fetched { topic, data }).await;
}

async fn ask(client: &Client, asked: ToFleet) -> Result<Answer, ClientError> {
    match asked {
        ToFleet::Patch { agent, action, .. } => client.act(&agent, action).await.map(|_| Answer::Done),
        ToFleet::Snooze { agent, snooze_ms, .. } => {
            let patch = AgentPatch { action: Action::Snooze, snooze_ms: Some(snooze_ms) };
            client.patch(&agent, &patch).await.map(|_| Answer::Done)
        }
        ToFleet::Spawn { spawn, .. } => client.spawn(&spawn).await.map(|_| Answer::Done),
        ToFleet::Delete { agent, workspace, .. } => client.remove(&agent, workspace).await.map(|_| Answer::Done),
        ToFleet::Explain { agent, .. } => client.explain(&agent).await.map(Answer::Explained),
        ToFleet::Work { agent, .. } => client.work(&agent).await.map(|detail| Answer::Work(Box::new(detail))),
        ToFleet::Shutdown { kill, .. } => client.shutdown(ShutdownRequest { kill }).await.map(|_| Answer::Done),
        ToFleet::Do { deed, .. } => tabs::perform(client, *deed).await,
        // Words for the frame stream are no requests; `keys` keeps them apart.
        _ => Ok(Answer::Done),
    }
}

/// An error as the screen shows it.
fn problem(error: ClientError) -> Problem {
    match error {
        ClientError::Problem(problem) => problem,
        error => Problem {
            status: 0,
            code: "unreachable".to_owned(),
            what: error.to_string(),
            why: error.causes().join(": "),
            hint: error.hint(),
        },
    }
}
