//! The carrier connects the terminal user interface (the screen) with the supervisor: it carries pictures, facts and
//! answers to the screen, and keys and requests to the supervisor. When the connection breaks, it tells the screen,
//! connects again, and continues.

use crate::api::call::Call;
use crate::api::error::Problem;
use crate::api::events::EventQuery;
use crate::api::stream::{FromViewer, ToViewer};
use crate::client::reconnect::reconnect;
use crate::client::{Background, Client, ClientError, Follow, Followed, Viewer};
use crate::place::Place;
use crate::tui::link::RequestId;
use crate::tui::{Answer, Carrier, FromFleet, ToFleet, Topic};
use std::convert::Infallible;
use tokio::sync::mpsc;

/// How many facts from before the screen was opened are shown in it.
const HISTORY_FACTS: u64 = 200;

/// The reasons why the carrier stops.
enum End {
    /// The screen was closed and receives nothing more.
    ScreenGone,
    /// The supervisor ended, or the connection to it broke.
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

/// Carries messages until the screen is closed, or until an error occurs that reconnecting cannot solve; then the
/// screen sees its link closed.
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
                // The link closes after this, so it does not matter whether the message still arrives.
                let _ = carrier.from.send(FromFleet::Disconnected { reason: error.to_string() }).await;
                return;
            }
        }
    }
}

/// Carries messages over one connection, from its beginning to its break.
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

/// Delivers the input that was typed before the screen closed. A closed screen receives nothing more.
async fn deliver_rest(carrier: &mut Carrier, viewer: &mut Viewer) -> Result<(), ClientError> {
    while let Ok(word) = carrier.to.try_recv() {
        if let Word::Stream(message) = keys(word) {
            viewer.keys.send(&message).await?;
        }
    }
    Ok(())
}

/// Carries messages until the connection breaks or the screen closes.
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
                Word::Call(id, call) => { tokio::spawn(perform(id, call, client.clone(), carrier.from.clone())); }
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

/// Connects to a supervisor again. Until then, requests of the screen are refused and its other messages are dropped:
/// the screen sends them again once it is connected.
async fn find_again(place: &Place, background: &Background, carrier: &mut Carrier) -> Result<Client, End> {
    let from = carrier.from.clone();
    // A screen that is too slow for this message gets the next one.
    let finding = reconnect(place, Some(background), |attempt| {
        _ = from.try_send(FromFleet::Reconnecting { attempt });
    });
    tokio::pin!(finding);
    loop {
        tokio::select! {
            found = &mut finding => return Ok(found?),
            word = carrier.to.recv() => {
                if let Word::Call(request, _) = keys(word.ok_or(End::ScreenGone)?) {
                    let answer = Answer::Problem(problem(ended()));
                    carrier.from.send(FromFleet::Answer { request, answer }).await?;
                }
            }
        }
    }
}

fn ended() -> ClientError {
    ClientError::broken("the frame stream", "the supervisor ended")
}

/// Returns the supervisor's message in the form that the screen receives; none if the screen does not need it.
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

/// A message of the screen, by the way in which it is sent on.
enum Word {
    /// A message for the frame stream.
    Stream(FromViewer),
    /// A call of the control plane, with the number that identifies its answer.
    Call(RequestId, Call),
    /// A request for the data of a topic. The screen sends it again after the connection was lost.
    Fetch(Topic),
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
        ToFleet::Call { request, call } => return Word::Call(request, call),
    })
}

async fn perform(request: RequestId, call: Call, client: Client, from: mpsc::Sender<FromFleet>) {
    let answer = match client.perform(call).await {
        Ok(()) => Answer::Done,
        Err(error) => Answer::Problem(problem(error)),
    };
    // A screen that has closed does not wait for an answer.
    let _ = from.send(FromFleet::Answer { request, answer }).await;
}

async fn fetch(topic: Topic, client: Client, from: mpsc::Sender<FromFleet>) {
    let data = Box::new(client.read(topic.read()).await.map_err(problem));
    // A screen that has closed does not wait for the data.
    let _ = from.send(FromFleet::Fetched { topic, data }).await;
}

/// Returns an error in the form that the screen shows.
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
